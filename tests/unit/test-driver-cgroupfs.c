/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver in the running kernel, as it is and, where there is v1, without cgroup2.
 * Whoever is not root skips it.
 */
#include "lib/driver-cgroupfs.h"

#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/verify.h"
#include "tests/unit/child.h"
#include "tests/unit/kernel-rig.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534
#define OURS "NodeCgroups: test"

typedef struct {
  KernelRig *rig;
  const NcgTree *primary;
  NcgDriver *driver;
  GAsyncResult *result;
  gboolean is_connected;
  GPtrArray *removed; /* (element-type utf8): units */
  char *group;
} Fixture;

static void
on_connected (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->is_connected = TRUE;
}

static void
on_removed (const char *unit, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_ptr_array_add (fixture->removed, g_strdup (unit));
}

static void
set_up (Fixture *fixture, gconstpointer mode)
{
  NcgDriverListener listener = { .connected = on_connected, .unit_removed = on_removed };
  NcgDriverConfig config = { .root = "" };

  fixture->rig = kernel_rig_new ((KernelRigMode) GPOINTER_TO_INT (mode));
  fixture->primary = ncg_hierarchy_get_primary (fixture->rig->hierarchy);
  fixture->removed = g_ptr_array_new_with_free_func (g_free);
  fixture->group = kernel_rig_path (fixture->rig, "a/pod1");
  config.hierarchy = fixture->rig->hierarchy;
  fixture->driver = ncg_driver_cgroupfs_ops.create (&config, &listener, fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer mode)
{
  ncg_driver_free (fixture->driver);
  g_ptr_array_unref (fixture->removed);
  g_free (fixture->group);
  kernel_rig_free (fixture->rig);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->result = g_object_ref (result);
}

/* (transfer full) */
static GAsyncResult *
wait_result (Fixture *fixture)
{
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_steal_pointer (&fixture->result);
}

static gboolean
on_time (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* At most ten seconds. */
static void
wait_removed (Fixture *fixture, const char *unit)
{
  guint id = g_timeout_add (10, on_time, NULL);
  gint64 end = kernel_rig_deadline ();

  while (!g_ptr_array_find_with_equal_func (fixture->removed, unit, g_str_equal, NULL)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_main_context_iteration (NULL, TRUE);
  }
  g_source_remove (id);
}

static void
run_for (guint msec)
{
  guint id = g_timeout_add (10, on_time, NULL);
  gint64 end = g_get_monotonic_time () + msec * 1000;

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

/* @code of -1 is success. */
static void
assert_outcome (gboolean ok, const GError *error, int code)
{
  if (error != NULL)
    g_test_message ("%s", error->message);
  g_assert_cmpint (ok, ==, code < 0);
  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, NCG_ERROR, code);
}

static void
assert_in_all_trees (const Fixture *fixture, const char *path, gboolean expected)
{
  const GPtrArray *trees = fixture->rig->hierarchy->trees;

  for (guint i = 0; i < trees->len; i++)
    g_assert_cmpint (kernel_rig_exists (g_ptr_array_index (trees, i), path), ==, expected);
}

static void
ensure (Fixture *fixture, const NcgGroup *group, int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_ensure_group_async (fixture->driver, group, kernel_rig_deadline (), on_result,
                                 fixture);
  result = wait_result (fixture);
  place = ncg_driver_ensure_group_finish (result, &error);
  assert_outcome (place != NULL, error, code);
  if (place == NULL)
    return;
  g_assert_cmpstr (place->unit, ==, group->path);
  g_assert_cmpstr (place->cgroup, ==, group->path);
  assert_in_all_trees (fixture, group->path, TRUE);
}

static void
ensure_plain (Fixture *fixture, const char *path, const char *description, int code)
{
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { .path = path, .description = description, .resources = &none };

  ensure (fixture, &group, code);
}

static void
assert_description (Fixture *fixture, const char *path, const char *expected)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *description = NULL;

  ncg_driver_describe_async (fixture->driver, &place, kernel_rig_deadline (), on_result, fixture);
  result = wait_result (fixture);
  description = ncg_driver_describe_finish (result, NULL);
  g_assert_cmpstr (description, ==, expected);
}

/* What this machine has the controller for. */
static void
add_resources (const Fixture *fixture, NcgResources *resources, guint64 pids)
{
  const NcgHierarchy *hierarchy = fixture->rig->hierarchy;

  if (ncg_hierarchy_has_controller (hierarchy, "pids"))
    ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, pids);
  if (ncg_hierarchy_has_controller (hierarchy, "memory"))
    ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 64 * 1024 * 1024);
  if (ncg_hierarchy_has_controller (hierarchy, "cpu"))
    ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 50);
}

