/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node.
 */
#include "daemon/node.h"

#include "daemon/capacity.h"
#include "daemon/conditions.h"
#include "daemon/events.h"
#include "daemon/loop.h"
#include "daemon/node-checks.h"
#include "daemon/node-groups.h"
#include "daemon/node-services.h"
#include "daemon/policy/allocatable.h"
#include "daemon/root-mover.h"
#include "daemon/sysctls.h"
#include "daemon/usage.h"
#include "lib/error.h"
#include "lib/machine.h"

/* Behind the events: what the kernel does not tell of, and what was missed. */
#define CHECK_SEC 60

struct Node {
  Manager *manager;
  NodeState state;
  Conditions *conditions;
  NodeGroups *groups;
  Sysctls *sysctls;
  NodeServices *services;
  RootMover *mover;
  Capacity *capacity;
  gboolean is_replanning;
  gboolean is_outdated; /* the plan that is being applied */
  gint64 begun_usec;    /* the bootstrap, or the last one */
  guint timer;
  gboolean is_services_turn; /* and not that of the cgroups; the last one */
  NodeListener listener;
  gpointer user_data;
};

const char *
node_state_to_string (NodeState state)
{
  static const char *const names[] = {
    [NODE_BOOTSTRAPPING] = "bootstrapping",
    [NODE_READY] = "ready",
    [NODE_DEGRADED] = "degraded",
  };

  return names[state];
}

static void
log_state (const Node *self)
{
  const char *message = NULL;
  const char *condition = conditions_find_failed (self->conditions, &message);
  const EventFields fields = {
    .state = node_state_to_string (self->state),
    .condition = condition,
  };

  if (condition == NULL)
    event_log (EVENT_NODE_READY, &fields, "the node is ready: every condition holds");
  else
    event_log (EVENT_NODE_DEGRADED, &fields, "the node is degraded: %s: %s", condition, message);
}

static void
judge (Node *self)
{
  NodeState before = self->state;

  self->state = conditions_hold (self->conditions) ? NODE_READY : NODE_DEGRADED;
  if (self->state != before)
    log_state (self);
}

static void
update_state (Node *self)
{
  if (self->state != NODE_BOOTSTRAPPING)
    judge (self);
  if (self->listener.changed != NULL)
    self->listener.changed (self->user_data);
}

static void
on_conditions_changed (gpointer user_data)
{
  update_state (user_data);
}

static void
on_drift_found (const char *object,
                const char *setting,
                const char *wanted,
                const char *actual,
                gboolean is_repaired,
                gpointer user_data)
{
  Node *self = user_data;

  if (self->listener.drifted != NULL)
    self->listener.drifted (object, setting, wanted, actual, is_repaired, self->user_data);
}

static void
on_contested (const char *object, const char *message, gpointer user_data)
{
  Node *self = user_data;
  g_autofree char *name = g_strconcat (CONDITIONS_CONTESTED, object, NULL);

  if (message != NULL)
    conditions_set (self->conditions, name, FALSE, message);
  else
    conditions_drop (self->conditions, name);
}

static void check_again (Node *self);
static void replan (Node *self);

static void
on_root_changed (gpointer user_data)
{
  replan (user_data);
}

static void
on_group_settled (gpointer user_data)
{
  Node *self = user_data;

  if (self->state != NODE_BOOTSTRAPPING)
    node_checks_set_conditions (self->conditions, self->manager, self->groups);
}

/* With CPUs the kernel itself changes the sets of cgroups, and tells nobody. */
static void
on_capacity_changed (gpointer user_data)
{
  Node *self = user_data;

  replan (self);
  drift_check_all (self->manager->drift);
}

static gboolean
on_timer (gpointer user_data)
{
  check_again (user_data);
  return G_SOURCE_CONTINUE;
}

Node *
node_new (Manager *manager, const char *state_file)
{
  static const DriftListener listener = { on_drift_found, on_contested };
  static const NodeGroupsListener groups = { on_root_changed, on_group_settled };
  Node *self = g_new0 (Node, 1);

  self->manager = manager;
  self->conditions = conditions_new (on_conditions_changed, self);
  self->groups = node_groups_new (manager, state_file);
  node_groups_set_listener (self->groups, &groups, self);
  self->sysctls = sysctls_new (manager->config->root, self->conditions, manager->drift);
  self->services = node_services_new (manager, self->conditions);
  self->mover = root_mover_new (manager, self->conditions);
  self->capacity = capacity_new (manager->config->root, on_capacity_changed, self);
  drift_set_listener (manager->drift, &listener, self);
  self->timer = loop_add_seconds (CHECK_SEC, on_timer, self);
  return self;
}

void
node_free (Node *self)
{
  static const DriftListener nobody = { NULL, NULL };

  if (self == NULL)
    return;
  loop_remove (self->timer);
  drift_set_listener (self->manager->drift, &nobody, NULL);
  capacity_free (self->capacity);
  root_mover_free (self->mover);
  node_services_free (self->services);
  sysctls_free (self->sysctls);
  node_groups_free (self->groups);
  conditions_free (self->conditions);
  g_free (self);
}

