/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cgroupfs driver: from the driver's verbs to those of cgroupfs.h in a worker, and what has to
 * be remembered of leaves. No systemd says when a leaf has become empty, and none removes it then.
 */
#include "lib/driver-cgroupfs.h"

#include "lib/cgroup-tree.h"
#include "lib/cgroupfs-call.h"
#include "lib/cgroupfs-names.h"
#include "lib/cgroupfs.h"
#include "lib/error.h"
#include "lib/leaf-watch.h"

#include <string.h>

/* When to look again at an empty leaf that could not be removed. */
#define RETRY_MSEC 1000

static void
tell_removed (NcgCgroupfsDriver *self, const char *path)
{
  ncg_held_leaves_remove (self->held, path);
  if (self->listener.unit_removed != NULL)
    self->listener.unit_removed (path, self->user_data);
}

/* groups */

static char *
cgroupfs_group_unit (NcgDriver *base, const char *path, GError **error)
{
  return ncg_cgroupfs_check_path (path, error) ? g_strdup (path) : NULL;
}

static char *
cgroupfs_predict_cgroup (NcgDriver *base, const char *path)
{
  return g_strdup (path);
}

static gboolean
run_ensure_group (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  NcgGroup group = {
    .path = call->path,
    .description = call->description,
    .resources = &call->resources,
    .adopt = call->flag,
  };

  return ncg_cgroupfs_ensure_group (cgroupfs, &group, call->deadline, error);
}

/* NcgGroup.started is not called: it is known where the group is before it is there. */
static void
cgroupfs_ensure_group_async (NcgDriver *base,
                             const NcgGroup *group,
                             gint64 deadline,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_ensure_group, NULL, ncg_cgroupfs_call_answer_place };
  NcgCgroupfsCall *call =
      ncg_cgroupfs_call_new (base, &verb, group->path, deadline, callback, user_data);
  GError *error = NULL;

  if (!ncg_cgroupfs_check_path (group->path, &error)) {
    ncg_cgroupfs_call_fail (call, error);
    return;
  }
  call->description = g_strdup (group->description);
  ncg_resources_copy (group->resources, &call->resources);
  call->flag = group->adopt;
  ncg_cgroupfs_call_start (call);
}

static gboolean
run_set_resources (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  return ncg_cgroupfs_set_resources (cgroupfs, call->path, &call->resources, call->deadline, error);
}

static void
done_set_resources (NcgCgroupfsDriver *self, const NcgCgroupfsCall *call, gboolean ok)
{
  NcgHeldLeaf *held = ok ? ncg_held_leaves_find (self->held, call->path) : NULL;

  if (held == NULL)
    return;
  ncg_resources_clear (&held->resources);
  ncg_resources_copy (&call->resources, &held->resources);
}

static void
cgroupfs_set_resources_async (NcgDriver *base,
                              const NcgPlace *place,
                              const NcgResources *resources,
                              gint64 deadline,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_set_resources, done_set_resources, NULL };
  NcgCgroupfsCall *call =
      ncg_cgroupfs_call_new (base, &verb, place->cgroup, deadline, callback, user_data);

  ncg_resources_copy (resources, &call->resources);
  ncg_cgroupfs_call_start (call);
}

/* leaves */

static char *
cgroupfs_leaf_unit (NcgDriver *base, const NcgLeaf *leaf, GError **error)
{
  return ncg_cgroupfs_path_from_container (leaf->parent, leaf->name, error);
}

static char *
cgroupfs_container_name (NcgDriver *base, const char *uid, const char *cgroup, char **ret_unit)
{
  char *name = ncg_cgroupfs_container_from_path (cgroup);

  if (name != NULL)
    *ret_unit = g_strdup (cgroup);
  return name;
}