static void
assert_resources (const Fixture *fixture, const char *path, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;

  ncg_verify_cgroup (fixture->rig->hierarchy, path, resources, &error);
  g_assert_no_error (error);
}

static void
test_group (Fixture *fixture, gconstpointer data)
{
  g_autofree char *parent = kernel_rig_path (fixture->rig, "a");
  g_auto (NcgResources) resources = { 0 };
  NcgGroup group = { fixture->group, OURS, &resources, FALSE, NULL, NULL };

  add_resources (fixture, &resources, 77);
  ensure (fixture, &group, -1);
  assert_resources (fixture, fixture->group, &resources);
  assert_description (fixture, fixture->group, OURS);

  add_resources (fixture, &resources, 78);
  ensure (fixture, &group, -1);
  assert_resources (fixture, fixture->group, &resources);

  group.description = "another";
  ensure (fixture, &group, NCG_ERROR_UNIT_EXISTS);
  group.adopt = TRUE;
  ensure (fixture, &group, -1);
  assert_description (fixture, fixture->group, OURS);

  /* What was made on the way is nobody's, until somebody wants it. */
  assert_description (fixture, parent, "");
  ensure_plain (fixture, parent, "parent", -1);
  assert_description (fixture, parent, "parent");
  ensure_plain (fixture, parent, OURS, NCG_ERROR_UNIT_EXISTS);
}

static void
test_group_of_others (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (fixture->primary->mount, "/", NULL);
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { fixture->rig->path, OURS, &none, FALSE, NULL, NULL };

  g_assert_true (ncg_cgroup_make_child (root, fixture->rig->path + 1, NULL, NULL));
  ensure (fixture, &group, NCG_ERROR_UNIT_EXISTS);
  group.adopt = TRUE;
  ensure (fixture, &group, -1);
  assert_description (fixture, fixture->rig->path, "");
}

static void
test_group_fails (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "/", "a", "/a//b", "/a/..", "/a/cgroup.procs", NULL };
  g_auto (NcgResources) properties = { 0 };
  g_auto (NcgResources) unknown = { 0 };
  NcgGroup group = { fixture->group, OURS, &properties, FALSE, NULL, NULL };

  properties.properties = g_variant_ref_sink (g_variant_new_parsed ("[('TasksMax', <uint64 7>)]"));
  ensure (fixture, &group, NCG_ERROR_NOT_SUPPORTED);
  g_assert_true (ncg_resources_set_unified (&unknown, "nosuch.max", "1", NULL));
  group.resources = &unknown;
  ensure (fixture, &group, NCG_ERROR_NOT_SUPPORTED);
  assert_in_all_trees (fixture, fixture->rig->path, FALSE);
  for (guint i = 0; bad[i] != NULL; i++)
    ensure_plain (fixture, bad[i], OURS, NCG_ERROR_INVALID_ARGUMENT);
}

static void
set_resources (Fixture *fixture, const char *path, const NcgResources *resources, int code)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  ncg_driver_set_resources_async (fixture->driver, &place, resources, kernel_rig_deadline (),
                                  on_result, fixture);
  result = wait_result (fixture);
  ok = ncg_driver_set_resources_finish (result, &error);
  assert_outcome (ok, error, code);
}

static void
test_set_resources (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };

  add_resources (fixture, &resources, 50);
  set_resources (fixture, fixture->group, &resources, NCG_ERROR_NOT_FOUND);
  assert_in_all_trees (fixture, fixture->rig->path, FALSE);
  ensure_plain (fixture, fixture->group, OURS, -1);
  set_resources (fixture, fixture->group, &resources, -1);
  assert_resources (fixture, fixture->group, &resources);
  assert_description (fixture, fixture->group, OURS);
}

static NcgLeaf
make_leaf (const Fixture *fixture, const char *name, const NcgResources *resources)
{
  return (NcgLeaf){
    .parent = fixture->group,
    .uid = "1",
    .name = name,
    .description = "a leaf",
    .resources = resources,
    .user = NCG_NO_USER,
  };
}

