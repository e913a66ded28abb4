/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Removing pods: nothing is left, whatever the processes do; and if something cannot be removed the
 * answer says what holds it.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define SLICE "machine-besteffort-podp.slice"
#define CGROUP "/machine.slice/machine-besteffort.slice/" SLICE
#define DISK "/tmp/frozen"

static void
set_up (const char *spec)
{
  g_autofree char *cgroup = client_create_pod ("p", spec);

  g_assert_cmpstr (cgroup, ==, CGROUP);
}

static Workload *
start_in (const char *container)
{
  Workload *workload = workload_start ();

  g_free (client_join_pod ("p", container, workload->pid, "{}"));
  return workload;
}

static void
assert_nothing_left (void)
{
  g_autofree char *slices = machine_list_units ("machine-*pod*.slice");
  g_autofree char *scopes = machine_list_units ("podp-*");
  g_autofree char *files = machine_list_pod_files ();
  g_autofree char *cgroups = machine_list_pod_cgroups ();
  g_autofree char *transient =
      machine_run ("ls /run/systemd/transient | grep '^machine.*pod' || true");
  g_autofree char *pods = client_list_pods ();

  g_assert_false (machine_has_cgroup (CGROUP));
  g_assert_cmpstr (cgroups, ==, "");
  g_assert_cmpstr (slices, ==, "");
  g_assert_cmpstr (scopes, ==, "");
  g_assert_cmpstr (files, ==, "");
  g_assert_cmpstr (transient, ==, "");
  g_assert_cmpstr (pods, ==, "");
  g_free (client_fail ("NoSuchPod", "RemovePod", "('p', {})"));
  g_free (client_fail ("NoSuchPod", "GetPod", "('p',)"));
}

static void
test_empty (void)
{
  set_up ("{}");
  client_remove_pod ("p");
  assert_nothing_left ();
}

/* Without a grace period SIGTERM plays no part. */
static void
test_killed (void)
{
  g_autoptr (Workload) first = NULL;
  g_autoptr (Workload) second = NULL;
  g_autoptr (Workload) third = NULL;

  set_up ("{}");
  first = start_in ("main");
  second = start_in ("main");
  third = start_in ("sidecar");
  g_free (workload_ask (second, "ignore"));
  g_free (workload_ask (third, "finish /tmp/not-written"));
  client_remove_pod ("p");
  workload_wait_ended (first, SIGKILL);
  workload_wait_ended (second, SIGKILL);
  workload_wait_ended (third, SIGKILL);
  g_assert_false (g_file_test ("/tmp/not-written", G_FILE_TEST_EXISTS));
  assert_nothing_left ();
}

static void
test_grace (void)
{
  g_autoptr (Workload) plain = NULL;
  g_autoptr (Workload) finishing = NULL;

  set_up ("{}");
  plain = start_in ("main");
  finishing = start_in ("sidecar");
  g_free (workload_ask (finishing, "finish /tmp/finished"));
  g_variant_unref (client_call ("RemovePod", "('p', {'GracePeriodUSec': <uint64 60000000>})"));
  workload_wait_ended (plain, SIGTERM);
  workload_wait_ended (finishing, 0);
  g_assert_true (g_file_test ("/tmp/finished", G_FILE_TEST_EXISTS));
  assert_nothing_left ();
}

static void
test_grace_is_over (void)
{
  g_autoptr (Workload) plain = NULL;
  g_autoptr (Workload) ignoring = NULL;

  set_up ("{}");
  plain = start_in ("main");
  ignoring = start_in ("main");
  g_free (workload_ask (ignoring, "ignore"));
  g_variant_unref (client_call ("RemovePod", "('p', {'GracePeriodUSec': <uint64 2000000>})"));
  workload_wait_ended (plain, SIGTERM);
  workload_wait_ended (ignoring, SIGKILL);
  assert_nothing_left ();
}

/* Faster than any list of processes could be read. */
static void
test_forking (void)
{
  for (int i = 0; i < 3; i++) {
    g_autoptr (Workload) bomb = NULL;

    set_up ("{'PidsLimit': <uint64 64>, 'CPULimit': <'1'>, 'QosClass': <'BestEffort'>}");
    bomb = start_in ("main");
    workload_tell (bomb, "bomb");
    machine_wait_until (machine_read_number (CGROUP, "pids.current") >= 32);
    client_remove_pod ("p");
    workload_wait_ended (bomb, SIGKILL);
    assert_nothing_left ();
  }
}

static gboolean
is_frozen (void)
{
  return machine_read_key (CGROUP, "cgroup.events", "frozen") == 1;
}

static void
test_frozen (void)
{
  g_autoptr (Workload) workload = NULL;

  set_up ("{}");
  workload = start_in ("main");
  machine_write (CGROUP, "cgroup.freeze", "1");
  machine_wait_until (is_frozen ());
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
  assert_nothing_left ();
}

/* The same, frozen by systemd, which keeps a state of it: the pod, or a container of it. */
static void
test_frozen_by_systemd (void)
{
  static const char *const units[] = { SLICE, "podp-main.scope" };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (Workload) workload = NULL;

    set_up ("{}");
    workload = start_in ("main");
    g_free (machine_run ("systemctl freeze %s", units[i]));
    client_remove_pod ("p");
    workload_wait_ended (workload, SIGKILL);
    assert_nothing_left ();
  }
}

