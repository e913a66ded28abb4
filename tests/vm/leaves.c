/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of leaves share.
 */
#include "tests/vm/leaves.h"

#include "lib/cgroup-tree.h"
#include "lib/verify.h"
#include "tests/vm/machine.h"

static TestDriver *driver;

TestDriver *
leaves_init (const char *driver_name)
{
  driver = test_driver_new (driver_name);
  return driver;
}

TestDriver *
leaves_get_driver (void)
{
  return driver;
}

const NcgTree *
leaves_get_primary (void)
{
  return ncg_hierarchy_get_primary (machine_get_hierarchy ());
}

gboolean
leaves_is_there (const NcgPlace *place)
{
  return ncg_cgroup_tree_exists (machine_get_hierarchy ()->trees, place->cgroup);
}

gboolean
leaves_is_populated (const NcgPlace *place)
{
  g_autoptr (GError) error = NULL;
  gboolean populated = TRUE;

  ncg_cgroup_tree_is_populated (machine_get_hierarchy ()->trees, place->cgroup, &populated, &error);
  g_assert_no_error (error);
  return populated;
}

NcgLeaf
leaves_describe (const char *name, const NcgResources *resources)
{
  return (NcgLeaf){
    .parent = LEAVES_GROUP,
    .uid = "nctleaves",
    .name = name,
    .description = "NodeCgroups test leaf",
    .resources = resources,
    .user = NCG_NO_USER,
  };
}

NcgPlace *
leaves_start (const char *name, const Workload *workload)
{
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = leaves_describe (name, &nothing);
  const pid_t pids[] = { workload != NULL ? workload->pid : -1, -1 };
  g_autoptr (GError) error = NULL;
  NcgPlace *place = test_driver_start_leaf (driver, &leaf, workload != NULL ? pids : NULL, &error);

  g_assert_no_error (error);
  return place;
}

void
leaves_join (const NcgPlace *place, const Workload *workload)
{
  g_autoptr (GError) error = NULL;

  test_driver_join (driver, place, workload->pid, NULL, &error);
  g_assert_no_error (error);
}

void
leaves_stop (const NcgPlace *place)
{
  g_autoptr (GError) error = NULL;
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  test_driver_stop (driver, place, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *path = g_strconcat (tree->mount, place->cgroup, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      machine_fail ("%s is still there", path);
  }
}

void
leaves_assert_inside (const Workload *workload, const char *cgroup)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *directory = g_strconcat (tree->mount, cgroup, NULL);
    g_autofree char *path = NULL;
    g_autoptr (GError) error = NULL;

    if (!g_file_test (directory, G_FILE_TEST_EXISTS))
      continue;
    path = ncg_process_read_cgroup_of_pid ("/proc", workload->pid, tree, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (path, ==, cgroup);
  }
}

gboolean
leaves_is_anywhere (const NcgPlace *place)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;
  gboolean is_found = FALSE;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *path = g_strconcat (tree->mount, place->cgroup, NULL);

    is_found = is_found || g_file_test (path, G_FILE_TEST_EXISTS);
  }
  return is_found;
}

void
leaves_reload_systemd (void)
{
  if (machine_has_systemd ())
    machine_reload_systemd ();
}

void
leaves_reexecute_systemd (void)
{
  if (!machine_has_systemd ())
    return;
  driver->is_connected = FALSE;
  machine_reexecute_systemd ();
  test_driver_reconnect (driver);
}

void
leaves_assert_verified (const NcgPlace *place, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;

  ncg_verify_cgroup (machine_get_hierarchy (), place->cgroup, resources, &error);
  g_assert_no_error (error);
}
