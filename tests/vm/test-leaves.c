/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves with either driver on whichever hierarchy: created first and joined later, started around
 * processes, delegated to a user, frozen, killed, and removed with whatever is in them.
 *
 *   test-leaves systemd|cgroupfs
 */
#include "lib/error.h"
#include "tests/vm/leaves-delegated.h"
#include "tests/vm/leaves-figures.h"
#include "tests/vm/leaves.h"
#include "tests/vm/machine.h"

#include <signal.h>
#include <string.h>

#define DISK "/run/nct-disk"
#define REUSES 10

static const char *driver_name;
static TestDriver *driver;
static NcgPlace *group;

/* CPU time in µs, wherever it is counted. */
static guint64
read_usage (const NcgPlace *place)
{
  const NcgTree *v1 = ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpuacct");

  if (v1 != NULL)
    return machine_read_number (place->cgroup, "cpuacct.usage") / 1000;
  return machine_read_key (place->cgroup, "cpu.stat", "usage_usec");
}

static void
test_set_up (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 300);
  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 100);
  group = test_driver_ensure_group (driver, LEAVES_GROUP, &resources, &error);
  g_assert_no_error (error);
}

/* Around a process; it ends with the last one, also where it was made for its own limits alone, and
 * where something else has put it. */
static void
test_started (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = leaves_describe ("started", &resources);
  g_autoptr (Workload) first = workload_start ();
  g_autoptr (Workload) second = workload_start ();
  const pid_t pids[] = { first->pid, -1 };
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  if (ncg_hierarchy_has_controller (machine_get_hierarchy (), "cpuset"))
    resources.cpus = ncg_cpuset_parse ("0", NULL);
  if (ncg_hierarchy_has_controller (machine_get_hierarchy (), "hugetlb"))
    ncg_resources_set_hugepages (&resources, 2 << 20, 0);
  place = test_driver_start_leaf (driver, &leaf, pids, &error);
  g_assert_no_error (error);
  leaves_assert_inside (first, place->cgroup);
  leaves_join (place, second);
  leaves_assert_inside (second, place->cgroup);
  leaves_join (place, second);
  workload_kill (first);
  g_assert_true (leaves_is_there (place));
  workload_kill (second);
  g_clear_pointer (&first, workload_free);
  g_clear_pointer (&second, workload_free);
  machine_wait_until (g_hash_table_contains (driver->removed, place->unit));
  machine_wait_until (!leaves_is_anywhere (place));
}

/* All or none. */
static void
test_vanished (void)
{
  g_autoptr (Workload) alive = workload_start ();
  g_autoptr (Workload) dead = workload_start ();
  g_autofree char *before =
      ncg_process_read_cgroup_of_pid ("/proc", alive->pid, leaves_get_primary (), NULL);
  g_autofree char *after = NULL;
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = leaves_describe ("vanished", &nothing);
  const pid_t pids[] = { alive->pid, dead->pid, -1 };
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  workload_kill (dead);
  place = test_driver_start_leaf (driver, &leaf, pids, &error);
  g_assert_null (place);
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NO_SUCH_PROCESS);
  after = ncg_process_read_cgroup_of_pid ("/proc", alive->pid, leaves_get_primary (), NULL);
  g_assert_cmpstr (after, ==, before);
}

/* Created, and joined later; its settings and figures stay as long as it does. */
static void
test_held (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = leaves_describe ("held", &resources);
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 7);
  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 150);
  place = test_driver_start_leaf (driver, &leaf, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (leaves_is_there (place));
  g_assert_false (leaves_is_populated (place));
  leaves_assert_verified (place, &resources);
  leaves_reload_systemd ();
  g_assert_true (leaves_is_there (place));
  leaves_reexecute_systemd ();
  g_assert_true (leaves_is_there (place));
  leaves_assert_verified (place, &resources);

  leaves_join (place, workload);
  leaves_assert_inside (workload, place->cgroup);
  g_free (workload_ask (workload, "burn 50"));
  workload_kill (workload);
  g_clear_pointer (&workload, workload_free);
  machine_wait_until (!leaves_is_populated (place));
  g_assert_cmpuint (read_usage (place), >=, 40000);
  leaves_reload_systemd ();
  leaves_reexecute_systemd ();
  g_assert_true (leaves_is_there (place));
  g_assert_cmpuint (read_usage (place), >=, 40000);

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 9);
  test_driver_set (driver, place, &resources, &error);
  g_assert_no_error (error);
  leaves_assert_verified (place, &resources);
  workload = workload_start ();
  leaves_join (place, workload);
  leaves_assert_inside (workload, place->cgroup);
  leaves_stop (place);
}

