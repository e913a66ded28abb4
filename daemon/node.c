/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bootstrap.
 */
#include "daemon/node.h"

#include "daemon/conditions.h"
#include "daemon/policy/bootstrap.h"
#include "daemon/policy/settings.h"
#include "lib/error.h"
#include "lib/machine.h"

struct Node {
  Manager *manager;
  NodeState state;
  Conditions *conditions;
  GVariant *capacity;
  NcgPlace *daemons; /* the slice of Kubernetes' daemons */
  guint pending;
  NodeChanged changed;
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

Node *
node_new (Manager *manager)
{
  Node *self = g_new0 (Node, 1);

  self->manager = manager;
  self->conditions = conditions_new (NULL, NULL);
  self->capacity = ncg_machine_read_capacity (manager->config->root);
  return self;
}

void
node_free (Node *self)
{
  if (self == NULL)
    return;
  ncg_place_free (self->daemons);
  conditions_free (self->conditions);
  g_variant_unref (self->capacity);
  g_free (self);
}

void
node_set_listener (Node *self, NodeChanged changed, gpointer user_data)
{
  self->changed = changed;
  self->user_data = user_data;
}

NodeState
node_get_state (const Node *self)
{
  return self->state;
}

GVariant *
node_get_capacity (const Node *self)
{
  return g_variant_ref (self->capacity);
}

GVariant *
node_get_conditions (const Node *self)
{
  return conditions_to_variant (self->conditions);
}

static void
update_state (Node *self)
{
  self->state = conditions_hold (self->conditions) ? NODE_READY : NODE_DEGRADED;
  if (self->changed != NULL)
    self->changed (self->user_data);
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

/* (transfer full) (nullable): the controllers that @path has, in whichever hierarchy. */
static char *
read_controllers (Node *self, const char *path, GError **error)
{
  const GPtrArray *trees = self->manager->hierarchy->trees;
  g_autoptr (NcgCgroup) primary = manager_open_cgroup (self->manager, path, error);
  GString *controllers = primary != NULL ? g_string_new (NULL) : NULL;

  for (guint i = 0; controllers != NULL && i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);
    g_autofree char *list = NULL;

    if (cgroup != NULL)
      list = tree->is_v1 ? g_strjoinv (" ", tree->controllers)
                         : ncg_cgroup_read (cgroup, "cgroup.controllers", NULL);
    if (list != NULL)
      g_string_append_printf (controllers, "%s%s", controllers->len > 0 ? " " : "", list);
  }
  return controllers != NULL ? g_string_free (controllers, FALSE) : NULL;
}

static void
check_system_slice (Node *self)
{
  g_autofree char *path = g_strconcat (self->manager->config->system_group, ".slice", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *controllers = read_controllers (self, path, &error);
  g_autofree char *missing = NULL;
  g_autofree char *message = NULL;

  if (controllers != NULL)
    missing = bootstrap_find_missing_controllers (controllers);
  if (controllers == NULL)
    message = g_strdup_printf ("%s cannot be read (%s); systemd makes it for its services, see "
                               "'systemctl status system.slice'",
                               path, error->message);
  else if (missing != NULL)
    message = g_strdup_printf ("%s lacks the controllers %s; see cgroup.controllers and "
                               "cgroup.subtree_control of the root, and the cgroup_disable= option "
                               "of the kernel",
                               path, missing);
  else
    message = g_strdup_printf ("%s has the controllers %s", path, controllers);
  conditions_set (self->conditions, "SystemSlice", controllers != NULL && missing == NULL, message);
}

static void
apply_sysctl (Node *self, const ConfigSysctl *sysctl)
{
  const char *root = self->manager->config->root;
  g_autofree char *name = g_strconcat ("Sysctl:", sysctl->name, NULL);
  g_autofree char *actual = ncg_machine_read_sysctl (root, sysctl->name, NULL);
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;

  if (g_strcmp0 (actual, sysctl->wanted) != 0 &&
      ncg_machine_write_sysctl (root, sysctl->name, sysctl->wanted, &error)) {
    g_message ("sysctl %s was %s, set to %s", sysctl->name, actual != NULL ? actual : "unreadable",
               sysctl->wanted);
    g_free (actual);
    actual = ncg_machine_read_sysctl (root, sysctl->name, &error);
  }
  if (g_strcmp0 (actual, sysctl->wanted) == 0)
    message = g_strdup_printf ("%s is %s", sysctl->name, sysctl->wanted);
  else
    message = g_strdup_printf ("%s should be %s, is %s (%s)", sysctl->name, sysctl->wanted,
                               actual != NULL ? actual : "unreadable",
                               error != NULL ? error->message : "the kernel did not take it");
  conditions_set (self->conditions, name, g_strcmp0 (actual, sysctl->wanted) == 0, message);
}

static void
step_done (GTask *task)
{
  Node *self = g_task_get_task_data (task);

  if (--self->pending > 0)
    return;
  /* The slices above first: systemd enables the controllers for their sake. */
  check_hierarchy (self);
  if (has_systemd (self))
    check_system_slice (self);
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++)
    apply_sysctl (self, &self->manager->config->sysctls[i]);
  update_state (self);
  g_task_return_boolean (task, TRUE);
}

static void
on_daemons_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Node *self = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *message = NULL;

