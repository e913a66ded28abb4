/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container runtime.
 */
#include "daemon/runtime.h"

#include "daemon/policy/runtime.h"
#include "daemon/stray-containers.h"

struct Runtime {
  Manager *manager;
  const Services *services;
  Conditions *conditions;
  GCancellable *end;  /* of the worker's result */
  const char *wanted; /* (nullable): whose containers were looked for last */
  gboolean is_busy;
  gboolean again;
};

/* What the worker is given. */
typedef struct {
  char *mount;
  char *pods;
  char *runtime;
  char *root;
} Search;

static void
search_free (gpointer data)
{
  Search *search = data;

  g_free (search->mount);
  g_free (search->pods);
  g_free (search->runtime);
  g_free (search->root);
  g_free (search);
}

Runtime *
runtime_new (Manager *manager, const Services *services, Conditions *conditions)
{
  Runtime *self = g_new0 (Runtime, 1);

  self->manager = manager;
  self->services = services;
  self->conditions = conditions;
  self->end = g_cancellable_new ();
  return self;
}

void
runtime_free (Runtime *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->end);
  g_object_unref (self->end);
  g_free (self);
}

static void search_strays (Runtime *self);

/* With "auto" the one that was found, and all if none was. */
static const char *
choose_wanted (const Runtime *self)
{
  const char *configured = self->manager->config->container_runtime;
  const char *cgroup;
  const char *found = services_find_runtime (self->services, configured, &cgroup);

  return found != NULL ? found : configured;
}

void
runtime_services_changed (Runtime *self)
{
  const char *configured = self->manager->config->container_runtime;
  g_autofree char *message = NULL;
  const char *runtime, *cgroup;
  gboolean holds;

  /* Who has no services, or has none told yet, cannot know. */
  if (g_str_equal (configured, "none") ||
      services_find (self->services, runtime_get_nth_unit (0)) == NULL) {
    conditions_drop (self->conditions, "ContainerRuntime");
    return;
  }
  runtime = services_find_runtime (self->services, configured, &cgroup);
  message = runtime_format_message (configured, runtime, cgroup, &holds);
  conditions_set (self->conditions, "ContainerRuntime", holds, message);
  /* What was counted before was another's. */
  if (self->wanted != NULL && !g_str_equal (self->wanted, choose_wanted (self)))
    search_strays (self);
}

static void
search_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Search *search = data;

  g_task_return_pointer (task, stray_containers_find (search->mount, search->pods, search->runtime),
                         (GDestroyNotify) stray_containers_free);
}

static void
on_searched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Search *search = g_task_get_task_data (G_TASK (result));
  g_autoptr (StrayContainers) found = g_task_propagate_pointer (G_TASK (result), NULL);
  g_autofree char *message = NULL;
  Runtime *self = user_data;

  /* It was cancelled, and nobody is there any more. */
  if (found == NULL)
    return;
  self->is_busy = FALSE;
  if (g_str_equal (self->manager->config->container_runtime, "none")) {
    conditions_drop (self->conditions, "StrayContainers");
    return;
  }
  /* It was asked for before something changed. */
  if (self->again) {
    search_strays (self);
    return;
  }
  message = runtime_format_strays (found->names, found->n_found, found->is_complete, search->root);
  conditions_set (self->conditions, "StrayContainers", found->n_found == 0, message);
}

static void
search_strays (Runtime *self)
{
  const Config *config = self->manager->config;
  g_autoptr (GTask) task = NULL;
  Search *search;

  self->again = self->is_busy;
  if (self->is_busy)
    return;
  self->is_busy = TRUE;
  search = g_new0 (Search, 1);
  search->mount = g_strdup (ncg_hierarchy_get_primary (self->manager->hierarchy)->mount);
  search->pods = ncg_driver_predict_cgroup (self->manager->driver, config->cgroup_root);
  self->wanted = g_intern_string (choose_wanted (self));
  search->runtime = g_strdup (self->wanted);
  search->root = g_strdup (config->cgroup_root);
  task = g_task_new (NULL, self->end, on_searched, self);
  g_task_set_task_data (task, search, search_free);
  ncg_worker_run (self->manager->worker, task, search_in_thread);
}

void
runtime_check (Runtime *self)
{
  runtime_services_changed (self);
  if (g_str_equal (self->manager->config->container_runtime, "none"))
    conditions_drop (self->conditions, "StrayContainers");
  else
    search_strays (self);
}
