/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods: what is asked for is what the kernel and systemd have, whatever happens to systemd and to
 * the daemon meanwhile.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>

#define TOP "/machine.slice/"
#define BURSTABLE TOP "machine-burstable.slice/"
#define BESTEFFORT TOP "machine-besteffort.slice/"

/* A pod, and what it has to come to. */
typedef struct {
  const char *uid;
  const char *spec;
  const char *qos;
  const char *files;
  const char *shown;
  const char *said; /* its Spec property */
} Row;

static const Row rows[] = {
  { "nothing", "{}", "BestEffort",
    "cpu.weight=1;cpu.max=max 100000;memory.min=0;memory.low=0;memory.high=max;memory.max=max;"
    "memory.swap.max=max;pids.max=max",
    "CPUWeight=1 CPUQuotaPerSecUSec=infinity MemoryMin=0 MemoryLow=0 MemoryHigh=infinity "
    "MemoryMax=infinity MemorySwapMax=infinity TasksMax=infinity",
    "{}" },
  { "cpu-string", "{'CPULimit': <'500m'>}", "Burstable", "cpu.max=50000 100000;cpu.weight=50",
    "CPUQuotaPerSecUSec=500ms CPUWeight=50", "{'CPULimit': <uint64 500>}" },
  { "cpu-number", "{'CPULimit': <uint64 500>, 'CPURequest': <uint64 250>}", "Burstable",
    "cpu.max=50000 100000;cpu.weight=25", "CPUQuotaPerSecUSec=500ms CPUWeight=25",
    "{'CPULimit': <uint64 500>, 'CPURequest': <uint64 250>}" },
  /* Fractions of a percent are rounded up. */
  { "cpu-fraction", "{'CPULimit': <'513m'>}", "Burstable", "cpu.max=52000 100000;cpu.weight=51",
    "CPUQuotaPerSecUSec=520ms", "{'CPULimit': <uint64 513>}" },
  { "cpu-tiny", "{'CPULimit': <'1m'>}", "Burstable", "cpu.max=1000 100000;cpu.weight=1",
    "CPUQuotaPerSecUSec=10ms CPUWeight=1", "{'CPULimit': <uint64 1>}" },
  { "cpu-odd-period", "{'CPULimit': <'1.5'>, 'CPUPeriodUSec': <uint64 12345>}", "Burstable",
    "cpu.max=18517 12345;cpu.weight=150",
    "CPUQuotaPerSecUSec=1.500000s CPUQuotaPeriodUSec=12.345ms CPUWeight=150",
    "{'CPULimit': <uint64 1500>, 'CPUPeriodUSec': <uint64 12345>}" },
  { "cpu-short-period", "{'CPULimit': <'250m'>, 'CPUPeriodUSec': <uint64 1000>}", "Burstable",
    "cpu.max=1000 1000", "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=1ms",
    "{'CPULimit': <uint64 250>, 'CPUPeriodUSec': <uint64 1000>}" },
  { "cpu-long-period", "{'CPULimit': <'333m'>, 'CPUPeriodUSec': <uint64 1000000>}", "Burstable",
    "cpu.max=340000 1000000", "CPUQuotaPerSecUSec=340ms CPUQuotaPeriodUSec=1s",
    "{'CPULimit': <uint64 333>, 'CPUPeriodUSec': <uint64 1000000>}" },
  { "cpu-weight", "{'CPUWeight': <uint64 10000>}", "BestEffort", "cpu.weight=10000",
    "CPUWeight=10000", "{'CPUWeight': <uint64 10000>}" },
  { "cpu-request", "{'CPURequest': <'2e1'>}", "Burstable", "cpu.weight=2000;cpu.max=max 100000",
    "CPUWeight=2000", "{'CPURequest': <uint64 20000>}" },
  { "cpu-set", "{'CPUSet': <'1'>, 'MemoryNodes': <'0'>}", "BestEffort",
    "cpuset.cpus=1;cpuset.mems=0", "AllowedCPUs=1 AllowedMemoryNodes=0",
    "{'CPUSet': <'1'>, 'MemoryNodes': <'0'>}" },
  { "cpu-set-of-two", "{'CPUSet': <'1,0'>}", "BestEffort", "cpuset.cpus=0-1", "AllowedCPUs=0-1",
    "{'CPUSet': <'0-1'>}" },
  { "memory-string", "{'MemoryLimit': <'64Mi'>, 'MemoryRequest': <'1.5Mi'>}", "Burstable",
    "memory.max=67108864", "MemoryMax=67108864",
    "{'MemoryLimit': <uint64 67108864>, 'MemoryRequest': <uint64 1572864>}" },
  /* The kernel counts whole pages. */
  { "memory-number", "{'MemoryLimit': <uint64 100000000>}", "Burstable", "memory.max=99999744",
    "MemoryMax=100000000", "{'MemoryLimit': <uint64 100000000>}" },
  { "memory-others",
    "{'MemoryHigh': <'48Mi'>, 'MemoryLow': <'16Mi'>, 'MemoryMin': <'8Mi'>, "
    "'MemorySwapLimit': <uint64 0>}",
    "BestEffort", "memory.high=50331648;memory.low=16777216;memory.min=8388608;memory.swap.max=0",
    "MemoryHigh=50331648 MemoryLow=16777216 MemoryMin=8388608 MemorySwapMax=0",
    "{'MemoryHigh': <uint64 50331648>, 'MemoryLow': <uint64 16777216>, "
    "'MemoryMin': <uint64 8388608>, 'MemorySwapLimit': <uint64 0>}" },
  { "memory-max",
    "{'MemoryHigh': <'max'>, 'MemoryLow': <'max'>, 'MemoryMin': <'max'>, 'MemoryLimit': <'max'>, "
    "'MemorySwapLimit': <'1G'>}",
    "BestEffort",
    "memory.high=max;memory.low=max;memory.min=max;memory.max=max;"
    "memory.swap.max=999997440",
    "MemoryHigh=infinity MemoryLow=infinity MemoryMin=infinity MemoryMax=infinity "
    "MemorySwapMax=1000000000",
    "{'MemoryHigh': <'max'>, 'MemoryLimit': <'max'>, 'MemoryLow': <'max'>, 'MemoryMin': <'max'>, "
    "'MemorySwapLimit': <uint64 1000000000>}" },
  { "pids-number", "{'PidsLimit': <uint64 77>}", "BestEffort", "pids.max=77", "TasksMax=77",
    "{'PidsLimit': <uint64 77>}" },
  { "pids-string", "{'PidsLimit': <'1k'>}", "BestEffort", "pids.max=1000", "TasksMax=1000",
    "{'PidsLimit': <uint64 1000>}" },
  { "guaranteed", "{'CPULimit': <'1'>, 'MemoryLimit': <'32Mi'>}", "Guaranteed",
    "cpu.max=100000 100000;cpu.weight=100;memory.max=33554432",
    "CPUQuotaPerSecUSec=1s CPUWeight=100 MemoryMax=33554432",
    "{'CPULimit': <uint64 1000>, 'MemoryLimit': <uint64 33554432>}" },
  { "given-class", "{'QosClass': <'Guaranteed'>, 'CPURequest': <'300m'>}", "Guaranteed",
    "cpu.weight=30", "CPUWeight=30", "{'CPURequest': <uint64 300>, 'QosClass': <'Guaranteed'>}" },
  { "given-besteffort", "{'QosClass': <'BestEffort'>, 'CPURequest': <'300m'>}", "BestEffort",
    "cpu.weight=1", "CPUWeight=1", "{'CPURequest': <uint64 300>, 'QosClass': <'BestEffort'>}" },
  { "labels", "{'Labels': <{'app': 'web', 'odd \"key\"': ''}>}", "BestEffort", "cpu.weight=1",
    "CPUWeight=1", "{'Labels': <{'app': 'web', 'odd \"key\"': ''}>}" },
};

