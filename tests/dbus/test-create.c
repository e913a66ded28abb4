/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreatePod as it should go.
 */
#include "tests/dbus/calls.h"

#include <string.h>

#define POD_A "/machine.slice/machine-burstable.slice/machine-burstable-poda.slice"
#define POD_A_SLICE "machine-burstable-poda.slice"

static int
compare_lines (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The properties of a StartTransientUnit, one a line, sorted. */
static char *
print_properties (GVariant *arguments)
{
  g_autoptr (GVariant) properties = g_variant_get_child_value (arguments, 2);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < g_variant_n_children (properties); i++) {
    g_autoptr (GVariant) value = NULL;
    g_autofree char *text = NULL;
    const char *name;

    g_variant_get_child (properties, i, "(&sv)", &name, &value);
    text = g_variant_print (value, FALSE);
    g_ptr_array_add (lines, g_strdup_printf ("%s %s", name, text));
  }
  g_ptr_array_sort (lines, compare_lines);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **) lines->pdata);
}

/* One call that says everything. */
static void
assert_started_once (Fixture *fixture, const char *slice, const char *expected)
{
  g_autoptr (GPtrArray) calls =
      fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", slice);
  g_autofree char *properties = NULL;
  const char *mode;

  g_assert_cmpuint (calls->len, ==, 1);
  g_variant_get_child (calls->pdata[0], 1, "&s", &mode);
  g_assert_cmpstr (mode, ==, "replace");
  properties = print_properties (calls->pdata[0]);
  g_assert_cmpstr (properties, ==, expected);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", slice), ==, 0);
}

static void
assert_file (Fixture *fixture, const char *cgroup, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, cgroup, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_everything (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (
      fixture, "a",
      "{'CPURequest': <'250m'>, 'CPULimit': <'500m'>, 'CPUPeriodUSec': <uint64 50000>, "
      "'CPUSet': <'0-1,3'>, 'MemoryNodes': <'0'>, 'MemoryRequest': <'64Mi'>, "
      "'MemoryLimit': <'256Mi'>, 'MemoryHigh': <uint64 209715200>, 'MemoryLow': <'32Mi'>, "
      "'MemoryMin': <'16Mi'>, 'MemorySwapLimit': <'0'>, 'PidsLimit': <'100'>}");

  g_assert_cmpstr (slice, ==, POD_A_SLICE);
  assert_started_once (fixture, slice,
                       "AllowedCPUs [0x0b]\nAllowedMemoryNodes [0x01]\nCPUAccounting true\n"
                       "CPUQuotaPerSecUSec 500000\nCPUQuotaPeriodUSec 50000\nCPUWeight 25\n"
                       "Description 'NodeCgroups: pod a'\nIOAccounting true\n"
                       "MemoryAccounting true\nMemoryHigh 209715200\nMemoryLow 33554432\n"
                       "MemoryMax 268435456\nMemoryMin 16777216\nMemorySwapMax 0\n"
                       "TasksAccounting true\nTasksMax 100");
  assert_file (fixture, POD_A, "cpu.max", "25000 50000");
  assert_file (fixture, POD_A, "cpu.weight", "25");
  assert_file (fixture, POD_A, "cpuset.cpus", "0-1,3");
  assert_file (fixture, POD_A, "cpuset.mems", "0");
  assert_file (fixture, POD_A, "memory.high", "209715200");
  assert_file (fixture, POD_A, "memory.max", "268435456");
  assert_file (fixture, POD_A, "memory.swap.max", "0");
  assert_file (fixture, POD_A, "pids.max", "100");
}

/* What is not said is said to systemd as well: its own defaults would be others. */
static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");

  g_assert_cmpstr (slice, ==, "machine-besteffort-poda.slice");
  assert_started_once (fixture, slice,
                       "CPUAccounting true\nCPUQuotaPerSecUSec 18446744073709551615\n"
                       "CPUQuotaPeriodUSec 100000\nCPUWeight 1\n"
                       "Description 'NodeCgroups: pod a'\nIOAccounting true\n"
                       "MemoryAccounting true\nMemoryHigh 18446744073709551615\nMemoryLow 0\n"
                       "MemoryMax 18446744073709551615\nMemoryMin 0\n"
                       "MemorySwapMax 18446744073709551615\nTasksAccounting true\n"
                       "TasksMax 18446744073709551615");
}

static void
test_reply (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_create (fixture, "A.b-c", "{'CPURequest': <'1'>}", &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==,
                   "('/org/example/NodeCgroups/pod/A_2eb_2dc', "
                   "'machine-burstable-podA.b_c.slice', "
                   "'/machine.slice/machine-burstable.slice/machine-burstable-podA.b_c.slice')");
}