/* (transfer full): where it is */
static char *
start_leaf (Fixture *fixture, const NcgLeaf *leaf, int code)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_start_leaf_async (fixture->driver, leaf, kernel_rig_deadline (), on_result, fixture);
  result = wait_result (fixture);
  place = ncg_driver_start_leaf_finish (result, &error);
  assert_outcome (place != NULL, error, code);
  return place != NULL ? g_strdup (place->cgroup) : NULL;
}

static void
join (Fixture *fixture, const char *path, const char *subgroup, int code)
{
  NcgPlace place = { (char *) path, (char *) path };
  NcgJoin what = { &place, fixture->rig->processes, subgroup, NCG_NO_USER };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean ok;

  ncg_driver_join_async (fixture->driver, &what, kernel_rig_deadline (), on_result, fixture);
  result = wait_result (fixture);
  ok = ncg_driver_join_finish (result, &error);
  assert_outcome (ok, error, code);
}

/* All processes of the rig, in all hierarchies. */
static void
assert_at (const Fixture *fixture, const char *path)
{
  const GPtrArray *trees = fixture->rig->hierarchy->trees;

  for (guint i = 0; i < trees->len; i++) {
    for (guint j = 0; j < fixture->rig->processes->len; j++) {
      g_autofree char *at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, j),
                                                    g_ptr_array_index (trees, i));
      g_assert_cmpstr (at, ==, path);
    }
  }
}

static void
kill_process (const Fixture *fixture, guint i)
{
  const NcgProcess *process = g_ptr_array_index (fixture->rig->processes, i);

  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  child_wait_killed (process->pid, SIGKILL);
}

/* It ends with its last process. */
static void
test_leaf (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "web", &resources);
  g_autofree char *path = NULL;

  add_resources (fixture, &resources, 20);
  leaf.processes = fixture->rig->processes;
  kernel_rig_start (fixture->rig);
  start_leaf (fixture, &leaf, NCG_ERROR_NOT_FOUND);
  ensure_plain (fixture, fixture->group, OURS, -1);
  path = start_leaf (fixture, &leaf, -1);
  assert_at (fixture, path);
  assert_resources (fixture, path, &resources);
  assert_description (fixture, path, "a leaf");
  start_leaf (fixture, &leaf, NCG_ERROR_UNIT_EXISTS);

  kernel_rig_start (fixture->rig);
  join (fixture, path, NULL, -1);
  assert_at (fixture, path);
  kill_process (fixture, 0);
  run_for (1500);
  assert_in_all_trees (fixture, path, TRUE);
  kill_process (fixture, 1);
  wait_removed (fixture, path);
  assert_in_all_trees (fixture, path, FALSE);
  assert_in_all_trees (fixture, fixture->group, TRUE);
  g_assert_cmpuint (fixture->removed->len, ==, 1);
}

/* All, or none has moved. */
static void
test_leaf_rolls_back (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "web", &none);
  g_autofree char *path = g_strconcat (fixture->group, "/web", NULL);
  g_autofree char *other = g_strconcat (fixture->group, "/other", NULL);
  g_autofree char *at = NULL;

  ensure_plain (fixture, fixture->group, OURS, -1);
  leaf.processes = fixture->rig->processes;
  kernel_rig_start (fixture->rig);
  leaf.name = "other";
  g_free (start_leaf (fixture, &leaf, -1));
  leaf.name = "web";
  kernel_rig_start (fixture->rig);
  kill_process (fixture, 1);
  start_leaf (fixture, &leaf, NCG_ERROR_NO_SUCH_PROCESS);
  assert_in_all_trees (fixture, path, FALSE);
  at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, 0), fixture->primary);
  g_assert_cmpstr (at, ==, other);
}

static void
test_held (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "db", &resources);
  g_autofree char *path = NULL;

  add_resources (fixture, &resources, 20);
  ensure_plain (fixture, fixture->group, OURS, -1);
  path = start_leaf (fixture, &leaf, -1);
  assert_resources (fixture, path, &resources);
  kernel_rig_start (fixture->rig);
  join (fixture, path, NULL, -1);
  assert_at (fixture, path);
  kill_process (fixture, 0);
  g_ptr_array_set_size (fixture->rig->processes, 0);
  run_for (1500);
  assert_in_all_trees (fixture, path, TRUE);

  /* Somebody takes it away. */
  for (guint i = 0; i < fixture->rig->hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (fixture->rig->hierarchy->trees, i);
    g_autofree char *directory = g_strconcat (tree->mount, path, NULL);
    g_assert_cmpint (rmdir (directory), ==, 0);
  }
  kernel_rig_start (fixture->rig);
  join (fixture, path, NULL, -1);
  assert_at (fixture, path);
  assert_resources (fixture, path, &resources);
}

