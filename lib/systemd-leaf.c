/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Starting leaves under systemd.
 */
#include "lib/systemd-leaf.h"

#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/error.h"
#include "lib/missing-files.h"
#include "lib/systemd-aside.h"
#include "lib/systemd-change.h"
#include "lib/systemd-join.h"
#include "lib/systemd-settings.h"
#include "lib/systemd-start.h"
#include "lib/unit-properties.h"

#include <string.h>

#define HOLDER "/bin/true"

typedef struct {
  NcgSystemdContext *context;
  char *unit;
  char *parent;
  char *above;     /* the parent's cgroup */
  char *predicted; /* its cgroup, probably */
  char *description;
  char *subgroup;
  NcgResources resources;
  GPtrArray *processes;
  GPtrArray *owned; /* (element-type GPtrArray): whose elements are in processes, too */
  NcgOrigins *origins;
  GPtrArray *dropped;
  gboolean is_delegated;
  gboolean was_there; /* before; only of one that is held */
  uid_t user;
  NcgPlace *place;
  GError *error; /* (nullable): to be returned when the leaf is stopped; NULL: it is tried again */
  gint64 deadline;
} Leaf;

static void start (GTask *task);

static void
leaf_free (gpointer data)
{
  Leaf *leaf = data;

  g_free (leaf->unit);
  g_free (leaf->parent);
  g_free (leaf->above);
  g_free (leaf->predicted);
  g_free (leaf->description);
  g_free (leaf->subgroup);
  ncg_resources_clear (&leaf->resources);
  g_clear_pointer (&leaf->processes, g_ptr_array_unref);
  g_ptr_array_unref (leaf->owned);
  g_clear_pointer (&leaf->origins, ncg_origins_free);
  g_ptr_array_unref (leaf->dropped);
  ncg_place_free (leaf->place);
  g_clear_error (&leaf->error);
  g_free (leaf);
}

static gboolean
is_held (const Leaf *leaf)
{
  return leaf->processes == NULL;
}

/* A process that is about to end explains much: a scope fails to start, and says no more. */
static GError *
explain (const Leaf *leaf, GError *error)
{
  for (guint i = 0; !is_held (leaf) && i < leaf->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (leaf->processes, i);

    if (!ncg_process_is_ending (process, leaf->context->proc))
      continue;
    g_error_free (error);
    return g_error_new (NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS,
                        "process %d ended before it was in %s", (int) process->pid, leaf->unit);
  }
  return error;
}

static void
return_error (GTask *task, GError *error)
{
  Leaf *leaf = g_task_get_task_data (task);

  ncg_systemd_units_fail (leaf->context->units, leaf->unit);
  g_task_return_error (task, error);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Leaf *leaf = g_task_get_task_data (task);

  ncg_systemd_stop_finish (result, NULL);
  g_clear_pointer (&leaf->place, ncg_place_free);
  if (leaf->error != NULL)
    return_error (task, g_steal_pointer (&leaf->error));
  else
    start (task);
}

/* It may be there yet, and then without what was left out. */
static void
note_left_out (const Leaf *leaf)
{
  const NcgPlace place = { .unit = leaf->unit, .cgroup = leaf->predicted };

  if (leaf->dropped->len == 0)
    return;
  ncg_systemd_units_remember (leaf->context->units, &place, &leaf->resources,
                              g_ptr_array_ref (leaf->dropped));
  ncg_systemd_units_doubt (leaf->context->units, leaf->unit);
}

static void
fail (GTask *task, GError *error)
{
  Leaf *leaf = g_task_get_task_data (task);

  if (g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT))
    note_left_out (leaf);
  /* One that is held may be there, and does not end by itself. */
  if (is_held (leaf) && !leaf->was_there &&
      !g_error_matches (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS) &&
      !g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED)) {
    leaf->error = error;
    ncg_systemd_stop_async (leaf->context->systemd, leaf->unit, FALSE, leaf->deadline, on_stopped,
                            g_object_ref (task));
    return;
  }
  if (leaf->origins != NULL)
    ncg_origins_restore (leaf->origins);
  return_error (task, explain (leaf, error));
}

/* Late news that an earlier cgroup of the name is empty, as there are on v1, let systemd take a new
 * one away before its processes came into it. */
static gboolean
was_taken_away (const Leaf *leaf, const GError *error)
{
  return !is_held (leaf) && g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND) &&
         g_get_monotonic_time () < leaf->deadline;
}

/* A leaf that no process came into does not end by itself: systemd waits for the last one to leave.
 */
