/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a group may use holds in its leaves, with either driver on whichever hierarchy: also what a
 * group further up may use, and what is set while they run.
 *
 *   test-leaf-limits systemd|cgroupfs
 */
#include "tests/vm/driver.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#define GROUP "/machine/nctlimits"
#define BETWEEN GROUP "/between"

static const char *driver_name;
static TestDriver *driver;

static const NcgTree *
get_cpuset (void)
{
  return ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpuset");
}

/* (transfer full): a group that may use CPU 0 alone, or all */
static NcgPlace *
ensure_group (const char *path, gboolean is_narrow)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;
  NcgPlace *place;

  if (is_narrow)
    resources.cpus = ncg_cpuset_parse ("0", NULL);
  place = test_driver_ensure_group (driver, path, &resources, &error);
  g_assert_no_error (error);
  return place;
}

/* (transfer full) */
static NcgPlace *
start_in (const char *parent, const Workload *workload)
{
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = {
    .parent = parent,
    .uid = "nctlimits",
    .name = "inside",
    .description = "NodeCgroups test leaf",
    .resources = &nothing,
    .user = NCG_NO_USER,
  };
  const pid_t pids[] = { workload->pid, -1 };
  g_autoptr (GError) error = NULL;
  NcgPlace *place = test_driver_start_leaf (driver, &leaf, pids, &error);

  g_assert_no_error (error);
  return place;
}

static void
set_cpus (const NcgPlace *place, const char *cpus)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  resources.cpus = ncg_cpuset_parse (cpus, NULL);
  test_driver_set (driver, place, &resources, &error);
  g_assert_no_error (error);
}

static void
assert_cpus (const Workload *workload, const char *wanted)
{
  g_autofree char *actual = workload_get_cpus (workload);

  g_assert_cmpstr (actual, ==, wanted);
}

static void
stop (const NcgPlace *place)
{
  g_autoptr (GError) error = NULL;

  test_driver_stop (driver, place, &error);
  g_assert_no_error (error);
  g_assert_false (machine_try ("test -d %s%s", get_cpuset ()->mount, place->cgroup));
}

/* Two levels up, while the one between has no limit. */
static void
test_above (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) group = ensure_group (GROUP, TRUE);
  g_autoptr (NcgPlace) between = ensure_group (BETWEEN, FALSE);
  g_autoptr (NcgPlace) leaf = start_in (BETWEEN, workload);

  assert_cpus (workload, "0");
  workload_kill (workload);
  g_clear_pointer (&workload, workload_free);
  machine_wait_until (!machine_try ("test -d %s%s", get_cpuset ()->mount, leaf->cgroup));
  stop (between);
  stop (group);
}

/* What is set while they run: for a group further up, for their own, and for the leaf itself. */
static void
test_later (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) group = ensure_group (GROUP, FALSE);
  g_autoptr (NcgPlace) between = ensure_group (BETWEEN, FALSE);
  g_autoptr (NcgPlace) leaf = start_in (BETWEEN, workload);

  set_cpus (group, "0");
  assert_cpus (workload, "0");
  set_cpus (group, "0-1");
  assert_cpus (workload, "0-1");
  set_cpus (between, "1");
  assert_cpus (workload, "1");
  set_cpus (between, "0-1");
  set_cpus (leaf, "0");
  assert_cpus (workload, "0");
  machine_assert_process_in (workload->pid, leaf->cgroup);
  stop (between);
  stop (group);
}

/* Somebody took the cgroup away in the one hierarchy: it is made again, and has them again. */
static void
test_again (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (NcgPlace) group = NULL;
  g_autoptr (NcgPlace) leaf = NULL;

  if (!get_cpuset ()->is_v1)
    return;
  group = ensure_group (GROUP, FALSE);
  leaf = start_in (GROUP, workload);
  set_cpus (group, "0");
  g_free (machine_run ("echo %d >%s/cgroup.procs && find %s%s -depth -type d -delete",
                       (int) workload->pid, get_cpuset ()->mount, get_cpuset ()->mount,
                       group->cgroup));
  assert_cpus (workload, "0-1");
  set_cpus (group, "1");
  assert_cpus (workload, "1");
  stop (group);
}

static const struct {
  const char *name;
  void (*run) (void);
} tests[] = {
  { "above", test_above },
  { "later", test_later },
  { "again", test_again },
};

int
main (int argc, char **argv)
{
  int status;

  driver_name = argc > 1 ? argv[1] : "systemd";
  machine_init (argc, argv);
  driver = test_driver_new (driver_name);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path = g_strdup_printf ("/leaf-limits/%s/%s", driver_name, tests[i].name);

    if (get_cpuset () != NULL)
      g_test_add_func (path, tests[i].run);
  }
  status = g_test_run ();
  g_clear_pointer (&driver, test_driver_free);
  return status;
}