static void
test_join_fails (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "db", &none);
  g_autofree char *path = g_strconcat (fixture->group, "/db", NULL);
  g_autofree char *origin = NULL;
  g_autofree char *at = NULL;

  kernel_rig_start (fixture->rig);
  origin =
      kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, 0), fixture->primary);
  join (fixture, path, NULL, NCG_ERROR_NOT_FOUND);
  ensure_plain (fixture, fixture->group, OURS, -1);
  g_free (start_leaf (fixture, &leaf, -1));
  join (fixture, path, "../x", NCG_ERROR_INVALID_ARGUMENT);
  kernel_rig_start (fixture->rig);
  kill_process (fixture, 1);
  join (fixture, path, NULL, NCG_ERROR_NO_SUCH_PROCESS);
  join (fixture, path, "sub", NCG_ERROR_NO_SUCH_PROCESS);
  at = kernel_rig_read_cgroup (g_ptr_array_index (fixture->rig->processes, 0), fixture->primary);
  g_assert_cmpstr (at, ==, origin);
  g_free (path);
  path = g_strconcat (fixture->group, "/db/sub", NULL);
  assert_in_all_trees (fixture, path, FALSE);
}

static void
assert_owner (const Fixture *fixture, const char *path, const char *file, uid_t expected)
{
  g_autofree char *whole = g_strconcat (fixture->primary->mount, path, file, NULL);
  struct stat st;

  g_assert_cmpint (stat (whole, &st), ==, 0);
  g_assert_cmpuint (st.st_uid, ==, expected);
}

static void
test_delegated (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "vm", &none);
  g_autofree char *path = g_strconcat (fixture->group, "/vm", NULL);
  g_autofree char *below = g_strconcat (path, "/a/b", NULL);
  g_autofree char *beside = g_strconcat (path, "/c", NULL);

  ensure_plain (fixture, fixture->group, OURS, -1);
  kernel_rig_start (fixture->rig);
  leaf.processes = fixture->rig->processes;
  leaf.subgroup = "a/b";
  start_leaf (fixture, &leaf, NCG_ERROR_INVALID_ARGUMENT);
  leaf.is_delegated = TRUE;
  leaf.user = NOBODY;
  g_free (start_leaf (fixture, &leaf, -1));
  assert_at (fixture, below);
  assert_owner (fixture, path, "", NOBODY);
  assert_owner (fixture, path, "/cgroup.procs", NOBODY);
  assert_owner (fixture, below, "", NOBODY);
  assert_owner (fixture, fixture->group, "", 0);
  join (fixture, path, "c", -1);
  assert_at (fixture, beside);
  kill_process (fixture, 0);
  wait_removed (fixture, path);
  assert_in_all_trees (fixture, path, FALSE);
}

static void
stop (Fixture *fixture, const char *path)
{
  NcgPlace place = { (char *) path, (char *) path };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_stop_async (fixture->driver, &place, kernel_rig_deadline (), on_result, fixture);
  result = wait_result (fixture);
  ncg_driver_stop_finish (result, &error);
  g_assert_no_error (error);
  assert_in_all_trees (fixture, path, FALSE);
}

static void
test_freeze_kill_stop (Fixture *fixture, gconstpointer data)
{
  NcgPlace place = { fixture->group, fixture->group };
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "web", &none);
  g_autoptr (GAsyncResult) frozen = NULL;
  g_autoptr (GAsyncResult) killed = NULL;
  g_autofree char *path = NULL;

  ensure_plain (fixture, fixture->group, OURS, -1);
  kernel_rig_start (fixture->rig);
  leaf.processes = fixture->rig->processes;
  path = start_leaf (fixture, &leaf, -1);
  ncg_driver_freeze_async (fixture->driver, &place, TRUE, kernel_rig_deadline (), on_result,
                           fixture);
  frozen = wait_result (fixture);
  g_assert_true (ncg_driver_freeze_finish (frozen, NULL));
  ncg_driver_kill_async (fixture->driver, &place, kernel_rig_deadline (), on_result, fixture);
  killed = wait_result (fixture);
  g_assert_true (ncg_driver_kill_finish (killed, NULL));
  g_assert_true (ncg_process_has_exited (g_ptr_array_index (fixture->rig->processes, 0)));
  assert_in_all_trees (fixture, fixture->group, TRUE);
  wait_removed (fixture, path);

  g_ptr_array_set_size (fixture->rig->processes, 0);
  kernel_rig_start (fixture->rig);
  g_free (path);
  path = start_leaf (fixture, &leaf, -1);
  stop (fixture, fixture->group);
  wait_removed (fixture, fixture->group);
  wait_removed (fixture, path);
  stop (fixture, fixture->group); /* it is gone */
}

