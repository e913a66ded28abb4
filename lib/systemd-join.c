/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining a leaf under systemd.
 */
#include "lib/systemd-join.h"

#include "lib/error.h"
#include "lib/systemd-path.h"
#include "lib/systemd-retry.h"

typedef struct {
  NcgSystemdContext *context;
  char *unit;
  char *cgroup;
  char *subgroup;
  GPtrArray *processes;
  NcgLeafJoin what; /* its strings and processes are those above */
  const NcgOrigins *origins;
  NcgOrigins *own_origins; /* (nullable) */
  gint64 deadline;
  gboolean was_asked; /* the manager */
} Join;

static void
join_free (gpointer data)
{
  Join *join = data;

  g_free (join->unit);
  g_free (join->cgroup);
  g_free (join->subgroup);
  g_clear_pointer (&join->processes, g_ptr_array_unref);
  g_clear_pointer (&join->own_origins, ncg_origins_free);
  g_free (join);
}

static void run (GTask *task);

static void
on_attached (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Join *join = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL) {
    run (task);
    return;
  }
  ncg_origins_restore (join->origins);
  g_task_return_error (task, error);
}

/* Those that are not there yet: systemd would move one that is in a cgroup below out of it.
 * Returns: (transfer floating) (nullable): their numbers */
static GVariant *
list_outside (const Join *join, GError **error)
{
  const NcgSystemdContext *context = join->context;
  const NcgTree *tree = ncg_hierarchy_get_primary (context->hierarchy);
  g_autofree char *path = join->subgroup != NULL
                              ? g_strconcat (join->cgroup, "/", join->subgroup, NULL)
                              : g_strdup (join->cgroup);
  g_auto (GVariantBuilder) list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("au"));
  for (guint i = 0; i < join->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (join->processes, i);
    g_autoptr (GError) local = NULL;

    if (ncg_process_check_inside (process, context->proc, tree, path, &local))
      continue;
    if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
    g_variant_builder_add (&list, "u", (guint32) process->pid);
  }
  return g_variant_builder_end (&list);
}

/* It takes numbers only; whose they were in the end is verified by the pidfds. */
static void
ask_manager (GTask *task)
{
  Join *join = g_task_get_task_data (task);
  NcgSystemdContext *context = join->context;
  g_autofree char *below = join->subgroup != NULL ? g_strconcat ("/", join->subgroup, NULL) : NULL;
  GError *error = NULL;
  GVariant *pids;

  join->was_asked = TRUE;
  if (join->origins == NULL) {
    join->own_origins =
        ncg_origins_read (context->hierarchy, context->proc, join->processes, &error);
    join->origins = join->own_origins;
  }
  pids = join->origins != NULL ? list_outside (join, &error) : NULL;
  if (pids == NULL)
    g_task_return_error (task, error);
  else
    ncg_systemd_call_async (context->systemd, NULL, NULL, "AttachProcessesToUnit",
                            g_variant_new ("(ss@au)", join->unit, below != NULL ? below : "", pids),
                            NULL, NCG_SYSTEMD_CALL_NONE, join->deadline, on_attached,
                            g_object_ref (task));
}

static gboolean
may_ask (const Join *join, const GError *error)
{
  return join->context->is_user && !join->was_asked && join->processes != NULL &&
         g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_PERMITTED) &&
         ncg_systemd_features_has (join->context->features, "attach-processes");
}

static void ask_state (GTask *task);

static gboolean
on_retry_state (gpointer user_data)
{
  ask_state (user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
has_ended (GVariant *reply)
{
  g_autoptr (GVariant) value = NULL;
  const char *state;

  g_variant_get (reply, "(v)", &value);
  state =
      g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL) : "";
  return g_str_equal (state, "inactive") || g_str_equal (state, "failed");
}

static void
on_state (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Join *join = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);

  if (reply != NULL && has_ended (reply)) {
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT,
                             "%s ended before the processes were in it", join->unit);
  } else if (reply != NULL) {
    g_task_return_boolean (task, TRUE);
  } else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED)) {
    g_error_free (error);
    ncg_systemd_retry_later (task, on_retry_state);
  } else {
    g_task_return_error (task, error);
  }
}

static void
ask_state (GTask *task)
{
  const Join *join = g_task_get_task_data (task);
  g_autofree char *path = ncg_systemd_unit_path (join->unit);

  ncg_systemd_call_async (join->context->systemd, path, "org.freedesktop.DBus.Properties", "Get",
                          g_variant_new ("(ss)", "org.freedesktop.systemd1.Unit", "ActiveState"),
                          NULL, NCG_SYSTEMD_CALL_NONE, join->deadline, on_state,
                          g_object_ref (task));
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  gboolean was_filled;
  GError *error = NULL;

  if (ncg_leaf_join_finish (result, &was_filled, &error)) {
    if (was_filled)
      g_task_return_boolean (task, TRUE);
    else
      ask_state (task);
  } else if (may_ask (g_task_get_task_data (task), error)) {
    g_error_free (error);
    ask_manager (task);
  } else {
    g_task_return_error (task, error);
  }
}

static void
run (GTask *task)
{
  Join *join = g_task_get_task_data (task);

  ncg_leaf_join_async (&join->what, join->origins, on_joined, g_object_ref (task));
}

void
ncg_systemd_join_async (NcgSystemdContext *context,
                        const char *unit,
                        const NcgLeafJoin *what,
                        const NcgOrigins *origins,
                        gint64 deadline_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Join *join = g_new0 (Join, 1);

  join->context = context;
  join->unit = g_strdup (unit);
  join->cgroup = g_strdup (what->cgroup);
  join->subgroup = g_strdup (what->subgroup);
  if (what->processes != NULL)
    join->processes = g_ptr_array_ref ((GPtrArray *) what->processes);
  join->what = *what;
  join->what.cgroup = join->cgroup;
  join->what.subgroup = join->subgroup;
  join->what.processes = join->processes;
  join->origins = origins;
  join->deadline = deadline_usec;
  g_task_set_task_data (task, join, join_free);
  run (task);
}

gboolean
ncg_systemd_join_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
