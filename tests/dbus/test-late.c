/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd does after the caller was told Timeout fits what is known in the end. All operations
 * wait at the same time, which makes this one slow test.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/drift-rig.h"
#include "tests/dbus/join.h"
#include "tests/unit/child.h"

#include <signal.h>
#include <string.h>

/* After the daemon has given up, and what it would undo has been in vain, too. */
#define LATE_MSEC 22000
#define PATIENCE_USEC (25 * G_USEC_PER_SEC)
/* Until then it has looked again, see daemon/late.c. */
#define SETTLED_USEC (40 * G_USEC_PER_SEC)

#define SLICE_OF(uid) "machine-burstable-pod" uid ".slice"
#define CGROUP_OF(uid) "/machine.slice/machine-burstable.slice/" SLICE_OF (uid)
#define UNIT_OF(uid) "pod" uid "-db.service"
#define BEFORE "{'CPULimit': <'1'>}"
#define AFTER "{'CPULimit': <'2'>}"

static const FakeFault faults[] = {
  { "StartTransientUnit", SLICE_OF ("created"), FAKE_FAULT_DELAY, 1, LATE_MSEC },
  { "Get", SLICE_OF ("created"), FAKE_FAULT_NO_REPLY, 1 },
  { "StartTransientUnit", SLICE_OF ("again"), FAKE_FAULT_DELAY, 1, LATE_MSEC },
  { "Get", SLICE_OF ("again"), FAKE_FAULT_NO_REPLY, 1 },
  { "SetUnitProperties", SLICE_OF ("updated"), FAKE_FAULT_DELAY, 2, LATE_MSEC },
  { "StopUnit", SLICE_OF ("removed"), FAKE_FAULT_JOB_DELAY, 1, LATE_MSEC },
  { "StartTransientUnit", JOIN_APP, FAKE_FAULT_DELAY, 1, LATE_MSEC },
  { "StartTransientUnit", UNIT_OF ("made"), FAKE_FAULT_DELAY, 1, LATE_MSEC },
  { "Get", UNIT_OF ("made"), FAKE_FAULT_NO_REPLY, 2 },
  { "SetUnitProperties", UNIT_OF ("changed"), FAKE_FAULT_DELAY, 2, LATE_MSEC },
  { "StopUnit", UNIT_OF ("ended"), FAKE_FAULT_JOB_DELAY, 1, LATE_MSEC },
};

static const struct {
  const char *method;
  const char *uid;
  const char *dictionary;
} late[] = {
  { "CreatePod", "created", AFTER },
  { "CreatePod", "again", AFTER },
  { "UpdatePod", "updated", AFTER },
  { "RemovePod", "removed", "{}" },
};

/* Of a container "db" in a pod of its own. */
static const struct {
  const char *method;
  const char *uid;
  const char *dictionary;
} late_containers[] = {
  { "CreateContainer", "made", AFTER },
  { "UpdateContainer", "changed", AFTER },
  { "RemoveContainer", "ended", "@a{sv} {}" },
};

static GVariant *
container_of (const char *uid, const char *dictionary)
{
  return g_variant_new ("(ss@a{sv})", uid, "db", g_variant_new_parsed (dictionary));
}

static void
create_container (Fixture *fixture, const char *uid)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "CreateContainer", container_of (uid, BEFORE), &error);

  g_assert_no_error (error);
}

static void
assert_timeout (Calls *calls, guint i)
{
  GError *error = calls_get_error (calls, i);

  fixture_assert_error (&error, "Timeout", NULL);
}

static void
create (Fixture *fixture, const char *uid, const char *spec)
{
  g_autofree char *slice = fixture_must_create (fixture, uid, spec);
}

static pid_t
make_pods (Fixture *fixture)
{
  create (fixture, "updated", BEFORE);
  create (fixture, "removed", BEFORE);
  create_container (fixture, "removed");
  create (fixture, "a", "{'CPURequest': <'1'>}");
  for (gsize i = 0; i < G_N_ELEMENTS (late_containers); i++) {
    create (fixture, late_containers[i].uid, AFTER);
    if (!g_str_equal (late_containers[i].method, "CreateContainer"))
      create_container (fixture, late_containers[i].uid);
  }
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    fake_systemd_add_fault (fixture->systemd, &faults[i]);
  return fake_processes_start (fake_kernel_get_processes (fixture->kernel), JOIN_OUTSIDE);
}

