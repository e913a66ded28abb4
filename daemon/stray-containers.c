/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The walk.
 */
#include "daemon/stray-containers.h"

#include "daemon/policy/runtime.h"
#include "lib/cgroup.h"

#include <string.h>

/* Containers are where a runtime put them, two or three levels deep, or in a user's session. */
#define MAX_DEPTH 8
#define MAX_CGROUPS 20000

typedef struct {
  StrayContainers *found;
  const char *pods;
  const char *runtime;
  guint n_left; /* cgroups that may still be looked at */
} Walk;

static void walk (Walk *self, const NcgCgroup *cgroup, guint depth);

void
stray_containers_free (StrayContainers *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->names);
  g_free (self);
}

/* One that cannot be read any more has just ended. */
static gboolean
is_populated (const NcgCgroup *cgroup)
{
  gboolean populated;

  return ncg_cgroup_is_populated (cgroup, &populated, NULL) && populated;
}

static void
count (Walk *self, const char *parent, const NcgCgroup *child, const char *runtime, const char *id)
{
  StrayContainers *found = self->found;

  if (!runtime_concerns (self->runtime, runtime, parent) || !is_populated (child))
    return;
  found->n_found++;
  if (found->names->len < STRAY_CONTAINERS_NAMED)
    g_ptr_array_add (found->names, g_strdup_printf ("%s%s%s in %s", runtime,
                                                    runtime[0] != '\0' ? " " : "", id, parent));
}

static void
look_at (Walk *self, const NcgCgroup *parent, const char *name, guint depth)
{
  g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (parent, name, NULL);
  g_autofree char *parent_name = g_path_get_basename (ncg_cgroup_get_path (parent));
  g_autofree char *id = NULL;
  const char *runtime;

  if (child == NULL || g_str_equal (ncg_cgroup_get_path (child), self->pods))
    return;
  id = runtime_classify (parent_name, name, &runtime);
  if (id != NULL)
    count (self, ncg_cgroup_get_path (parent), child, runtime, id);
  else
    walk (self, child, depth + 1);
}

static void
walk (Walk *self, const NcgCgroup *cgroup, guint depth)
{
  g_auto (GStrv) children = ncg_cgroup_list_children (cgroup, NULL);

  for (guint i = 0; children != NULL && children[i] != NULL; i++) {
    if (depth >= MAX_DEPTH || self->n_left == 0) {
      self->found->is_complete = FALSE;
      return;
    }
    self->n_left--;
    look_at (self, cgroup, children[i], depth);
  }
}

StrayContainers *
stray_containers_find (const char *mount, const char *pods, const char *runtime)
{
  StrayContainers *found = g_new0 (StrayContainers, 1);
  Walk self = { found, pods, runtime, MAX_CGROUPS };
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (mount, "/", NULL);

  found->names = g_ptr_array_new_with_free_func (g_free);
  found->is_complete = TRUE;
  if (root != NULL)
    walk (&self, root, 0);
  return found;
}
