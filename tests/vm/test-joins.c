/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Putting processes into pods: where they are afterwards, and where they still are when it fails.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <gio/gunixfdlist.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLICE "machine-besteffort-podp_1.slice"
#define CGROUP "/machine.slice/machine-besteffort.slice/" SLICE
#define MANY 50
/* The kernel passes no more than 253 descriptors in a message, so that systemd cannot be given all
 * of these at once. */
#define VERY_MANY 300
#define ROUNDS 20

static gboolean
is_unified (void)
{
  return machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED;
}

/* The directory of a cgroup, in the hierarchy that says where processes are. */
static char *
get_directory (const char *cgroup)
{
  return g_strconcat (ncg_hierarchy_get_primary (machine_get_hierarchy ())->mount, cgroup, NULL);
}

static void
set_up (void)
{
  g_autofree char *cgroup = client_create_pod ("p-1", "{}");

  g_assert_cmpstr (cgroup, ==, CGROUP);
}

static void
tear_down (void)
{
  client_remove_pod ("p-1");
}

static void
assert_containers (const char *wanted)
{
  g_autofree char *actual = client_get_of_pod ("p-1", "Containers");

  g_assert_cmpstr (actual, ==, wanted);
}

/* Where GetPodByPid says that a process is. */
static void
assert_found (pid_t pid, const char *container)
{
  g_autoptr (GVariant) reply = client_call ("GetPodByPid", "(%d,)", (int) pid);
  g_autofree char *object = client_get_pod ("p-1");
  const char *path, *name;

  g_variant_get (reply, "(&o&s)", &path, &name);
  g_assert_cmpstr (path, ==, object);
  g_assert_cmpstr (name, ==, container);
}

static void
test_first_and_further (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autoptr (Workload) third = workload_start ();
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *cgroup = NULL;
  const char *unit, *leaf;

  set_up ();
  reply = client_call ("JoinPod", "('p-1', 'main', [%d], {})", (int) first->pid);
  g_variant_get (reply, "(&s&s)", &unit, &leaf);
  g_assert_cmpstr (unit, ==, "podp_1-main.scope");
  g_assert_cmpstr (leaf, ==, CGROUP "/podp_1-main.scope");
  machine_assert_process_in (first->pid, leaf);
  machine_assert_shown (NULL, unit, "ActiveState=active Slice=" SLICE);
  machine_assert_files (leaf, is_unified ()
                                  ? "cpu.weight=100;memory.max=max;pids.max=max"
                                  : "cpu.shares=1024;memory.limit_in_bytes=9223372036854771712;"
                                    "pids.max=max");
  assert_containers ("[('main', 'podp_1-main.scope', '" CGROUP "/podp_1-main.scope', 'active')]");
  assert_found (first->pid, "main");

  cgroup = client_join_pod ("p-1", "main", second->pid, "{}");
  g_assert_cmpstr (cgroup, ==, leaf);
  machine_assert_process_in (second->pid, leaf);
  machine_assert_process_in (first->pid, leaf);
  /* Once more is no error. */
  g_free (client_join_pod ("p-1", "main", second->pid, "{}"));

  g_free (client_join_pod ("p-1", "other.one", third->pid, "{}"));
  machine_assert_process_in (third->pid, CGROUP "/podp_1-other.one.scope");
  assert_found (third->pid, "other.one");
  assert_containers ("[('main', 'podp_1-main.scope', '" CGROUP "/podp_1-main.scope', 'active'), "
                     "('other.one', 'podp_1-other.one.scope', '" CGROUP
                     "/podp_1-other.one.scope', 'active')]");
  tear_down ();
}

