/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UpdatePod.
 */
#include "tests/dbus/calls.h"

#include <string.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define SPEC "{'CPULimit': <'500m'>, 'MemoryLimit': <'256Mi'>, 'QosClass': <'Burstable'>}"

static void
create (Fixture *fixture)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", SPEC);

  g_assert_cmpstr (slice, ==, SLICE);
  fake_systemd_forget_calls (fixture->systemd);
}

static void
must_update (Fixture *fixture, const char *spec)
{
  g_autoptr (GError) error = NULL;

  fixture_update (fixture, "a", spec, &error);
  g_assert_no_error (error);
}

static void
assert_fails (Fixture *fixture, const char *spec, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fixture_update (fixture, "a", spec, &error));
  fixture_assert_error (&error, name, text);
}

static void
assert_file (Fixture *fixture, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, CGROUP, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
assert_spec (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) spec = fixture_get_pod_property (fixture, "a", "Spec");
  g_autofree char *text = g_variant_print (spec, FALSE);

  g_assert_cmpstr (text, ==, expected);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_false (fixture_has_file (fixture, "a.updating"));
}

/* What create() makes. */
static void
assert_unchanged (Fixture *fixture)
{
  assert_spec (fixture, "{'CPULimit': <uint64 500>, 'MemoryLimit': <uint64 268435456>, "
                        "'QosClass': <'Burstable'>}");
  assert_file (fixture, "cpu.max", "50000 100000");
  assert_file (fixture, "memory.max", "268435456");
  assert_file (fixture, "pids.max", "max");
}

static guint
count_sets (Fixture *fixture)
{
  return fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE);
}

/* A number of the call @i of SetUnitProperties; fails if it is not in it. */
static guint64
get_sent (Fixture *fixture, guint i, const char *name)
{
  g_autoptr (GPtrArray) calls =
      fake_systemd_list_calls (fixture->systemd, "SetUnitProperties", SLICE);
  g_autoptr (GVariant) properties = NULL;

  g_assert_cmpuint (i, <, calls->len);
  properties = g_variant_get_child_value (calls->pdata[i], 2);
  for (gsize j = 0; j < g_variant_n_children (properties); j++) {
    g_autoptr (GVariant) value = NULL;
    const char *key;

    g_variant_get_child (properties, j, "(&sv)", &key, &value);
    if (g_str_equal (key, name))
      return g_variant_get_uint64 (value);
  }
  g_error ("there is no %s in call %u", name, i);
}

static void
test_given_keys (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  must_update (fixture, "{'MemoryLimit': <'512Mi'>, 'PidsLimit': <'10'>}");
  assert_spec (fixture, "{'CPULimit': <uint64 500>, 'MemoryLimit': <uint64 536870912>, "
                        "'PidsLimit': <uint64 10>, 'QosClass': <'Burstable'>}");
  assert_file (fixture, "cpu.max", "50000 100000");
  assert_file (fixture, "memory.max", "536870912");
  assert_file (fixture, "pids.max", "10");
  /* systemd applies all, so it is told all, once. */
  g_assert_cmpuint (count_sets (fixture), ==, 1);
  g_assert_cmpuint (get_sent (fixture, 0, "CPUQuotaPerSecUSec"), ==, 500000);
  g_assert_cmpuint (get_sent (fixture, 0, "MemoryMax"), ==, 536870912);
  g_assert_cmpuint (get_sent (fixture, 0, "TasksMax"), ==, 10);
}