/* Processes and cgroups that somebody else put into the pod. */
static void
test_foreign (void)
{
  g_autoptr (Workload) deep = workload_start ();
  g_autofree char *pid = g_strdup_printf ("%d", (int) deep->pid);

  set_up ("{}");
  g_free (machine_run ("systemd-run -q --scope --unit=made --slice=" SLICE
                       " sleep 1000 >/dev/null 2>&1 &"));
  machine_wait_until (machine_has_cgroup (CGROUP "/made.scope"));
  g_free (machine_run ("mkdir -p /sys/fs/cgroup" CGROUP "/a/b/c /sys/fs/cgroup" CGROUP "/d"));
  machine_write (CGROUP "/a/b/c", "cgroup.procs", pid);
  client_remove_pod ("p");
  workload_wait_ended (deep, SIGKILL);
  assert_nothing_left ();
  machine_assert_shown (NULL, "made.scope", "ActiveState=inactive");
}

/* A process in uninterruptible sleep: it writes to a file system that is frozen. */
static void
test_busy (void)
{
  g_autoptr (Workload) workload = NULL;
  g_autofree char *message = NULL;
  g_autofree char *holder = NULL;
  g_autofree char *state = NULL;

  g_free (machine_run ("modprobe brd rd_nr=1 rd_size=16384 && mkfs.ext4 -q /dev/ram0 && "
                       "mkdir -p " DISK " && mount /dev/ram0 " DISK));
  set_up ("{}");
  workload = start_in ("main");
  g_free (machine_run ("fsfreeze -f " DISK));
  workload_tell (workload, "append " DISK "/file");
  holder = g_strdup_printf ("%d (workload, D)", (int) workload->pid);
  machine_wait_until (machine_try ("grep -q 'State:.D' /proc/%d/status", (int) workload->pid));

  message = client_fail ("Busy", "RemovePod", "('p', {})");
  if (strstr (message, holder) == NULL)
    machine_fail ("'%s' does not name %s", message, holder);
  state = client_get_of_pod ("p", "State");
  g_assert_cmpstr (state, ==, "active");
  g_assert_true (machine_has_cgroup (CGROUP));
  /* The same again, and after a new start. */
  g_free (client_fail ("Busy", "RemovePod", "('p', {'GracePeriodUSec': <uint64 1000>})"));
  daemon_crash ();
  g_free (client_fail ("Busy", "RemovePod", "('p', {})"));

  g_free (machine_run ("fsfreeze -u " DISK));
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
  assert_nothing_left ();
  g_free (machine_run ("umount " DISK " && rmmod brd"));
}

static void
vanish (void)
{
  g_free (machine_run ("systemctl stop " SLICE));
  client_wait_for ("p", "State", "vanished");
}

/* The slice was stopped behind our back. */
static void
test_vanished (void)
{
  g_autoptr (Workload) workload = NULL;
  g_autoptr (Workload) late = workload_start ();
  g_autofree char *cgroup = NULL;
  g_autofree char *containers = NULL;
  g_autofree char *bad = NULL;

  set_up ("{}");
  workload = start_in ("main");
  vanish ();
  workload_wait_ended (workload, SIGTERM);
  cgroup = client_get_of_pod ("p", "ControlGroup");
  containers = client_get_of_pod ("p", "Containers");
  g_assert_cmpstr (cgroup, ==, "");
  g_assert_cmpstr (containers, ==, "[]");
  g_free (client_fail ("Failed", "JoinPod", "('p', 'main', [%d], {})", (int) late->pid));
  g_free (client_fail ("Failed", "UpdatePod", "('p', {'PidsLimit': <uint64 5>})"));
  g_free (client_fail ("Failed", "GetPodStats", "('p', {})"));
  bad = client_verify_pod ("p");
  g_assert_nonnull (strstr (bad, "missing"));
  client_remove_pod ("p");
  assert_nothing_left ();
}

static void
test_vanished_and_created (void)
{
  g_autoptr (Workload) workload = NULL;
  g_autofree char *state = NULL;
  g_autofree char *bad = NULL;

  set_up ("{}");
  vanish ();
  set_up ("{'PidsLimit': <uint64 5>}");
  state = client_get_of_pod ("p", "State");
  g_assert_cmpstr (state, ==, "active");
  machine_assert_files (CGROUP, "pids.max=5");
  workload = start_in ("main");
  bad = client_verify_pod ("p");
  g_assert_cmpstr (bad, ==, "");
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
  assert_nothing_left ();
}

/* It vanished while nobody looked. */
static void
test_vanished_meanwhile (void)
{
  g_autofree char *state = NULL;

  set_up ("{}");
  daemon_stop ();
  g_free (machine_run ("systemctl stop " SLICE));
  daemon_start ();
  state = client_get_of_pod ("p", "State");
  g_assert_cmpstr (state, ==, "vanished");
  client_remove_pod ("p");
  assert_nothing_left ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/remove/empty", test_empty);
  g_test_add_func ("/remove/killed", test_killed);
  g_test_add_func ("/remove/grace", test_grace);
  g_test_add_func ("/remove/grace-is-over", test_grace_is_over);
  g_test_add_func ("/remove/forking", test_forking);
  g_test_add_func ("/remove/frozen", test_frozen);
  g_test_add_func ("/remove/frozen-by-systemd", test_frozen_by_systemd);
  g_test_add_func ("/remove/foreign", test_foreign);
  g_test_add_func ("/remove/busy", test_busy);
  g_test_add_func ("/remove/vanished", test_vanished);
  g_test_add_func ("/remove/vanished-and-created", test_vanished_and_created);
  g_test_add_func ("/remove/vanished-meanwhile", test_vanished_meanwhile);
  return g_test_run ();
}