static void
test_again (Fixture *fixture, gconstpointer data)
{
  static const char *const same[] = {
    "{'CPULimit': <'500m'>, 'MemoryLimit': <'1Gi'>}",
    "{'MemoryLimit': <uint64 1073741824>, 'CPULimit': <uint64 500>}",
    "{'MemoryLimit': <'1024Mi'>, 'CPULimit': <'0.5'>}",
  };
  g_autofree char *first = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (same); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) reply = fixture_create (fixture, "a", same[i], &error);
    g_autofree char *text = NULL;

    g_assert_no_error (error);
    text = g_variant_print (reply, TRUE);
    if (first == NULL)
      first = g_strdup (text);
    g_assert_cmpstr (text, ==, first);
  }
  g_assert_cmpuint (
      fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", "machine-poda.slice"), ==,
      1);
  g_assert_cmpuint (
      fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", "machine-poda.slice"), ==,
      0);
}

static void
assert_spec (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) spec = fixture_get_pod_property (fixture, "a", "Spec");
  g_autofree char *text = g_variant_print (spec, TRUE);

  g_assert_cmpstr (text, ==, expected);
}

/* What says no more than leaving it out does not make another spec of it, and an update keeps it
 * all the same: a request that was given does not follow a limit. */
static void
test_defaults_again (Fixture *fixture, gconstpointer data)
{
  static const char *const same[] = {
    "{'CPURequest': <'0'>, 'CPULimit': <'max'>, 'CPUPeriodUSec': <uint64 100000>}",
    "{'CPUSet': <''>, 'OOMGroup': <false>, 'MemoryLow': <uint64 0>, 'PidsLimit': <'max'>}",
    "{'Labels': <@a{ss} {}>, 'Unified': <@a{ss} {}>, 'HugepageLimits': <{'2Mi': <'max'>}>}",
    "{'IOLimits': <@a(sa{st}) []>, 'SystemdProperties': <@a(sv) []>}",
  };
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");
  g_autoptr (GError) error = NULL;

  fake_systemd_forget_calls (fixture->systemd);
  for (gsize i = 0; i < G_N_ELEMENTS (same); i++) {
    g_autofree char *again = fixture_must_create (fixture, "a", same[i]);

    g_assert_cmpstr (again, ==, slice);
  }
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  assert_spec (fixture, "@a{sv} {}");
  g_assert_null (fixture_create (fixture, "a", "{'CPUWeight': <uint64 1>}", &error));
  fixture_assert_error (&error, "PodExists", "UpdatePod");
  fixture_update (fixture, "a", "{'CPURequest': <'0'>, 'CPULimit': <'max'>}", &error);
  g_assert_no_error (error);
  assert_spec (fixture, "{'CPULimit': <'max'>, 'CPURequest': <uint64 0>}");
}

static void
test_clients_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 20; i++) {
    calls_use_new_client (calls);
    calls_add (calls, "CreatePod", "a", "{'CPULimit': <'500m'>}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 20);
  for (guint i = 1; i < 20; i++)
    g_assert_true (g_variant_equal (calls_get_reply (calls, i), calls_get_reply (calls, 0)));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", POD_A_SLICE),
                    ==, 1);
}

/* One wins, and all others are told. */
static void
test_specs_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < 20; i++) {
    g_autofree char *spec = g_strdup_printf ("{'CPULimit': <'%u'>}", i + 1);
    calls_use_new_client (calls);
    calls_add (calls, "CreatePod", "a", spec);
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  for (guint i = 0; i < 20; i++) {
    GError *error = calls_get_error (calls, i);

    if (error != NULL)
      fixture_assert_error (&error, "PodExists", "another spec");
  }
}

/* Pods do not wait for each other. */
static void
test_pods_at_once (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = 1000,
  };
  g_autoptr (Calls) calls = calls_new (fixture);

  fake_systemd_add_fault (fixture->systemd, &fault);
  for (guint i = 0; i < 20; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);
    calls_add (calls, "CreatePod", uid, "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}");
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 20);
  g_assert_cmpuint (fake_systemd_get_max_in_flight (fixture->systemd), ==, 20);
}

/* The intent is on disk while systemd works, the fact before the reply. */
static void
test_files (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = POD_A_SLICE,
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = 300,
  };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_add (calls, "CreatePod", "a", "{'CPULimit': <'500m'>}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", POD_A_SLICE) > 0);
  fixture_wait (fixture_has_file (fixture, "a.creating"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  g_assert_null (fixture_call (fixture, "GetPod", g_variant_new ("(s)", "a"), &error));
  fixture_assert_error (&error, "NoSuchPod", NULL);
  g_assert_cmpuint (calls_count_pending (calls), ==, 1);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_true (fixture_has_file (fixture, "a.pod"));
}

/* The weight of the class follows its pods. */
static void
test_class_weight (Fixture *fixture, gconstpointer data)
{
  const char *const burstable = "/machine.slice/machine-burstable.slice";
  g_autofree char *a = fixture_must_create (fixture, "a", "{'CPURequest': <'1'>}");
  g_autofree char *b = NULL;
  g_autofree char *c = NULL;

  assert_file (fixture, burstable, "cpu.weight", "100");
  b = fixture_must_create (fixture, "b", "{'CPULimit': <'500m'>}");
  assert_file (fixture, burstable, "cpu.weight", "150");
  fake_systemd_forget_calls (fixture->systemd);
  c = fixture_must_create (fixture, "c", "{'MemoryLimit': <'1Gi'>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
  fixture_must_remove (fixture, "a");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties",
                                          "machine-burstable.slice") > 0);
  fixture_must_remove (fixture, "c");
  assert_file (fixture, burstable, "cpu.weight", "50");
  assert_file (fixture, "/machine.slice/machine-besteffort.slice", "cpu.weight", "1");
}

