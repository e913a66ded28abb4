/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ending processes: SIGTERM, the grace, and the driver's kill.
 */
#include "daemon/cgroup-end.h"

#include "daemon/cgroup-wait.h"
#include "lib/error.h"
#include "lib/holders.h"

#include <signal.h>

#define KILL_USEC (5 * G_USEC_PER_SEC)

typedef struct {
  Manager *manager;
  NcgPlace place;
  gint64 deadline;
  NcgCgroup *cgroup; /* (nullable) */
} End;

static void
end_free (gpointer data)
{
  End *end = data;

  g_clear_pointer (&end->cgroup, ncg_cgroup_close);
  g_free (end);
}

static void
on_killed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ncg_driver_kill_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
kill_all (GTask *task)
{
  End *end = g_task_get_task_data (task);
  gint64 deadline = MIN (end->deadline, g_get_monotonic_time () + KILL_USEC);

  ncg_driver_kill_async (end->manager->driver, &end->place, deadline, on_killed,
                         g_object_ref (task));
}

static void
on_grace_over (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  if (cgroup_wait_empty_finish (result))
    g_task_return_boolean (task, TRUE);
  else
    kill_all (task);
}

/* One of which that cannot be read may have some. The other hierarchies are not asked: those who
 * are in them alone have no grace, and the driver asks and kills before it stops anything. */
static gboolean
has_processes (const End *end)
{
  gboolean populated = FALSE;

  return end->cgroup != NULL &&
         (!ncg_cgroup_is_populated (end->cgroup, &populated, NULL) || populated);
}

void
cgroup_end_async (Manager *manager,
                  const NcgPlace *place,
                  guint64 grace_usec,
                  gint64 deadline_usec,
                  GAsyncReadyCallback callback,
                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  End *end = g_new0 (End, 1);

  end->manager = manager;
  end->place = *place;
  end->deadline = deadline_usec;
  end->cgroup = manager_open_cgroup (manager, place->cgroup, NULL);
  g_task_set_task_data (task, end, end_free);
  if (!has_processes (end)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  if (grace_usec == 0) {
    kill_all (task);
    return;
  }
  ncg_cgroup_signal (end->cgroup, SIGTERM, NULL);
  end->deadline += (gint64) grace_usec;
  cgroup_wait_empty_async (end->cgroup, g_get_monotonic_time () + (gint64) grace_usec,
                           on_grace_over, g_object_ref (task));
}

gboolean
cgroup_end_finish (GAsyncResult *result, gint64 *ret_deadline_usec, GError **error)
{
  const End *end = g_task_get_task_data (G_TASK (result));

  *ret_deadline_usec = end->deadline;
  return g_task_propagate_boolean (G_TASK (result), error);
}

gint64
cgroup_end_of_grace (guint64 grace_usec)
{
  return grace_usec > 0 ? g_get_monotonic_time () + (gint64) grace_usec : 0;
}

guint64
cgroup_end_grace_left (gint64 grace_end_usec)
{
  gint64 now = g_get_monotonic_time ();

  return grace_end_usec > now ? (guint64) (grace_end_usec - now) : 0;
}

void
cgroup_end_explain (const Manager *manager, const NcgPlace *place, GError *error)
{
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (manager, place->cgroup, NULL);
  g_autoptr (GArray) pids =
      cgroup != NULL ? ncg_cgroup_list_holders (cgroup, manager->proc, NULL) : NULL;
  g_autofree char *holders = NULL;
  g_autofree char *message = NULL;

  if (!g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT) || pids == NULL || pids->len == 0)
    return;
  holders = ncg_holders_to_string (manager->proc, pids);
  message = g_steal_pointer (&error->message);
  error->message = g_strdup_printf ("%s; in it: %s", message, holders);
}