static void
test_nothing_differs (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  must_update (fixture, "{}");
  must_update (fixture, "{'CPULimit': <'0.5'>}");
  must_update (fixture, SPEC);
  assert_unchanged (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
}

static void
test_labels (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = NULL;

  create (fixture);
  must_update (fixture, "{'Labels': <{'a': '1', 'b': '2'}>}");
  must_update (fixture, "{'Labels': <{'c': '3'}>}");
  assert_spec (fixture, "{'CPULimit': <uint64 500>, 'Labels': <{'c': '3'}>, "
                        "'MemoryLimit': <uint64 268435456>, 'QosClass': <'Burstable'>}");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
  file = fixture_read_file (fixture, "a.pod");
  g_assert_nonnull (strstr (file, "{'c': '3'}"));
}

static void
test_no_limit (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  must_update (fixture, "{'CPUSet': <'1-2'>, 'PidsLimit': <'5'>}");
  assert_file (fixture, "cpuset.cpus", "1-2");
  must_update (fixture, "{'CPULimit': <'max'>, 'MemoryLimit': <'max'>, 'PidsLimit': <'max'>, "
                        "'CPUSet': <''>}");
  assert_file (fixture, "cpu.max", "max 100000");
  assert_file (fixture, "memory.max", "max");
  assert_file (fixture, "pids.max", "max");
  assert_file (fixture, "cpuset.cpus", "0-3");
  assert_spec (fixture, "{'CPULimit': <'max'>, 'CPUSet': <''>, 'MemoryLimit': <'max'>, "
                        "'PidsLimit': <'max'>, 'QosClass': <'Burstable'>}");
}

static void
test_class (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  assert_fails (fixture, "{'QosClass': <'Guaranteed'>}", "InvalidArgument", "QosClass");
  must_update (fixture, "{'QosClass': <'Burstable'>}");
  assert_unchanged (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
}

/* Where it follows from requests and limits. */
static void
test_derived_class (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>}");

  assert_fails (fixture, "{'MemoryLimit': <'1Gi'>}", "InvalidArgument", "Guaranteed");
  assert_fails (fixture, "{'CPULimit': <'max'>}", "InvalidArgument", "BestEffort");
  must_update (fixture, "{'MemoryLimit': <'1Gi'>, 'MemoryRequest': <'1Mi'>}");
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  assert_fails (fixture, "{'CPULimi': <'1'>}", "InvalidArgument", "CPULimi");
  assert_fails (fixture, "{'CPULimit': <true>}", "InvalidArgument", "CPULimit");
  assert_fails (fixture, "{'CPURequest': <'501m'>}", "InvalidArgument", "CPURequest");
  assert_fails (fixture, "{'CPUSet': <'4'>}", "InvalidArgument", "0-3");
  assert_unchanged (fixture);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
}

/* systemd takes it, the kernel does not. */
static void
test_read_back (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.max");
  assert_fails (fixture, "{'MemoryLimit': <'512Mi'>, 'CPULimit': <'1'>, 'PidsLimit': <'5'>}",
                "SystemdFailed", "memory.max = '268435456' instead of '536870912'");
  assert_unchanged (fixture);
  g_assert_cmpuint (count_sets (fixture), ==, 2);
  g_assert_cmpuint (get_sent (fixture, 1, "MemoryMax"), ==, 268435456);
  g_assert_cmpuint (get_sent (fixture, 1, "CPUQuotaPerSecUSec"), ==, 500000);
  g_assert_cmpuint (get_sent (fixture, 1, "TasksMax"), ==, G_MAXUINT64);
}

/* What it had none of before is taken away again. */
static void
test_read_back_of_sets (Fixture *fixture, gconstpointer data)
{
  g_autofree char *cpus = NULL;

  create (fixture);
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.max");
  assert_fails (fixture, "{'MemoryLimit': <'512Mi'>, 'CPUSet': <'2'>}", "SystemdFailed",
                "memory.max");
  assert_unchanged (fixture);
  cpus = fake_kernel_read (fixture->kernel, CGROUP, "cpuset.cpus");
  if (!g_str_equal (cpus, ""))
    g_assert_cmpstr (cpus, ==, "0-3");
}

static void
write_file (Fixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_strconcat ("/sys/fs/cgroup" CGROUP "/", file, NULL);

  fake_kernel_write_file (fixture->kernel, path, text);
}

/* Those of the fake kernel keep what a write does not reach: all texts are of one length. */
static const struct {
  const char *file;
  const char *text;
} files_before[] = {
  { "cpuset.cpus.partition", "member" },
  { "io.latency", "8:0 target=4" },
  { "memory.swap.high", "8192" },
  { "misc.max", "res_a max" },
};

/* Nor does a file stay that was written for the first time: it has what it had, whatever that was.
 */
static void
test_read_back_of_files (Fixture *fixture, gconstpointer data)
{
  fake_kernel_set_controllers (fixture->kernel, "cpuset cpu io memory misc pids");
  fixture_start_daemon (fixture);
  create (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (files_before); i++)
    write_file (fixture, files_before[i].file, files_before[i].text);
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.high");
  assert_fails (fixture,
                "{'MemoryHigh': <'1Gi'>, 'Unified': <{'cpuset.cpus.partition': 'anyone', "
                "'io.latency': '8:0 target=9', 'memory.swap.high': '4096', 'misc.max': 'res_a "
                "777'}>}",
                "SystemdFailed", "memory.high");
  assert_unchanged (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (files_before); i++)
    assert_file (fixture, files_before[i].file, files_before[i].text);
}

/* What there is no file for is refused before anything is changed, even for a moment, so that there
 * is nothing to set back. */
static void
test_missing_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  create (fixture);
  assert_fails (fixture,
                "{'PidsLimit': <'7'>, 'MemoryHigh': <'20Mi'>, 'Unified': <{'memory.nonsense': "
                "'1'}>}",
                "NotSupported", "memory.nonsense");
  g_assert_false (
      fixture_update (fixture, "a", "{'Unified': <{'cpu.max.burst': '1000'}>}", &error));
  g_assert_null (strstr (error->message, "set back"));
  fixture_assert_error (&error, "NotSupported", "cpu.max.burst");
  assert_unchanged (fixture);
  assert_file (fixture, "memory.high", "max");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", NULL), ==, 0);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "SetUnitProperties",
    .unit = SLICE,
    .kind = FAKE_FAULT_ERROR,
    .times = 1,
    .text = "org.freedesktop.DBus.Error.InvalidArgs",
  };

  create (fixture);
  fake_systemd_add_fault (fixture->systemd, &fault);
  assert_fails (fixture, "{'CPULimit': <'1'>}", "SystemdFailed", "as the test wants it");
  assert_unchanged (fixture);
  must_update (fixture, "{'CPULimit': <'1'>}");
  assert_file (fixture, "cpu.max", "100000 100000");
}

