/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Placement.
 */
#include "daemon/placement.h"

#include "daemon/policy/placement.h"
#include "lib/file.h"

#include <fcntl.h>

#define PREFIX "Placement:"

/* A daemon in a user's session. */
typedef struct {
  const char *unit; /* that it should be */
  pid_t pid;
  char *cgroup;
} Session;

struct Placement {
  Manager *manager;
  const Services *services;
  Conditions *conditions;
  GPtrArray *sessions; /* (element-type Session): as of the last look */
  GCancellable *end;   /* of the worker's result */
  gboolean is_busy;
  gboolean again;
};

/* The cgroups of PlacementGroups, and what the worker is given. */
typedef struct {
  PlacementGroups groups;
  char *daemons_unit;
  char *daemons_cgroup;
  char *system_cgroup;
  char *user_cgroup;
} Groups;

typedef struct {
  char *proc;
  const NcgTree *tree;
  char *user_cgroup;
} Scan;

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->cgroup);
  g_free (session);
}

static void
scan_free (gpointer data)
{
  Scan *scan = data;

  g_free (scan->proc);
  g_free (scan->user_cgroup);
  g_free (scan);
}

static void
groups_clear (Groups *self)
{
  g_free (self->daemons_unit);
  g_free (self->daemons_cgroup);
  g_free (self->system_cgroup);
  g_free (self->user_cgroup);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Groups, groups_clear)

/* Asked for anew each time: where they are may change with the connection and the configuration. */
static void
groups_init (Groups *self, const Placement *placement)
{
  const Config *config = placement->manager->config;
  NcgDriver *driver = placement->manager->driver;

  self->daemons_unit = ncg_driver_group_unit (driver, config->daemons_group, NULL);
  self->daemons_cgroup = ncg_driver_predict_cgroup (driver, config->daemons_group);
  self->user_cgroup = ncg_driver_predict_cgroup (driver, "/user");
  if (config->system_group != NULL)
    self->system_cgroup = ncg_driver_predict_cgroup (driver, config->system_group);
  self->groups = (PlacementGroups){
    .daemons_unit = self->daemons_unit != NULL ? self->daemons_unit : config->daemons_group,
    .daemons_cgroup = self->daemons_cgroup,
    .system_cgroup = self->system_cgroup,
    .user_cgroup = self->user_cgroup,
  };
}

Placement *
placement_new (Manager *manager, const Services *services, Conditions *conditions)
{
  Placement *self = g_new0 (Placement, 1);

  self->manager = manager;
  self->services = services;
  self->conditions = conditions;
  self->sessions = g_ptr_array_new_with_free_func (session_free);
  self->end = g_cancellable_new ();
  return self;
}

void
placement_free (Placement *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->end);
  g_object_unref (self->end);
  g_ptr_array_unref (self->sessions);
  g_free (self);
}

/* (nullable): one that is not the service itself, or of it */
static const Session *
find_session (const Placement *self, const char *unit)
{
  const NcgService *service = services_find_active (self->services, unit);

  for (guint i = 0; i < self->sessions->len; i++) {
    const Session *session = g_ptr_array_index (self->sessions, i);
    gboolean is_service = service != NULL && (session->pid == service->main_pid ||
                                              g_str_equal (session->cgroup, service->cgroup));

    if (g_str_equal (session->unit, unit) && !is_service)
      return session;
  }
  return NULL;
}

/* (nullable): where the service is */
static const char *
find_service (const Placement *self, const char *unit)
{
  const NcgService *service = services_find_active (self->services, unit);

  return service != NULL && service->cgroup[0] != '\0' ? service->cgroup : NULL;
}

/* (transfer full): of the service at @cgroup, or of @session, or of both */
static char *
format_message (const PlacementGroups *groups,
                const char *unit,
                const char *cgroup,
                const Session *session)
{
  g_autofree char *service = NULL;
  g_autofree char *second = NULL;

  if (cgroup == NULL)
    return placement_format_message (groups, unit, session->pid, session->cgroup);
  service = placement_format_message (groups, unit, 0, cgroup);
  if (session == NULL)
    return g_steal_pointer (&service);
  second = placement_format_second (groups, unit, session->pid, session->cgroup);
  return g_strconcat (service, "\n", second, NULL);
}

void
placement_service_changed (Placement *self, const char *unit)
{
  g_autofree char *name = g_strconcat (PREFIX, unit, NULL);
  g_autofree char *message = NULL;
  g_auto (Groups) groups = { 0 };
  const char *cgroup = find_service (self, unit);
  const Session *session = find_session (self, unit);

  if (!placement_is_kubernetes (unit))
    return;
  if (cgroup == NULL && session == NULL) {
    conditions_drop (self->conditions, name);
    return;
  }
  groups_init (&groups, self);
  message = format_message (&groups.groups, unit, cgroup, session);
  conditions_set (self->conditions, name,
                  session == NULL && placement_judge (&groups.groups, cgroup) == PLACEMENT_RIGHT,
                  message);
}