static char *
slice_of (const Row *row)
{
  g_autofree char *name = g_strdelimit (g_strdup (row->uid), "-", '_');
  const char *prefix = g_str_equal (row->qos, "Guaranteed")  ? "machine-pod"
                       : g_str_equal (row->qos, "Burstable") ? "machine-burstable-pod"
                                                             : "machine-besteffort-pod";

  return g_strconcat (prefix, name, ".slice", NULL);
}

static char *
cgroup_of (const Row *row)
{
  g_autofree char *slice = slice_of (row);
  const char *parent = g_str_equal (row->qos, "Guaranteed")  ? TOP
                       : g_str_equal (row->qos, "Burstable") ? BURSTABLE
                                                             : BESTEFFORT;

  return g_strconcat (parent, slice, NULL);
}

static GVariant *
parse_spec (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *spec = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return spec;
}

static void
assert_spec (const char *uid, const char *wanted)
{
  g_autofree char *path = client_get_pod (uid);
  g_autoptr (GVariant) actual = client_get (path, CLIENT_POD, "Spec");
  g_autoptr (GVariant) spec = parse_spec (wanted);

  if (!g_variant_equal (actual, spec)) {
    g_autofree char *text = g_variant_print (actual, TRUE);
    machine_fail ("the spec of pod %s should be %s, and is %s", uid, wanted, text);
  }
}

