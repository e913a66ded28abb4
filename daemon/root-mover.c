/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the processes of the root cgroup, and the daemon.
 */
#include "daemon/root-mover.h"

#include "daemon/loop.h"
#include "lib/attach.h"
#include "lib/cgroup-drain.h"
#include "lib/cgroup-tree.h"

#include <string.h>
#include <unistd.h>

#define PASSES 20
#define AGAIN_SECONDS 1
#define MOST_NAMED 8

/* What a worker does, with copies of all that it needs. */
typedef struct {
  RootMover *owner; /* NULL if it is gone; the worker does not look at it */
  const NcgHierarchy *hierarchy;
  char *proc;
  char *system;   /* (nullable) */
  char *resource; /* (nullable) */
  NcgDrained drained;
  GError *system_error;
  GError *resource_error;
} Run;

struct RootMover {
  Manager *manager;
  Conditions *conditions;
  Run *run;           /* (nullable): the one that is under way */
  GPtrArray *served;  /* (element-type GTask): those that end with it */
  GPtrArray *waiting; /* (element-type GTask): those that came later, and end with the next */
  guint again;        /* the source */
  gboolean is_stuck;  /* the last run left something and moved nothing */
};

static void
run_free (Run *run)
{
  g_free (run->proc);
  g_free (run->system);
  g_free (run->resource);
  ncg_drained_clear (&run->drained);
  g_clear_error (&run->system_error);
  g_clear_error (&run->resource_error);
  g_free (run);
}

RootMover *
root_mover_new (Manager *manager, Conditions *conditions)
{
  RootMover *self = g_new0 (RootMover, 1);

  self->manager = manager;
  self->conditions = conditions;
  self->served = g_ptr_array_new_with_free_func (g_object_unref);
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

static void
end_tasks (GPtrArray *tasks)
{
  g_autoptr (GPtrArray) ended = g_ptr_array_copy (tasks, (GCopyFunc) (void *) g_object_ref, NULL);

  g_ptr_array_set_size (tasks, 0);
  for (guint i = 0; i < ended->len; i++)
    g_task_return_boolean (g_ptr_array_index (ended, i), TRUE);
}

void
root_mover_free (RootMover *self)
{
  if (self == NULL)
    return;
  if (self->run != NULL)
    self->run->owner = NULL;
  g_clear_handle_id (&self->again, loop_remove);
  end_tasks (self->served);
  end_tasks (self->waiting);
  g_ptr_array_unref (self->served);
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

static gboolean
is_active (const RootMover *self)
{
  const Config *config = self->manager->config;

  return g_str_equal (ncg_driver_get_name (self->manager->driver), "cgroupfs") &&
         (config->system_container != NULL || config->resource_container != NULL);
}

static gboolean
make (const Run *run, const char *path, GError **error)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);

  return ncg_cgroup_tree_make_noting (run->hierarchy->trees, run->proc, path, NULL, made, error);
}

static gboolean
move_daemon (const Run *run, GError **error)
{
  g_autoptr (GPtrArray) processes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);
  NcgProcess *process;

  if (!make (run, run->resource, error))
    return FALSE;
  process = ncg_process_open (run->proc, getpid (), error);
  if (process == NULL)
    return FALSE;
  g_ptr_array_add (processes, process);
  return ncg_attach_processes (run->hierarchy, run->proc, run->resource, processes, error);
}

static gboolean
move_others (Run *run, GError **error)
{
  NcgCgroupDrain drain = { run->hierarchy, run->proc, "/", run->system };

  return make (run, run->system, error) &&
         ncg_cgroup_drain_run (&drain, PASSES, &run->drained, error);
}

/* The daemon first: in a root cgroup that is emptied it would be one of the others. */
static void
work (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Run *run = data;

  if (run->resource != NULL)
    move_daemon (run, &run->resource_error);
  if (run->system != NULL)
    move_others (run, &run->system_error);
  g_task_return_boolean (task, TRUE);
}

static char *
list_left (const GPtrArray *left)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint n_named = MIN (left->len, MOST_NAMED);

  for (guint i = 0; i < n_named; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "; " : "",
                            (const char *) g_ptr_array_index (left, i));
  if (n_named < left->len)
    g_string_append_printf (text, "; and %u more", left->len - n_named);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
report_system (RootMover *self, const Run *run)
{
  gboolean holds = run->system_error == NULL && run->drained.left->len == 0;
  g_autofree char *left = NULL;
  g_autofree char *message = NULL;

  if (run->system_error != NULL) {
    message = g_strdup_printf ("the processes of the root cgroup cannot be moved to %s: %s",
                               run->system, run->system_error->message);
  } else if (!holds) {
    left = list_left (run->drained.left);
    message = g_strdup_printf ("of the processes of the root cgroup %u could not be moved to %s, "
                               "and what they use counts for no reservation; they are tried again "
                               "at each check: %s",
                               run->drained.left->len, run->system, left);
  } else {
    message = g_strdup_printf ("of the root cgroup's processes only init and the kernel's threads "
                               "are outside %s",
                               run->system);
  }
  conditions_set (self->conditions, "SystemContainer", holds, message);
}

