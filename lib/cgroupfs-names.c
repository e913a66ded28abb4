/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names that are no file's.
 */
#include "lib/cgroupfs-names.h"

#include "lib/error.h"
#include "lib/names.h"

#include <limits.h>
#include <string.h>

/* Files of a controller are CONTROLLER.NAME, on both versions. */
static const char *const prefixes[] = {
  "blkio.",   "cgroup.",   "cpu.",        "cpuacct.", "cpuset.", "debug.",  "devices.",
  "dmem.",    "freezer.",  "hugetlb.",    "io.",      "irq.",    "memory.", "misc.",
  "net_cls.", "net_prio.", "perf_event.", "pids.",    "rdma.",
};
static const char *const files[] = { "notify_on_release", "release_agent", "tasks", NULL };

static gboolean
is_of_file (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (name, prefixes[i]))
      return TRUE;
  return g_strv_contains (files, name);
}

gboolean
ncg_cgroupfs_is_good_component (const char *name)
{
  return name[0] != '\0' && !g_str_equal (name, ".") && !g_str_equal (name, "..") &&
         strchr (name, '\n') == NULL && strlen (name) <= NAME_MAX && !is_of_file (name);
}

gboolean
ncg_cgroupfs_check_path (const char *path, GError **error)
{
  g_auto (GStrv) components = path[0] == '/' ? g_strsplit (path + 1, "/", -1) : NULL;
  g_autofree char *escaped = NULL;
  gboolean is_good = components != NULL && components[0] != NULL;

  for (guint i = 0; is_good && components[i] != NULL; i++)
    is_good = ncg_cgroupfs_is_good_component (components[i]);
  if (is_good)
    return TRUE;
  escaped = ncg_error_escape (path);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" cannot be a group: it takes \"/a\" or \"/a/b\", of which no component is "
               "empty, \".\" or \"..\", longer than %d bytes, or called like a file of cgroups",
               escaped, NAME_MAX);
  return FALSE;
}

char *
ncg_cgroupfs_path_from_container (const char *parent, const char *name, GError **error)
{
  g_autofree char *escaped = NULL;

  if (!ncg_names_check_container (name, error))
    return NULL;
  if (strlen (name) < NAME_MAX)
    return g_strconcat (parent, is_of_file (name) ? "/_" : "/", name, NULL);
  escaped = ncg_error_escape (name);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the container's name \"%s\" is longer than the %d bytes that fit a cgroup's",
               escaped, NAME_MAX - 1);
  return NULL;
}

char *
ncg_cgroupfs_container_from_path (const char *path)
{
  const char *last = strrchr (path, '/');
  const char *name = last != NULL ? last + 1 : path;

  if (name[0] == '_' && is_of_file (name + 1))
    name++;
  else if (is_of_file (name))
    return NULL;
  return ncg_names_check_container (name, NULL) ? g_strdup (name) : NULL;
}