static gboolean
has_pod (Fixture *fixture, const char *uid)
{
  g_autoptr (GVariant) reply = fixture_call (fixture, "GetPod", g_variant_new ("(s)", uid), NULL);

  return reply != NULL;
}

static gboolean
is_verified (Fixture *fixture, const char *uid)
{
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", uid), NULL);
  g_autofree char *text = g_variant_print (reply, FALSE);

  g_test_message ("%s", text);
  return strstr (text, "false") == NULL;
}

static gboolean
has_quota (Fixture *fixture, const char *cgroup, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, cgroup, "cpu.max");

  return g_strcmp0 (quota, expected) == 0;
}

static gboolean
has_containers (Fixture *fixture, const char *uid, const char *expected)
{
  g_autoptr (GVariant) value = fixture_get_pod_property (fixture, uid, "Containers");
  g_autofree char *text = g_variant_print (value, FALSE);

  g_test_message ("%s: %s", uid, text);
  return g_str_equal (text, expected);
}

static void
assert_containers_settled (Fixture *fixture)
{
  g_assert_true (has_containers (fixture, "made", "[]"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, UNIT_OF ("made")));
  create_container (fixture, "made");
  g_assert_true (
      has_quota (fixture, CGROUP_OF ("changed") "/" UNIT_OF ("changed"), "100000 100000"));
  g_assert_true (is_verified (fixture, "changed"));
  g_assert_true (has_containers (fixture, "ended", "[]"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, UNIT_OF ("ended")));
  create_container (fixture, "ended");
}

/* Each of them is there at once, and right when things have settled. */
static void
assert_settled (Fixture *fixture, pid_t pid)
{
  g_assert_false (has_pod (fixture, "created"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE_OF ("created")));
  g_assert_false (fixture_has_file (fixture, "created.creating"));
  g_assert_true (fixture_has_pod_state (fixture, "again", "active"));
  g_assert_true (is_verified (fixture, "again"));
  g_assert_false (fixture_has_file (fixture, "again.creating"));
  g_assert_true (has_quota (fixture, CGROUP_OF ("updated"), "100000 100000"));
  g_assert_true (is_verified (fixture, "updated"));
  g_assert_false (has_pod (fixture, "removed"));
  g_assert_false (fixture_has_file (fixture, "removed.pod"));
  g_assert_true (join_is_in (fixture, pid, JOIN_POD "/" JOIN_APP));
  g_assert_true (join_has_containers (fixture, "[('app', '" JOIN_APP "', '" JOIN_POD "/" JOIN_APP
                                               "', 'active')]"));
  g_assert_true (is_verified (fixture, "a"));
}

/* Of a removal that waits a part is done, and a process of another's unit holds up the rest. */
static pid_t
hold_up (Fixture *fixture)
{
  while (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE_OF ("removed")) == 0)
    fixture_iterate ();
  fake_systemd_stop_unit (fixture->systemd, UNIT_OF ("removed"));
  return fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP_OF ("removed"));
}

static void
assert_held_up (Fixture *fixture, Calls *calls, guint i, pid_t holder)
{
  g_autofree char *named = g_strdup_printf ("%d (test-late, ", (int) holder);
  GError *error = calls_get_error (calls, i);

  fixture_assert_error (&error, "Timeout", named);
  g_assert_true (has_containers (fixture, "removed",
                                 "[('db', '" UNIT_OF ("removed") "', '', "
                                                                 "'vanished')]"));
  kill (holder, SIGKILL);
  child_wait_killed (holder, SIGKILL);
}

