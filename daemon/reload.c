/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reloads, one at a time.
 */
#include "daemon/reload.h"

#include "daemon/events.h"
#include "daemon/loop.h"
#include "daemon/trace.h"
#include "lib/error.h"

#define OLD_MAX 8
/* Below the 25 s after which a client's bus library gives up. */
#define DEADLINE_MSEC ((MANAGER_DEADLINE_USEC + MANAGER_UNDO_USEC) / 1000)

struct Reload {
  Manager *manager;
  Node *node;
  const ConfigSources *sources;
  Config *config;
  GPtrArray *old; /* (element-type Config): that a worker may still look at */
  GTask *current; /* (nullable) */
  GQueue waiting; /* GTask */
};

typedef struct {
  Reload *reload;
  guint deadline;    /* the source, or 0 */
  gboolean has_told; /* that it is over */
} Request;

static void run_next (Reload *self);

Reload *
reload_new (Manager *manager, Node *node, const ConfigSources *sources, Config *config)
{
  Reload *self = g_new0 (Reload, 1);

  self->manager = manager;
  self->node = node;
  self->sources = sources;
  self->config = config;
  self->old = g_ptr_array_new_with_free_func ((GDestroyNotify) config_free);
  g_queue_init (&self->waiting);
  return self;
}

void
reload_free (Reload *self)
{
  if (self == NULL)
    return;
  g_clear_object (&self->current);
  g_queue_clear_full (&self->waiting, g_object_unref);
  g_ptr_array_unref (self->old);
  config_free (self->config);
  g_free (self);
}

static void
stop_deadline (GTask *task)
{
  Request *request = g_task_get_task_data (task);

  if (request->deadline != 0)
    loop_remove (request->deadline);
  request->deadline = 0;
}

/* The round goes on; only its caller does not wait any longer. */
static gboolean
on_deadline (gpointer user_data)
{
  GTask *task = user_data;
  Request *request = g_task_get_task_data (task);
  gboolean is_begun = request->reload->current == task;

  request->deadline = 0;
  request->has_told = TRUE;
  g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                           is_begun ? "the configuration is in force, but the node is not as it "
                                      "says yet; that is gone on with, and Conditions say more"
                                    : "an earlier reload has not ended in time, and this one was "
                                      "not begun; call again when State says ready");
  if (!is_begun && g_queue_remove (&request->reload->waiting, task))
    g_object_unref (task);
  return G_SOURCE_REMOVE;
}

static void
finish (Reload *self, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->current);
  const Request *request = g_task_get_task_data (task);

  stop_deadline (task);
  if (request->has_told) {
    event_log (error != NULL ? EVENT_CONFIG_REFUSED : EVENT_CONFIG_RELOADED, NULL, "%s",
               error != NULL ? error->message
                             : "the configuration is reloaded, later than its caller waited");
    g_clear_error (&error);
  } else if (error != NULL) {
    event_log (EVENT_CONFIG_REFUSED, NULL,
               "the configuration is not reloaded, the one before is in force: %s", error->message);
    g_task_return_error (task, error);
  } else {
    event_log (EVENT_CONFIG_RELOADED, NULL, "the configuration is reloaded");
    g_task_return_boolean (task, TRUE);
  }
  run_next (self);
}

static void
on_bootstrapped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reload *self = user_data;

  node_bootstrap_finish (result);
  finish (self, NULL);
}

/* What reads one is done long before there were so many. */
static void
replace (Reload *self, Config *config)
{
  if (self->old->len >= OLD_MAX)
    g_ptr_array_remove_index (self->old, 0);
  g_ptr_array_add (self->old, self->config);
  self->config = config;
}

static void
run_next (Reload *self)
{
  Config *config;
  GError *error = NULL;

  if (self->current != NULL)
    return;
  self->current = g_queue_pop_head (&self->waiting);
  if (self->current == NULL)
    return;
  config = config_reload (self->sources, self->config, &error);
  if (config == NULL || !node_check_config (config, &error)) {
    config_free (config);
    finish (self, error);
    return;
  }
  replace (self, config);
  manager_set_config (self->manager, config);
  trace_configure (self->manager->driver, config);
  node_bootstrap_async (self->node, on_bootstrapped, self);
}

void
reload_run_async (Reload *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Request *request = g_new0 (Request, 1);

  request->reload = self;
  request->deadline =
      loop_add_full (DEADLINE_MSEC, on_deadline, g_object_ref (task), g_object_unref);
  g_task_set_task_data (task, request, g_free);
  g_queue_push_tail (&self->waiting, task);
  run_next (self);
}

gboolean
reload_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