void
node_set_listener (Node *self, const NodeListener *listener, gpointer user_data)
{
  static const NodeListener nobody = { NULL, NULL };

  self->listener = listener != NULL ? *listener : nobody;
  self->user_data = user_data;
}

NodeState
node_get_state (const Node *self)
{
  return self->state;
}

const char *
node_find_failed (const Node *self, const char **ret_message)
{
  return conditions_find_failed (self->conditions, ret_message);
}

GVariant *
node_get_conditions (const Node *self)
{
  return conditions_to_variant (self->conditions);
}

GVariant *
node_get_capacity (const Node *self)
{
  return g_variant_ref (capacity_get (self->capacity));
}

GVariant *
node_get_system_reserved (const Node *self)
{
  return allocatable_list_reservation (&self->manager->config->system_reserved);
}

GVariant *
node_get_kube_reserved (const Node *self)
{
  return allocatable_list_reservation (&self->manager->config->kube_reserved);
}

GVariant *
node_get_eviction (const Node *self)
{
  return allocatable_list_eviction (self->manager->config, capacity_get (self->capacity));
}

GVariant *
node_get_allocatable (const Node *self)
{
  return allocatable_compute (self->manager->config, capacity_get (self->capacity));
}

GVariant *
node_get_enforced (const Node *self)
{
  return node_checks_list_enforced (self->manager, self->groups);
}

guint64
node_get_drift_count (const Node *self)
{
  return drift_get_found (self->manager->drift);
}

/* Without it there is no system.slice, and nobody to be connected to. */
static gboolean
has_systemd (const Node *self)
{
  return g_str_equal (ncg_driver_get_name (self->manager->driver), "systemd");
}

static void
check_hierarchy (Node *self)
{
  const NcgHierarchy *hierarchy = self->manager->hierarchy;
  const char *mode = ncg_hierarchy_mode_to_string (hierarchy->mode);
  g_autofree char *message = NULL;

  if (hierarchy->mode == NCG_HIERARCHY_UNIFIED)
    message = g_strdup ("the machine has the unified cgroup hierarchy");
  else
    message =
        g_strdup_printf ("the cgroup hierarchy is %s; boot with "
                         "systemd.unified_cgroup_hierarchy=1 to have all settings of pods; on "
                         "cgroup v1 there is no MemoryHigh, MemoryMin, OOMGroup and pressure",
                         mode);
  conditions_set (self->conditions, "UnifiedHierarchy", hierarchy->mode == NCG_HIERARCHY_UNIFIED,
                  message);
}

static gboolean
check_cpus (const Config *config, GError **error)
{
  g_autoptr (NcgCpuset) online = NULL;
  g_autoptr (NcgCpuset) rest = NULL;
  g_autofree char *reserved = NULL;
  g_autofree char *there = NULL;

  if (config->reserved_cpus == NULL)
    return TRUE;
  online = ncg_machine_read_online (config->root, "cpu", error);
  if (online == NULL)
    return FALSE;
  rest = ncg_cpuset_subtract (online, config->reserved_cpus);
  if (ncg_cpuset_is_subset (config->reserved_cpus, online) && !ncg_cpuset_is_empty (rest))
    return TRUE;
  reserved = ncg_cpuset_format (config->reserved_cpus);
  there = ncg_cpuset_format (online);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "reservedSystemCPUs is %s; it takes some of the CPUs that are online, %s, and not "
               "all",
               reserved, there);
  return FALSE;
}

gboolean
node_check_config (const Config *config, GError **error)
{
  g_autoptr (GVariant) capacity = ncg_machine_read_capacity (config->root);

  return allocatable_check (config, capacity, error) && check_cpus (config, error) &&
         sysctls_check_defaults (config, error);
}

/* CPUs or memory may have gone since the configuration was taken. */
static gboolean
check_reservations (Node *self)
{
  const Config *config = self->manager->config;
  g_autoptr (GError) error = NULL;
  gboolean holds = allocatable_check (config, capacity_get (self->capacity), &error);

  conditions_set (self->conditions, "Reservations", holds,
                  holds ? "no more is reserved than this machine has" : error->message);
  return holds;
}

/* (nullable): NULL if there is none for what the machine has now, and the one before stays. */
static NodePlan *
make_plan (Node *self)
{
  const char *root = self->manager->config->root;
  g_autoptr (NcgCpuset) online = ncg_machine_read_online (root, "cpu", NULL);
  NodeFacts facts = {
    .hierarchy = self->manager->hierarchy,
    .capacity = capacity_get (self->capacity),
    .online = online,
    .has_systemd = has_systemd (self),
  };

  if (!check_reservations (self) && node_groups_get_plan (self->groups) != NULL)
    return NULL;
  manager_sum_demand (self->manager, QOS_GUARANTEED, &facts.demand);
  return node_plan_new (self->manager->config, &facts);
}

/* The bootstrap */