static gboolean
has_freezer (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();

  return hierarchy->unified_mount != NULL || ncg_hierarchy_has_controller (hierarchy, "freezer");
}

/* What was used until it froze is added up by the other CPU a moment later. */
static gboolean
is_still (const NcgPlace *place)
{
  guint64 before = read_usage (place);

  g_usleep (300000);
  return read_usage (place) == before;
}

/* A frozen loop uses no time, and goes on when it is thawed. */
static void
test_freeze (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) place = leaves_start ("frozen", workload);
  g_autoptr (GError) error = NULL;
  guint64 before;

  workload_tell (workload, "burn 600000");
  before = read_usage (place);
  machine_wait_until (read_usage (place) > before + 20000);
  test_driver_freeze (driver, place, TRUE, &error);
  if (!has_freezer ()) {
    g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
    leaves_stop (place);
    return;
  }
  g_assert_no_error (error);
  machine_wait_until (is_still (place));
  before = read_usage (place);
  test_driver_freeze (driver, place, TRUE, &error);
  g_assert_no_error (error);
  test_driver_freeze (driver, place, FALSE, &error);
  g_assert_no_error (error);
  machine_wait_until (read_usage (place) > before + 20000);
  /* One that is frozen can be stopped, too. */
  test_driver_freeze (driver, place, TRUE, &error);
  g_assert_no_error (error);
  leaves_stop (place);
}

/* As a runtime pauses its container: by the freezer of v1, wherever that is mounted. */
static void
pause_leaf (const NcgPlace *place, pid_t pid)
{
  const NcgTree *freezer = ncg_hierarchy_find_tree (machine_get_hierarchy (), "freezer");
  g_autoptr (GError) error = NULL;

  if (freezer != NULL && freezer->is_v1)
    g_free (machine_run ("cd %s && mkdir -p .%s && cd .%s && echo %d >cgroup.procs && "
                         "echo FROZEN >freezer.state",
                         freezer->mount, place->cgroup, place->cgroup, (int) pid));
  else if (has_freezer ())
    test_driver_freeze (driver, place, TRUE, &error);
  g_assert_no_error (error);
}

/* Nor does one that is frozen by itself keep the group from being killed. */
static void
test_frozen_below (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) place = leaves_start ("paused", workload);
  g_autoptr (GError) error = NULL;

  pause_leaf (place, workload->pid);
  test_driver_kill (driver, group, &error);
  g_assert_no_error (error);
  workload_wait_ended (workload, SIGKILL);
  machine_wait_until (!leaves_is_anywhere (place));
}

static void
test_fork_bomb (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) place = leaves_start ("bomb", workload);
  g_autoptr (GError) error = NULL;

  workload_tell (workload, "bomb");
  machine_wait_until (machine_read_number (group->cgroup, "pids.current") > 100);
  test_driver_kill (driver, group, &error);
  g_assert_no_error (error);
  g_assert_false (leaves_is_populated (group));
  g_assert_true (leaves_is_there (group));
  machine_wait_until (!leaves_is_there (place));
  g_clear_pointer (&workload, workload_free);
}

