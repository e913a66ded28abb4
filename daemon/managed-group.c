/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups of the node.
 */
#include "daemon/managed-group.h"

#include "daemon/fault-point.h"
#include "daemon/loop.h"
#include "daemon/manager.h"
#include "lib/error.h"
#include "lib/machine.h"
#include "lib/verify.h"

/* Who writes just between our setting and our reading has not made the kernel refuse it. */
#define TRIES 3
/* What the kernel refuses now (on cgroup v1, a limit below the usage) it may take later. */
#define RETRY_FIRST_MSEC 1000
#define RETRY_MAX_MSEC 60000

struct ManagedGroup {
  Manager *manager;
  char *path;
  char *description;
  const ManagedGroupOwner *owner;
  gpointer user_data;
  gboolean is_applied;
  gboolean was_applied; /* applied is known, even if it was forgotten since */
  gboolean is_busy;
  guint retry;          /* the source that tries again, or 0 */
  guint retry_msec;     /* after which time */
  gboolean is_retrying; /* the next round */
  gboolean was_wrong;   /* had an error, as the owner knows */
  guint n_tries;        /* how often the kernel had something else, in this round */
  gboolean frees_cpus;  /* sent names all CPUs, and after that none are to be named */
  NcgResources before;  /* of an earlier run, until it is set back */
  NcgResources applied; /* what it should have, as of the last time */
  NcgResources wanted;  /* the same of the round that is under way */
  NcgResources sent;    /* with the defaults of what is not wanted any more */
  NcgPlace *place;
  GError *error;
  GQueue joining; /* GTask: satisfied by the round that is under way */
  GQueue waiting; /* GTask: came since it was sent, and need to look again */
};

static void run (ManagedGroup *self);
static void ensure_group (ManagedGroup *self);
static void check_applied (ManagedGroup *self);

ManagedGroup *
managed_group_new (Manager *manager,
                   const char *path,
                   const char *description,
                   const ManagedGroupOwner *owner,
                   gpointer user_data)
{
  ManagedGroup *self = g_new0 (ManagedGroup, 1);

  self->manager = manager;
  self->path = g_strdup (path);
  self->description = g_strdup (description);
  self->owner = owner;
  self->user_data = user_data;
  g_queue_init (&self->joining);
  g_queue_init (&self->waiting);
  return self;
}

void
managed_group_free (ManagedGroup *self)
{
  if (self == NULL)
    return;
  if (self->retry != 0)
    loop_remove (self->retry);
  ncg_resources_clear (&self->before);
  ncg_resources_clear (&self->applied);
  ncg_resources_clear (&self->wanted);
  ncg_resources_clear (&self->sent);
  ncg_place_free (self->place);
  g_clear_error (&self->error);
  g_queue_clear_full (&self->joining, g_object_unref);
  g_queue_clear_full (&self->waiting, g_object_unref);
  g_free (self->path);
  g_free (self->description);
  g_free (self);
}

void
managed_group_set_before (ManagedGroup *self, const NcgResources *before)
{
  ncg_resources_clear (&self->before);
  ncg_resources_copy (before, &self->before);
}

void
managed_group_forget (ManagedGroup *self)
{
  self->is_applied = FALSE;
}

gboolean
managed_group_is_busy (const ManagedGroup *self)
{
  return self->is_busy;
}

const char *
managed_group_get_path (const ManagedGroup *self)
{
  return self->path;
}

const NcgPlace *
managed_group_get_place (const ManagedGroup *self)
{
  return self->place;
}

const NcgResources *
managed_group_get_applied (const ManagedGroup *self)
{
  return self->was_applied ? &self->applied : NULL;
}

const GError *
managed_group_get_error (const ManagedGroup *self)
{
  return self->error;
}

static void
on_retried (GObject *source, GAsyncResult *result, gpointer user_data)
{
  /* The group keeps its error. */
  managed_group_ensure_finish (result, NULL);
}

static gboolean
on_retry (gpointer user_data)
{
  ManagedGroup *self = user_data;

  self->retry = 0;
  self->is_retrying = TRUE;
  managed_group_ensure_async (self, on_retried, NULL);
  return G_SOURCE_REMOVE;
}

static void
try_later (ManagedGroup *self)
{
  self->retry_msec = CLAMP (2 * self->retry_msec, RETRY_FIRST_MSEC, RETRY_MAX_MSEC);
  if (self->retry == 0)
    self->retry = loop_add (self->retry_msec, on_retry, self);
}

static void
tell_settled (ManagedGroup *self)
{
  gboolean is_right = self->error == NULL;

  if (is_right == !self->was_wrong)
    return;
  self->was_wrong = !is_right;
  if (self->owner->settled != NULL)
    self->owner->settled (self->user_data);
}

static void
done (ManagedGroup *self, GError *error)
{
  GQueue joined = self->joining;
  GTask *task;

  g_queue_init (&self->joining);
  self->is_busy = FALSE;
  tell_settled (self);
  while ((task = g_queue_pop_head (&joined)) != NULL) {
    if (error != NULL)
      g_task_return_error (task, g_error_copy (error));
    else
      g_task_return_boolean (task, TRUE);
    g_object_unref (task);
  }
  if (!self->is_busy && !g_queue_is_empty (&self->waiting))
    run (self);
}

/* Of what was sent, nobody knows how much was done: it is to be taken back, too. */
static void
keep_for_later (ManagedGroup *self)
{
  ncg_resources_add_defaults (&self->before, &self->sent);
  if (self->before.cpus == NULL && self->sent.cpus != NULL)
    self->before.cpus = ncg_cpuset_copy (self->sent.cpus);
}

static void
fail (ManagedGroup *self, const GError *error)
{
  g_autoptr (GError) copy = g_error_copy (error);

  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  keep_for_later (self);
  try_later (self);
  done (self, copy);
}

