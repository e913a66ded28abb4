/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node: what the start makes and checks, and what it says of it.
 */
#include "tests/dbus/fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static GVariant *
get (Fixture *fixture, const char *name)
{
  return fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, name);
}

static gboolean
has_state (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) state = get (fixture, "State");

  return g_str_equal (g_variant_get_string (state, NULL), expected);
}

/* "NAME " for each condition that does not hold. */
static char *
list_conditions (Fixture *fixture, gboolean holds)
{
  g_autoptr (GVariant) conditions = get (fixture, "Conditions");
  g_autoptr (GString) names = g_string_new (NULL);
  GVariantIter iter;
  const char *name, *message;
  gboolean ok;

  g_variant_iter_init (&iter, conditions);
  while (g_variant_iter_next (&iter, "(&sb&s)", &name, &ok, &message)) {
    g_test_message ("%s: %d: %s", name, ok, message);
    g_assert_cmpstr (message, !=, "");
    if (ok == holds)
      g_string_append_printf (names, "%s ", name);
  }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

static void
test_ready (Fixture *fixture, gconstpointer data)
{
  g_autofree char *good = list_conditions (fixture, TRUE);
  g_autofree char *bad = list_conditions (fixture, FALSE);
  static const char *const names[] = {
    "Systemd ",
    "UnifiedHierarchy ",
    "SystemSlice ",
    "DaemonsSlice ",
    "PodsSlice ",
    "BurstableSlice ",
    "BestEffortSlice ",
    "Sysctl:vm.overcommit_memory ",
    "Sysctl:vm.panic_on_oom ",
    "Sysctl:kernel.panic ",
    "Sysctl:kernel.panic_on_oops ",
    "Sysctl:kernel.keys.root_maxkeys ",
    "Sysctl:kernel.keys.root_maxbytes ",
  };

  g_assert_true (has_state (fixture, "ready"));
  g_assert_cmpstr (bad, ==, "");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_nonnull (strstr (good, names[i]));
}

static gboolean
has_file (Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *text = fake_kernel_read_file (fixture->kernel, path);

  return g_str_equal (g_strchomp (text), expected);
}

static void
test_sysctls (Fixture *fixture, gconstpointer data)
{
  g_assert_true (has_file (fixture, "/proc/sys/vm/overcommit_memory", "1"));
  g_assert_true (has_file (fixture, "/proc/sys/vm/panic_on_oom", "0"));
  g_assert_true (has_file (fixture, "/proc/sys/kernel/panic", "10"));
  g_assert_true (has_file (fixture, "/proc/sys/kernel/panic_on_oops", "1"));
  g_assert_true (has_file (fixture, "/proc/sys/kernel/keys/root_maxkeys", "1000000"));
  g_assert_true (has_file (fixture, "/proc/sys/kernel/keys/root_maxbytes", "25000000"));
}

static void
assert_cgroup (Fixture *fixture, const char *path, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, path, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_slices (Fixture *fixture, gconstpointer data)
{
  g_assert_true (fake_systemd_has_unit (fixture->systemd, "kubernetes.slice"));
  assert_cgroup (fixture, "/machine.slice", "cpu.weight", "100");
  assert_cgroup (fixture, "/machine.slice/machine-burstable.slice", "cpu.weight", "1");
  assert_cgroup (fixture, "/machine.slice/machine-besteffort.slice", "cpu.weight", "1");
}

static void
test_capacity (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *key;
    guint64 value;
  } expected[] = {
    { "cpu", 4000 },
    { "memory", G_GUINT64_CONSTANT (8589934592) },
    { "pid", 63000 },
    { "hugepages-2Mi", 8388608 },
  };
  g_autoptr (GVariant) capacity = get (fixture, "Capacity");
  guint64 value;

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_assert_true (g_variant_lookup (capacity, expected[i].key, "t", &value));
    g_assert_cmpuint (value, ==, expected[i].value);
  }
  g_assert_true (g_variant_lookup (capacity, "ephemeral-storage", "t", &value));
  g_assert_cmpuint (value, >, 0);
}

/* "OBJECT SETTING WANTED ACTUAL" of each row that is not right. */
static char *
verify (Fixture *fixture, guint *ret_n_rows)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Verify", NULL, &error);
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GString) wrong = g_string_new (NULL);
  const char *object, *setting, *wanted, *actual;
  GVariantIter iter;
  gboolean ok;

  g_assert_no_error (error);
  rows = g_variant_get_child_value (reply, 0);
  *ret_n_rows = (guint) g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok))
    if (!ok)
      g_string_append_printf (wrong, "%s %s %s %s\n", object, setting, wanted, actual);
  return g_string_free (g_steal_pointer (&wrong), FALSE);
}

