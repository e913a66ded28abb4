/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsd --user: without root, over the manager of a user's session, on the session's bus.
 */
#include "tests/vm/machine.h"

#include <string.h>

#define USER "ncguser"
#define UID "4711"
#define RUNTIME "/run/user/" UID
#define MANAGER "ncg-user.service"
#define SLICE "user-" UID ".slice"
#define BASE "/user.slice/" SLICE "/" MANAGER
#define SESSION "/user.slice/" SLICE "/ncg-session.service"
#define N_SESSION 24
#define POD BASE "/machine.slice/machine-burstable.slice/machine-burstable-podp.slice"
#define AS_USER                                                                                    \
  "setpriv --reuid " UID " --regid " UID " --clear-groups env -i PATH=$PATH "                      \
  "HOME=/tmp XDG_RUNTIME_DIR=" RUNTIME " DBUS_SESSION_BUS_ADDRESS=unix:path=" RUNTIME "/bus "
#define CALL                                                                                       \
  AS_USER "busctl --user call org.example.NodeCgroups /org/example/NodeCgroups "                   \
          "org.example.NodeCgroups "

static void
start_daemon (void)
{
  g_free (machine_run ("setsid " AS_USER "nodecgroupsd --user >>/run/ncg-user.log 2>&1 "
                       "</dev/null & :"));
  machine_wait_until (
      machine_try (AS_USER "busctl --user status org.example.NodeCgroups >/dev/null 2>&1"));
}

static void
test_start (void)
{
  /* Beside the system's, whose configuration it can read. */
  g_free (machine_run ("systemctl start nodecgroupsd.service"));
  /* As user@.service does, which without PAM's module for systemd has no runtime directory. */
  g_free (machine_run ("useradd -u " UID " " USER " && install -d -m 0700 -o " UID " " RUNTIME
                       " && systemd-run --quiet --unit=" MANAGER " --slice=" SLICE " -p User=" UID
                       " -p Delegate=yes -E XDG_RUNTIME_DIR=" RUNTIME
                       " /lib/systemd/systemd --user"));
  machine_wait_until (machine_try ("test -S " RUNTIME "/systemd/private"));
  g_free (machine_run ("setsid " AS_USER "dbus-daemon --session --address=unix:path=" RUNTIME
                       "/bus --nofork --nopidfile >/dev/null 2>&1 </dev/null & :"));
  machine_wait_until (machine_try ("test -S " RUNTIME "/bus"));
  start_daemon ();
}

static void
test_pod (void)
{
  g_autofree char *reply =
      machine_run (CALL "CreatePod 'sa{sv}' p 3 CPURequest s 500m MemoryLimit s 64Mi "
                        "PidsLimit t 60");
  g_autofree char *bad = NULL;

  if (strstr (reply, "\"" POD "\"") == NULL)
    machine_fail ("the pod is not where it should be: %s", reply);
  machine_assert_files (POD, "memory.max=67108864;pids.max=60;cpu.weight=50");
  bad = machine_run (CALL "VerifyPod s p | grep -c false || :");
  g_assert_cmpstr (bad, ==, "0");
}

static void
test_join (void)
{
  g_autofree char *pid = machine_run (AS_USER "systemd-run --user --quiet sleep 1000 && sleep 1; "
                                              "pgrep -u " UID " sleep");
  g_autofree char *reply =
      machine_run (CALL "JoinPod 'ssaua{sv}' p main 1 %s 1 PidsLimit t 5", pid);

  if (strstr (reply, "podp-main.scope") == NULL)
    machine_fail ("joined to %s", reply);
  machine_assert_process_in ((pid_t) g_ascii_strtoll (pid, NULL, 10), POD "/podp-main.scope");
  machine_assert_files (POD "/podp-main.scope", "pids.max=5");
}

/* (transfer full): what runs in a session of the user's, beside the manager's tree: above both is a
 * slice that is root's, so that the kernel lets the user move nothing from here to there */