static void
give_up (GTask *task, GError *error)
{
  Leaf *leaf = g_task_get_task_data (task);
  gboolean populated = FALSE;

  /* One that was there has what it had. */
  if (!leaf->was_there)
    ncg_own_files_forget (leaf->context->own, leaf->unit);
  error = explain (leaf, error);
  if (leaf->origins != NULL)
    ncg_origins_restore (leaf->origins);
  if (leaf->was_there ||
      !ncg_cgroup_tree_is_populated (leaf->context->hierarchy->trees, leaf->place->cgroup,
                                     &populated, NULL) ||
      populated) {
    return_error (task, error);
    return;
  }
  if (was_taken_away (leaf, error))
    g_error_free (error);
  else
    leaf->error = error;
  ncg_systemd_stop_async (leaf->context->systemd, leaf->unit, FALSE, leaf->deadline, on_stopped,
                          g_object_ref (task));
}

static void
succeed (GTask *task)
{
  Leaf *leaf = g_task_get_task_data (task);
  GPtrArray *dropped = leaf->dropped->len > 0 ? g_ptr_array_ref (leaf->dropped) : NULL;

  ncg_systemd_units_remember (leaf->context->units, leaf->place, &leaf->resources, dropped);
  g_task_return_pointer (task, g_steal_pointer (&leaf->place), (GDestroyNotify) ncg_place_free);
}

static void
on_settled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_systemd_join_finish (result, &error))
    succeed (task);
  else
    give_up (task, error);
}

/* Where systemd alone decides, and has them there, there is nothing to do. It was given the first
 * few only, and moves nothing in the hierarchies that it does not care for, in which they may be in
 * another pod. */
static gboolean
is_settled (const Leaf *leaf, gboolean is_foreign)
{
  const NcgSystemdContext *context = leaf->context;

  if (is_foreign || leaf->subgroup != NULL || leaf->user != NCG_NO_USER)
    return FALSE;
  for (guint i = 0; !is_held (leaf) && i < leaf->processes->len; i++)
    if (!ncg_attach_is_done (context->hierarchy, context->proc, leaf->place->cgroup,
                             g_ptr_array_index (leaf->processes, i)))
      return FALSE;
  return TRUE;
}

static void
settle (GTask *task)
{
  Leaf *leaf = g_task_get_task_data (task);
  NcgSystemdContext *context = leaf->context;
  gboolean is_foreign = ncg_leaf_is_foreign (context->foreign, leaf->place->cgroup);
  NcgLeafJoin join = {
    .root = context->root,
    .hierarchy = context->hierarchy,
    .cgroup = leaf->place->cgroup,
    .foreign = is_foreign ? context->foreign : NULL,
    .processes = leaf->processes,
    .subgroup = leaf->subgroup,
    .user = leaf->user,
  };

  if (is_settled (leaf, is_foreign))
    succeed (task);
  else
    ncg_systemd_join_async (context, leaf->unit, &join, leaf->origins, leaf->deadline, on_settled,
                            g_object_ref (task));
}

static void
on_own_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_own_files_write_finish (result, &error))
    settle (task);
  else
    give_up (task, error);
}

/* What was in the leaf when it ended is in it again. */
static void
add_others (Leaf *leaf, GPtrArray *others)
{
  GPtrArray *all = g_ptr_array_new ();

  for (guint i = 0; i < leaf->processes->len; i++)
    g_ptr_array_add (all, g_ptr_array_index (leaf->processes, i));
  for (guint i = 0; i < others->len; i++) {
    NcgProcess *other = g_ptr_array_index (others, i);

    if (!ncg_process_is_among (other->pid, all))
      g_ptr_array_add (all, other);
  }
  g_ptr_array_add (leaf->owned, leaf->processes);
  g_ptr_array_add (leaf->owned, others);
  leaf->processes = all;
}

static void
on_aside (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *others = ncg_systemd_aside_finish (result, &error);

  if (others == NULL) {
    fail (task, error);
    return;
  }
  add_others (g_task_get_task_data (task), others);
  start (task);
}

static void
move_aside (GTask *task)
{
  Leaf *leaf = g_task_get_task_data (task);
  const NcgPlace slice = { .unit = leaf->parent, .cgroup = leaf->above };

  ncg_systemd_aside_async (leaf->context, leaf->unit, leaf->predicted, &slice, leaf->deadline,
                           on_aside, g_object_ref (task));
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Leaf *leaf = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  leaf->place = ncg_systemd_start_finish (result, &error);
  if (leaf->place == NULL) {
    if (g_error_matches (error, NCG_ERROR, NCG_ERROR_BUSY))
      move_aside (task);
    else if (ncg_systemd_settings_drop (leaf->context, leaf->unit, &error, &leaf->resources,
                                        leaf->dropped))
      start (task);
    else
      fail (task, g_steal_pointer (&error));
    return;
  }
  if (ncg_own_files_is_needed (leaf->context->own, &leaf->resources))
    ncg_own_files_write_async (leaf->context->own, leaf->unit, leaf->place->cgroup,
                               &leaf->resources, on_own_written, g_object_ref (task));
  else
    settle (task);
}

