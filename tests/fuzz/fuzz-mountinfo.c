/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * mountinfo: whatever is mounted, the answer agrees with itself, and does not depend on what else
 * there is.
 */
#include "lib/error.h"
#include "lib/hierarchy.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define MOUNTINFO "proc/self/mountinfo"

static const char *const files[] = {
  MOUNTINFO,
  "sys/fs/cgroup/cgroup.controllers",
  "sys/fs/cgroup/unified/cgroup.controllers",
  "cgroup.controllers",
  NULL,
};

static gboolean
has_v1_controllers (const NcgHierarchy *hierarchy)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, hierarchy->v1_mounts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (!g_str_has_prefix (key, "name=") || g_str_equal (key, "name=systemd"))
      return TRUE;
  return FALSE;
}

static void
check_mode (const NcgHierarchy *hierarchy)
{
  NcgHierarchyMode again;

  g_assert_true (
      ncg_hierarchy_mode_from_string (ncg_hierarchy_mode_to_string (hierarchy->mode), &again));
  g_assert_cmpint (again, ==, hierarchy->mode);

  switch (hierarchy->mode) {
  case NCG_HIERARCHY_LEGACY:
    g_assert_null (hierarchy->unified_mount);
    g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), >, 0);
    break;
  case NCG_HIERARCHY_HYBRID:
    g_assert_nonnull (hierarchy->unified_mount);
    g_assert_true (has_v1_controllers (hierarchy));
    break;
  case NCG_HIERARCHY_UNIFIED:
    g_assert_nonnull (hierarchy->unified_mount);
    g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), ==, 0);
    break;
  }
}

static void
check_mounts (const NcgHierarchy *hierarchy)
{
  GHashTableIter iter;
  gpointer key, path;

  if (hierarchy->unified_mount != NULL)
    g_assert_true (g_str_has_prefix (hierarchy->unified_mount, fuzz_directory ()));
  g_hash_table_iter_init (&iter, hierarchy->v1_mounts);
  while (g_hash_table_iter_next (&iter, &key, &path)) {
    g_assert_true (g_str_has_prefix (path, fuzz_directory ()));
    if (!g_str_has_prefix (key, "name="))
      g_assert_true (ncg_hierarchy_has_controller (hierarchy, key));
  }
}

/* Each controller has a hierarchy, and each hierarchy is one that is mounted. */
static void
check_trees (const NcgHierarchy *hierarchy)
{
  g_assert_true (ncg_hierarchy_get_primary (hierarchy) == g_ptr_array_index (hierarchy->trees, 0));
  for (guint i = 0; hierarchy->controllers[i] != NULL; i++) {
    const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, hierarchy->controllers[i]);

    g_assert_nonnull (tree);
    g_assert_true (ncg_tree_has_controller (tree, hierarchy->controllers[i]));
  }
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    g_assert_true (g_str_has_prefix (tree->mount, fuzz_directory ()));
    if (!tree->is_v1)
      g_assert_cmpstr (tree->mount, ==, hierarchy->unified_mount);
  }
}

/* Sorted, none twice, none empty. */
static void
check_controllers (const NcgHierarchy *hierarchy)
{
  for (guint i = 0; hierarchy->controllers[i] != NULL; i++) {
    const char *controller = hierarchy->controllers[i];

    g_assert_cmpint (controller[0], !=, '\0');
    g_assert_true (ncg_hierarchy_has_controller (hierarchy, controller));
    if (i > 0)
      g_assert_cmpstr (hierarchy->controllers[i - 1], <, controller);
  }
}

static NcgHierarchy *
detect (void)
{
  g_autoptr (GError) error = NULL;
  NcgHierarchy *hierarchy = ncg_hierarchy_detect (fuzz_directory (), &error);

  fuzz_check_result (hierarchy != NULL, &error);
  if (hierarchy != NULL) {
    check_mode (hierarchy);
    check_mounts (hierarchy);
    check_controllers (hierarchy);
    check_trees (hierarchy);
  }
  return hierarchy;
}

/* Other mounts, of which there are many, change nothing, and neither does a line said twice. */
static void
check_again (const NcgHierarchy *expected)
{
  g_autofree char *path = g_build_filename (fuzz_directory (), MOUNTINFO, NULL);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  if (!g_file_get_contents (path, &before, NULL, NULL))
    return;
  after = g_strconcat ("22 1 8:1 / / rw - ext4 cgroup2 rw,cpu\n", before, "\n\n", before, NULL);
  g_assert_true (g_file_set_contents (path, after, -1, NULL));
  hierarchy = detect ();
  g_assert_cmpint (hierarchy != NULL, ==, expected != NULL);
  if (hierarchy == NULL)
    return;
  g_assert_cmpint (hierarchy->mode, ==, expected->mode);
  g_assert_cmpstr (hierarchy->unified_mount, ==, expected->unified_mount);
  g_assert_true (g_strv_equal ((const char *const *) hierarchy->controllers,
                               (const char *const *) expected->controllers));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  fuzz_make_directory ("proc/self");
  fuzz_make_directory ("sys/fs/cgroup/unified");
  fuzz_write_files (files, data, size);
  hierarchy = detect ();
  check_again (hierarchy);
  return 0;
}