/* As a runtime beside us counts; also of the class, whose slice is a sibling of pods. */
static void
test_weight_formula (Fixture *fixture, gconstpointer data)
{
  fake_kernel_write_file (fixture->kernel, "/etc/nodecgroups/config.yaml",
                          "apiVersion: nodecgroups.example.org/v1\n"
                          "kind: NodeCgroupsConfiguration\ncpuWeightFormula: kubelet\n");
  fixture_start_daemon (fixture);
  g_free (fixture_must_create (fixture, "a", "{'CPURequest': <'1'>}"));
  assert_file (fixture, POD_A, "cpu.weight", "39");
  assert_file (fixture, "/machine.slice/machine-burstable.slice", "cpu.weight", "39");
}

/* The unit is there, but what was known of it is lost. */
static void
test_leftover (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = NULL;

  fake_systemd_start_unit (fixture->systemd, POD_A_SLICE, "NodeCgroups: pod a");
  slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");
  assert_file (fixture, POD_A, "cpu.max", "50000 100000");
}

/* Nobody waits for systemd to say where the slice is, if the kernel has it where it should be. */
static void
test_prediction (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = { .method = "Get", .unit = POD_A_SLICE, .kind = FAKE_FAULT_NO_REPLY };
  g_autofree char *slice = NULL;
  g_autofree char *again = NULL;

  fake_systemd_add_fault (fixture->systemd, &fault);
  slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");
  assert_file (fixture, POD_A, "cpu.max", "50000 100000");
  fixture_must_remove (fixture, "a");
  again = fixture_must_create (fixture, "a", "{'CPULimit': <'600m'>}");
  assert_file (fixture, POD_A, "cpu.max", "60000 100000");
}

static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");
  g_autofree char *again = NULL;

  fixture_stop_pod (fixture, "a", slice);
  again = fixture_must_create (fixture, "a", "{'CPULimit': <'700m'>}");
  g_assert_cmpstr (again, ==, slice);
  assert_file (fixture, POD_A, "cpu.max", "70000 100000");
}

/* The reply comes before systemd has said where the pod is; what is done then, by the spec at the
 * creation, is not done over what came meanwhile. */
static void
test_update_at_once (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = {
    .method = "Get", .unit = "machine-besteffort-poda.slice", .kind = FAKE_FAULT_DELAY, .msec = 300
  };
  const char *cgroup = "/machine.slice/machine-besteffort.slice/machine-besteffort-poda.slice";
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gint64 end_usec;

  fake_systemd_add_fault (fixture->systemd, &fault);
  path = fixture_must_create (fixture, "a", "{'OOMGroup': <false>}");
  fixture_update (fixture, "a", "{'OOMGroup': <true>}", &error);
  g_assert_no_error (error);
  end_usec = g_get_monotonic_time () + G_USEC_PER_SEC / 2;
  /* What drifts is soon set again. */
  while (g_get_monotonic_time () < end_usec) {
    g_autofree char *text = fake_kernel_read (fixture->kernel, cgroup, "memory.oom.group");

    g_assert_cmpstr (g_strchomp (text), ==, "1");
    g_usleep (500);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/create/everything", test_everything);
  FIXTURE_TEST ("/create/nothing", test_nothing);
  FIXTURE_TEST ("/create/reply", test_reply);
  FIXTURE_TEST ("/create/again", test_again);
  FIXTURE_TEST ("/create/again/defaults", test_defaults_again);
  FIXTURE_TEST ("/create/clients-at-once", test_clients_at_once);
  FIXTURE_TEST ("/create/specs-at-once", test_specs_at_once);
  FIXTURE_TEST ("/create/pods-at-once", test_pods_at_once);
  FIXTURE_TEST ("/create/files", test_files);
  FIXTURE_TEST ("/create/class-weight", test_class_weight);
  FIXTURE_TEST_WITHOUT_DAEMON ("/create/weight-formula", test_weight_formula);
  FIXTURE_TEST ("/create/leftover", test_leftover);
  FIXTURE_TEST ("/create/prediction", test_prediction);
  FIXTURE_TEST ("/create/vanished", test_vanished);
  FIXTURE_TEST ("/create/update-at-once", test_update_at_once);
  return g_test_run ();
}
