/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties of containers that systemd does not know, and that are left out: VerifyPod says so for
 * as long as it is true, whatever becomes of the daemon.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/container.h"

#include <glib/gstdio.h>
#include <string.h>

#define ZSWAP "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}"

#define POD_SLICE "machine-burstable-poda.slice"
/* After the daemon has given up. */
#define LATE_MSEC 16000

static void
start_again (Fixture *fixture)
{
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  join_set_up (fixture, data);
  fixture->option = "--drop-unknown-properties";
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  start_again (fixture);
}

/* Whether VerifyPod has the row, which is not right, for the leaf @unit. */
static gboolean
has_dropped (Fixture *fixture, const char *unit)
{
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a"), NULL);
  g_autoptr (GVariant) rows = g_variant_get_child_value (reply, 0);
  GVariantIter iter;
  const char *cgroup, *setting;
  gboolean ok, is_there = FALSE;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", &cgroup, &setting, NULL, NULL, &ok))
    is_there |= !ok && g_str_has_suffix (cgroup, unit) && g_str_equal (setting, "MemoryZSwapMax");
  return is_there;
}

static void
assert_told (Fixture *fixture, const char *unit)
{
  g_autoptr (GVariant) value = fake_systemd_get_property (fixture->systemd, unit, "MemoryZSwapMax");

  g_assert_nonnull (value);
  g_assert_cmpuint (g_variant_get_uint64 (value), ==, 4096);
  g_assert_false (has_dropped (fixture, unit));
}

/* Another systemd is told, once. */
static void
upgrade (Fixture *fixture, const char *unit)
{
  fixture_kill_daemon (fixture);
  fake_systemd_show_property (fixture->systemd, "MemoryZSwapMax");
  fake_systemd_set_version (fixture->systemd, "253.5");
  fixture_start_daemon (fixture);
  assert_told (fixture, unit);
  fake_systemd_forget_calls (fixture->systemd);
  start_again (fixture);
  assert_told (fixture, unit);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", unit), ==, 0);
}

static void
test_created (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, ZSWAP);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  start_again (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <uint64 9>}");
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  upgrade (fixture, CONTAINER_UNIT);
}

static gboolean
file_has (Fixture *fixture, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->root, "run/nodecgroups/pods/a.pod", NULL);
  g_autofree char *content = NULL;
  gsize length;

  return g_file_get_contents (path, &content, &length, NULL) &&
         memmem (content, length, text, strlen (text)) != NULL;
}

/* Another systemd that does not know it either is asked, once. */
static void
test_still_unknown (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, ZSWAP);
  fixture_kill_daemon (fixture);
  fake_systemd_set_version (fixture->systemd, "253.5");
  fixture_start_daemon (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  g_assert_true (file_has (fixture, "253"));
  g_assert_false (file_has (fixture, "updating"));
  fake_systemd_forget_calls (fixture->systemd);
  start_again (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  g_assert_cmpuint (
      fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", CONTAINER_UNIT), ==, 0);
}

static void
test_updated (Fixture *fixture, gconstpointer data)
{
  container_must_create (fixture, "{}");
  container_must (fixture, "UpdateContainer", ZSWAP);
  start_again (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
}

static void
test_joined (Fixture *fixture, gconstpointer data)
{
  join_one (fixture, "app", join_start_process (fixture), ZSWAP);
  start_again (fixture);
  g_assert_true (has_dropped (fixture, JOIN_APP));
  upgrade (fixture, JOIN_APP);
}

static void
set_mode (Fixture *fixture, int mode)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/sys/fs/cgroup" JOIN_POD, NULL);

  g_assert_cmpint (g_chmod (directory, mode), ==, 0);
}

/* A leaf that cannot be opened while all are looked through is not gone, and nothing that is known
 * of it is forgotten. */
static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "SetUnitProperties",
    .kind = FAKE_FAULT_ERROR,
    .text = "org.freedesktop.DBus.Error.AccessDenied",
  };

  fixture_stop_daemon (fixture);
  fixture->is_barred = TRUE;
  fixture_start_daemon (fixture);
  container_must_create (fixture, ZSWAP);
  fake_systemd_add_fault (fixture->systemd, &fault);
  set_mode (fixture, 0);
  fake_systemd_stop_listening (fixture->systemd);
  fake_systemd_forget_calls (fixture->systemd);
  fake_systemd_listen (fixture->systemd);
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "Introspect", NULL) > 0);
  set_mode (fixture, 0755);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
}

static gboolean
has_container (Fixture *fixture, const char *state)
{
  g_autoptr (GVariant) value = fixture_get_pod_property (fixture, "a", "Containers");
  g_autofree char *text = g_variant_print (value, FALSE);

  return strstr (text, state) != NULL;
}

/* It was stopped by somebody, and forgotten when the file was written the next time. */
static void
stop_created (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  container_must_create (fixture, ZSWAP);
  fake_systemd_stop_unit (fixture->systemd, CONTAINER_UNIT);
  fixture_wait (has_container (fixture, "vanished"));
  container_call (fixture, "CreateContainer", "other", "{}", &error);
  g_assert_no_error (error);
  g_assert_false (has_dropped (fixture, CONTAINER_UNIT));
}