static void
assert_row (const Row *row, GHashTable *shown)
{
  g_autofree char *slice = slice_of (row);
  g_autofree char *cgroup = cgroup_of (row);
  g_autofree char *qos = client_get_of_pod (row->uid, "QosClass");
  g_autofree char *state = client_get_of_pod (row->uid, "State");
  g_autofree char *control_group = client_get_of_pod (row->uid, "ControlGroup");
  g_autofree char *bad = client_verify_pod (row->uid);

  machine_assert_files (cgroup, row->files);
  machine_assert_shown (shown, slice, "LoadState=loaded ActiveState=active");
  machine_assert_shown (shown, slice, row->shown);
  assert_spec (row->uid, row->said);
  g_assert_cmpstr (qos, ==, row->qos);
  g_assert_cmpstr (state, ==, "active");
  g_assert_cmpstr (control_group, ==, cgroup);
  g_assert_cmpstr (bad, ==, "");
}

/* All pods of the table are as they should be, for the kernel, for systemd and for the daemon. */
static void
assert_rows (void)
{
  g_autoptr (GPtrArray) slices = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) shown = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    g_ptr_array_add (slices, slice_of (&rows[i]));
  g_ptr_array_add (slices, NULL);
  shown = machine_show_all ((const char *const *) slices->pdata);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_row (&rows[i], shown);
}

static void
test_create (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GVariant) reply = client_call ("CreatePod", "('%s', %s)", rows[i].uid, rows[i].spec);
    g_autofree char *slice = slice_of (&rows[i]);
    g_autofree char *cgroup = cgroup_of (&rows[i]);
    g_autofree char *object = client_get_pod (rows[i].uid);
    g_autoptr (GVariant) wanted =
        g_variant_ref_sink (g_variant_new ("(oss)", object, slice, cgroup));

    g_assert_cmpvariant (reply, wanted);
    /* At the reply the kernel has it, not some time later. */
    machine_assert_files (cgroup, rows[i].files);
  }
  assert_rows ();
}

/* The same call again, and with the spec in the words of the Spec property. */
static void
test_create_again (void)
{
  g_autofree char *before = machine_list_pod_cgroups ();
  g_autofree char *after = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *wanted = cgroup_of (&rows[i]);
    g_autofree char *first = client_create_pod (rows[i].uid, rows[i].spec);
    g_autofree char *second = client_create_pod (rows[i].uid, rows[i].said);

    g_assert_cmpstr (first, ==, wanted);
    g_assert_cmpstr (second, ==, wanted);
  }
  after = machine_list_pod_cgroups ();
  g_assert_cmpstr (before, ==, after);
  assert_rows ();
}

static void
test_reload (void)
{
  machine_reload_systemd ();
  assert_rows ();
  machine_reload_systemd ();
  machine_reload_systemd ();
  assert_rows ();
}

static void
test_reexecute (void)
{
  machine_reexecute_systemd ();
  assert_rows ();
  /* The daemon's connection was cut, and it can do its work again. */
  g_free (client_create_pod ("after", "{'CPURequest': <'1'>}"));
  machine_assert_files (BURSTABLE "machine-burstable-podafter.slice", "cpu.weight=100");
  client_remove_pod ("after");
}

static void
test_crash (void)
{
  daemon_crash ();
  assert_rows ();
  daemon_crash ();
  machine_reload_systemd ();
  assert_rows ();
}