/* All or nothing: the slice of the class is part of it. */
static void
test_class_fails (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  fake_kernel_ignore_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  assert_fails (fixture, "{'CPULimit': <'2'>}", "SystemdFailed", "machine-burstable.slice");
  assert_unchanged (fixture);
}

static void
test_usage (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  fake_kernel_write (fixture->kernel, CGROUP, "memory.current", "104857600");
  fake_kernel_write (fixture->kernel, CGROUP, "memory.stat",
                     "anon 83886080\nfile 20971520\nactive_file 10485760\n"
                     "inactive_file 6291456\nslab_reclaimable 4194304");
  assert_fails (fixture, "{'MemoryLimit': <'70Mi'>}", "Busy", "83886080");
  assert_unchanged (fixture);
  g_assert_cmpuint (count_sets (fixture), ==, 0);
  must_update (fixture, "{'MemoryLimit': <'90Mi'>}");
  assert_file (fixture, "memory.max", "94371840");
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "SetUnitProperties",
    .unit = SLICE,
    .kind = FAKE_FAULT_DELAY,
    .msec = 300,
  };
  g_autoptr (Calls) calls = calls_new (fixture);

  create (fixture);
  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_add (calls, "UpdatePod", "a", "{'CPULimit': <'1'>}");
  fixture_wait (count_sets (fixture) > 0);
  g_assert_true (fixture_has_file (fixture, "a.pod"));
  g_assert_true (fixture_has_file (fixture, "a.updating"));
  g_assert_true (fixture_has_pod_state (fixture, "a", "updating"));
  calls_wait (calls);
  assert_spec (fixture, "{'CPULimit': <uint64 1000>, 'MemoryLimit': <uint64 268435456>, "
                        "'QosClass': <'Burstable'>}");
}

/* They are done one after the other, in the order in which they came. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  create (fixture);
  for (guint i = 1; i <= 20; i++) {
    g_autofree char *spec = g_strdup_printf ("{'PidsLimit': <uint64 %u>}", i);
    calls_add (calls, "UpdatePod", "a", spec);
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 20);
  g_assert_cmpuint (count_sets (fixture), ==, 20);
  for (guint i = 0; i < 20; i++)
    g_assert_cmpuint (get_sent (fixture, i, "TasksMax"), ==, i + 1);
  assert_file (fixture, "pids.max", "20");
}

static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  fixture_stop_pod (fixture, "a", SLICE);
  assert_fails (fixture, "{'CPULimit': <'1'>}", "Failed", "create it again");
}

static void
test_object (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  create (fixture);
  reply = fixture_call_object (fixture, MANAGER_PATH "/pod/a", POD_INTERFACE, "Update",
                               g_variant_new_parsed ("({'PidsLimit': <uint64 7>},)"), &error);
  g_assert_no_error (error);
  assert_file (fixture, "pids.max", "7");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/update/given-keys", test_given_keys);
  FIXTURE_TEST ("/update/nothing-differs", test_nothing_differs);
  FIXTURE_TEST ("/update/labels", test_labels);
  FIXTURE_TEST ("/update/no-limit", test_no_limit);
  FIXTURE_TEST ("/update/class", test_class);
  FIXTURE_TEST ("/update/derived-class", test_derived_class);
  FIXTURE_TEST ("/update/arguments", test_arguments);
  FIXTURE_TEST ("/update/read-back", test_read_back);
  FIXTURE_TEST ("/update/read-back-of-sets", test_read_back_of_sets);
  FIXTURE_TEST_WITHOUT_DAEMON ("/update/read-back-of-files", test_read_back_of_files);
  FIXTURE_TEST ("/update/missing-file", test_missing_file);
  FIXTURE_TEST ("/update/refused", test_refused);
  FIXTURE_TEST ("/update/class-fails", test_class_fails);
  FIXTURE_TEST ("/update/usage", test_usage);
  FIXTURE_TEST ("/update/files", test_files);
  FIXTURE_TEST ("/update/at-once", test_at_once);
  FIXTURE_TEST ("/update/vanished", test_vanished);
  FIXTURE_TEST ("/update/object", test_object);
  return g_test_run ();
}