static void
log_bootstrap (const Node *self)
{
  guint64 usec = (guint64) (g_get_monotonic_time () - self->begun_usec);
  const EventFields fields = {
    .state = node_state_to_string (self->state),
    .duration_usec = &usec,
  };

  event_log (EVENT_BOOTSTRAP_FINISHED, &fields,
             "the node's slices, sysctls and services were gone through; it is %s", fields.state);
}

static void
finish_bootstrap (Node *self)
{
  check_hierarchy (self);
  node_checks_set_conditions (self->conditions, self->manager, self->groups);
  sysctls_apply (self->sysctls, self->manager->config);
  node_services_apply (self->services);
  judge (self);
  log_bootstrap (self);
  update_state (self);
}

static void
on_root_moved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  root_mover_check_finish (result);
  finish_bootstrap (g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

/* Into groups that have their settings. */
static void
on_groups_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Node *self = g_task_get_task_data (task);

  node_groups_apply_finish (result);
  root_mover_check_async (self->mover, on_root_moved, task);
}

void
node_bootstrap_async (Node *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  self->begun_usec = g_get_monotonic_time ();
  g_task_set_task_data (task, self, NULL);
  capacity_refresh (self->capacity);
  node_groups_forget (self->groups);
  node_groups_apply_async (self->groups, make_plan (self), on_groups_there, g_object_ref (task));
}

void
node_bootstrap_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

/* Continual validation */

static void
on_replanned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Node *self = user_data;

  node_groups_apply_finish (result);
  self->is_replanning = FALSE;
  node_checks_set_conditions (self->conditions, self->manager, self->groups);
  update_state (self);
  if (self->is_outdated)
    replan (self);
}

static void
replan (Node *self)
{
  self->is_outdated = self->is_replanning;
  if (self->state == NODE_BOOTSTRAPPING || self->is_replanning)
    return;
  self->is_replanning = TRUE;
  node_groups_apply_async (self->groups, make_plan (self), on_replanned, self);
}

static void
on_root_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  root_mover_check_finish (result);
}

/* What takes a worker is done in turns, one task each minute: the watches tell of what happens, and
 * an idle node is to sleep. */
static void
check_in_turn (Node *self)
{
  self->is_services_turn = !self->is_services_turn;
  if (self->is_services_turn)
    node_services_check_some (self->services);
  else
    drift_check_some (self->manager->drift);
}

static void
check_again (Node *self)
{
  if (self->state == NODE_BOOTSTRAPPING)
    return;
  capacity_refresh (self->capacity);
  replan (self);
  sysctls_check (self->sysctls);
  check_in_turn (self);
  root_mover_check_async (self->mover, on_root_checked, NULL);
}

void
node_set_connected (Node *self, gboolean connected)
{
  if (has_systemd (self))
    conditions_set (self->conditions, "Systemd", connected,
                    connected ? "connected to systemd"
                              : "the connection to systemd is lost; trying again");
}

void
node_unit_removed (Node *self, const char *unit)
{
  node_groups_unit_removed (self->groups, unit);
}

void
node_service_changed (Node *self, const NcgService *service)
{
  node_services_changed (self->services, service);
}

GVariant *
node_verify (Node *self)
{
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(ssssb)"));
  node_groups_add_rows (self->groups, &rows);
  root_mover_add_rows (self->mover, &rows);
  sysctls_add_rows (self->sysctls, &rows);
  node_services_add_rows (self->services, &rows);
  return g_variant_ref_sink (g_variant_builder_end (&rows));
}

/* The daemons' slice, and those who are elsewhere. */
static GStrv
list_kube_cgroups (const Node *self, const char *daemons)
{
  g_auto (GStrv) others = node_services_list_kube_cgroups (self->services);
  GPtrArray *list = g_ptr_array_new ();

  g_ptr_array_add (list, g_strdup (daemons));
  for (guint i = 0; others != NULL && others[i] != NULL; i++)
    g_ptr_array_add (list, g_strdup (others[i]));
  g_ptr_array_add (list, NULL);
  return (GStrv) g_ptr_array_free (list, FALSE);
}

/* A user's sessions are systemd's. */
void
node_read_usage_async (Node *self, GAsyncReadyCallback callback, gpointer user_data)
{
  Manager *manager = self->manager;
  const char *system_group = manager->config->system_group;
  g_autofree char *daemons =
      ncg_driver_predict_cgroup (manager->driver, manager->config->daemons_group);
  g_autofree char *system =
      system_group != NULL ? ncg_driver_predict_cgroup (manager->driver, system_group) : NULL;
  g_auto (GStrv) kube = list_kube_cgroups (self, daemons);
  UsageGroups groups = {
    .system = system,
    .user = has_systemd (self) ? "/user.slice" : NULL,
    .runtime = node_services_get_runtime_cgroup (self->services),
    .kube = (const char *const *) kube,
  };

  usage_read_async (manager, &groups, callback, user_data);
}

GVariant *
node_read_usage_finish (GAsyncResult *result, GError **error)
{
  return usage_read_finish (result, error);
}
