/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CreatePod as it should fail: with the error that its documentation has, and nothing left behind.
 */
#include "tests/dbus/calls.h"

#include <glib/gstdio.h>
#include <string.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

static void
assert_fails (
    Fixture *fixture, const char *uid, const char *spec, const char *name, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, uid, spec, &error));
  fixture_assert_error (&error, name, text);
}

/* And the same uid is free for another try. */
static void
assert_nothing_left (Fixture *fixture)
{
  g_autoptr (GVariant) count =
      fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");
  g_autofree char *slice = NULL;

  g_assert_cmpuint (g_variant_get_uint32 (count), ==, 0);
  g_assert_false (fixture_has_file (fixture, "a.creating"));
  g_assert_false (fixture_has_file (fixture, "a.pod"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
  fake_systemd_clear_faults (fixture->systemd);
  slice = fixture_must_create (fixture, "a", "{'CPULimit': <'100m'>}");
  g_assert_cmpstr (slice, ==, SLICE);
}

static const struct {
  const char *uid;
  const char *spec;
  const char *text;
} bad[] = {
  { "", "{}", "uid" },
  { "-a", "{}", "uid" },
  { "a/b", "{}", "uid" },
  { "a", "{'CpuLimit': <'1'>}", "CpuLimit" },
  { "a", "{'CPULimit': <1>}", "CPULimit" },
  { "a", "{'CPULimit': <'1 m'>}", "CPULimit" },
  { "a", "{'CPULimit': <'-1'>}", "CPULimit" },
  { "a", "{'CPULimit': <'0'>}", "CPULimit" },
  { "a", "{'CPURequest': <'max'>}", "CPURequest" },
  { "a", "{'CPUPeriodUSec': <uint64 999>}", "CPUPeriodUSec" },
  { "a", "{'CPUPeriodUSec': <'1000'>}", "CPUPeriodUSec" },
  { "a", "{'CPUWeight': <uint64 0>}", "CPUWeight" },
  { "a", "{'CPUWeight': <uint64 10001>}", "CPUWeight" },
  { "a", "{'CPUSet': <'1-'>}", "CPUSet" },
  { "a", "{'CPUSet': <'0-4'>}", "0-3" },
  { "a", "{'MemoryNodes': <'1'>}", "MemoryNodes" },
  { "a", "{'MemoryLimit': <uint64 0>}", "MemoryLimit" },
  { "a", "{'MemoryLimit': <'9E'>}", "MemoryLimit" },
  { "a", "{'PidsLimit': <uint64 0>}", "PidsLimit" },
  { "a", "{'QosClass': <'Best'>}", "QosClass" },
  { "a", "{'Labels': <{'a': 1}>}", "Labels" },
  { "a", "{'CPURequest': <'2'>, 'CPULimit': <'1'>}", "CPURequest" },
  { "a", "{'MemoryRequest': <'2Gi'>, 'MemoryLimit': <'1Gi'>}", "MemoryRequest" },
};

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  g_autofree char *long_uid = g_strnfill (240, 'a');

  fake_systemd_forget_calls (fixture->systemd);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_fails (fixture, bad[i].uid, bad[i].spec, "InvalidArgument", bad[i].text);
  assert_fails (fixture, long_uid, "{}", "InvalidArgument", "bytes");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  assert_nothing_left (fixture);
}

/* What there is no file for is refused before anything is made. */
static void
test_missing_file (Fixture *fixture, gconstpointer data)
{
  fake_systemd_forget_calls (fixture->systemd);
  assert_fails (fixture, "a", "{'CPULimit': <'1'>, 'Unified': <{'memory.nonsense': '1'}>}",
                "NotSupported", "memory.nonsense");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE), ==,
                    0);
  assert_nothing_left (fixture);
}

static void
test_repeated_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder spec;

  g_variant_builder_init (&spec, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&spec, "{sv}", "CPULimit", g_variant_new_string ("1"));
  g_variant_builder_add (&spec, "{sv}", "CPULimit", g_variant_new_string ("2"));
  g_assert_null (
      fixture_call (fixture, "CreatePod", g_variant_new ("(sa{sv})", "a", &spec), &error));
  fixture_assert_error (&error, "InvalidArgument", "CPULimit");
}

static void
test_exists (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}");

  assert_fails (fixture, "a", "{'CPULimit': <'2'>}", "PodExists", "UpdatePod");
  assert_fails (fixture, "a", "{}", "PodExists", "a");
}

static void
test_collision (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{}");

  assert_fails (fixture, "a_b", "{}", "InvalidArgument", "a-b");
  /* Under another class it is another slice, but its containers' units would be the same. */
  assert_fails (fixture, "a_b", "{'CPULimit': <'1'>}", "InvalidArgument", "a-b");
}

/* What somebody else runs under that name is not ours to change or to stop. */
static void
assert_untouched (Fixture *fixture)
{
  static const char *const methods[] = { "SetUnitProperties", "StopUnit", "StartUnit" };
  g_autofree char *description = fake_systemd_get_description (fixture->systemd, SLICE);

  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_cmpstr (description, ==, "Somebody's");
  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, methods[i], SLICE), ==, 0);
  g_assert_false (fixture_has_file (fixture, "a.creating"));
}

