/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver in the running kernel, as it is and, where there is v1, without cgroup2.
 * Whoever is not root skips it.
 */
#include "lib/driver-cgroupfs.h"

#include "lib/cgroup.h"
#include "lib/error.h"
#include "tests/unit/driver-rig.h"

#include <string.h>

#define OURS "NodeCgroups: test"

static void
test_group (DriverRig *self, gconstpointer data)
{
  g_autofree char *parent = kernel_rig_path (self->rig, "a");
  g_auto (NcgResources) resources = { 0 };
  NcgGroup group = { self->group, OURS, &resources, FALSE, NULL, NULL };

  driver_rig_add_resources (self, &resources, 77);
  driver_rig_ensure (self, &group, -1);
  driver_rig_assert_resources (self, self->group, &resources);
  driver_rig_assert_description (self, self->group, OURS);

  driver_rig_add_resources (self, &resources, 78);
  driver_rig_ensure (self, &group, -1);
  driver_rig_assert_resources (self, self->group, &resources);

  group.description = "another";
  driver_rig_ensure (self, &group, NCG_ERROR_UNIT_EXISTS);
  group.adopt = TRUE;
  driver_rig_ensure (self, &group, -1);
  driver_rig_assert_description (self, self->group, OURS);

  /* What was made on the way is nobody's, until somebody wants it. */
  driver_rig_assert_description (self, parent, "");
  driver_rig_ensure_plain (self, parent, "parent", -1);
  driver_rig_assert_description (self, parent, "parent");
  driver_rig_ensure_plain (self, parent, OURS, NCG_ERROR_UNIT_EXISTS);
}

static void
test_group_of_others (DriverRig *self, gconstpointer data)
{
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (self->primary->mount, "/", NULL);
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { self->rig->path, OURS, &none, FALSE, NULL, NULL };

  g_assert_true (ncg_cgroup_make_child (root, self->rig->path + 1, NULL, NULL));
  driver_rig_ensure (self, &group, NCG_ERROR_UNIT_EXISTS);
  group.adopt = TRUE;
  driver_rig_ensure (self, &group, -1);
  driver_rig_assert_description (self, self->rig->path, "");
}

static void
test_group_fails (DriverRig *self, gconstpointer data)
{
  static const char *const bad[] = { "", "/", "a", "/a//b", "/a/..", "/a/cgroup.procs", NULL };
  g_auto (NcgResources) properties = { 0 };
  g_auto (NcgResources) unknown = { 0 };
  NcgGroup group = { self->group, OURS, &properties, FALSE, NULL, NULL };

  properties.properties = g_variant_ref_sink (g_variant_new_parsed ("[('TasksMax', <uint64 7>)]"));
  driver_rig_ensure (self, &group, NCG_ERROR_NOT_SUPPORTED);
  g_assert_true (ncg_resources_set_unified (&unknown, "nosuch.max", "1", NULL));
  group.resources = &unknown;
  driver_rig_ensure (self, &group, NCG_ERROR_NOT_SUPPORTED);
  kernel_rig_assert_in_all_trees (self->rig, self->rig->path, FALSE);
  for (guint i = 0; bad[i] != NULL; i++)
    driver_rig_ensure_plain (self, bad[i], OURS, NCG_ERROR_INVALID_ARGUMENT);
}

/* That there is no such CPU shows only when it is written, on v1; v2 would wait for it. */
static void
test_group_refused (DriverRig *self, gconstpointer data)
{
  const NcgTree *cpuset = ncg_hierarchy_find_tree (self->rig->hierarchy, "cpuset");
  g_auto (NcgResources) resources = { 0 };
  NcgGroup group = { self->group, OURS, &resources, FALSE, NULL, NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  if (cpuset == NULL || !cpuset->is_v1)
    return;
  resources.cpus = ncg_cpuset_parse ("4000", NULL);
  g_assert_nonnull (resources.cpus);
  ncg_driver_ensure_group_async (self->driver, &group, kernel_rig_deadline (), driver_rig_on_result,
                                 self);
  result = driver_rig_wait_result (self);
  place = ncg_driver_ensure_group_finish (result, &error);
  g_assert_null (place);
  g_assert_nonnull (strstr (error->message, "cpuset.cpus"));
  kernel_rig_assert_in_all_trees (self->rig, self->rig->path, FALSE);
}

static void
test_set_resources (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };

  driver_rig_add_resources (self, &resources, 50);
  driver_rig_set_resources (self, self->group, &resources, NCG_ERROR_NOT_FOUND);
  kernel_rig_assert_in_all_trees (self->rig, self->rig->path, FALSE);
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  driver_rig_set_resources (self, self->group, &resources, -1);
  driver_rig_assert_resources (self, self->group, &resources);
  driver_rig_assert_description (self, self->group, OURS);
}

