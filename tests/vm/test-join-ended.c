/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining scopes that have ended, or are about to: a systemd that has seen a cgroup empty ends its
 * unit without looking again.
 */
#include "lib/process.h"
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>

#define POD "/machine.slice/machine-besteffort.slice/machine-besteffort-podp_1.slice"
#define UNIT "podp_1-a.scope"
#define LEAF POD "/" UNIT
/* Stopping it kills nobody, which leaves the same behind as a join that came too late. */
#define OPTIONS "'SystemdProperties': <[('KillMode', <'none'>)]>, 'PidsLimit': <uint64 20>"
#define ACTIVE "[('a', '" UNIT "', '" LEAF "', 'active')]"
#define MANY 80
#define PAUSE_USEC 500

static gboolean
has_containers (const char *wanted)
{
  g_autofree char *actual = client_get_of_pod ("p-1", "Containers");

  g_test_message ("%s", actual);
  return g_str_equal (actual, wanted);
}

static gboolean
has_state (const char *unit, const char *wanted)
{
  g_autofree char *actual = machine_show (unit, "ActiveState");

  return g_str_equal (actual, wanted);
}

static void
tear_down (void)
{
  machine_wait_until (has_containers ("[]"));
  machine_wait_until (!machine_has_cgroup (LEAF));
  g_assert_false (machine_has_cgroup (POD "/podp_1-a.aside.scope"));
  client_remove_pod ("p-1");
}

/* In each hierarchy in which there is the scope. */
static void
assert_inside (const Workload *workload, const char *cgroup)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *actual = ncg_process_read_cgroup_of_pid ("/proc", workload->pid, tree, NULL);
    g_autofree char *directory = g_strconcat (tree->mount, cgroup, NULL);

    if (g_file_test (directory, G_FILE_TEST_IS_DIR))
      g_assert_cmpstr (actual, ==, cgroup);
  }
}

/* It has ended, and systemd keeps it for what is in its cgroup. */
static void
end_unit (void)
{
  g_free (machine_run ("systemctl stop " UNIT));
  g_assert_true (has_state (UNIT, "inactive"));
  g_assert_true (machine_has_cgroup (LEAF));
}

/* Whoever did not hear the reply asks again, for what is in the cgroup already. */
static void
test_asked_again (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();

  g_free (client_create_pod ("p-1", "{}"));
  g_free (client_join_pod ("p-1", "a", first->pid, "{" OPTIONS "}"));
  end_unit ();
  g_free (client_join_pod ("p-1", "a", first->pid, "{}"));
  g_assert_true (has_state (UNIT, "active"));
  machine_assert_shown (NULL, UNIT, "TasksMax=20 KillMode=none");
  machine_assert_files (LEAF, "pids.max=20");
  assert_inside (first, LEAF);
  g_free (client_join_pod ("p-1", "a", second->pid, "{}"));
  assert_inside (second, LEAF);
  g_variant_unref (client_call ("UpdateContainer", "('p-1', 'a', {'PidsLimit': <uint64 21>})"));
  machine_assert_files (LEAF, "pids.max=21");
  g_assert_true (has_containers (ACTIVE));
  workload_kill (first);
  workload_kill (second);
  tear_down ();
}

/* Of what is delegated: in one hierarchy, wherever that is. */
static void
assert_owner (const char *wanted)
{
  g_assert_true (machine_try (
      "find /sys/fs/cgroup -path '*" LEAF "/x/cgroup.procs' -user %s | grep .", wanted));
}

static void
test_delegated (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();

  g_free (client_create_pod ("p-1", "{}"));
  g_free (client_join_pod ("p-1", "a", first->pid,
                           "{" OPTIONS
                           ", 'Delegate': <true>, 'User': <'nobody'>, 'Subgroup': <'x'>}"));
  g_free (client_join_pod ("p-1", "a", second->pid, "{'Subgroup': <'x'>}"));
  end_unit ();
  workload_kill (second);
  workload_wait_ended (second, SIGKILL);
  g_free (client_join_pod ("p-1", "a", first->pid, "{'Subgroup': <'x'>}"));
  g_assert_true (has_state (UNIT, "active"));
  machine_assert_shown (NULL, UNIT, "TasksMax=20 Delegate=yes");
  assert_owner ("nobody");
  assert_inside (first, LEAF "/x");
  workload_kill (first);
  tear_down ();
}

typedef struct {
  guint i;
  pid_t pid;
  guint *pending;
} Joining;

static void begin_join (guint i, pid_t pid, guint *pending);

/* On a slow machine some wait for their turn for too long, and are to be asked for again. */
static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Joining *joining = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  *joining->pending -= 1;
  if (g_strcmp0 (name, CLIENT_NAME ".Error.Timeout") == 0)
    begin_join (joining->i, joining->pid, joining->pending);
  else
    g_assert_no_error (error);
}

static void
begin_join (guint i, pid_t pid, guint *pending)
{
  g_autofree char *arguments = g_strdup_printf ("('p-1', 'c%u', [%d], {})", i, (int) pid);
  Joining *joining = g_new (Joining, 1);

  *joining = (Joining){ i, pid, pending };
  *pending += 1;
  client_begin_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, "JoinPod", arguments, NULL,
                   on_joined, joining);
}

static void
wait_for_joins (const guint *pending)
{
  while (*pending > 0)
    g_main_context_iteration (NULL, TRUE);
}

static gpointer
continue_systemd (gpointer unused)
{
  machine_continue_systemd ();
  return NULL;
}

static void
check_and_end (Workload *const *workloads)
{
  for (guint i = 0; i < MANY; i++) {
    g_autofree char *unit = g_strdup_printf ("podp_1-c%u.scope", i);
    g_autofree char *leaf = g_strconcat (POD "/", unit, NULL);

    g_test_message ("%s", unit);
    g_assert_true (has_state (unit, "active"));
    assert_inside (workloads[i], leaf);
    workload_free (workloads[i]);
  }
}

/* systemd hears of all their ends at once, and ends one scope after the other. Meanwhile all of
 * them are joined, from the last one on. */
static void
test_storm (void)
{
  Workload *before[MANY], *after[MANY];
  guint pending = 0;
  GThread *thread;

  g_free (client_create_pod ("p-1", "{}"));
  for (guint i = 0; i < MANY; i++) {
    before[i] = workload_start ();
    after[i] = workload_start ();
    begin_join (i, before[i]->pid, &pending);
  }
  wait_for_joins (&pending);
  machine_stop_systemd ();
  for (guint i = 0; i < MANY; i++)
    workload_free (before[i]);
  thread = g_thread_new ("continue", continue_systemd, NULL);
  for (guint i = MANY; i > 0; i--) {
    begin_join (i - 1, after[i - 1]->pid, &pending);
    g_usleep (PAUSE_USEC);
  }
  wait_for_joins (&pending);
  g_thread_join (thread);
  check_and_end (after);
  tear_down ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/join-ended/asked-again", test_asked_again);
  g_test_add_func ("/join-ended/delegated", test_delegated);
  g_test_add_func ("/join-ended/storm", test_storm);
  return g_test_run ();
}