static void
test_verify (Fixture *fixture, gconstpointer data)
{
  guint n_rows;
  g_autofree char *right = verify (fixture, &n_rows);
  g_autofree char *wrong = NULL;
  g_autofree char *path = g_strconcat (fixture->root, "/proc/sys/kernel/panic", NULL);

  g_assert_cmpstr (right, ==, "");
  g_assert_cmpuint (n_rows, >=, 7);
  /* What cannot be repaired. */
  fake_kernel_write (fixture->kernel, "/machine.slice", "cpu.weight", "7");
  fake_kernel_ignore_writes (fixture->kernel, "machine.slice", "cpu.weight");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkdir (path, 0755), ==, 0);
  wrong = verify (fixture, &n_rows);
  g_test_message ("%s", wrong);
  g_assert_nonnull (strstr (wrong, "/machine.slice cpu.weight 100 7\n"));
  g_assert_nonnull (strstr (wrong, "sysctl kernel.panic 10 missing\n"));
}

/* A directory can be neither read nor written as a file. */
static void
test_degraded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = NULL;
  g_autofree char *path = g_strconcat (fixture->root, "/proc/sys/kernel/panic", NULL);
  g_autofree char *slice = NULL;

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkdir (path, 0755), ==, 0);
  fake_kernel_ignore_writes (fixture->kernel, "machine-burstable.slice", "cpu.weight");
  fixture_start_daemon (fixture);
  g_assert_true (has_state (fixture, "degraded"));
  bad = list_conditions (fixture, FALSE);
  g_assert_cmpstr (bad, ==, "BurstableSlice Sysctl:kernel.panic ");
  /* Pods can be managed all the same. */
  slice = fixture_must_create (fixture, "a", "{}");
}

static void
test_without_controllers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = NULL;

  fake_kernel_write (fixture->kernel, "/system.slice", "cgroup.controllers", "io pids");
  fixture_start_daemon (fixture);
  bad = list_conditions (fixture, FALSE);
  g_assert_cmpstr (bad, ==, "SystemSlice ");
}

/* What an administrator has configured stays, but for what is enforced, and what is missing is
 * started. */
static void
test_adopted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *description = NULL;

  fake_systemd_start_unit (fixture->systemd, "machine.slice", "Virtual Machines");
  fake_systemd_add_fragment (fixture->systemd, "kubernetes.slice");
  fixture_start_daemon (fixture);
  g_assert_true (has_state (fixture, "ready"));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, "kubernetes.slice"));
  description = fake_systemd_get_description (fixture->systemd, "machine.slice");
  g_assert_cmpstr (description, ==, "Virtual Machines");
  assert_cgroup (fixture, "/machine.slice", "memory.max", "8589934592");
  assert_cgroup (fixture, "/machine.slice", "memory.high", "max");
}

static void
test_connection (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bad = NULL;

  fake_systemd_stop_listening (fixture->systemd);
  fixture_wait (has_state (fixture, "degraded"));
  bad = list_conditions (fixture, FALSE);
  g_assert_cmpstr (bad, ==, "Systemd ");
  fake_systemd_listen (fixture->systemd);
  fixture_wait (has_state (fixture, "ready"));
}

/* After a reload what was changed behind systemd's back is set again. */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  fake_kernel_write_file (fixture->kernel, "/proc/sys/kernel/panic", "3\n");
  fake_systemd_reload (fixture->systemd);
  fixture_wait (has_file (fixture, "/proc/sys/kernel/panic", "10"));
  g_assert_true (has_state (fixture, "ready"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/node/ready", test_ready);
  FIXTURE_TEST ("/node/sysctls", test_sysctls);
  FIXTURE_TEST ("/node/slices", test_slices);
  FIXTURE_TEST ("/node/capacity", test_capacity);
  FIXTURE_TEST ("/node/verify", test_verify);
  FIXTURE_TEST_WITHOUT_DAEMON ("/node/degraded", test_degraded);
  FIXTURE_TEST_WITHOUT_DAEMON ("/node/without-controllers", test_without_controllers);
  FIXTURE_TEST_WITHOUT_DAEMON ("/node/adopted", test_adopted);
  FIXTURE_TEST ("/node/connection", test_connection);
  FIXTURE_TEST ("/node/reload", test_reload);
  return g_test_run ();
}
