/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving processes out of an ended scope.
 */
#include "lib/systemd-aside.h"

#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/systemd-leaf.h"

#include <string.h>

#define SUFFIX ".scope"
#define ASIDE ".aside" SUFFIX

/* None if the cgroup is gone by now. */
static GPtrArray *
open_processes (const NcgSystemdContext *context, const char *path, GError **error)
{
  const NcgTree *tree = ncg_hierarchy_get_primary (context->hierarchy);
  GError *local = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, &local);
  g_autoptr (GArray) pids =
      cgroup != NULL ? ncg_cgroup_list_processes (cgroup, TRUE, &local) : NULL;
  g_autoptr (GPtrArray) processes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);

  if (g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_error_free (local);
    return g_steal_pointer (&processes);
  }
  if (pids == NULL) {
    g_propagate_error (error, local);
    return NULL;
  }
  for (guint i = 0; i < pids->len; i++) {
    g_autoptr (NcgProcess) process =
        ncg_process_open (context->proc, g_array_index (pids, pid_t, i), NULL);

    /* One that has ended meanwhile, or the number of which is another's by now, is not in it. */
    if (process != NULL && ncg_process_check_inside (process, context->proc, tree, path, NULL))
      g_ptr_array_add (processes, g_steal_pointer (&process));
  }
  return g_steal_pointer (&processes);
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GPtrArray *processes = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (NcgPlace) place = ncg_driver_start_leaf_finish (result, &error);

  if (place != NULL)
    g_task_return_pointer (task, g_ptr_array_ref (processes), (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

void
ncg_systemd_aside_async (NcgSystemdContext *context,
                         const char *unit,
                         const char *cgroup,
                         const NcgPlace *slice,
                         gint64 deadline_usec,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autofree char *aside =
      g_strdup_printf ("%.*s" ASIDE, (int) (strlen (unit) - strlen (SUFFIX)), unit);
  g_autofree char *description = g_strconcat ("NodeCgroups: processes of ", unit, NULL);
  g_auto (NcgResources) none = { 0 };
  NcgLeaf leaf = { .description = description, .resources = &none, .user = NCG_NO_USER };
  GError *error = NULL;
  GPtrArray *processes = open_processes (context, cgroup, &error);

  if (processes == NULL) {
    g_task_return_error (task, error);
    return;
  }
  g_task_set_task_data (task, processes, (GDestroyNotify) g_ptr_array_unref);
  leaf.processes = processes;
  if (processes->len == 0)
    g_task_return_pointer (task, g_ptr_array_ref (processes), (GDestroyNotify) g_ptr_array_unref);
  else if (g_str_has_suffix (unit, ASIDE))
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_BUSY,
                             "%s has ended, but there are %u processes in its cgroup", unit,
                             processes->len);
  else
    ncg_systemd_leaf_start_async (context, &leaf, aside, slice, deadline_usec, on_started,
                                  g_object_ref (task));
}

GPtrArray *
ncg_systemd_aside_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