/* A process in uninterruptible sleep: it writes to a file system that is frozen. */
static void
test_stuck (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) place = leaves_start ("stuck", workload);
  g_autofree char *holder = g_strdup_printf ("%d (workload, D)", (int) workload->pid);
  g_autoptr (GError) error = NULL;

  g_free (machine_run ("modprobe brd rd_nr=1 rd_size=16384; mkfs.ext4 -q -F /dev/ram0 && "
                       "mkdir -p " DISK " && mount /dev/ram0 " DISK " && fsfreeze -f " DISK));
  workload_tell (workload, "append " DISK "/file");
  machine_wait_until (machine_try ("grep -q 'State:.D' /proc/%d/status", (int) workload->pid));
  g_assert_false (test_driver_kill (driver, place, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_BUSY);
  if (strstr (error->message, holder) == NULL)
    machine_fail ("'%s' does not name %s", error->message, holder);
  g_clear_error (&error);
  g_assert_false (test_driver_stop (driver, group, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_BUSY);
  if (strstr (error->message, holder) == NULL)
    machine_fail ("'%s' does not name %s", error->message, holder);
  g_assert_true (leaves_is_there (place));
  g_free (machine_run ("fsfreeze -u " DISK));
  workload_wait_ended (workload, SIGKILL);
  machine_wait_until (!leaves_is_there (place));
  g_free (machine_run ("umount " DISK " && rmmod brd"));
}

/* A name is free again as soon as its leaf is gone, and not before. */
static void
test_reuse (void)
{
  for (guint i = 0; i < REUSES; i++) {
    g_autoptr (Workload) workload = workload_start ();
    g_autoptr (NcgPlace) place = leaves_start ("again", workload);

    leaves_assert_inside (workload, place->cgroup);
    workload_kill (workload);
  }
}

/* What the group may use holds in the leaf, wherever the controller is. */
static void
test_limits_hold (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) narrow = NULL;
  g_autoptr (NcgPlace) place = NULL;
  NcgLeaf leaf = leaves_describe ("inside", &resources);
  const pid_t pids[] = { workload->pid, -1 };
  g_autofree char *list = NULL;
  g_autoptr (GError) error = NULL;

  if (ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpuset") == NULL)
    return;
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  narrow = test_driver_ensure_group (driver, "/machine/nctnarrow", &resources, &error);
  g_assert_no_error (error);
  g_clear_pointer (&resources.cpus, ncg_cpuset_free);
  leaf.parent = "/machine/nctnarrow";
  leaf.uid = "nctnarrow";
  place = test_driver_start_leaf (driver, &leaf, pids, &error);
  g_assert_no_error (error);
  list = machine_run ("sed -n 's/^Cpus_allowed_list:[[:blank:]]*//p' /proc/%d/status",
                      (int) workload->pid);
  g_assert_cmpstr (list, ==, "0");
  leaves_stop (narrow);
}

/* A process that somebody put into the group in one hierarchy of v1 alone, where systemd does not
 * see it. */
static void
test_elsewhere (void)
{
  const char *mount = g_hash_table_lookup (machine_get_hierarchy ()->v1_mounts, "memory");
  g_autoptr (Workload) workload = NULL;
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  if (mount == NULL)
    return;
  workload = workload_start ();
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 256 << 20);
  place = test_driver_ensure_group (driver, "/machine/nctelsewhere", &resources, &error);
  g_assert_no_error (error);
  g_free (machine_run ("echo %d >%s%s/cgroup.procs", (int) workload->pid, mount, place->cgroup));
  test_driver_stop (driver, place, &error);
  g_assert_no_error (error);
  workload_wait_ended (workload, SIGKILL);
  g_assert_false (leaves_is_anywhere (place));
}

static void
test_tear_down (void)
{
  leaves_stop (group);
  g_clear_pointer (&group, ncg_place_free);
}

static const struct {
  const char *name;
  void (*run) (void);
} tests[] = {
  { "set-up", test_set_up },
  { "started", test_started },
  { "vanished", test_vanished },
  { "held", test_held },
  { "figures", leaves_test_figures },
  { "pruned", leaves_test_pruned },
  { "delegated", leaves_test_delegated },
  { "delegated-apart", leaves_test_delegated_apart },
  { "threaded", leaves_test_threaded },
  { "not-delegated", leaves_test_not_delegated },
  { "freeze", test_freeze },
  { "frozen-below", test_frozen_below },
  { "fork-bomb", test_fork_bomb },
  { "stuck", test_stuck },
  { "reuse", test_reuse },
  { "limits-hold", test_limits_hold },
  { "elsewhere", test_elsewhere },
  { "tear-down", test_tear_down },
};

int
main (int argc, char **argv)
{
  int status;

  driver_name = argc > 1 ? argv[1] : "systemd";
  machine_init (argc, argv);
  driver = leaves_init (driver_name);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path = g_strdup_printf ("/leaves/%s/%s", driver_name, tests[i].name);

    g_test_add_func (path, tests[i].run);
  }
  status = g_test_run ();
  g_clear_pointer (&driver, test_driver_free);
  return status;
}