static void
report_resource (RootMover *self, const Run *run)
{
  g_autofree char *message = NULL;

  if (run->resource_error == NULL)
    message = g_strdup_printf ("the daemon is in %s", run->resource);
  else
    message = g_strdup_printf ("the daemon could not be moved to %s, and what it uses does not "
                               "count for the reservation of Kubernetes' daemons: %s",
                               run->resource, run->resource_error->message);
  conditions_set (self->conditions, "ResourceContainer", run->resource_error == NULL, message);
}

static void start (RootMover *self);

static gboolean
on_again (gpointer user_data)
{
  RootMover *self = user_data;

  self->again = 0;
  if (self->run == NULL)
    start (self);
  return G_SOURCE_REMOVE;
}

/* Where nothing moves, a second more changes nothing: that is for the next check. */
static void
plan_again (RootMover *self, const Run *run)
{
  gboolean is_left = run->system_error == NULL && run->drained.left->len > 0;
  gboolean was_stuck = self->is_stuck;

  self->is_stuck = is_left && run->drained.n_moved == 0;
  if (is_left && !(self->is_stuck && was_stuck) && self->again == 0)
    self->again = loop_add_seconds (AGAIN_SECONDS, on_again, self);
}

static void
on_worked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *run = g_task_get_task_data (G_TASK (result));
  RootMover *self = run->owner;
  g_autoptr (GPtrArray) ended = NULL;

  if (self == NULL)
    return;
  self->run = NULL;
  /* The worker may be ending, and have run nothing. */
  if (g_task_propagate_boolean (G_TASK (result), NULL)) {
    if (run->resource != NULL)
      report_resource (self, run);
    if (run->system != NULL) {
      report_system (self, run);
      plan_again (self, run);
    }
  }
  ended = self->served;
  self->served = self->waiting;
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  if (self->served->len > 0)
    start (self);
  end_tasks (ended);
}

static void
start (RootMover *self)
{
  const Config *config = self->manager->config;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_worked, NULL);
  Run *run = g_new0 (Run, 1);

  run->owner = self;
  run->hierarchy = self->manager->hierarchy;
  run->proc = g_strdup (self->manager->proc);
  run->system = g_strdup (config->system_container);
  run->resource = g_strdup (config->resource_container);
  g_task_set_task_data (task, run, (GDestroyNotify) run_free);
  self->run = run;
  ncg_worker_run (self->manager->worker, task, work);
}

void
root_mover_check_async (RootMover *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);

  if (!is_active (self)) {
    conditions_drop (self->conditions, "SystemContainer");
    conditions_drop (self->conditions, "ResourceContainer");
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
    return;
  }
  if (self->manager->config->system_container == NULL)
    conditions_drop (self->conditions, "SystemContainer");
  if (self->manager->config->resource_container == NULL)
    conditions_drop (self->conditions, "ResourceContainer");
  g_ptr_array_add (self->run != NULL ? self->waiting : self->served, task);
  if (self->run == NULL)
    start (self);
}

void
root_mover_check_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

static void
add_system_row (const RootMover *self, GVariantBuilder *rows)
{
  const Manager *manager = self->manager;
  const char *path = manager->config->system_container;
  NcgCgroupDrain drain = { manager->hierarchy, manager->proc, "/", path };
  g_autofree char *actual = NULL;
  guint count = 0;
  gboolean is_known = ncg_cgroup_drain_count (&drain, &count, NULL);

  actual = is_known ? g_strdup_printf ("%u", count) : g_strdup ("missing");
  g_variant_builder_add (rows, "(ssssb)", path, "processes left in the root cgroup", "0", actual,
                         is_known && count == 0);
}

static gboolean
is_inside (const char *cgroup, const char *path)
{
  gsize length = strlen (path);

  return strncmp (cgroup, path, length) == 0 && (cgroup[length] == '\0' || cgroup[length] == '/');
}

/* Where the daemon is, in the first hierarchy in which that is somewhere else. */
static void
add_resource_row (const RootMover *self, GVariantBuilder *rows)
{
  const Manager *manager = self->manager;
  const GPtrArray *trees = manager->hierarchy->trees;
  const char *path = manager->config->resource_container;
  g_autofree char *actual = g_strdup (path);

  for (guint i = 0; is_inside (actual, path) && i < trees->len; i++) {
    g_free (actual);
    actual = ncg_process_read_cgroup_of_pid (manager->proc, getpid (), g_ptr_array_index (trees, i),
                                             NULL);
    if (actual == NULL)
      actual = g_strdup ("missing");
  }
  g_variant_builder_add (rows, "(ssssb)", path, "cgroup of the daemon", path, actual,
                         is_inside (actual, path));
}

void
root_mover_add_rows (const RootMover *self, GVariantBuilder *rows)
{
  const Config *config = self->manager->config;

  if (!is_active (self))
    return;
  if (config->system_container != NULL)
    add_system_row (self, rows);
  if (config->resource_container != NULL)
    add_resource_row (self, rows);
}
