/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsd --user: what the kernel does not let a user do its manager does. Here the kernel
 * lets the daemon move no process at all.
 */
#include "tests/dbus/container.h"

#define APP_CGROUP JOIN_POD "/" JOIN_APP
#define METHOD "AttachProcessesToUnit"
#define MANY 40

static void
set_up_with (Fixture *fixture, const char *option)
{
  g_autofree char *slice = NULL;

  fixture_set_up_without_daemon (fixture, NULL);
  fixture->option = option;
  fixture->is_barred = TRUE;
  fixture_start_daemon (fixture);
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  slice = fixture_must_create (fixture, "a", "{'CPULimit': <'1'>}");
  fake_processes_bar (fake_kernel_get_processes (fixture->kernel));
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  set_up_with (fixture, "--user");
}

static void
set_up_as_root (Fixture *fixture, gconstpointer data)
{
  set_up_with (fixture, NULL);
}

/* @arguments: (nullable): of the last time */
static void
assert_asked (Fixture *fixture, guint times, const char *arguments)
{
  g_autoptr (GPtrArray) calls = fake_systemd_list_calls (fixture->systemd, METHOD, NULL);
  g_autofree char *last = NULL;

  g_assert_cmpuint (calls->len, ==, times);
  if (arguments == NULL)
    return;
  last = g_variant_print (g_ptr_array_index (calls, times - 1), FALSE);
  g_assert_cmpstr (last, ==, arguments);
}

/* A scope is started around the first, and is given the second. */
static void
test_second (Fixture *fixture, gconstpointer data)
{
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  pid_t both[] = { first, second };
  g_autofree char *expected = g_strdup_printf ("('" JOIN_APP "', '', [%d])", (int) second);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  join_one (fixture, "app", first, "{}");
  assert_asked (fixture, 0, NULL);
  join_one (fixture, "app", second, "{}");
  assert_asked (fixture, 1, expected);
  reply = join_call (fixture, "app", both, 2, "{}", &error);
  g_assert_no_error (error);
  assert_asked (fixture, 1, expected);
}

static void
test_created (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autofree char *expected = g_strdup_printf ("('" CONTAINER_UNIT "', '', [%d])", (int) pid);

  container_must_create (fixture, "{}");
  join_one (fixture, "db", pid, "{}");
  g_assert_true (join_is_in (fixture, pid, CONTAINER_CGROUP));
  assert_asked (fixture, 1, expected);
}

/* More than a scope is started around: the rest at once. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  pid_t pids[MANY];
  g_autoptr (GPtrArray) calls = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < MANY; i++)
    pids[i] = join_start_process (fixture);
  reply = join_call (fixture, "app", pids, MANY, "{}", &error);
  g_assert_no_error (error);
  for (guint i = 0; i < MANY; i++)
    g_assert_true (join_is_in (fixture, pids[i], APP_CGROUP));
  calls = fake_systemd_list_calls (fixture->systemd, METHOD, JOIN_APP);
  g_assert_cmpuint (calls->len, ==, 1);
  list = g_variant_get_child_value (g_ptr_array_index (calls, 0), 2);
  g_assert_cmpuint (g_variant_n_children (list), ==, MANY - 16);
}

/* What the manager refuses is said in its words, and nothing has moved. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = {
    .method = METHOD,
    .kind = FAKE_FAULT_ERROR,
    .text = "org.freedesktop.DBus.Error.AccessDenied",
  };
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  join_one (fixture, "app", first, "{}");
  fake_systemd_add_fault (fixture->systemd, &fault);
  g_assert_null (join_call (fixture, "app", &second, 1, "{}", &error));
  fixture_assert_error (&error, "SystemdFailed", METHOD " of '" JOIN_APP "'");
  g_assert_true (join_is_in (fixture, second, JOIN_OUTSIDE));
  fake_systemd_clear_faults (fixture->systemd);
  join_one (fixture, "app", second, "{}");
}

/* The manager says that it is done, but the process is not there. */
static void
test_verified (Fixture *fixture, gconstpointer data)
{
  const FakeFault fault = { .method = METHOD, .kind = FAKE_FAULT_PRETEND };
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  join_one (fixture, "app", first, "{}");
  fake_systemd_add_fault (fixture->systemd, &fault);
  g_assert_null (join_call (fixture, "app", &second, 1, "{}", &error));
  fixture_assert_error (&error, "Failed", "that takes the right to write cgroup.procs there");
  assert_asked (fixture, 1, NULL);
}

/* The system's manager is not asked: root may, or it has a reason. */
static void
test_root (Fixture *fixture, gconstpointer data)
{
  pid_t first = join_start_process (fixture);
  pid_t second = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  join_one (fixture, "app", first, "{}");
  g_assert_null (join_call (fixture, "app", &second, 1, "{}", &error));
  fixture_assert_error (&error, "Failed", "that takes the right to write cgroup.procs there");
  assert_asked (fixture, 0, NULL);
}

#define ADD(path, set_up, function)                                                                \
  g_test_add (path, Fixture, NULL, set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/user/second", set_up, test_second);
  ADD ("/user/created", set_up, test_created);
  ADD ("/user/many", set_up, test_many);
  ADD ("/user/refused", set_up, test_refused);
  ADD ("/user/verified", set_up, test_verified);
  ADD ("/user/root", set_up_as_root, test_root);
  return g_test_run ();
}