/* The leaf of a call, as it was given, or as it is held. */
static NcgLeaf
get_leaf (const NcgCgroupfsCall *call)
{
  return (NcgLeaf){
    .parent = call->parent,
    .name = call->name,
    .description = call->description,
    .resources = &call->resources,
    .processes = call->processes,
    .is_delegated = call->is_delegated,
    .user = call->user,
    .subgroup = call->subgroup,
  };
}

static gboolean
run_start_leaf (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  NcgLeaf leaf = get_leaf (call);
  g_autoptr (GError) local = NULL;

  if (ncg_cgroupfs_start_leaf (cgroupfs, call->path, &leaf, !call->is_held, call->deadline, &local))
    return TRUE;
  /* What was forked meanwhile may be left in it. */
  call->flag = !g_error_matches (local, NCG_ERROR, NCG_ERROR_UNIT_EXISTS) &&
               ncg_cgroup_tree_exists (ncg_cgroupfs_get_hierarchy (cgroupfs)->trees, call->path);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static void
done_start_leaf (NcgCgroupfsDriver *self, const NcgCgroupfsCall *call, gboolean ok)
{
  NcgLeaf leaf = get_leaf (call);

  if (ok && call->processes == NULL)
    ncg_held_leaves_add (self->held, call->path, &leaf);
  else if (ok || call->flag)
    ncg_leaf_watch_add (self->watch, call->path, 0);
}

static void
cgroupfs_start_leaf_async (NcgDriver *base,
                           const NcgLeaf *leaf,
                           gint64 deadline,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_start_leaf, done_start_leaf,
                                        ncg_cgroupfs_call_answer_place };
  GError *error = NULL;
  g_autofree char *path = cgroupfs_leaf_unit (base, leaf, &error);
  NcgCgroupfsCall *call = ncg_cgroupfs_call_new (base, &verb, path, deadline, callback, user_data);

  if (path == NULL) {
    ncg_cgroupfs_call_fail (call, error);
    return;
  }
  call->is_held = ncg_held_leaves_find (((NcgCgroupfsDriver *) base)->held, path) != NULL;
  call->parent = g_strdup (leaf->parent);
  call->name = g_strdup (leaf->name);
  call->description = g_strdup (leaf->description);
  ncg_resources_copy (leaf->resources, &call->resources);
  call->processes =
      leaf->processes != NULL ? g_ptr_array_ref ((GPtrArray *) leaf->processes) : NULL;
  call->is_delegated = leaf->is_delegated;
  call->user = leaf->user;
  call->subgroup = g_strdup (leaf->subgroup);
  ncg_cgroupfs_call_start (call);
}

static gboolean
run_join (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  NcgPlace place = { call->path, call->path };
  NcgJoin join = {
    .place = &place,
    .processes = call->processes,
    .subgroup = call->subgroup,
    .user = call->user,
  };
  NcgLeaf held = get_leaf (call);

  held.user = call->held_user;
  return ncg_cgroupfs_join (cgroupfs, &join, call->is_held ? &held : NULL, call->deadline, error);
}

static void
cgroupfs_join_async (NcgDriver *base,
                     const NcgJoin *join,
                     gint64 deadline,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_join, NULL, NULL };
  NcgCgroupfsDriver *self = (NcgCgroupfsDriver *) base;
  NcgCgroupfsCall *call =
      ncg_cgroupfs_call_new (base, &verb, join->place->cgroup, deadline, callback, user_data);
  const NcgHeldLeaf *held = ncg_held_leaves_find (self->held, join->place->cgroup);

  call->processes = g_ptr_array_ref ((GPtrArray *) join->processes);
  call->subgroup = g_strdup (join->subgroup);
  call->user = join->user;
  call->is_held = held != NULL;
  if (held != NULL) {
    call->description = g_strdup (held->description);
    ncg_resources_copy (&held->resources, &call->resources);
    call->is_delegated = held->is_delegated;
    call->held_user = held->user;
  }
  ncg_cgroupfs_call_start (call);
}

static gboolean
run_remove_empty (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  return ncg_cgroupfs_remove_empty (cgroupfs, call->path, &call->flag, error);
}