static GStrv
start_session (void)
{
  g_autofree char *pids = NULL;

  g_free (machine_run ("systemd-run --quiet --unit=ncg-session --slice=" SLICE " -p User=" UID
                       " sh -c 'for i in $(seq %d); do sleep 1000 & done; wait'",
                       N_SESSION));
  machine_wait_until (machine_read_number (SESSION, "pids.current") == N_SESSION + 1);
  machine_wait_until (machine_try ("test $(pgrep -xcu " UID " sleep) = %d", N_SESSION + 1));
  pids = machine_run ("for pid in $(pgrep -xu " UID " sleep); do "
                      "grep -q " SESSION " /proc/$pid/cgroup && echo $pid || :; done");
  return g_strsplit (pids, "\n", -1);
}

/* The next @n of them; @cgroup: below the pod, where they are then. */
static void
join_next (char ***pids, guint n, const char *container, const char *options, const char *cgroup)
{
  g_autofree char *whole = g_strconcat (POD "/", cgroup, NULL);
  g_autofree char *all = NULL;
  char **first = *pids;
  char *after = first[n];

  first[n] = NULL;
  all = g_strjoinv (" ", first);
  g_free (machine_run (CALL "JoinPod 'ssaua{sv}' p %s %u %s %s", container, n, all, options));
  for (guint i = 0; i < n; i++)
    machine_assert_process_in ((pid_t) g_ascii_strtoll (first[i], NULL, 10), whole);
  first[n] = after;
  *pids += n;
}

/* Into a container that was created first, into a scope that is there, more than a scope is started
 * around, and into a cgroup inside: the manager moves what the daemon may not. */
static void
test_session (void)
{
  static const char delegated[] = "2 Delegate b true Subgroup s a/b";
  g_auto (GStrv) pids = start_session ();
  char **next = pids;

  g_assert_cmpuint (g_strv_length (pids), ==, N_SESSION);
  g_free (machine_run (CALL "CreateContainer 'ssa{sv}' p db 1 PidsLimit t 9"));
  join_next (&next, 1, "db", "0", "podp-db.service");
  join_next (&next, 1, "db", "0", "podp-db.service");
  machine_assert_files (POD "/podp-db.service", "pids.max=9;pids.current=2");
  join_next (&next, 1, "app", "0", "podp-app.scope");
  join_next (&next, 1, "app", "0", "podp-app.scope");
  join_next (&next, 18, "many", "0", "podp-many.scope");
  join_next (&next, 1, "inner", delegated, "podp-inner.scope/a/b");
  join_next (&next, 1, "inner", "1 Subgroup s a/b", "podp-inner.scope/a/b");
  g_assert_null (*next);
}

/* The user's manager loads its units anew, and the daemon starts anew. */
static void
test_again (void)
{
  g_autofree char *pods = NULL;

  g_free (machine_run (AS_USER "systemctl --user daemon-reload"));
  machine_assert_files (POD, "memory.max=67108864;pids.max=60;cpu.weight=50");
  g_free (machine_run ("pkill -9 -u " UID " nodecgroupsd"));
  start_daemon ();
  pods = machine_run (CALL "ListPods");
  if (strstr (pods, "\"p\" \"Burstable\"") == NULL)
    machine_fail ("the pod is not known again: %s", pods);
}

static void
test_remove (void)
{
  g_free (machine_run (CALL "RemovePod 'sa{sv}' p 0"));
  g_assert_false (machine_has_cgroup (POD));
  g_assert_false (machine_try ("pgrep -u " UID " sleep"));
  g_free (machine_run ("pkill -u " UID " nodecgroupsd; systemctl stop " MANAGER));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  g_test_add_func ("/user/start", test_start);
  g_test_add_func ("/user/pod", test_pod);
  g_test_add_func ("/user/join", test_join);
  g_test_add_func ("/user/session", test_session);
  g_test_add_func ("/user/again", test_again);
  g_test_add_func ("/user/remove", test_remove);
  return g_test_run ();
}
