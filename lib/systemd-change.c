/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SetUnitProperties and StopUnit.
 */
#include "lib/systemd-change.h"

#include "lib/error.h"
#include "lib/systemd-retry.h"
#include "lib/unit-properties.h"

typedef struct {
  NcgSystemd *systemd;
  char *unit;
  GVariant *properties; /* NULL: stop it */
  gint64 deadline;
  gboolean may_thaw;
} Change;

static void send_change (GTask *task);

static gboolean
on_retry (gpointer user_data)
{
  send_change (user_data);
  return G_SOURCE_REMOVE;
}

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->unit);
  g_clear_pointer (&change->properties, g_variant_unref);
  g_free (change);
}

static GTask *
change_new (NcgSystemd *systemd,
            const char *unit,
            gint64 deadline,
            GAsyncReadyCallback callback,
            gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Change *change = g_new0 (Change, 1);

  change->systemd = systemd;
  change->unit = g_strdup (unit);
  change->deadline = deadline;
  g_task_set_task_data (task, change, change_free);
  return task;
}

static void
on_thawed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, NULL);

  send_change (task);
}

/* From 257 on systemd does not stop what it has frozen, and its job says no more than that. */
static gboolean
thaw_and_retry (GTask *task, const GError *error)
{
  Change *change = g_task_get_task_data (task);

  if (!change->may_thaw || !g_error_matches (error, NCG_ERROR, NCG_ERROR_SYSTEMD_FAILED))
    return FALSE;
  change->may_thaw = FALSE;
  ncg_systemd_call_async (change->systemd, NULL, NULL, "ThawUnit",
                          g_variant_new ("(s)", change->unit), NULL, NCG_SYSTEMD_CALL_NONE,
                          change->deadline, on_thawed, g_object_ref (task));
  return TRUE;
}

static void
on_changed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Change *change = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  gboolean is_stop = change->properties == NULL;

  if (reply != NULL || (is_stop && g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT)))
    g_task_return_boolean (task, TRUE);
  else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED))
    ncg_systemd_retry_later (task, on_retry);
  else if (!is_stop || !thaw_and_retry (task, error))
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
send_change (GTask *task)
{
  Change *change = g_task_get_task_data (task);
  gboolean is_stop = change->properties == NULL;

  ncg_systemd_call_async (
      change->systemd, NULL, NULL, is_stop ? "StopUnit" : "SetUnitProperties",
      is_stop ? g_variant_new ("(ss)", change->unit, "replace")
              : g_variant_new ("(sb@a(sv))", change->unit, TRUE, change->properties),
      NULL, is_stop ? NCG_SYSTEMD_CALL_WAIT_FOR_JOB : NCG_SYSTEMD_CALL_NONE, change->deadline,
      on_changed, g_object_ref (task));
}

void
ncg_systemd_set_properties_async (NcgSystemd *systemd,
                                  const char *unit,
                                  GVariant *properties,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = change_new (systemd, unit, deadline_usec, callback, user_data);
  Change *change = g_task_get_task_data (task);

  change->properties = ncg_unit_properties_replace (properties);
  send_change (task);
}

gboolean
ncg_systemd_set_properties_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
ncg_systemd_stop_async (NcgSystemd *systemd,
                        const char *unit,
                        gboolean may_thaw,
                        gint64 deadline_usec,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = change_new (systemd, unit, deadline_usec, callback, user_data);
  Change *change = g_task_get_task_data (task);

  change->may_thaw = may_thaw;
  send_change (task);
}

gboolean
ncg_systemd_stop_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