static void
remember (ManagedGroup *self)
{
  ncg_resources_clear (&self->applied);
  ncg_resources_copy (&self->wanted, &self->applied);
  if (self->error != NULL) {
    keep_for_later (self);
    try_later (self);
  } else {
    ncg_resources_clear (&self->before);
    self->retry_msec = RETRY_FIRST_MSEC;
  }
  self->is_applied = TRUE;
  self->was_applied = TRUE;
  if (self->owner->applied != NULL)
    self->owner->applied (self->user_data);
}

/* Whether the kernel has all without which the group is of no use. */
static gboolean
has_essential (ManagedGroup *self)
{
  g_auto (NcgResources) essential = { 0 };

  if (self->owner->get_essential == NULL)
    return FALSE;
  self->owner->get_essential (self->user_data, &essential);
  return ncg_verify_cgroup (self->manager->hierarchy, self->place->cgroup, &essential, NULL);
}

static void
finish_applied (ManagedGroup *self)
{
  remember (self);
  FAULT_POINT ("group:applied");
  done (self, NULL);
}

static void
on_resources_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ManagedGroup *self = user_data;
  g_autoptr (GError) error = NULL;

  FAULT_POINT ("group:set");
  if (ncg_driver_set_resources_finish (result, &error))
    check_applied (self);
  else
    fail (self, error);
}

static void
send_resources (ManagedGroup *self, GAsyncReadyCallback callback)
{
  ncg_driver_set_resources_async (self->manager->driver, self->place, &self->sent,
                                  g_get_monotonic_time () + MANAGER_DEADLINE_USEC, callback, self);
}

/* All CPUs are those that were online by now. The kernel may refuse to name none as long as there
 * are processes, and then that is how it stays. */
static void
on_cpus_freed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ManagedGroup *self = user_data;

  ncg_driver_set_resources_finish (result, NULL);
  finish_applied (self);
}

static void
free_cpus (ManagedGroup *self)
{
  self->frees_cpus = FALSE;
  ncg_cpuset_free (self->sent.cpus);
  self->sent.cpus = ncg_cpuset_parse ("", NULL);
  send_resources (self, on_cpus_freed);
}

/* The kernel has to agree before anybody is told. */
static void
check_applied (ManagedGroup *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (self->manager, self->place->cgroup, &error);

  if (self->is_applied && g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    /* Somebody stopped the slice, and the settings went to a unit that does not run. */
    self->is_applied = FALSE;
    ensure_group (self);
    return;
  }
  g_clear_error (&self->error);
  if (cgroup != NULL)
    ncg_verify_cgroup (self->manager->hierarchy, self->place->cgroup, &self->sent, &error);
  if (error == NULL && self->frees_cpus) {
    free_cpus (self);
  } else if (error == NULL) {
    finish_applied (self);
  } else if (cgroup != NULL && ++self->n_tries < TRIES) {
    send_resources (self, on_resources_set);
  } else if (cgroup != NULL && has_essential (self)) {
    self->error = g_steal_pointer (&error);
    finish_applied (self);
  } else {
    fail (self, error);
  }
}

static void
on_group_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ManagedGroup *self = user_data;
  g_autoptr (GError) error = NULL;
  NcgPlace *place = ncg_driver_ensure_group_finish (result, &error);

  FAULT_POINT ("group:there");
  if (place == NULL) {
    fail (self, error);
    return;
  }
  ncg_place_free (self->place);
  self->place = place;
  check_applied (self);
}

static void
ensure_group (ManagedGroup *self)
{
  NcgGroup group = {
    .path = self->path,
    .description = self->description,
    .resources = &self->sent,
    .adopt = TRUE,
  };

  ncg_driver_ensure_group_async (self->manager->driver, &group,
                                 g_get_monotonic_time () + MANAGER_DEADLINE_USEC, on_group_there,
                                 self);
}

/* What it has from us and should not have any more is as if it had never been. */
static void
add_defaults (ManagedGroup *self, const NcgResources *had)
{
  ncg_resources_add_defaults (&self->sent, had);
  if (self->sent.cpus != NULL || had->cpus == NULL)
    return;
  /* No CPUs named would be the default, but the kernel does not take that where there are processes
   * (cpuset.c, validate_change(): ENOSPC; on cgroup v1 never), and they would stay where they are.
   */
  self->sent.cpus = ncg_machine_read_online (self->manager->config->root, "cpu", NULL);
  self->frees_cpus = self->manager->hierarchy->mode == NCG_HIERARCHY_UNIFIED;
}

static void
run (ManagedGroup *self)
{
  gboolean is_retry = self->is_retrying;
  GTask *task;

  self->is_busy = TRUE;
  self->is_retrying = FALSE;
  self->n_tries = 0;
  self->frees_cpus = FALSE;
  while ((task = g_queue_pop_head (&self->waiting)) != NULL)
    g_queue_push_tail (&self->joining, task);
  ncg_resources_clear (&self->wanted);
  ncg_resources_clear (&self->sent);
  self->owner->get_wanted (self->user_data, &self->wanted);
  ncg_resources_copy (&self->wanted, &self->sent);
  add_defaults (self, &self->applied);
  add_defaults (self, &self->before);
  if (self->is_applied && ncg_resources_equal (&self->wanted, &self->applied) &&
      (self->error == NULL || !is_retry))
    done (self, NULL);
  else if (self->is_applied)
    send_resources (self, on_resources_set);
  else
    ensure_group (self);
}

void
managed_group_ensure_async (ManagedGroup *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_queue_push_tail (&self->waiting, g_task_new (NULL, NULL, callback, user_data));
  if (!self->is_busy)
    run (self);
}

gboolean
managed_group_ensure_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
