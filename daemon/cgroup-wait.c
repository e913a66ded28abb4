/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for "populated 0"; on v1, which does not tell, by looking again and again.
 */
#include "daemon/cgroup-wait.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define POLL_MSEC 50

typedef struct {
  const NcgCgroup *cgroup;
  int fd; /* -1 on v1 */
  GSource *events;
  GSource *deadline;
} Wait;

static void
destroy_source (GSource *source)
{
  if (source == NULL)
    return;
  g_source_destroy (source);
  g_source_unref (source);
}

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  destroy_source (wait->events);
  destroy_source (wait->deadline);
  if (wait->fd >= 0)
    close (wait->fd);
  g_free (wait);
}

/* Reading also arms the descriptor for the next change (kernfs: poll after read). */
static gboolean
is_empty (int fd)
{
  char text[256];
  ssize_t n = pread (fd, text, sizeof text - 1, 0);

  if (n < 0)
    return errno == ENODEV; /* the cgroup is gone */
  text[n] = '\0';
  return strstr (text, "populated 0") != NULL;
}

static gboolean
has_nothing (const Wait *wait)
{
  gboolean populated = FALSE;

  if (wait->fd >= 0)
    return is_empty (wait->fd);
  return ncg_cgroup_is_populated (wait->cgroup, &populated, NULL) && !populated;
}

static void
finish (GTask *task, gboolean empty)
{
  Wait *wait = g_task_get_task_data (task);

  g_source_destroy (wait->events);
  g_source_destroy (wait->deadline);
  g_task_return_boolean (task, empty);
}

static gboolean
on_events (int fd, GIOCondition condition, gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  if (!is_empty (fd))
    return G_SOURCE_CONTINUE;
  finish (task, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_look_again (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);

  if (!has_nothing (g_task_get_task_data (task)))
    return G_SOURCE_CONTINUE;
  finish (task, TRUE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  const Wait *wait = g_task_get_task_data (task);

  /* The last event may not have had its turn yet. */
  finish (task, has_nothing (wait));
  return G_SOURCE_REMOVE;
}

void
cgroup_wait_empty_async (const NcgCgroup *cgroup,
                         gint64 deadline_usec,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  gint64 left_usec = MAX (deadline_usec - g_get_monotonic_time (), 0);
  Wait *wait = g_new0 (Wait, 1);

  wait->cgroup = cgroup;
  wait->fd = ncg_cgroup_open_events (cgroup, NULL);
  g_task_set_task_data (task, wait, wait_free);
  if (has_nothing (wait)) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  wait->events = wait->fd >= 0 ? g_unix_fd_source_new (wait->fd, G_IO_PRI | G_IO_ERR)
                               : g_timeout_source_new (POLL_MSEC);
  g_source_set_callback (wait->events, wait->fd >= 0 ? G_SOURCE_FUNC (on_events) : on_look_again,
                         g_object_ref (task), g_object_unref);
  wait->deadline = g_timeout_source_new ((guint) MIN (left_usec / 1000, G_MAXINT));
  g_source_set_callback (wait->deadline, on_deadline, g_object_ref (task), g_object_unref);
  g_source_attach (wait->events, g_task_get_context (task));
  g_source_attach (wait->deadline, g_task_get_context (task));
}

gboolean
cgroup_wait_empty_finish (GAsyncResult *result)
{
  return g_task_propagate_boolean (G_TASK (result), NULL);
}
