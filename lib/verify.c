/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading back what the kernel has.
 */
#include "lib/verify.h"

#include "lib/cgroup.h"
#include "lib/error.h"

#include <string.h>

/* The kernel prints a CPU list in its own form: "0-1" for "0,1". */
static gboolean
same_value (const char *file, const char *wanted, const char *actual)
{
  g_autoptr (NcgCpuset) a = NULL;
  g_autoptr (NcgCpuset) b = NULL;

  if (!g_str_has_prefix (file, "cpuset."))
    return g_str_equal (wanted, actual);
  a = ncg_cpuset_parse (wanted, NULL);
  b = ncg_cpuset_parse (actual, NULL);
  return a != NULL && b != NULL && ncg_cpuset_equal (a, b);
}

/* The mount on which @controller is: one of v1, or the unified one. */
static const char *
mount_of (const NcgHierarchy *hierarchy, const char *controller)
{
  const char *v1 = g_hash_table_lookup (hierarchy->v1_mounts, controller);

  return v1 != NULL ? v1 : hierarchy->unified_mount;
}

typedef struct {
  const char *mount;
  NcgCgroup *cgroup;
} Opened;

/* The cgroup in the hierarchy of the check, opened once for all checks that follow in the same. */
static const NcgCgroup *
open_for (Opened *opened, const NcgHierarchy *hierarchy, const NcgCheck *check, const char *path)
{
  const char *mount = mount_of (hierarchy, check->controller);

  if (mount == NULL || mount == opened->mount)
    return mount != NULL ? opened->cgroup : NULL;
  g_clear_pointer (&opened->cgroup, ncg_cgroup_close);
  opened->mount = mount;
  opened->cgroup = ncg_cgroup_open (mount, path, NULL);
  return opened->cgroup;
}

/* Takes the checks of controllers that are on v1 from the one list, the others from the other. */
static GPtrArray *
merge (const NcgHierarchy *hierarchy, const NcgResources *resources)
{
  g_autoptr (GPtrArray) v1 = NULL;
  GPtrArray *checks = ncg_resources_expect (resources);

  if (g_hash_table_size (hierarchy->v1_mounts) == 0)
    return checks;
  for (guint i = checks->len; i > 0; i--) {
    const NcgCheck *check = g_ptr_array_index (checks, i - 1);

    if (g_hash_table_contains (hierarchy->v1_mounts, check->controller))
      g_ptr_array_remove_index (checks, i - 1);
  }
  v1 = ncg_resources_expect_v1 (resources);
  for (guint i = v1->len; i > 0; i--) {
    const NcgCheck *check = g_ptr_array_index (v1, i - 1);

    if (g_hash_table_contains (hierarchy->v1_mounts, check->controller))
      g_ptr_array_add (checks, g_ptr_array_steal_index (v1, i - 1));
  }
  return checks;
}

GPtrArray *
ncg_verify_read (const NcgHierarchy *hierarchy, const char *path, const NcgResources *resources)
{
  GPtrArray *checks = merge (hierarchy, resources);
  Opened opened = { NULL };

  for (guint i = 0; i < checks->len; i++) {
    NcgCheck *check = g_ptr_array_index (checks, i);
    const NcgCgroup *cgroup = open_for (&opened, hierarchy, check, path);

    check->actual = cgroup != NULL ? ncg_cgroup_read (cgroup, check->file, NULL) : NULL;
    if (check->actual != NULL)
      check->ok = same_value (check->file, check->wanted, check->actual);
    else
      check->ok = check->is_optional;
  }
  g_clear_pointer (&opened.cgroup, ncg_cgroup_close);
  return checks;
}

static void
set_difference (const char *path, const NcgCheck *check, GError **error)
{
  if (check->actual == NULL)
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
        "%s has no %s, so that '%s' cannot be set: the controller '%s' is not enabled there, "
        "or this kernel, hierarchy or systemd cannot do it",
        path, check->file, check->wanted, check->controller);
  else
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED,
        "systemd accepted the settings of %s, but the kernel has %s = '%s' instead of '%s'", path,
        check->file, check->actual, check->wanted);
}

gboolean
ncg_verify_cgroup (const NcgHierarchy *hierarchy,
                   const char *path,
                   const NcgResources *resources,
                   GError **error)
{
  g_autoptr (GPtrArray) checks = ncg_verify_read (hierarchy, path, resources);
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < checks->len; i++) {
    const NcgCheck *check = g_ptr_array_index (checks, i);

    ok = check->ok;
    /* Of a cgroup that is gone no file is there. */
    if (!ok && check->actual == NULL && hierarchy->unified_mount != NULL) {
      g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (hierarchy->unified_mount, path, error);

      if (cgroup == NULL)
        return FALSE;
    }
    if (!ok)
      set_difference (path, check, error);
  }
  return ok;
}