/* All threads go along, and children that come later; those that are there already do not. */
static void
test_threads_and_children (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *before = machine_find_process (workload->pid);
  g_autofree char *thread = workload_ask (workload, "thread");
  g_autofree char *old_child = workload_ask (workload, "fork");
  g_autofree char *new_child = NULL;
  g_autofree char *leaf = NULL;
  g_autofree char *cgroup_of_thread = NULL;

  set_up ();
  leaf = client_join_pod ("p-1", "main", workload->pid, "{}");
  new_child = workload_ask (workload, "fork");
  cgroup_of_thread =
      machine_run ("sed -n s/^0:://p /proc/%d/task/%s/cgroup", (int) workload->pid, thread);
  g_assert_cmpstr (cgroup_of_thread, ==, leaf);
  machine_assert_process_in (atoi (new_child), leaf);
  machine_assert_process_in (atoi (old_child), before);
  /* A thread's number is not a process's. */
  g_free (client_fail ("InvalidArgument", "JoinPod", "('p-1', 'main', [%s], {})", thread));
  tear_down ();
}

/* The numbers of the workloads as an array in text, with those of @more. */
static char *
format_pids (GPtrArray *workloads, const char *more)
{
  g_autoptr (GString) text = g_string_new (more);

  for (guint i = 0; i < workloads->len; i++) {
    const Workload *workload = g_ptr_array_index (workloads, i);

    g_string_append_printf (text, "%s%d", text->len > 0 ? ", " : "", (int) workload->pid);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GPtrArray *
start_many (guint n)
{
  GPtrArray *workloads = g_ptr_array_new_with_free_func ((GDestroyNotify) workload_free);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (workloads, workload_start ());
  return workloads;
}

static void
assert_all_in (GPtrArray *workloads, const char *cgroup)
{
  for (guint i = 0; i < workloads->len; i++) {
    const Workload *workload = g_ptr_array_index (workloads, i);

    g_assert_true (workload_is_alive (workload));
    machine_assert_process_in (workload->pid, cgroup);
  }
}

static void
test_many (void)
{
  g_autoptr (GPtrArray) first = start_many (MANY);
  g_autoptr (GPtrArray) second = start_many (MANY);
  g_autofree char *first_pids = format_pids (first, "");
  g_autofree char *second_pids = format_pids (second, "");

  set_up ();
  g_variant_unref (client_call ("JoinPod", "('p-1', 'main', [%s], {})", first_pids));
  assert_all_in (first, CGROUP "/podp_1-main.scope");
  g_variant_unref (client_call ("JoinPod", "('p-1', 'main', [%s], {})", second_pids));
  assert_all_in (second, CGROUP "/podp_1-main.scope");
  assert_all_in (first, CGROUP "/podp_1-main.scope");
  tear_down ();
}

static void
test_very_many (void)
{
  g_autoptr (GPtrArray) workloads = start_many (VERY_MANY);
  g_autofree char *pids = format_pids (workloads, "");

  set_up ();
  g_variant_unref (client_call ("JoinPod", "('p-1', 'main', [%s], {})", pids));
  assert_all_in (workloads, CGROUP "/podp_1-main.scope");
  machine_assert_shown (NULL, "podp_1-main.scope", "ActiveState=active Slice=" SLICE);
  g_variant_unref (client_call ("JoinPod", "('p-1', 'other', [%s], {})", pids));
  assert_all_in (workloads, CGROUP "/podp_1-other.scope");
  g_variant_unref (client_call ("JoinPod", "('p-1', 'main', [%s], {})", pids));
  assert_all_in (workloads, CGROUP "/podp_1-main.scope");
  tear_down ();
}

/* Where the kernel says it is, whoever put it there. */
static void
test_find (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (Workload) bare = workload_start ();
  g_autofree char *made = NULL;
  g_autofree char *pid = NULL;
  g_autofree char *number = NULL;

  set_up ();
  g_free (client_fail ("NoSuchPod", "GetPodByPid", "(%d,)", (int) workload->pid));
  number = g_strdup_printf ("%d", (int) bare->pid);
  machine_write (CGROUP, "cgroup.procs", number);
  assert_found (bare->pid, "");
  workload_kill (bare);

  g_free (machine_run ("systemd-run -q --scope --unit=made --slice=" SLICE
                       " sleep 1000 >/dev/null 2>&1 &"));
  machine_wait_until (machine_has_cgroup (CGROUP "/made.scope"));
  made = get_directory (CGROUP "/made.scope");
  pid = machine_run ("cat %s/cgroup.procs", made);
  assert_found (atoi (pid), "made.scope");
  /* It is not one of the containers that the joins made. */
  assert_containers ("[]");

  workload_kill (workload);
  workload_wait_ended (workload, SIGKILL);
  g_free (client_fail ("NoSuchProcess", "GetPodByPid", "(%d,)", 4000000));
  g_free (client_fail ("InvalidArgument", "GetPodByPid", "(0,)"));
  g_free (client_fail ("NoSuchPod", "GetPodByPid", "(1,)"));
  tear_down ();
}

static gboolean
has_no_containers (void)
{
  g_autofree char *containers = client_get_of_pod ("p-1", "Containers");

  return strstr (containers, "podp_1") == NULL;
}

/* A scope ends with its last process, and its name is free at once. */
static void
test_again (void)
{
  set_up ();
  for (int i = 0; i < ROUNDS; i++) {
    g_autoptr (Workload) first = workload_start ();
    g_autoptr (Workload) second = workload_start ();

    g_free (client_join_pod ("p-1", "main", first->pid, "{'PidsLimit': <uint64 5>}"));
    g_free (client_join_pod ("p-1", "main", second->pid, "{}"));
    workload_kill (first);
    g_assert_true (machine_has_cgroup (CGROUP "/podp_1-main.scope"));
    machine_assert_process_in (second->pid, CGROUP "/podp_1-main.scope");
    workload_kill (second);
    /* Half of the time before anybody may have noticed. */
    if (i % 2 == 0)
      machine_wait_until (has_no_containers ());
  }
  machine_wait_until (has_no_containers ());
  g_assert_false (machine_has_cgroup (CGROUP "/podp_1-main.scope"));
  tear_down ();
}

/* What a container can have in either kind of hierarchy; it has no soft limit on v1. */
static const struct {
  const char *spec;
  const char *same;
  const char *files;
  const char *shown;
} containers[] = {
  { "{'CPULimit': <'300m'>, 'CPURequest': <'200m'>, 'MemoryLimit': <'32Mi'>, "
    "'MemoryHigh': <'24Mi'>, 'PidsLimit': <uint64 30>, 'CPUSet': <'1'>}",
    "{'CPULimit': <uint64 300>, 'CPURequest': <'0.2'>, 'MemoryLimit': <'32Mi'>, "
    "'MemoryHigh': <'24Mi'>, 'PidsLimit': <'30'>, 'CPUSet': <'1'>}",
    "cpu.max=30000 100000;cpu.weight=20;memory.max=33554432;memory.high=25165824;pids.max=30;"
    "cpuset.cpus=1",
    "CPUQuotaPerSecUSec=300ms CPUWeight=20 MemoryMax=33554432 MemoryHigh=25165824 TasksMax=30 "
    "AllowedCPUs=1" },
  { "{'CPULimit': <'300m'>, 'CPURequest': <'200m'>, 'MemoryLimit': <'32Mi'>, "
    "'PidsLimit': <uint64 30>, 'CPUSet': <'1'>}",
    "{'CPULimit': <uint64 300>, 'CPURequest': <'0.2'>, 'MemoryLimit': <'32Mi'>, "
    "'PidsLimit': <'30'>, 'CPUSet': <'1'>}",
    "cpu.cfs_quota_us=30000;cpu.cfs_period_us=100000;cpu.shares=204;"
    "memory.limit_in_bytes=33554432;pids.max=30;cpuset.cpus=1",
    "CPUQuotaPerSecUSec=300ms CPUWeight=20 MemoryMax=33554432 TasksMax=30" },
};

static void
assert_cpus (const Workload *workload, const char *wanted)
{
  g_autofree char *cpus = workload_get_cpus (workload);

  g_assert_cmpstr (cpus, ==, wanted);
}

static void
test_spec (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (Workload) other = workload_start ();
  g_autofree char *leaf = NULL;
  g_autofree char *message = NULL;
  g_autofree char *bad = NULL;
  const char *spec = containers[!is_unified ()].spec;
  const char *files = containers[!is_unified ()].files;

  set_up ();
  leaf = client_join_pod ("p-1", "main", workload->pid, spec);
  machine_assert_files (leaf, files);
  machine_assert_shown (NULL, "podp_1-main.scope", containers[!is_unified ()].shown);
  assert_cpus (workload, "1");
  bad = client_verify_pod ("p-1");
  g_assert_cmpstr (bad, ==, "");

  /* The same spec in other words, or none, is fine; another one is not. */
  g_free (client_join_pod ("p-1", "main", other->pid, containers[!is_unified ()].same));
  machine_assert_process_in (other->pid, leaf);
  assert_cpus (other, "1");
  message = client_fail ("ContainerExists", "JoinPod",
                         "('p-1', 'main', [%d], {'PidsLimit': <uint64 31>})", (int) other->pid);
  g_assert_nonnull (strstr (message, "main"));
  machine_assert_files (leaf, files);

  machine_reload_systemd ();
  machine_assert_files (leaf, files);
  daemon_crash ();
  machine_assert_files (leaf, files);
  g_free (client_fail ("ContainerExists", "JoinPod",
                       "('p-1', 'main', [%d], {'PidsLimit': <uint64 31>})", (int) other->pid));
  g_free (client_join_pod ("p-1", "main", other->pid, spec));
  tear_down ();
}

/* @repeat: how often the one descriptor is named */
static GVariant *
join_by_fd (int fd, guint repeat, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariantBuilder handles;
  int handle = g_unix_fd_list_append (fds, fd, error);

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  for (guint i = 0; i < repeat; i++)
    g_variant_builder_add (&handles, "h", handle);
  return g_dbus_connection_call_with_unix_fd_list_sync (
      client_get_bus (), CLIENT_NAME, CLIENT_PATH, CLIENT_NAME, "JoinPodByPidFd",
      g_variant_new ("(ssah@a{sv})", "p-1", "main", &handles,
                     g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
      NULL, G_DBUS_CALL_FLAGS_NONE, 120 * 1000, fds, NULL, NULL, error);
}

static void
test_pidfd (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (GVariant) joined = NULL;
  g_autoptr (GError) error = NULL;
  int fd = (int) syscall (SYS_pidfd_open, workload->pid, 0);
  const char *unit, *leaf;

  g_assert_cmpint (fd, >=, 0);
  set_up ();
  g_assert_null (join_by_fd (fd, 17, &error));
  client_assert_error ("JoinPodByPidFd of 17", error, "LimitExceeded");
  g_clear_error (&error);
  g_assert_null (join_by_fd (fd, 0, &error));
  client_assert_error ("JoinPodByPidFd of none", error, "InvalidArgument");
  g_clear_error (&error);
  g_assert_null (join_by_fd (0, 1, &error));
  client_assert_error ("JoinPodByPidFd of no pidfd", error, "InvalidArgument");
  g_clear_error (&error);
  assert_containers ("[]");

  joined = join_by_fd (fd, 1, &error);
  g_assert_no_error (error);
  g_variant_get (joined, "(&s&s)", &unit, &leaf);
  g_assert_cmpstr (unit, ==, "podp_1-main.scope");
  machine_assert_process_in (workload->pid, leaf);

  workload_kill (workload);
  g_assert_null (join_by_fd (fd, 1, &error));
  client_assert_error ("JoinPodByPidFd of a zombie", error, "NoSuchProcess");
  g_clear_error (&error);
  workload_wait_ended (workload, SIGKILL);
  g_assert_null (join_by_fd (fd, 1, &error));
  client_assert_error ("JoinPodByPidFd of what is gone", error, "NoSuchProcess");
  close (fd);
  tear_down ();
}

/* One that cannot be moved among others that can: then none is. */
static void
assert_none_joined (
    GPtrArray *workloads, const char *before, pid_t pid, const char *wanted, const char *mentioned)
{
  g_autofree char *first = g_strdup_printf ("%d", (int) pid);
  g_autofree char *pids = format_pids (workloads, first);
  g_autofree char *reversed = format_pids (workloads, "");
  g_autofree char *message = client_fail (wanted, "JoinPod", "('p-1', 'main', [%s], {})", pids);

  if (strstr (message, mentioned) == NULL)
    machine_fail ("'%s' does not mention '%s'", message, mentioned);
  assert_all_in (workloads, before);
  /* The last one. */
  g_free (client_fail (wanted, "JoinPod", "('p-1', 'main', [%s, %d], {})", reversed, (int) pid));
  assert_all_in (workloads, before);
}

static void
test_all_or_nothing (void)
{
  g_autoptr (GPtrArray) workloads = start_many (5);
  g_autoptr (Workload) anchor = workload_start ();
  g_autoptr (Workload) zombie = workload_start ();
  g_autofree char *before = machine_find_process (anchor->pid);
  g_autofree char *gone = g_strdup ("4000000");
  g_autofree char *dead = g_strdup_printf ("%d", (int) zombie->pid);
  g_autofree char *own = g_strdup_printf ("%d", (int) daemon_get_pid ());
  g_autofree char *units = NULL;

  set_up ();
  workload_kill (zombie);
  for (int i = 0; i < 2; i++) {
    assert_none_joined (workloads, before, 4000000, "NoSuchProcess", gone);
    assert_none_joined (workloads, before, zombie->pid, "NoSuchProcess", dead);
    assert_none_joined (workloads, before, 0, "InvalidArgument", "0");
    assert_none_joined (workloads, before, 1, "InvalidArgument", "1");
    assert_none_joined (workloads, before, 2, "InvalidArgument", "kthreadd");
    assert_none_joined (workloads, before, daemon_get_pid (), "InvalidArgument", own);
    if (i == 0) {
      units = machine_list_units ("podp_1-*");
      g_assert_cmpstr (units, ==, "");
      assert_containers ("[]");
      /* The same once the container is there. */
      g_free (client_join_pod ("p-1", "main", anchor->pid, "{}"));
    }
  }
  machine_assert_process_in (anchor->pid, CGROUP "/podp_1-main.scope");
  machine_assert_process_in (daemon_get_pid (), "/kubernetes.slice/nodecgroupsd.service");
  tear_down ();
}

/* Processes that end while they are joined: it works or there is no such process, and in the end
 * nothing is left of them. */
static void
test_ending (void)
{
  g_autofree char *units = NULL;

  set_up ();
  for (int i = 0; i < ROUNDS; i++) {
    g_autoptr (Workload) workload = workload_start ();
    g_autoptr (GVariant) reply = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree char *arguments = g_strdup_printf ("('p-1', 'main', [%d], {})", (int) workload->pid);

    workload_tell (workload, "burn %d", i * 3);
    close (workload->commands);
    workload->commands = -1;
    reply =
        client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NAME, "JoinPod", arguments, &error);
    if (reply == NULL)
      client_assert_error (arguments, error, "NoSuchProcess");
    workload_wait_ended (workload, 0);
  }
  machine_wait_until (has_no_containers ());
  units = machine_list_units ("podp_1-*");
  g_assert_cmpstr (units, ==, "");
  tear_down ();
}

/* A container that somebody without privileges manages; it stays what it is over a new start of the
 * daemon and a reload of systemd. */
static void
test_delegated (void)
{
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  g_autofree char *leaf = NULL;
  g_autofree char *inside = NULL;
  g_autofree char *other = NULL;
  g_autofree char *directory = NULL;
  g_autofree char *owner = NULL;

  set_up ();
  leaf = client_join_pod ("p-1", "own", first->pid,
                          "{'Delegate': <true>, 'User': <'nobody'>, 'Subgroup': <'payload'>, "
                          "'PidsLimit': <uint64 20>}");
  g_assert_cmpstr (leaf, ==, CGROUP "/podp_1-own.scope");
  inside = g_strconcat (leaf, "/payload", NULL);
  machine_assert_process_in (first->pid, inside);
  assert_found (first->pid, "own");
  machine_assert_shown (NULL, "podp_1-own.scope", "Delegate=yes TasksMax=20");
  directory = get_directory (leaf);
  owner = machine_run ("stat -c %%U %s/payload/cgroup.procs", directory);
  g_assert_cmpstr (owner, ==, "nobody");
  g_free (machine_run ("setpriv --reuid 65534 --clear-groups mkdir %s/mine", directory));

  /* As if it had not come to giving it away, which is done last. */
  g_free (machine_run ("chown root %s", directory));
  daemon_crash ();
  machine_reload_systemd ();
  g_free (client_join_pod ("p-1", "own", second->pid, "{'Subgroup': <'payload/b'>}"));
  g_assert_true (machine_try ("test $(stat -c %%U %s) = nobody", directory));
  other = g_strconcat (leaf, "/payload/b", NULL);
  machine_assert_process_in (second->pid, other);
  machine_assert_files (leaf, "pids.max=20");
  g_free (client_fail ("ContainerExists", "JoinPod", "('p-1', 'own', [%d], {'User': <'root'>})",
                       (int) second->pid));
  tear_down ();
  workload_wait_ended (first, SIGKILL);
}

static void
test_not_delegated (void)
{
  g_autoptr (Workload) workload = workload_start ();

  set_up ();
  g_free (client_fail ("InvalidArgument", "JoinPod", "('p-1', 'a', [%d], {'Subgroup': <'x'>})",
                       (int) workload->pid));
  g_free (client_fail ("InvalidArgument", "JoinPod", "('p-1', 'a', [%d], {'User': <'nobody'>})",
                       (int) workload->pid));
  g_free (client_fail ("InvalidArgument", "JoinPod",
                       "('p-1', 'a', [%d], {'Delegate': <true>, 'User': <'no-such-user'>})",
                       (int) workload->pid));
  g_free (client_join_pod ("p-1", "a", workload->pid, "{}"));
  g_free (client_fail ("InvalidArgument", "JoinPod", "('p-1', 'a', [%d], {'Subgroup': <'x'>})",
                       (int) workload->pid));
  g_free (client_fail ("ContainerExists", "JoinPod", "('p-1', 'a', [%d], {'Delegate': <true>})",
                       (int) workload->pid));
  tear_down ();
}

/* From one container to another, in the same pod and in another one. */
static void
test_move (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = NULL;

  set_up ();
  g_free (client_create_pod ("q", "{'CPURequest': <'1'>}"));
  g_free (client_join_pod ("p-1", "a", workload->pid, "{}"));
  g_free (client_join_pod ("p-1", "b", workload->pid, "{}"));
  assert_found (workload->pid, "b");
  machine_wait_until (!machine_has_cgroup (CGROUP "/podp_1-a.scope"));
  leaf = client_join_pod ("q", "c", workload->pid, "{}");
  machine_assert_process_in (workload->pid, leaf);
  g_assert_true (g_str_has_prefix (leaf, "/machine.slice/machine-burstable.slice/"));
  machine_wait_until (has_no_containers ());
  tear_down ();
  g_assert_true (workload_is_alive (workload));
  client_remove_pod ("q");
  workload_wait_ended (workload, SIGKILL);
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/joins/first-and-further", test_first_and_further);
  g_test_add_func ("/joins/threads-and-children", test_threads_and_children);
  g_test_add_func ("/joins/many", test_many);
  g_test_add_func ("/joins/very-many", test_very_many);
  g_test_add_func ("/joins/find", test_find);
  g_test_add_func ("/joins/again", test_again);
  g_test_add_func ("/joins/spec", test_spec);
  g_test_add_func ("/joins/pidfd", test_pidfd);
  g_test_add_func ("/joins/all-or-nothing", test_all_or_nothing);
  g_test_add_func ("/joins/ending", test_ending);
  g_test_add_func ("/joins/delegated", test_delegated);
  g_test_add_func ("/joins/not-delegated", test_not_delegated);
  g_test_add_func ("/joins/move", test_move);
  return g_test_run ();
}
