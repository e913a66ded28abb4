/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup has, against a row of the table.
 */
#include "tests/vm/settings-table.h"

#include "lib/verify.h"
#include "tests/vm/disk.h"
#include "tests/vm/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

const NcgTree *
settings_find_tree (const SettingsRow *row)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, row->controller);

  return tree == NULL && row->v1 != NULL ? ncg_hierarchy_find_tree (hierarchy, row->v1) : tree;
}

const char *
settings_expect_files (const SettingsRow *row, SettingsValue value)
{
  const NcgTree *tree = settings_find_tree (row);

  if (tree == NULL)
    return NULL;
  return tree->is_v1 ? row->v1_files[value] : row->v2_files[value];
}

void
settings_fill (const SettingsRow *row, SettingsValue value, NcgResources *ret_resources)
{
  *ret_resources = (NcgResources){ 0 };
  row->set (ret_resources, value);
}

static guint
read_kernel (void)
{
  struct utsname name;
  guint version = 0, patch_level = 0;

  g_assert_cmpint (uname (&name), ==, 0);
  g_assert_cmpint (sscanf (name.release, "%u.%u", &version, &patch_level), ==, 2);
  return KERNEL (version, patch_level);
}

gboolean
settings_is_lacking (const SettingsRow *row)
{
  return read_kernel () < (settings_find_tree (row)->is_v1 ? row->v1_since : row->v2_since);
}

/* (transfer full): with the numbers of devices */
static char *
expand (const char *wanted)
{
  if (g_str_has_prefix (wanted, "!"))
    return g_strconcat ("!", g_str_equal (wanted, "!MAPPED") ? disk_get_mapped () : wanted + 1,
                        NULL);
  if (g_str_has_prefix (wanted, "MAPPED "))
    return g_strconcat (disk_get_mapped (), wanted + strlen ("MAPPED"), NULL);
  if (g_str_has_prefix (wanted, "BFQ "))
    return g_strconcat (disk_get_bfq (), wanted + strlen ("BFQ"), NULL);
  return g_strdup (wanted);
}

static gboolean
has_line_of (const char *const *lines, const char *device)
{
  g_autofree char *start = g_strconcat (device, " ", NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], start))
      return TRUE;
  return FALSE;
}

/* @text: of a file, without blanks at the end */
static gboolean
is_right (const char *text, const char *wanted)
{
  g_autofree char *expanded = expand (wanted);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (GStrv) choices = g_strsplit (expanded, "|", -1);

  if (expanded[0] == '!')
    return !has_line_of ((const char *const *) lines, expanded + 1);
  for (guint i = 0; choices[i] != NULL; i++)
    if (g_str_equal (text, choices[i]) || g_strv_contains ((const char *const *) lines, choices[i]))
      return TRUE;
  return FALSE;
}

static gboolean
reads (const NcgTree *tree, const char *cgroup, const char *file, const char *wanted)
{
  g_autofree char *path = g_strconcat (tree->mount, cgroup, "/", file, NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) && is_right (g_strchomp (text), wanted);
}

gboolean
settings_has_files (const SettingsRow *row, const char *cgroup, SettingsValue value)
{
  g_auto (GStrv) wanted = g_strsplit (settings_expect_files (row, value), ";", -1);

  for (guint i = 0; wanted[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (wanted[i], "=", 2);

    if (!reads (settings_find_tree (row), cgroup, pair[0], pair[1]))
      return FALSE;
  }
  return TRUE;
}

void
settings_assert_files (const SettingsRow *row, const char *cgroup, SettingsValue value)
{
  g_auto (GStrv) wanted = g_strsplit (settings_expect_files (row, value), ";", -1);
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; wanted[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (wanted[i], "=", 2);

    if (!reads (settings_find_tree (row), cgroup, pair[0], pair[1])) {
      g_autofree char *path =
          g_strconcat (settings_find_tree (row)->mount, cgroup, "/", pair[0], NULL);
      g_autofree char *text = NULL;

      g_file_get_contents (path, &text, NULL, NULL);
      machine_fail ("%s is '%s' and not '%s'", path, text != NULL ? text : "missing", pair[1]);
    }
  }
  settings_fill (row, value, &resources);
  ncg_verify_cgroup (machine_get_hierarchy (), cgroup, &resources, &error);
  g_assert_no_error (error);
}