static void
test_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  gint64 begin;
  pid_t holder;
  pid_t pid = make_pods (fixture);

  begin = g_get_monotonic_time ();
  for (gsize i = 0; i < G_N_ELEMENTS (late); i++)
    calls_add (calls, late[i].method, late[i].uid, late[i].dictionary);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, "{'PidsLimit': <uint64 9>}"));
  for (gsize i = 0; i < G_N_ELEMENTS (late_containers); i++)
    calls_begin (calls, late_containers[i].method,
                 container_of (late_containers[i].uid, late_containers[i].dictionary));
  holder = hold_up (fixture);
  calls_wait (calls);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, PATIENCE_USEC);
  for (guint i = 0; i <= G_N_ELEMENTS (late) + G_N_ELEMENTS (late_containers); i++)
    assert_timeout (calls, i);
  assert_held_up (fixture, calls, 3, holder);
  /* A call that comes meanwhile decides, and finds what systemd does late. */
  create (fixture, "again", BEFORE);
  while (g_get_monotonic_time () - begin < SETTLED_USEC)
    fixture_iterate ();
  assert_settled (fixture, pid);
  assert_containers_settled (fixture);
  join_one (fixture, "app", pid, "{'PidsLimit': <uint64 9>}");
  fixture_must_remove (fixture, "again");
  create (fixture, "created", AFTER);
}

/* What waits for its turn has a deadline, too, and is not begun after it. */
static void
test_turn (Fixture *fixture, gconstpointer data)
{
  static const FakeFault fault = { "StartTransientUnit", SLICE_OF ("slow"), FAKE_FAULT_JOB_DELAY, 1,
                                   14000 };
  g_autoptr (Calls) calls = calls_new (fixture);
  gint64 begin = g_get_monotonic_time ();

  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_add (calls, "CreatePod", "slow", BEFORE);
  calls_add (calls, "UpdatePod", "slow", AFTER);
  calls_add (calls, "RemovePod", "slow", "{}");
  calls_add (calls, "CreatePod", "slow", BEFORE);
  while (calls_count_pending (calls) > 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 12 * G_USEC_PER_SEC);
  calls_wait (calls);
  for (guint i = 1; i < 4; i++)
    assert_timeout (calls, i);
  g_assert_nonnull (calls_get_reply (calls, 0));
  g_assert_true (has_quota (fixture, CGROUP_OF ("slow"), "100000 100000"));
  fixture_must_remove (fixture, "slow");
}

static gboolean
reload (Fixture *fixture, GError **error)
{
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, error);

  return reply != NULL;
}

/* The configuration is in force, and what systemd does not do in time is gone on with: each of its
 * three attempts is within the deadline of a call. */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  static const FakeFault fault = { "SetUnitProperties", "system.slice", FAKE_FAULT_DELAY, 0, 8000 };
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;

  fake_systemd_add_fault (fixture->systemd, &fault);
  fake_kernel_ignore_writes (fixture->kernel, "system.slice", "memory.min");
  fake_kernel_write_file (fixture->kernel, DRIFT_RIG_CONFIG,
                          DRIFT_RIG_HEAD "systemReserved: {memory: 1Gi}\n"
                                         "enforceNodeAllocatable: [system-reserved]\n");
  g_assert_false (reload (fixture, &error));
  fixture_assert_error (&error, "Timeout", "in force");
  g_assert_cmpint (g_get_monotonic_time () - begin, <, PATIENCE_USEC);
  fake_systemd_clear_faults (fixture->systemd);
  fake_kernel_take_writes (fixture->kernel, "system.slice", "memory.min");
  while (!reload (fixture, &error))
    fixture_assert_error (&error, "Timeout", NULL);
  value = fake_kernel_read (fixture->kernel, "/system.slice", "memory.min");
  g_assert_cmpstr (value, ==, "1073741824");
}

static void
set_up_with_config (Fixture *fixture, gconstpointer data)
{
  fixture_set_up_without_daemon (fixture, data);
  fake_kernel_write_file (fixture->kernel, DRIFT_RIG_CONFIG, DRIFT_RIG_HEAD);
  fixture_start_daemon (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/late/all", test_late);
  FIXTURE_TEST ("/late/turn", test_turn);
  g_test_add ("/late/reload", Fixture, NULL, set_up_with_config, test_reload, fixture_tear_down);
  return g_test_run ();
}
