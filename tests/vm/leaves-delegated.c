/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tests of delegated leaves.
 */
#include "tests/vm/leaves-delegated.h"

#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "lib/leaf-settle.h"
#include "tests/vm/leaves.h"
#include "tests/vm/machine.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY 65534
#define HUGE_PAGE (2 * 1024 * 1024)
#define AS_NOBODY "setpriv --reuid 65534 --regid 65534 --clear-groups "

/* (transfer full): of the file that moves processes into it */
static char *
read_owner (const NcgTree *tree, const NcgPlace *place)
{
  return machine_run ("stat -c %%u '%s%s/cgroup.procs'", tree->mount, place->cgroup);
}

/* What systemd has no property for, wherever there is such a thing. */
static void
set_own (NcgResources *resources)
{
  const NcgTree *memory = ncg_hierarchy_find_tree (machine_get_hierarchy (), "memory");

  if (memory != NULL && !memory->is_v1)
    ncg_resources_set (resources, NCG_SETTING_OOM_GROUP, 1);
  if (ncg_hierarchy_has_controller (machine_get_hierarchy (), "hugetlb"))
    ncg_resources_set_hugepages (resources, HUGE_PAGE, 3 * HUGE_PAGE);
}

/* Somebody removed the cgroup of one that is held: it is made again, with what was set, and is its
 * user's. */
void
leaves_test_pruned (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = leaves_describe ("pruned", &resources);
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (Workload) workload = workload_start ();
  const GPtrArray *trees = machine_get_hierarchy ()->trees;
  const NcgTree *delegable = ncg_leaf_find_delegable (machine_get_hierarchy (), NULL);
  g_autofree char *owner = NULL;
  g_autoptr (GError) error = NULL;

  set_own (&resources);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 11);
  leaf.is_delegated = TRUE;
  leaf.user = delegable != NULL ? NOBODY : NCG_NO_USER;
  place = test_driver_start_leaf (leaves_get_driver (), &leaf, NULL, &error);
  g_assert_no_error (error);

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);

    machine_try ("test ! -d '%s%s' || rmdir '%s%s'", tree->mount, place->cgroup, tree->mount,
                 place->cgroup);
  }
  g_assert_false (leaves_is_there (place));
  test_driver_join_of (leaves_get_driver (), place, workload->pid, NULL, leaf.user, &error);
  g_assert_no_error (error);
  leaves_assert_inside (workload, place->cgroup);
  leaves_assert_verified (place, &resources);
  owner = delegable != NULL ? read_owner (delegable, place) : g_strdup ("65534");
  g_assert_cmpstr (owner, ==, "65534");
  leaves_stop (place);
}

/* A user without privileges manages what is in a delegated leaf, and not the leaf's limits. */
void
leaves_test_delegated (void)
{
  g_auto (NcgResources) resources = { 0 };
  NcgLeaf leaf = leaves_describe ("delegated", &resources);
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *inside = NULL;
  g_autofree char *directory = NULL;
  const pid_t pids[] = { workload->pid, -1 };
  const NcgTree *delegable = ncg_leaf_find_delegable (machine_get_hierarchy (), NULL);
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 50);
  leaf.is_delegated = TRUE;
  leaf.user = NOBODY;
  leaf.subgroup = "payload/main";
  place = test_driver_start_leaf (leaves_get_driver (), &leaf, pids, &error);
  if (delegable == NULL) {
    g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
    return;
  }
  g_assert_no_error (error);
  inside = g_strconcat (place->cgroup, "/payload/main", NULL);
  leaves_assert_inside (workload, inside);
  test_driver_join (leaves_get_driver (), place, workload->pid, "payload/other", &error);
  g_assert_no_error (error);
  g_free (inside);
  inside = g_strconcat (place->cgroup, "/payload/other", NULL);
  machine_assert_process_in (workload->pid, inside);

  directory = g_strconcat (delegable->mount, place->cgroup, NULL);
  g_free (machine_run ("echo $$ >%s/payload/other/cgroup.procs; exec " AS_NOBODY
                       "sh -ec 'mkdir %s/payload/inner; echo 0 >%s/payload/inner/cgroup.procs; "
                       "grep -q /payload/inner /proc/self/cgroup'",
                       directory, directory, directory));
  g_assert_false (machine_try (AS_NOBODY "sh -c 'echo 0 >%s/../cgroup.procs'", directory));
  if (!leaves_get_primary ()->is_v1)
    g_assert_false (machine_try (AS_NOBODY "sh -c 'echo max >%s/memory.max || "
                                           "echo max >%s/pids.max'",
                                 directory, directory));
  leaves_reload_systemd ();
  leaves_reexecute_systemd ();
  machine_assert_process_in (workload->pid, inside);
  leaves_assert_verified (place, &resources);
  leaves_stop (place);
}

