/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start where systemd is not: the processes of the root cgroup go into the system container,
 * the daemon into its own, in every hierarchy; init and the kernel's threads stay.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include "lib/process.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS "--system-container=/system --resource-container=/kubernetes"
#define N_FORKS 200

static const NcgTree *
get_tree (guint i)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  return i < trees->len ? g_ptr_array_index (trees, i) : NULL;
}

/* Into the cgroup @path of every hierarchy. */
static void
place (pid_t pid, const char *path)
{
  const NcgTree *tree;

  for (guint i = 0; (tree = get_tree (i)) != NULL; i++)
    g_free (machine_run ("echo %d >'%s%s/cgroup.procs'", (int) pid, tree->mount, path));
}

static gboolean
is_in_all (pid_t pid, const char *path)
{
  const NcgTree *tree;
  gboolean ok = TRUE;

  for (guint i = 0; ok && (tree = get_tree (i)) != NULL; i++) {
    g_autofree char *cgroup = ncg_process_read_cgroup_of_pid ("/proc", pid, tree, NULL);

    ok = g_strcmp0 (cgroup, path) == 0;
  }
  return ok;
}

/* As the kubelet tells them, which is not how the daemon does. */
static gboolean
has_program (const char *pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/exe", pid);
  char target[16];

  return readlink (path, target, sizeof target) >= 0 || errno != ENOENT;
}

/* How many processes of the root cgroup should not be there. */
static guint
count_in_root (const NcgTree *tree)
{
  g_autofree char *text = machine_run ("cat '%s/cgroup.procs'", tree->mount);
  g_auto (GStrv) pids = g_strsplit (text, "\n", -1);
  guint count = 0;

  for (guint i = 0; pids[i] != NULL; i++)
    if (!g_str_equal (pids[i], "1") && !g_str_equal (pids[i], "0") && has_program (pids[i]))
      count++;
  return count;
}

/* The program that lists them may be in the root itself, as a child of one that was there. */
static gboolean
is_root_clean (void)
{
  const NcgTree *tree;
  guint count = 0;

  for (guint i = 0; (tree = get_tree (i)) != NULL; i++)
    count += count_in_root (tree);
  return count == 0;
}

static gboolean
has_condition (const char *wanted)
{
  g_autoptr (GVariant) conditions = client_get (CLIENT_PATH, CLIENT_NODE, "Conditions");
  const char *name, *message;
  GVariantIter iter;
  gboolean holds;

  g_variant_iter_init (&iter, conditions);
  while (g_variant_iter_next (&iter, "(&sb&s)", &name, &holds, &message)) {
    if (!g_str_equal (name, wanted))
      continue;
    g_test_message ("%s: %s", name, message);
    return holds;
  }
  return FALSE;
}

static void
test_moved (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autoptr (Workload) elsewhere = workload_start ();
  const NcgTree *tree;

  daemon_stop ();
  for (guint i = 0; (tree = get_tree (i)) != NULL; i++) {
    g_free (machine_run ("mkdir -p '%s/elsewhere'", tree->mount));
    /* Without them nothing can be in a cpuset of cgroup v1. */
    if (tree->is_v1 && ncg_tree_has_controller (tree, "cpuset"))
      g_free (machine_run ("for file in cpus mems; do cat '%s/cpuset.'$file "
                           ">'%s/elsewhere/cpuset.'$file; done",
                           tree->mount, tree->mount));
  }
  place (first->pid, "");
  place (second->pid, "");
  place (elsewhere->pid, "/elsewhere");
  g_assert_false (is_root_clean ());
  daemon_start ();
  machine_wait_until (has_condition ("SystemContainer"));
  machine_wait_until (has_condition ("ResourceContainer"));
  machine_wait_until (is_root_clean ());
  g_assert_true (is_in_all (first->pid, "/system"));
  g_assert_true (is_in_all (second->pid, "/system"));
  g_assert_true (is_in_all (getpid (), "/system"));
  g_assert_true (is_in_all (elsewhere->pid, "/elsewhere"));
  g_assert_true (is_in_all (daemon_get_pid (), "/kubernetes"));
  g_assert_true (is_in_all (1, "/"));
  g_assert_true (is_in_all (2, "/"));
}