static void
done_remove_empty (NcgCgroupfsDriver *self, const NcgCgroupfsCall *call, gboolean ok)
{
  if (ok && call->flag)
    tell_removed (self, call->path);
  else
    ncg_leaf_watch_add (self->watch, call->path, RETRY_MSEC);
}

static void
on_emptied (const char *path, gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_remove_empty, done_remove_empty, NULL };

  ncg_cgroupfs_call_start (ncg_cgroupfs_call_new (user_data, &verb, path, 0, NULL, NULL));
}

/* both */

static gboolean
run_freeze (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  return ncg_cgroup_tree_freeze (ncg_cgroupfs_get_hierarchy (cgroupfs), call->path, call->flag,
                                 call->deadline, error);
}

static void
cgroupfs_freeze_async (NcgDriver *base,
                       const NcgPlace *place,
                       gboolean frozen,
                       gint64 deadline,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_freeze, NULL, NULL };
  NcgCgroupfsCall *call =
      ncg_cgroupfs_call_new (base, &verb, place->cgroup, deadline, callback, user_data);

  call->flag = frozen;
  ncg_cgroupfs_call_start (call);
}

static gboolean
run_kill (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  return ncg_cgroup_tree_kill (ncg_cgroupfs_get_hierarchy (cgroupfs), call->driver->proc,
                               call->path, call->deadline, error);
}

static void
cgroupfs_kill_async (NcgDriver *base,
                     const NcgPlace *place,
                     gint64 deadline,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_kill, NULL, NULL };

  ncg_cgroupfs_call_start (
      ncg_cgroupfs_call_new (base, &verb, place->cgroup, deadline, callback, user_data));
}

static gboolean
run_describe (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  call->description = ncg_cgroupfs_describe (cgroupfs, call->path);
  return TRUE;
}

static void
cgroupfs_describe_async (NcgDriver *base,
                         const NcgPlace *place,
                         gint64 deadline,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_describe, NULL, ncg_cgroupfs_call_answer_description };

  ncg_cgroupfs_call_start (
      ncg_cgroupfs_call_new (base, &verb, place->cgroup, deadline, callback, user_data));
}

static gboolean
run_stop (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  return ncg_cgroupfs_stop (cgroupfs, call->path, call->deadline, error);
}

/* A leaf that could not be stopped ends with its last process as before. */
static void
done_stop (NcgCgroupfsDriver *self, const NcgCgroupfsCall *call, gboolean ok)
{
  if (ok)
    tell_removed (self, call->path);
  else if (call->flag)
    ncg_leaf_watch_add (self->watch, call->path, RETRY_MSEC);
}

static void
cgroupfs_stop_async (NcgDriver *base,
                     const NcgPlace *place,
                     gint64 deadline,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_stop, done_stop, NULL };
  NcgCgroupfsDriver *self = (NcgCgroupfsDriver *) base;
  NcgCgroupfsCall *call =
      ncg_cgroupfs_call_new (base, &verb, place->cgroup, deadline, callback, user_data);

  call->flag = ncg_leaf_watch_remove (self->watch, place->cgroup);
  ncg_cgroupfs_call_start (call);
}

static void
cgroupfs_keep (NcgDriver *base, const NcgKept *kept)
{
  NcgCgroupfsDriver *self = (NcgCgroupfsDriver *) base;
  NcgLeaf leaf = { .description = "", .resources = kept->resources, .user = NCG_NO_USER };

  if (kept->ends_empty)
    ncg_leaf_watch_add (self->watch, kept->place->cgroup, 0);
  else
    ncg_held_leaves_add (self->held, kept->place->cgroup, kept->held != NULL ? kept->held : &leaf);
}

static GPtrArray *
cgroupfs_list_dropped (NcgDriver *base, const char *unit)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);
}

/* the driver itself */