/* (transfer full): of a user who may do there what he likes */
static NcgPlace *
start_delegated (const char *name)
{
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = leaves_describe (name, &nothing);
  g_autoptr (GError) error = NULL;
  NcgPlace *place;

  leaf.is_delegated = TRUE;
  leaf.user = NOBODY;
  place = test_driver_start_leaf (leaves_get_driver (), &leaf, NULL, &error);
  g_assert_no_error (error);
  return place;
}

/* Who has two leaves cannot move from one to the other where anything is limited. v1 lets him where
 * nothing is. */
void
leaves_test_delegated_apart (void)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;
  const NcgTree *delegable = ncg_leaf_find_delegable (machine_get_hierarchy (), NULL);
  g_autoptr (NcgPlace) first = delegable != NULL ? start_delegated ("apart1") : NULL;
  g_autoptr (NcgPlace) second = delegable != NULL ? start_delegated ("apart2") : NULL;
  g_autofree char *pid = NULL;
  g_autoptr (GError) error = NULL;

  if (delegable == NULL)
    return;
  pid = machine_run (AS_NOBODY "sleep 1000 </dev/null >/dev/null 2>&1 & echo $!");
  machine_wait_until (machine_try ("grep -q sleep /proc/%s/comm", pid));
  test_driver_join_of (leaves_get_driver (), first, atoi (pid), NULL, NOBODY, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    gboolean is_moved = machine_try (AS_NOBODY "sh -c 'echo %s >%s%s/cgroup.procs'", pid,
                                     tree->mount, second->cgroup);

    g_assert_cmpint (is_moved, ==, tree == delegable && tree->is_v1);
  }
  g_free (machine_run ("kill %s", pid));
  leaves_stop (first);
  leaves_stop (second);
}

static void
assert_not_joined (const NcgPlace *place, const char *subgroup)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *before = machine_find_process (workload->pid);
  g_autoptr (GError) error = NULL;

  g_assert_false (test_driver_join (leaves_get_driver (), place, workload->pid, subgroup, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  if (strstr (error->message, "cgroup.type is \"domain threaded\"") == NULL)
    machine_fail ("'%s' does not say why", error->message);
  machine_assert_process_in (workload->pid, before);
}

/* What its user makes of a delegated leaf is his business; what whole processes cannot be in is
 * said, and nothing is left of the try. With processes of its own a cgroup would turn threaded by
 * the mere enabling of pids, too. */
void
leaves_test_threaded (void)
{
  static const char *const pids[] = { "pids", NULL };
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = leaves_describe ("threaded", &nothing);
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *directory = NULL;
  g_autofree char *below = NULL;
  g_autofree char *type = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  if (leaves_get_primary ()->is_v1)
    return;
  leaf.is_delegated = TRUE;
  place = test_driver_start_leaf (leaves_get_driver (), &leaf, NULL, &error);
  g_assert_no_error (error);
  directory = g_strconcat (leaves_get_primary ()->mount, place->cgroup, NULL);
  below = g_strconcat (place->cgroup, "/below", NULL);
  leaves_join (place, workload);
  if (ncg_tree_has_controller (leaves_get_primary (), "pids")) {
    g_assert_false (ncg_cgroup_tree_make (machine_get_hierarchy ()->trees, below, pids, &error));
    g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_BUSY);
    g_clear_error (&error);
  }
  type = machine_run ("cat %s/cgroup.type", directory);
  g_assert_cmpstr (type, ==, "domain");

  g_free (machine_run ("cd %s && mkdir payload payload/inner beside && echo threaded "
                       ">payload/cgroup.type",
                       directory));
  assert_not_joined (place, "payload");
  assert_not_joined (place, "payload/inner");
  assert_not_joined (place, "payload/new");
  assert_not_joined (place, "beside");
  assert_not_joined (place, "new");
  g_assert_false (machine_try ("test -e %s/new -o -e %s/payload/new", directory, directory));
  /* The leaf itself has the processes of all. */
  machine_assert_process_in (workload->pid, place->cgroup);
  leaves_stop (place);
}

static void
assert_no_leaf (NcgLeaf *leaf)
{
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  place = test_driver_start_leaf (leaves_get_driver (), leaf, NULL, &error);
  g_assert_null (place);
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_INVALID_ARGUMENT);
}

void
leaves_test_not_delegated (void)
{
  static const char *const bad[] = { "",           "/",       "a//b",         "..",
                                     "a/..",       ".a",      "cgroup.procs", "a/",
                                     "memory.max", "a/tasks", "a\nb",         "a b" };
  const NcgResources nothing = { 0 };
  NcgLeaf leaf = leaves_describe ("bad", &nothing);

  leaf.subgroup = "a";
  assert_no_leaf (&leaf);
  leaf.subgroup = NULL;
  leaf.user = NOBODY;
  assert_no_leaf (&leaf);
  leaf.is_delegated = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    leaf.subgroup = bad[i];
    assert_no_leaf (&leaf);
  }
}