/* "WANTED ACTUAL" of a row of Verify. */
static char *
find_row (const char *wanted_object, const char *wanted_setting)
{
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NODE, "Verify", "()", NULL);
  g_autoptr (GVariant) rows = g_variant_get_child_value (reply, 0);
  const char *object, *setting, *wanted, *actual;
  GVariantIter iter;
  gboolean ok;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok))
    if (g_str_equal (object, wanted_object) && g_str_equal (setting, wanted_setting))
      return g_strdup_printf ("%s %s %s", wanted, actual, ok ? "ok" : "bad");
  return g_strdup ("no such row");
}

static void
assert_rows (const char *left)
{
  g_autofree char *row = find_row ("/system", "processes left in the root cgroup");
  g_autofree char *own = find_row ("/kubernetes", "cgroup of the daemon");

  g_assert_cmpstr (row, ==, left);
  g_assert_cmpstr (own, ==, "/kubernetes /kubernetes ok");
}

static void
test_verify (void)
{
  g_autoptr (Workload) workload = workload_start ();

  assert_rows ("0 0 ok");
  place (workload->pid, "");
  assert_rows ("0 1 bad");
  place (workload->pid, "/system");
  assert_rows ("0 0 ok");
}

static void
test_pods (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *cgroup = client_create_pod ("u-1", "{'PidsLimit': <uint64 50>}");
  g_autofree char *leaf = client_join_pod ("u-1", "main", workload->pid, "{}");

  g_assert_true (is_in_all (workload->pid, leaf));
  daemon_restart ();
  machine_wait_until (has_condition ("SystemContainer"));
  g_assert_true (is_in_all (workload->pid, leaf));
  client_remove_pod ("u-1");
  workload_wait_ended (workload, SIGKILL);
}

/* They go on forking in the root while it is emptied. */
static void
test_forks (void)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *count = NULL;
  const NcgTree *tree;

  daemon_stop ();
  for (guint i = 0; (tree = get_tree (i)) != NULL; i++)
    g_string_append_printf (line, "echo $$ >\"%s/cgroup.procs\" || exit; ", tree->mount);
  g_free (machine_run ("setsid bash -c '%s for i in {1..10}; do (for j in {1..%d}; do "
                       "sleep 1234 & ((j %% 5)) || sleep 0.3; done) & done' "
                       "</dev/null >/dev/null 2>&1 &",
                       line->str, N_FORKS / 10));
  machine_wait_until (!is_root_clean ());
  daemon_start ();
  machine_wait_until (machine_try ("test $(pgrep -fxc 'sleep 1234') -ge %d", N_FORKS));
  machine_wait_until (is_root_clean ());
  machine_wait_until (has_condition ("SystemContainer"));
  /* Lines of /proc/PID/cgroup that name another one; hierarchies without a mount stay at "/". */
  count = machine_run ("pgrep -fx 'sleep 1234' | while read -r pid; do "
                       "grep -vc ':/system$' /proc/$pid/cgroup; done | sort -u");
  g_assert_cmpstr (count, ==, "0");
  g_free (machine_run ("pkill -KILL -fx 'sleep 1234'"));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_set_options (OPTIONS);
  daemon_prepare ();
  g_test_add_func ("/cgroupfs-bootstrap/moved", test_moved);
  g_test_add_func ("/cgroupfs-bootstrap/verify", test_verify);
  g_test_add_func ("/cgroupfs-bootstrap/pods", test_pods);
  g_test_add_func ("/cgroupfs-bootstrap/forks", test_forks);
  return g_test_run ();
}