static void
test_foreign_unit (Fixture *fixture, gconstpointer data)
{
  fake_systemd_start_unit (fixture->systemd, SLICE, "Somebody's");
  assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "PodExists", SLICE);
  assert_untouched (fixture);
}

/* It comes while the pod is being created, and the first error says nothing of it. */
static void
test_foreign_unit_and_class (Fixture *fixture, gconstpointer data)
{
  FakeFault delay = {
    .method = "StartTransientUnit",
    .unit = SLICE,
    .kind = FAKE_FAULT_DELAY,
    .msec = 200,
  };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;

  fake_kernel_ignore_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  fake_systemd_add_fault (fixture->systemd, &delay);
  calls_add (calls, "CreatePod", "a", "{'CPULimit': <'1'>}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE) > 0);
  fake_systemd_start_unit (fixture->systemd, SLICE, "Somebody's");
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "SystemdFailed", "machine-burstable.slice");
  assert_untouched (fixture);
}

static void
test_job_failed (Fixture *fixture, gconstpointer data)
{
  static const char *const results[] = { "failed", "canceled", "dependency", "timeout" };

  for (gsize i = 0; i < G_N_ELEMENTS (results); i++) {
    FakeFault fault = {
      .method = "StartTransientUnit",
      .unit = SLICE,
      .kind = FAKE_FAULT_JOB_RESULT,
      .text = results[i],
    };

    fake_systemd_add_fault (fixture->systemd, &fault);
    assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "SystemdFailed", results[i]);
    assert_nothing_left (fixture);
    fixture_must_remove (fixture, "a");
  }
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = SLICE,
    .kind = FAKE_FAULT_ERROR,
    .text = "org.freedesktop.DBus.Error.AccessDenied",
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
  assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "SystemdFailed", "as the test wants it");
  assert_nothing_left (fixture);
}

static void
test_unknown_property (Fixture *fixture, gconstpointer data)
{
  fake_systemd_hide_property (fixture->systemd, "MemorySwapMax");
  assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "NotSupported", "MemorySwapMax");
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fixture_has_file (fixture, "a.creating"));
}

static const struct {
  const char *file;
  const char *kept;
  const char *wanted;
} differing[] = {
  { "cpu.max", "max 100000", "100000 100000" },
  { "memory.max", "max", "1073741824" },
  { "memory.swap.max", "max", "0" },
  { "pids.max", "max", "77" },
  { "cpuset.cpus", "", "1-2" },
};

static void
test_kernel_differs (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (differing); i++) {
    g_autofree char *text = g_strdup_printf ("%s = '%s' instead of '%s'", differing[i].file,
                                             differing[i].kept, differing[i].wanted);

    fake_kernel_ignore_writes (fixture->kernel, SLICE, differing[i].file);
    assert_fails (fixture, "a",
                  "{'CPULimit': <'1'>, 'MemoryRequest': <'1Mi'>, 'MemoryLimit': <'1Gi'>, "
                  "'MemorySwapLimit': <'0'>, 'PidsLimit': <'77'>, 'CPUSet': <'1-2'>}",
                  "SystemdFailed", text);
    fake_kernel_take_writes (fixture->kernel, SLICE, differing[i].file);
    assert_nothing_left (fixture);
    fixture_must_remove (fixture, "a");
  }
}

static void
test_without_controller (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = NULL;

  fake_kernel_set_controllers (fixture->kernel, "cpu pids");
  assert_fails (fixture, "a", "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>, 'CPURequest': <'1m'>}",
                "NotSupported", "memory.max");
  assert_fails (fixture, "a", "{'CPULimit': <'1'>, 'CPUSet': <'0'>}", "NotSupported",
                "cpuset.cpus");
  assert_nothing_left (fixture);
}

/* The class is part of the promise. */
static void
test_class_fails (Fixture *fixture, gconstpointer data)
{
  fake_kernel_ignore_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "SystemdFailed", "machine-burstable.slice");
  fake_kernel_take_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  assert_nothing_left (fixture);
}

/* The file cannot be written: what systemd was asked for meanwhile is taken back. */
static void
test_no_directory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods", NULL);

  g_assert_cmpint (g_rmdir (directory), ==, 0);
  assert_fails (fixture, "a", "{'CPULimit': <'1'>}", "Failed", "/run/nodecgroups/pods");
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/create/errors/arguments", test_arguments);
  FIXTURE_TEST ("/create/errors/missing-file", test_missing_file);
  FIXTURE_TEST ("/create/errors/repeated-key", test_repeated_key);
  FIXTURE_TEST ("/create/errors/exists", test_exists);
  FIXTURE_TEST ("/create/errors/collision", test_collision);
  FIXTURE_TEST ("/create/errors/foreign-unit", test_foreign_unit);
  FIXTURE_TEST ("/create/errors/foreign-unit-and-class", test_foreign_unit_and_class);
  FIXTURE_TEST ("/create/errors/job-failed", test_job_failed);
  FIXTURE_TEST ("/create/errors/refused", test_refused);
  FIXTURE_TEST ("/create/errors/unknown-property", test_unknown_property);
  FIXTURE_TEST ("/create/errors/kernel-differs", test_kernel_differs);
  FIXTURE_TEST ("/create/errors/without-controller", test_without_controller);
  FIXTURE_TEST ("/create/errors/class-fails", test_class_fails);
  FIXTURE_TEST ("/create/errors/no-directory", test_no_directory);
  return g_test_run ();
}
