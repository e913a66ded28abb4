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
#define BASE "/system.slice/" MANAGER
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
                       " && systemd-run --quiet --unit=" MANAGER " -p User=" UID
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
                        "PidsLimit t 40");
  g_autofree char *bad = NULL;

  if (strstr (reply, "\"" POD "\"") == NULL)
    machine_fail ("the pod is not where it should be: %s", reply);
  machine_assert_files (POD, "memory.max=67108864;pids.max=40;cpu.weight=50");
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

/* The user's manager loads its units anew, and the daemon starts anew. */
static void
test_again (void)
{
  g_autofree char *pods = NULL;

  g_free (machine_run (AS_USER "systemctl --user daemon-reload"));
  machine_assert_files (POD, "memory.max=67108864;pids.max=40;cpu.weight=50");
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
  g_test_add_func ("/user/again", test_again);
  g_test_add_func ("/user/remove", test_remove);
  return g_test_run ();
}
