/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A systemd that does not answer, or does not finish: every operation ends before its caller's bus
 * library gives up, and what it did is taken back. All of them wait at the same time, which makes
 * this one slow test.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/join.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The bus libraries' default. */
#define PATIENCE_USEC (25 * G_USEC_PER_SEC)

#define SLICE_OF(uid) "machine-burstable-pod" uid ".slice"
#define HELD "/machine.slice/machine-burstable.slice/" SLICE_OF ("held") "/podheld-db.service"

static const FakeFault faults[] = {
  { "StartTransientUnit", SLICE_OF ("silent"), FAKE_FAULT_NO_REPLY },
  { "StartTransientUnit", SLICE_OF ("endless"), FAKE_FAULT_JOB_NEVER },
  { "StartTransientUnit", SLICE_OF ("stuck"), FAKE_FAULT_JOB_NEVER },
  { "StopUnit", SLICE_OF ("stuck"), FAKE_FAULT_JOB_NEVER },
  { "StartTransientUnit", SLICE_OF ("foreign"), FAKE_FAULT_NO_REPLY },
  { "SetUnitProperties", SLICE_OF ("updated"), FAKE_FAULT_NO_REPLY },
  { "StopUnit", SLICE_OF ("removed"), FAKE_FAULT_JOB_NEVER },
  { "StartTransientUnit", JOIN_APP, FAKE_FAULT_NO_REPLY },
  { "SetUnitProperties", SLICE_OF ("object"), FAKE_FAULT_NO_REPLY },
  { "StartTransientUnit", "podbyfd-app.scope", FAKE_FAULT_NO_REPLY },
  { "SetUnitProperties", "podheld-db.service", FAKE_FAULT_NO_REPLY },
};

static const struct {
  const char *method;
  const char *uid;
} slow[] = {
  { "CreatePod", "silent" },  { "CreatePod", "endless" }, { "CreatePod", "stuck" },
  { "CreatePod", "foreign" }, { "UpdatePod", "updated" }, { "RemovePod", "removed" },
};

/* JoinPod, Pod.Update, JoinPodByPidFd, UpdateContainer */
#define N_CALLS (G_N_ELEMENTS (slow) + 4)

static void
make_pods (Fixture *fixture)
{
  static const char *const uids[] = { "updated", "removed", "a", "object", "byfd", "held" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) made = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (uids); i++) {
    g_autofree char *slice = fixture_must_create (fixture, uids[i], "{'CPURequest': <'1'>}");
  }
  made = fixture_call (fixture, "CreateContainer",
                       g_variant_new_parsed ("('held', 'db', {'PidsLimit': <uint64 5>})"), &error);
  g_assert_no_error (error);
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    fake_systemd_add_fault (fixture->systemd, &faults[i]);
}

static void
join_by_pidfd (Calls *calls, pid_t pid)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (g_unix_fd_list_append (fds, fd, NULL), ==, 0);
  close (fd);
  calls_begin_on (calls, MANAGER_PATH, MANAGER_INTERFACE, "JoinPodByPidFd",
                  g_variant_new_parsed ("('byfd', 'app', [handle 0], @a{sv} {})"), fds);
}

static void
update_container (Calls *calls)
{
  calls_begin (calls, "UpdateContainer",
               g_variant_new_parsed ("('held', 'db', {'PidsLimit': <uint64 9>})"));
}

static void
begin_all (Fixture *fixture, Calls *calls, pid_t pid)
{
  for (gsize i = 0; i < G_N_ELEMENTS (slow); i++) {
    gboolean is_remove = g_str_equal (slow[i].method, "RemovePod");
    calls_add (calls, slow[i].method, slow[i].uid, is_remove ? "{}" : "{'CPURequest': <'2'>}");
  }
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, "{}"));
  calls_begin_on (calls, MANAGER_PATH "/pod/object", POD_INTERFACE, "Update",
                  g_variant_new_parsed ("({'CPURequest': <'2'>},)"), NULL);
  join_by_pidfd (calls, pid);
  update_container (calls);
  /* Seen earlier it would be refused at once. */
  fixture_wait (
      fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE_OF ("foreign")) > 0);
  fake_systemd_start_unit (fixture->systemd, SLICE_OF ("foreign"), "Somebody's");
}

/* Others are served meanwhile. */
static void
assert_served (Fixture *fixture)
{
  gint64 begin = g_get_monotonic_time ();
  g_autofree char *slice = fixture_must_create (fixture, "quick", "{}");

  fixture_must_remove (fixture, "quick");
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
}

static void
assert_all_failed (Calls *calls)
{
  for (guint i = 0; i < N_CALLS; i++) {
    GError *error = calls_get_error (calls, i);
    fixture_assert_error (&error, "Timeout", NULL);
  }
}

static void
assert_spec (Fixture *fixture, const char *uid)
{
  g_autoptr (GVariant) spec = fixture_get_pod_property (fixture, uid, "Spec");
  g_autofree char *text = g_variant_print (spec, FALSE);

  g_assert_cmpstr (text, ==, "{'CPURequest': <uint64 1000>}");
  g_assert_true (fixture_has_pod_state (fixture, uid, "active"));
}

static void
assert_containers (Fixture *fixture, const char *uid, const char *expected)
{
  g_autoptr (GVariant) containers = fixture_get_pod_property (fixture, uid, "Containers");
  g_autofree char *text = g_variant_print (containers, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_limit (Fixture *fixture, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, HELD, "pids.max");

  g_assert_cmpstr (value, ==, expected);
}

static void
assert_as_before (Fixture *fixture, pid_t pid)
{
  static const char *const gone[] = { "silent", "endless" };

  for (gsize i = 0; i < G_N_ELEMENTS (gone); i++) {
    g_autofree char *slice = g_strdup_printf (SLICE_OF ("%s"), gone[i]);
    g_autofree char *file = g_strconcat (gone[i], ".creating", NULL);
    g_assert_false (fake_systemd_has_unit (fixture->systemd, slice));
    g_assert_false (fixture_has_file (fixture, file));
  }
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE_OF ("foreign")));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StopUnit", SLICE_OF ("foreign")),
                    ==, 0);
  assert_spec (fixture, "updated");
  assert_spec (fixture, "removed");
  assert_spec (fixture, "object");
  assert_containers (fixture, "byfd", "[]");
  assert_containers (fixture, "held", "[('db', 'podheld-db.service', '" HELD "', 'active')]");
  assert_limit (fixture, "5");
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  g_assert_true (join_has_containers (fixture, "[]"));
}

static void
test_deadlines (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  gint64 begin = g_get_monotonic_time ();
  g_autofree char *slice = NULL;
  pid_t pid;

  make_pods (fixture);
  pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), JOIN_OUTSIDE);
  begin_all (fixture, calls, pid);
  assert_served (fixture);
  calls_wait (calls);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, PATIENCE_USEC);
  assert_all_failed (calls);
  assert_as_before (fixture, pid);
  fake_systemd_clear_faults (fixture->systemd);
  slice = fixture_must_create (fixture, "silent", "{'CPURequest': <'1'>}");
  fixture_must_remove (fixture, "removed");
  join_one (fixture, "app", pid, "{}");
  update_container (calls);
  join_by_pidfd (calls, pid);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 2);
  assert_limit (fixture, "9");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/deadline/all", test_deadlines);
  return g_test_run ();
}