static gboolean
run_probe (NcgCgroupfs *cgroupfs, NcgCgroupfsCall *call, GError **error)
{
  call->words = ncg_cgroupfs_list_features (cgroupfs);
  return TRUE;
}

static void
done_probe (NcgCgroupfsDriver *self, const NcgCgroupfsCall *call, gboolean ok)
{
  g_strfreev (self->features);
  self->features = g_strdupv (call->words);
}

static void
cgroupfs_probe_async (NcgDriver *base,
                      gint64 deadline,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  static const NcgCgroupfsVerb verb = { run_probe, done_probe, NULL };

  ncg_cgroupfs_call_start (ncg_cgroupfs_call_new (base, &verb, "/", deadline, callback, user_data));
}

static guint
cgroupfs_version (NcgDriver *base)
{
  return 0;
}

static char **
cgroupfs_features (NcgDriver *base)
{
  const NcgCgroupfsDriver *self = (NcgCgroupfsDriver *) base;

  return self->features != NULL ? g_strdupv (self->features) : g_new0 (char *, 1);
}

static gboolean
on_connected (gpointer user_data)
{
  NcgCgroupfsDriver *self = user_data;

  g_clear_pointer (&self->connected, g_source_unref);
  self->listener.connected (self->user_data);
  return G_SOURCE_REMOVE;
}

static NcgDriver *
cgroupfs_create (const NcgDriverConfig *config,
                 const NcgDriverListener *listener,
                 gpointer user_data)
{
  NcgCgroupfsDriver *self = g_new0 (NcgCgroupfsDriver, 1);

  self->base.ops = &ncg_driver_cgroupfs_ops;
  self->n_refs = 1;
  self->proc = g_strconcat (config->root, "/proc", NULL);
  self->cgroupfs = ncg_cgroupfs_new (config->root, config->hierarchy);
  self->watch = ncg_leaf_watch_new (self->cgroupfs, on_emptied, self);
  self->listener = *listener;
  self->user_data = user_data;
  self->held = ncg_held_leaves_new ();
  if (listener->connected == NULL)
    return &self->base;
  self->connected = g_idle_source_new ();
  g_source_set_priority (self->connected, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->connected, on_connected, self, NULL);
  g_source_attach (self->connected, g_main_context_get_thread_default ());
  return &self->base;
}

static void
cgroupfs_destroy (NcgDriver *base)
{
  NcgCgroupfsDriver *self = (NcgCgroupfsDriver *) base;

  self->is_closed = TRUE;
  if (self->connected != NULL) {
    g_source_destroy (self->connected);
    g_source_unref (self->connected);
  }
  ncg_leaf_watch_free (self->watch);
  g_clear_pointer (&self->cgroupfs, ncg_cgroupfs_free);
  ncg_held_leaves_free (self->held);
  g_strfreev (self->features);
  g_free (self->proc);
  ncg_cgroupfs_driver_unref (self);
}

const NcgDriverOps ncg_driver_cgroupfs_ops = {
  .name = "cgroupfs",
  .create = cgroupfs_create,
  .destroy = cgroupfs_destroy,
  .group_unit = cgroupfs_group_unit,
  .leaf_unit = cgroupfs_leaf_unit,
  .predict_cgroup = cgroupfs_predict_cgroup,
  .container_name = cgroupfs_container_name,
  .probe_async = cgroupfs_probe_async,
  .ensure_group_async = cgroupfs_ensure_group_async,
  .set_resources_async = cgroupfs_set_resources_async,
  .start_leaf_async = cgroupfs_start_leaf_async,
  .join_async = cgroupfs_join_async,
  .freeze_async = cgroupfs_freeze_async,
  .kill_async = cgroupfs_kill_async,
  .describe_async = cgroupfs_describe_async,
  .stop_async = cgroupfs_stop_async,
  .keep = cgroupfs_keep,
  .list_dropped = cgroupfs_list_dropped,
  .version = cgroupfs_version,
  .features = cgroupfs_features,
};