static void
add_holder (GVariantBuilder *properties)
{
  static const char *const streams[] = { "StandardInput", "StandardOutput", "StandardError" };
  static const char *const argv[] = { HOLDER, NULL };

  ncg_unit_properties_add (properties, "Type", g_variant_new_string ("oneshot"));
  ncg_unit_properties_add (properties, "RemainAfterExit", g_variant_new_boolean (TRUE));
  ncg_unit_properties_add (properties, "ExecStart",
                           g_variant_new_parsed ("[(%s, %^as, false)]", HOLDER, argv));
  for (gsize i = 0; i < G_N_ELEMENTS (streams); i++)
    ncg_unit_properties_add (properties, streams[i], g_variant_new_string ("null"));
}

static GVariant *
list_fixed (const Leaf *leaf)
{
  GVariantBuilder fixed;

  g_variant_builder_init (&fixed, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&fixed, "Description", g_variant_new_string (leaf->description));
  ncg_unit_properties_add (&fixed, "Slice", g_variant_new_string (leaf->parent));
  ncg_unit_properties_add (&fixed, "CollectMode", g_variant_new_string ("inactive-or-failed"));
  /* Without it systemd gives a service that has ended no cgroup. */
  if (leaf->is_delegated || is_held (leaf))
    ncg_unit_properties_add (&fixed, "Delegate", g_variant_new_boolean (TRUE));
  /* Only into what is delegated does it move processes; no controller needs to come with it. */
  else if (leaf->context->is_user)
    ncg_unit_properties_add (&fixed, "DelegateControllers", g_variant_new_strv (NULL, 0));
  if (is_held (leaf))
    add_holder (&fixed);
  /* systemd's default ends the whole scope when one of its processes is killed for memory. */
  else if (ncg_systemd_features_has (leaf->context->features, "scope-oom-policy"))
    ncg_unit_properties_add (&fixed, "OOMPolicy", g_variant_new_string ("continue"));
  return g_variant_builder_end (&fixed);
}

static void
start (GTask *task)
{
  Leaf *leaf = g_task_get_task_data (task);
  NcgSystemdContext *context = leaf->context;
  GError *error = NULL;
  g_autoptr (GVariant) properties = ncg_unit_properties_from_resources (
      &leaf->resources, context->hierarchy, context->features, &error);
  NcgSystemdStart what = {
    .unit = leaf->unit,
    .description = leaf->description,
    .properties = properties,
    .processes = leaf->processes,
    .proc = context->proc,
    .tree = ncg_hierarchy_get_primary (context->hierarchy),
    .without_pidfds = &context->without_pidfds,
    .predicted = leaf->predicted,
  };

  if (properties == NULL ||
      !ncg_missing_files_check (context->hierarchy, leaf->predicted, &leaf->resources, &error)) {
    fail (task, error);
    return;
  }
  what.fixed = list_fixed (leaf);
  ncg_systemd_start_async (context->systemd, &what, leaf->deadline, on_started,
                           g_object_ref (task));
}

static gboolean
is_there (const NcgSystemdContext *context, const char *path)
{
  const char *mount = ncg_hierarchy_get_primary (context->hierarchy)->mount;
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (mount, path, &error);

  return !g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

void
ncg_systemd_leaf_start_async (NcgSystemdContext *context,
                              const NcgLeaf *what,
                              const char *unit,
                              const NcgPlace *parent,
                              gint64 deadline_usec,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Leaf *leaf = g_new0 (Leaf, 1);
  GError *error = NULL;

  leaf->context = context;
  leaf->unit = g_strdup (unit);
  leaf->parent = g_strdup (parent->unit);
  leaf->above = g_strdup (parent->cgroup);
  leaf->predicted = g_strconcat (parent->cgroup, "/", unit, NULL);
  leaf->description = g_strdup (what->description);
  leaf->subgroup = g_strdup (what->subgroup);
  ncg_resources_copy (what->resources, &leaf->resources);
  if (what->processes != NULL)
    leaf->processes = g_ptr_array_ref ((GPtrArray *) what->processes);
  leaf->owned = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  leaf->dropped = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);
  leaf->is_delegated = what->is_delegated;
  leaf->user = what->user;
  leaf->was_there = is_held (leaf) && is_there (context, leaf->predicted);
  leaf->deadline = deadline_usec;
  g_task_set_task_data (task, leaf, leaf_free);
  if (ncg_leaf_check_delegation (what->is_delegated, what->subgroup, what->user, &error) &&
      !is_held (leaf))
    leaf->origins = ncg_origins_read (context->hierarchy, context->proc, leaf->processes, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    start (task);
}