  ncg_place_free (self->daemons);
  self->daemons = ncg_driver_ensure_group_finish (result, &error);
  if (self->daemons != NULL)
    message = g_strdup_printf ("%s is there, at %s", self->daemons->unit, self->daemons->cgroup);
  else
    message = g_strdup_printf ("the slice of %s is not there: %s",
                               self->manager->config->daemons_group, error->message);
  conditions_set (self->conditions, "DaemonsSlice", self->daemons != NULL, message);
  step_done (task);
}

/* The slices above the pods, by the class of the pods that are in them. */
static const struct {
  QosClass qos;
  const char *condition;
  const char *what;
} levels[] = {
  { QOS_GUARANTEED, "PodsSlice", "the slice of all pods" },
  { QOS_BURSTABLE, "BurstableSlice", "the slice of Burstable pods" },
  { QOS_BESTEFFORT, "BestEffortSlice", "the slice of BestEffort pods" },
};

typedef struct {
  GTask *task;
  gsize level;
} Step;

static void
on_level_there (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Step *step = user_data;
  g_autoptr (GTask) task = step->task;
  Node *self = g_task_get_task_data (task);
  const char *what = levels[step->level].what;
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;
  gboolean holds = qos_tree_ensure_finish (result, &error);

  if (holds)
    message = g_strdup_printf ("%s is there", what);
  else
    message = g_strdup_printf ("%s is not as it should be: %s", what, error->message);
  conditions_set (self->conditions, levels[step->level].condition, holds, message);
  step_done (task);
}

void
node_bootstrap_async (Node *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Manager *manager = self->manager;
  g_auto (NcgResources) nothing = { 0 };
  NcgGroup daemons = {
    .path = manager->config->daemons_group,
    .description = "NodeCgroups: Kubernetes daemons",
    .resources = &nothing,
    .adopt = TRUE,
  };

  g_task_set_task_data (task, self, NULL);
  self->pending = 1 + G_N_ELEMENTS (levels);
  ncg_driver_ensure_group_async (manager->driver, &daemons,
                                 g_get_monotonic_time () + MANAGER_DEADLINE_USEC, on_daemons_there,
                                 g_object_ref (task));
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++) {
    Step *step = g_new0 (Step, 1);

    step->task = g_object_ref (task);
    step->level = i;
    qos_tree_ensure_async (manager->qos, levels[i].qos, on_level_there, step);
  }
}

void
node_bootstrap_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
node_set_connected (Node *self, gboolean connected)
{
  if (has_systemd (self))
    conditions_set (self->conditions, "Systemd", connected,
                    connected ? "connected to systemd"
                              : "the connection to systemd is lost; trying again");
  if (self->state != NODE_BOOTSTRAPPING)
    update_state (self);
}

static void
add_row (GVariantBuilder *rows,
         const char *object,
         const char *setting,
         const char *wanted,
         const char *actual)
{
  g_variant_builder_add (rows, "(ssssb)", object, setting, wanted,
                         actual != NULL ? actual : "missing", g_strcmp0 (wanted, actual) == 0);
}

static void
verify_level (Node *self, QosClass qos, GVariantBuilder *rows)
{
  const ManagedGroup *group = qos_tree_get (self->manager->qos, qos);
  const NcgResources *resources = managed_group_get_applied (group);

  if (resources != NULL)
    manager_add_rows (self->manager, managed_group_get_place (group)->cgroup, resources, rows);
}

static void
verify_daemons (Node *self, GVariantBuilder *rows)
{
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (self->daemons != NULL)
    cgroup = manager_open_cgroup (self->manager, self->daemons->cgroup, NULL);
  add_row (rows, self->manager->config->daemons_group, "cgroup", "present",
           cgroup != NULL ? "present" : NULL);
}

GVariant *
node_verify (Node *self)
{
  const char *root = self->manager->config->root;
  GVariantBuilder rows;

  g_variant_builder_init (&rows, G_VARIANT_TYPE ("a(ssssb)"));
  verify_daemons (self, &rows);
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    verify_level (self, levels[i].qos, &rows);
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++) {
    const ConfigSysctl *sysctl = &self->manager->config->sysctls[i];
    g_autofree char *actual = ncg_machine_read_sysctl (root, sysctl->name, NULL);
    add_row (&rows, "sysctl", sysctl->name, sysctl->wanted, actual);
  }
  return g_variant_ref_sink (g_variant_builder_end (&rows));
}