/* Any user can have a process of that name; only root's can be the daemon. The real uid: a program
 * that is set-uid to root has it of who started it, and can be called by any name. */
static gboolean
is_of_root (const NcgProcess *process, const char *proc)
{
  uid_t uid;

  return ncg_process_read_uid (process, proc, &uid, NULL) && uid == 0;
}

static void
look_at (const Scan *scan, pid_t pid, GPtrArray *sessions)
{
  g_autofree char *path = g_strdup_printf ("%s/%d/comm", scan->proc, (int) pid);
  g_autofree char *command = ncg_file_read_at (AT_FDCWD, path);
  const char *unit = command != NULL ? placement_find_unit (g_strchomp (command)) : NULL;
  g_autoptr (NcgProcess) process = unit != NULL ? ncg_process_open (scan->proc, pid, NULL) : NULL;
  g_autofree char *cgroup = NULL;
  Session *session;

  if (process != NULL && is_of_root (process, scan->proc))
    cgroup = ncg_process_read_cgroup (process, scan->proc, scan->tree, NULL);
  if (cgroup == NULL)
    return;
  session = g_new0 (Session, 1);
  session->unit = unit;
  session->pid = pid;
  session->cgroup = g_steal_pointer (&cgroup);
  g_ptr_array_add (sessions, session);
}

/* Only the processes of users: one file for each. */
static void
scan_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Scan *scan = data;
  GPtrArray *sessions = g_ptr_array_new_with_free_func (session_free);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (scan->tree->mount, scan->user_cgroup, NULL);
  g_autoptr (GArray) pids = cgroup != NULL ? ncg_cgroup_list_processes (cgroup, TRUE, NULL) : NULL;

  for (guint i = 0; pids != NULL && i < pids->len; i++)
    look_at (scan, g_array_index (pids, pid_t, i), sessions);
  g_task_return_pointer (task, sessions, (GDestroyNotify) g_ptr_array_unref);
}

static void
on_scanned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GPtrArray) sessions = g_task_propagate_pointer (G_TASK (result), NULL);
  const char *const *units = placement_list_kubernetes ();
  Placement *self = user_data;

  /* It was cancelled, and nobody is there any more. */
  if (sessions == NULL)
    return;
  self->is_busy = FALSE;
  g_ptr_array_unref (self->sessions);
  self->sessions = g_steal_pointer (&sessions);
  for (; *units != NULL; units++)
    placement_service_changed (self, *units);
  if (self->again)
    placement_check (self);
}

void
placement_check (Placement *self)
{
  g_autoptr (GTask) task = NULL;
  Scan *scan;

  self->again = self->is_busy;
  if (self->is_busy)
    return;
  self->is_busy = TRUE;
  scan = g_new0 (Scan, 1);
  scan->proc = g_strdup (self->manager->proc);
  scan->tree = ncg_hierarchy_get_primary (self->manager->hierarchy);
  scan->user_cgroup = ncg_driver_predict_cgroup (self->manager->driver, "/user");
  task = g_task_new (NULL, self->end, on_scanned, self);
  g_task_set_task_data (task, scan, scan_free);
  ncg_worker_run (self->manager->worker, task, scan_in_thread);
}

GStrv
placement_list_kube_cgroups (const Placement *self)
{
  GPtrArray *list = g_ptr_array_new ();
  g_auto (Groups) groups = { 0 };

  groups_init (&groups, self);
  for (const char *const *unit = placement_list_kubernetes (); *unit != NULL; unit++) {
    const NcgService *service = services_find_active (self->services, *unit);

    if (service != NULL && service->cgroup[0] != '\0' &&
        placement_judge (&groups.groups, service->cgroup) != PLACEMENT_RIGHT)
      g_ptr_array_add (list, g_strdup (service->cgroup));
  }
  g_ptr_array_add (list, NULL);
  return (GStrv) g_ptr_array_free (list, FALSE);
}

const char *
placement_get_runtime_cgroup (const Placement *self)
{
  const char *cgroup;

  services_find_runtime (self->services, self->manager->config->container_runtime, &cgroup);
  return cgroup;
}

static void
add_row (const PlacementGroups *groups, const char *unit, const char *cgroup, GVariantBuilder *rows)
{
  g_autofree char *slice = placement_find_slice (cgroup);

  g_variant_builder_add (rows, "(ssssb)", unit, "slice", groups->daemons_unit, slice,
                         placement_judge (groups, cgroup) == PLACEMENT_RIGHT);
}

void
placement_add_rows (const Placement *self, GVariantBuilder *rows)
{
  g_auto (Groups) groups = { 0 };

  groups_init (&groups, self);
  for (const char *const *unit = placement_list_kubernetes (); *unit != NULL; unit++) {
    const char *cgroup = find_service (self, *unit);
    const Session *session = find_session (self, *unit);

    if (cgroup != NULL)
      add_row (&groups.groups, *unit, cgroup, rows);
    if (session != NULL)
      add_row (&groups.groups, *unit, session->cgroup, rows);
  }
}