/* A leaf of an earlier time. */
static void
test_keep (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = make_leaf (fixture, "db", &resources);
  NcgPlace place;
  NcgKept kept = { &place, &resources, TRUE };
  g_autofree char *path = NULL;

  add_resources (fixture, &resources, 20);
  ensure_plain (fixture, fixture->group, OURS, -1);
  path = start_leaf (fixture, &leaf, -1);
  place = (NcgPlace){ path, path };
  ncg_driver_keep (fixture->driver, &kept);
  g_assert_cmpuint (fixture->removed->len, ==, 0);
  wait_removed (fixture, path);
  assert_in_all_trees (fixture, path, FALSE);

  kept.ends_empty = FALSE;
  ncg_driver_keep (fixture->driver, &kept);
  kernel_rig_start (fixture->rig);
  join (fixture, path, NULL, -1);
  assert_at (fixture, path);
  assert_resources (fixture, path, &resources);
}

static void
test_facts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_auto (GStrv) features = NULL;
  g_autoptr (GPtrArray) dropped = NULL;
  g_autofree char *predicted = NULL;

  ensure_plain (fixture, fixture->group, OURS, -1);
  ncg_driver_probe_async (fixture->driver, kernel_rig_deadline (), on_result, fixture);
  result = wait_result (fixture);
  g_assert_true (ncg_driver_probe_finish (result, NULL));
  while (!fixture->is_connected)
    g_main_context_iteration (NULL, TRUE);
  features = ncg_driver_get_features (fixture->driver);
  for (guint i = 0; fixture->rig->hierarchy->controllers[i] != NULL; i++)
    g_assert_true (
        g_strv_contains ((const char *const *) features, fixture->rig->hierarchy->controllers[i]));
  g_assert_cmpuint (ncg_driver_get_version (fixture->driver), ==, 0);
  g_assert_cmpstr (ncg_driver_get_name (fixture->driver), ==, "cgroupfs");
  dropped = ncg_driver_list_dropped (fixture->driver, fixture->group);
  g_assert_cmpuint (dropped->len, ==, 0);
  predicted = ncg_driver_predict_cgroup (fixture->driver, "/machine/pod1");
  g_assert_cmpstr (predicted, ==, "/machine/pod1");
}

/* What is under way has an end before the driver has. */
static void
test_destroy (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  NcgGroup group = { fixture->group, OURS, &none, FALSE, NULL, NULL };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_ensure_group_async (fixture->driver, &group, kernel_rig_deadline (), on_result,
                                 fixture);
  g_clear_pointer (&fixture->driver, ncg_driver_free);
  assert_in_all_trees (fixture, fixture->group, TRUE);
  result = wait_result (fixture);
  g_assert_false (fixture->is_connected);
}

static const struct {
  const char *name;
  void (*function) (Fixture *fixture, gconstpointer data);
} tests[] = {
  { "group", test_group },
  { "group/of-others", test_group_of_others },
  { "group/fails", test_group_fails },
  { "set-resources", test_set_resources },
  { "leaf", test_leaf },
  { "leaf/rolls-back", test_leaf_rolls_back },
  { "leaf/held", test_held },
  { "leaf/delegated", test_delegated },
  { "join/fails", test_join_fails },
  { "freeze-kill-stop", test_freeze_kill_stop },
  { "keep", test_keep },
  { "facts", test_facts },
  { "destroy", test_destroy },
};

static void
add_tests (KernelRigMode mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autofree char *path = g_strdup_printf (
        "/driver-cgroupfs/%s/%s", mode == KERNEL_RIG_LEGACY ? "legacy" : "native", tests[i].name);

    g_test_add (path, Fixture, GINT_TO_POINTER (mode), set_up, tests[i].function, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  kernel_rig_add_tests ("/driver-cgroupfs/rig", add_tests);
  return g_test_run ();
}