/* What systemd 248 makes of it for BFQ on v1 is 100, which a new cgroup has. */
static void
test_io_weight (DriverRig *self, gconstpointer data)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (self->rig->hierarchy, "blkio");
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgCgroup) cgroup = NULL;
  g_autofree char *weight = NULL;

  if (tree == NULL)
    return;
  driver_rig_ensure_plain (self, self->group, OURS, -1);
  cgroup = ncg_cgroup_open (tree->mount, self->group, NULL);
  weight = ncg_cgroup_read (cgroup, "blkio.bfq.weight", NULL);
  if (weight == NULL)
    return;
  ncg_resources_set (&resources, NCG_SETTING_IO_WEIGHT, 200);
  driver_rig_set_resources (self, self->group, &resources, -1);
  g_free (weight);
  weight = ncg_cgroup_read (cgroup, "blkio.bfq.weight", NULL);
  g_assert_cmpstr (weight, ==, "109");
}

static void
test_freeze_kill_stop (DriverRig *self, gconstpointer data)
{
  NcgPlace place = { self->group, self->group };
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = driver_rig_make_leaf (self, "web", &none);
  g_autoptr (GAsyncResult) frozen = NULL;
  g_autoptr (GAsyncResult) killed = NULL;
  g_autofree char *path = NULL;

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  kernel_rig_start (self->rig);
  leaf.processes = self->rig->processes;
  path = driver_rig_start_leaf (self, &leaf, -1);
  ncg_driver_freeze_async (self->driver, &place, TRUE, kernel_rig_deadline (), driver_rig_on_result,
                           self);
  frozen = driver_rig_wait_result (self);
  g_assert_true (ncg_driver_freeze_finish (frozen, NULL));
  ncg_driver_kill_async (self->driver, &place, kernel_rig_deadline (), driver_rig_on_result, self);
  killed = driver_rig_wait_result (self);
  g_assert_true (ncg_driver_kill_finish (killed, NULL));
  g_assert_true (ncg_process_has_exited (g_ptr_array_index (self->rig->processes, 0)));
  kernel_rig_assert_in_all_trees (self->rig, self->group, TRUE);
  driver_rig_wait_removed (self, path);

  g_ptr_array_set_size (self->rig->processes, 0);
  kernel_rig_start (self->rig);
  g_free (path);
  path = driver_rig_start_leaf (self, &leaf, -1);
  driver_rig_stop (self, self->group);
  driver_rig_wait_removed (self, self->group);
  driver_rig_wait_removed (self, path);
  driver_rig_stop (self, self->group); /* it is gone */
}

static void
test_facts (DriverRig *self, gconstpointer data)
{
  g_autoptr (GVariant) latencies = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_auto (GStrv) features = NULL;
  g_autoptr (GPtrArray) dropped = NULL;
  g_autofree char *predicted = NULL;

  driver_rig_ensure_plain (self, self->group, OURS, -1);
  ncg_driver_probe_async (self->driver, kernel_rig_deadline (), driver_rig_on_result, self);
  result = driver_rig_wait_result (self);
  g_assert_true (ncg_driver_probe_finish (result, NULL));
  while (!self->is_connected)
    g_main_context_iteration (NULL, TRUE);
  features = ncg_driver_get_features (self->driver);
  for (guint i = 0; self->rig->hierarchy->controllers[i] != NULL; i++)
    g_assert_true (
        g_strv_contains ((const char *const *) features, self->rig->hierarchy->controllers[i]));
  g_assert_cmpuint (ncg_driver_get_version (self->driver), ==, 0);
  latencies = g_variant_ref_sink (ncg_driver_describe_latencies (self->driver));
  g_assert_true (g_variant_is_of_type (latencies, G_VARIANT_TYPE ("a{sa{sv}}")));
  g_assert_cmpuint (g_variant_n_children (latencies), ==, 0);
  g_assert_cmpstr (ncg_driver_get_name (self->driver), ==, "cgroupfs");
  dropped = ncg_driver_list_dropped (self->driver, self->group);
  g_assert_cmpuint (dropped->len, ==, 0);
  predicted = ncg_driver_predict_cgroup (self->driver, "/machine/pod1");
  g_assert_cmpstr (predicted, ==, "/machine/pod1");
}

/* What is under way has an end before the driver has. */
static void
test_destroy (DriverRig *self, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { self->group, OURS, &none, FALSE, NULL, NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_ensure_group_async (self->driver, &group, kernel_rig_deadline (), driver_rig_on_result,
                                 self);
  g_clear_pointer (&self->driver, ncg_driver_free);
  kernel_rig_assert_in_all_trees (self->rig, self->group, TRUE);
  result = driver_rig_wait_result (self);
  g_assert_false (self->is_connected);
}

static const struct {
  const char *name;
  void (*function) (DriverRig *self, gconstpointer data);
} tests[] = {
  { "group", test_group },
  { "group/of-others", test_group_of_others },
  { "group/fails", test_group_fails },
  { "group/refused", test_group_refused },
  { "set-resources", test_set_resources },
  { "io-weight", test_io_weight },
  { "freeze-kill-stop", test_freeze_kill_stop },
  { "facts", test_facts },
  { "destroy", test_destroy },
};

static void
add_tests (KernelRigMode mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path = g_strdup_printf (
        "/driver-cgroupfs/%s/%s", mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    g_test_add (path, DriverRig, GINT_TO_POINTER (mode), driver_rig_set_up, tests[i].function,
                driver_rig_tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/driver-cgroupfs/rig", add_tests);
  return g_test_run ();
}