static void
test_managed_objects (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      client_get_bus (), CLIENT_NAME, CLIENT_PATH, "org.freedesktop.DBus.ObjectManager",
      "GetManagedObjects", NULL, G_VARIANT_TYPE ("(a{oa{sa{sv}}})"), G_DBUS_CALL_FLAGS_NONE, -1,
      NULL, &error);
  g_autoptr (GVariant) objects = NULL;

  g_assert_no_error (error);
  objects = g_variant_get_child_value (reply, 0);
  g_assert_cmpuint (g_variant_n_children (objects), ==, G_N_ELEMENTS (rows));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = client_get_pod (rows[i].uid);
    g_autoptr (GVariant) interfaces =
        g_variant_lookup_value (objects, path, G_VARIANT_TYPE ("a{sa{sv}}"));
    g_autoptr (GVariant) properties = NULL;
    const char *uid, *qos;
    guint64 created;

    g_assert_nonnull (interfaces);
    properties = g_variant_lookup_value (interfaces, CLIENT_POD, G_VARIANT_TYPE_VARDICT);
    g_assert_nonnull (properties);
    g_assert_true (g_variant_lookup (properties, "Uid", "&s", &uid));
    g_assert_true (g_variant_lookup (properties, "QosClass", "&s", &qos));
    g_assert_true (g_variant_lookup (properties, "CreatedUSec", "t", &created));
    g_assert_cmpstr (uid, ==, rows[i].uid);
    g_assert_cmpstr (qos, ==, rows[i].qos);
    g_assert_cmpuint (created, <=, (guint64) g_get_real_time ());
    g_assert_cmpuint (created, >, 0);
  }
}

static void
test_list (void)
{
  g_autoptr (GVariant) reply = client_call ("ListPods", "()");
  g_autoptr (GVariant) list = g_variant_get_child_value (reply, 0);
  g_autofree char *previous = g_strdup ("");

  g_assert_cmpuint (g_variant_n_children (list), ==, G_N_ELEMENTS (rows));
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    const char *uid, *qos, *slice, *state, *path;
    g_autofree char *object = NULL;

    g_variant_get_child (list, i, "(&s&s&o&s&s)", &uid, &qos, &path, &slice, &state);
    g_assert_cmpstr (previous, <, uid);
    object = client_get_pod (uid);
    g_assert_cmpstr (path, ==, object);
    g_assert_cmpstr (state, ==, "active");
    g_free (previous);
    previous = g_strdup (uid);
  }
}

static void
test_remove (void)
{
  g_autofree char *cgroups = NULL;
  g_autofree char *files = NULL;
  g_autofree char *units = NULL;

  client_remove_all ();
  cgroups = machine_list_pod_cgroups ();
  files = machine_list_pod_files ();
  units = machine_list_units ("machine-*pod*.slice");
  g_assert_cmpstr (cgroups, ==, "");
  g_assert_cmpstr (files, ==, "");
  g_assert_cmpstr (units, ==, "");
}

/* The weight of the slice above is that of the requests in it. */
static void
assert_weight (guint weight)
{
  g_autofree char *file = g_strdup_printf ("cpu.weight=%u", weight);
  g_autofree char *shown = g_strdup_printf ("CPUWeight=%u", weight);

  machine_assert_files ("/machine.slice/machine-burstable.slice", file);
  machine_assert_shown (NULL, "machine-burstable.slice", shown);
}

static void
test_parents (void)
{
  assert_weight (1);
  g_free (client_create_pod ("a", "{'CPURequest': <'300m'>}"));
  assert_weight (30);
  g_free (client_create_pod ("b", "{'CPULimit': <'1'>}"));
  assert_weight (130);
  g_free (client_create_pod ("c", "{'CPULimit': <'1'>, 'MemoryLimit': <'16Mi'>}"));
  g_free (client_create_pod ("d", "{}"));
  assert_weight (130);
  client_update_pod ("a", "{'CPURequest': <'500m'>}");
  assert_weight (150);
  machine_reload_systemd ();
  assert_weight (150);
  daemon_crash ();
  assert_weight (150);
  client_remove_pod ("b");
  machine_wait_until (
      machine_read_number ("/machine.slice/machine-burstable.slice", "cpu.weight") == 50);
  assert_weight (50);
  client_remove_all ();
  machine_wait_until (
      machine_read_number ("/machine.slice/machine-burstable.slice", "cpu.weight") == 1);
  assert_weight (1);
  machine_assert_files ("/machine.slice/machine-besteffort.slice", "cpu.weight=1");
  machine_assert_files ("/machine.slice", "cpu.weight=100");
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/pods/create", test_create);
  g_test_add_func ("/pods/create-again", test_create_again);
  g_test_add_func ("/pods/list", test_list);
  g_test_add_func ("/pods/managed-objects", test_managed_objects);
  g_test_add_func ("/pods/reload", test_reload);
  g_test_add_func ("/pods/reexecute", test_reexecute);
  g_test_add_func ("/pods/crash", test_crash);
  g_test_add_func ("/pods/remove", test_remove);
  g_test_add_func ("/pods/parents", test_parents);
  return g_test_run ();
}