/* A join makes it again. */
static void
test_made_again (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autoptr (GVariant) place = NULL;
  g_autoptr (GError) error = NULL;

  stop_created (fixture);
  place = join_call (fixture, "db", &pid, 1, "{}", &error);
  g_assert_no_error (error);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  g_assert_false (file_has (fixture, "starting"));
  start_again (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
}

/* systemd refuses the property at once, and what it is asked for then comes by @kind and @msec. */
static void
delay_second_start (Fixture *fixture, const char *unit, FakeFaultKind kind, guint msec)
{
  FakeFault first = { "StartTransientUnit", unit, FAKE_FAULT_NONE, 1 };
  FakeFault second = { "StartTransientUnit", unit, kind, 1, msec };

  fake_systemd_add_fault (fixture->systemd, &first);
  fake_systemd_add_fault (fixture->systemd, &second);
}

/* The daemon ends before systemd has answered, and the next one finds the unit. */
static void
test_create_resumed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  delay_second_start (fixture, CONTAINER_UNIT, FAKE_FAULT_DELAY, 100);
  calls_begin (calls, "CreateContainer", container_arguments ("db", ZSWAP));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", CONTAINER_UNIT) ==
                2);
  fixture_kill_daemon (fixture);
  calls_wait (calls);
  fixture_wait (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
  fixture_start_daemon (fixture);
  g_assert_true (has_container (fixture, "active"));
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
  start_again (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
}

/* The same with one that nobody makes again, since it is there. */
static void
test_joined_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);

  delay_second_start (fixture, JOIN_APP, FAKE_FAULT_DELAY, 100);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, ZSWAP));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP) == 2);
  fixture_kill_daemon (fixture);
  calls_wait (calls);
  fixture_wait (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  fixture_start_daemon (fixture);
  g_assert_true (has_container (fixture, "active"));
  g_assert_true (has_dropped (fixture, JOIN_APP));
  upgrade (fixture, JOIN_APP);
}

/* And with one that a join makes again. */
static void
test_made_again_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);

  stop_created (fixture);
  fake_systemd_forget_calls (fixture->systemd);
  delay_second_start (fixture, CONTAINER_UNIT, FAKE_FAULT_DELAY, 100);
  calls_begin (calls, "JoinPod", join_arguments ("db", &pid, 1, "{}"));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", CONTAINER_UNIT) ==
                2);
  fixture_kill_daemon (fixture);
  calls_wait (calls);
  fixture_wait (fake_systemd_has_unit (fixture->systemd, CONTAINER_UNIT));
  fixture_start_daemon (fixture);
  g_assert_true (has_dropped (fixture, CONTAINER_UNIT));
}

/* What cannot be written down is not left out. */
static void
test_not_written (Fixture *fixture, gconstpointer data)
{
  FakeFault slow = { "StartTransientUnit", JOIN_APP, FAKE_FAULT_DELAY, 1, 300 };
  g_autofree char *in_the_way =
      g_strconcat (fixture->root, "/run/nodecgroups/pods/.a.pod.tmp", NULL);
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &slow);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, ZSWAP));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP) == 1);
  g_assert_cmpint (g_mkdir (in_the_way, 0755), ==, 0);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "Failed", ".a.pod.tmp");
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP), ==,
                    1);
  g_assert_cmpint (g_rmdir (in_the_way), ==, 0);
  join_one (fixture, "app", pid, ZSWAP);
  g_assert_true (has_dropped (fixture, JOIN_APP));
}

/* A leaf that is there only after its caller was told Timeout. */
static void
test_joined_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pid = join_start_process (fixture);
  g_autoptr (GError) error = NULL;

  delay_second_start (fixture, JOIN_APP, FAKE_FAULT_DELAY, LATE_MSEC);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, ZSWAP));
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "Timeout", NULL);
  fixture_wait (has_container (fixture, "active"));
  fixture_wait (has_dropped (fixture, JOIN_APP));
  start_again (fixture);
  g_assert_true (has_dropped (fixture, JOIN_APP));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/dropped/created", Fixture, NULL, set_up, test_created, fixture_tear_down);
  g_test_add ("/dropped/still-unknown", Fixture, NULL, set_up, test_still_unknown,
              fixture_tear_down);
  g_test_add ("/dropped/updated", Fixture, NULL, set_up, test_updated, fixture_tear_down);
  g_test_add ("/dropped/unreadable", Fixture, NULL, set_up, test_unreadable, fixture_tear_down);
  g_test_add ("/dropped/joined", Fixture, NULL, set_up, test_joined, fixture_tear_down);
  g_test_add ("/dropped/made-again", Fixture, NULL, set_up, test_made_again, fixture_tear_down);
  g_test_add ("/dropped/create-resumed", Fixture, NULL, set_up, test_create_resumed,
              fixture_tear_down);
  g_test_add ("/dropped/joined-at-the-end", Fixture, NULL, set_up, test_joined_at_the_end,
              fixture_tear_down);
  g_test_add ("/dropped/made-again-at-the-end", Fixture, NULL, set_up, test_made_again_at_the_end,
              fixture_tear_down);
  g_test_add ("/dropped/not-written", Fixture, NULL, set_up, test_not_written, fixture_tear_down);
  g_test_add ("/dropped/joined-late", Fixture, NULL, set_up, test_joined_late, fixture_tear_down);
  return g_test_run ();
}
