/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The plan of the policy for this machine, and what it is made of.
 */
#include "cli/plan-node.h"

#include "cli/human.h"
#include "daemon/policy/allocatable.h"
#include "lib/machine.h"

static const TableColumn resource_columns[] = {
  { "RESOURCE", TABLE_LEFT }, { "CAPACITY", TABLE_RIGHT }, { "SYSTEM", TABLE_RIGHT },
  { "KUBE", TABLE_RIGHT },    { "EVICTION", TABLE_RIGHT }, { "ALLOCATABLE", TABLE_RIGHT },
};

static const TableColumn sysctl_columns[] = {
  { "SYSCTL", TABLE_SHRINKS },
  { "MODE", TABLE_LEFT },
  { "WANTED", TABLE_RIGHT },
  { "NOW", TABLE_RIGHT },
};

static const TableColumn score_columns[] = {
  { "UNIT", TABLE_SHRINKS },
  { "OOM_SCORE_ADJ", TABLE_RIGHT },
};

static gboolean
add_group (PlanNode *self,
           const PlanMachine *machine,
           const char *path,
           const NcgResources *resources,
           GError **error)
{
  char *unit = plan_group_name (machine, path, error);
  PlanGroup *group = unit != NULL ? plan_group_new (machine, unit, resources, error) : NULL;

  if (group != NULL)
    g_ptr_array_add (self->groups, group);
  return group != NULL;
}

/* The slice of a class, as it is without a pod; on the root comes what the plan says of it. */
static gboolean
add_class (PlanNode *self, const PlanMachine *machine, QosClass qos, GError **error)
{
  const char *root = self->config->cgroup_root;
  const char *component = qos_get_component (qos);
  g_autofree char *path = g_strconcat (root, component[0] != '\0' ? "/" : "", component, NULL);
  const NodeGroup *planned = node_plan_find (self->plan, path);
  g_auto (NcgResources) resources = { 0 };
  const QosDemand none = { 0 };
  SettingsDefaults defaults;

  settings_read_defaults (self->config, machine->hierarchy, &defaults);
  settings_for_qos (qos, &none, defaults.formula, &resources);
  if (planned != NULL) {
    if (ncg_resources_is_set (&planned->resources, NCG_SETTING_CPU_WEIGHT))
      ncg_resources_unset (&resources, NCG_SETTING_CPU_WEIGHT);
    settings_merge (&resources, &planned->resources);
  }
  return add_group (self, machine, path, &resources, error);
}

static gboolean
add_groups (PlanNode *self, const PlanMachine *machine, GError **error)
{
  for (guint i = 0; i < self->plan->groups->len; i++) {
    const NodeGroup *group = g_ptr_array_index (self->plan->groups, i);

    if (group->role != NODE_GROUP_ROOT &&
        !add_group (self, machine, group->path, &group->resources, error))
      return FALSE;
  }
  for (int qos = 0; qos < N_QOS_CLASSES; qos++)
    if (!add_class (self, machine, (QosClass) qos, error))
      return FALSE;
  return TRUE;
}

PlanNode *
plan_node_new (const PlanMachine *machine, const Config *config, GError **error)
{
  g_autoptr (PlanNode) self = g_new0 (PlanNode, 1);
  g_autoptr (NcgCpuset) online = ncg_machine_read_online (config->root, "cpu", NULL);
  NodeFacts facts = {
    .hierarchy = machine->hierarchy,
    .online = online,
    .has_systemd = machine->has_systemd,
  };

  self->config = config;
  self->groups = g_ptr_array_new_with_free_func ((GDestroyNotify) plan_group_free);
  self->capacity = facts.capacity = ncg_machine_read_capacity (config->root);
  if (!allocatable_check (config, self->capacity, error))
    return NULL;
  self->plan = node_plan_new (config, &facts);
  return add_groups (self, machine, error) ? g_steal_pointer (&self) : NULL;
}

void
plan_node_free (PlanNode *self)
{
  g_clear_pointer (&self->capacity, g_variant_unref);
  g_clear_pointer (&self->plan, node_plan_free);
  g_ptr_array_unref (self->groups);
  g_free (self);
}

/* What there is of each resource, in the order of the columns. */
enum { CAPACITY, SYSTEM, KUBE, EVICTION, ALLOCATABLE, N_LISTS };

static const char *const list_names[] = {
  [CAPACITY] = "Capacity",     [SYSTEM] = "SystemReserved",   [KUBE] = "KubeReserved",
  [EVICTION] = "EvictionHard", [ALLOCATABLE] = "Allocatable",
};

static void
make_lists (const PlanNode *self, GVariant *lists[N_LISTS])
{
  lists[CAPACITY] = g_variant_ref (self->capacity);
  lists[SYSTEM] = allocatable_list_reservation (&self->config->system_reserved);
  lists[KUBE] = allocatable_list_reservation (&self->config->kube_reserved);
  lists[EVICTION] = allocatable_list_eviction (self->config, self->capacity);
  lists[ALLOCATABLE] = allocatable_compute (self->config, self->capacity);
}

static char *
format_amount (const char *resource, guint64 amount)
{
  if (g_str_equal (resource, "cpu"))
    return human_millicores (amount);
  return g_str_equal (resource, "pid") ? human_count (amount) : human_bytes (amount);
}

static void
append_table (GString *out, const Table *table, const TableLook *look)
{
  g_autofree char *text = table_format (table, look);

  g_string_append_printf (out, "%s%s", out->len > 0 && text[0] != '\0' ? "\n" : "", text);
}

static void
append_resources (const PlanNode *self, GString *out, const TableLook *look)
{
  g_autoptr (Table) table = table_new (resource_columns, G_N_ELEMENTS (resource_columns));
  GVariant *lists[N_LISTS];
  GVariantIter iter;
  const char *resource;

  make_lists (self, lists);
  g_variant_iter_init (&iter, self->capacity);
  while (g_variant_iter_next (&iter, "{&st}", &resource, NULL)) {
    table_add (table, STYLE_PLAIN, resource);
    for (gsize i = 0; i < N_LISTS; i++) {
      guint64 amount;

      if (g_variant_lookup (lists[i], resource, "t", &amount))
        table_take (table, STYLE_PLAIN, format_amount (resource, amount));
      else
        table_add (table, STYLE_DIM, "-");
    }
  }
  append_table (out, table, look);
  for (gsize i = 0; i < N_LISTS; i++)
    g_variant_unref (lists[i]);
}

/* (transfer full): "" if it cannot be read */
static char *
read_sysctl (const PlanNode *self, const ConfigSysctl *sysctl)
{
  char *now = ncg_machine_read_sysctl (self->config->root, sysctl->name, NULL);

  return now != NULL ? now : g_strdup ("");
}

static void
append_sysctls (const PlanNode *self, GString *out, const TableLook *look)
{
  g_autoptr (Table) table = table_new (sysctl_columns, G_N_ELEMENTS (sysctl_columns));

  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++) {
    const ConfigSysctl *sysctl = &self->config->sysctls[i];
    g_autofree char *now = read_sysctl (self, sysctl);

    table_add (table, STYLE_PLAIN, sysctl->name);
    table_add (table, STYLE_PLAIN, config_sysctl_mode_to_string (sysctl->mode));
    table_add (table, STYLE_PLAIN, sysctl->wanted);
    table_add (table, g_str_equal (now, sysctl->wanted) ? STYLE_PLAIN : STYLE_WARN, now);
  }
  append_table (out, table, look);
}

static void
append_scores (const PlanNode *self, GString *out, const TableLook *look)
{
  g_autoptr (Table) table = table_new (score_columns, G_N_ELEMENTS (score_columns));

  for (guint i = 0; i < self->config->oom_scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (self->config->oom_scores, i);

    table_add (table, STYLE_PLAIN, score->unit);
    table_take (table, STYLE_PLAIN, g_strdup_printf ("%d", score->score));
  }
  append_table (out, table, look);
}

char *
plan_node_format (const PlanNode *self, const TableLook *look)
{
  g_autoptr (Table) groups = plan_group_new_table ();
  GString *out = g_string_new (NULL);

  append_resources (self, out, look);
  for (guint i = 0; i < self->groups->len; i++)
    plan_group_add (g_ptr_array_index (self->groups, i), groups);
  append_table (out, groups, look);
  append_sysctls (self, out, look);
  append_scores (self, out, look);
  for (guint i = 0; i < self->plan->lacking->len; i++) {
    const NodeLack *lack = g_ptr_array_index (self->plan->lacking, i);

    g_string_append (out, "\n");
    style_append (out, STYLE_BAD, look->has_colors, lack->message);
    g_string_append (out, "\n");
  }
  return g_string_free (out, FALSE);
}

static GVariant *
describe_enforced (const PlanNode *self)
{
  GVariantBuilder keys;

  g_variant_builder_init (&keys, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < CONFIG_N_ENFORCE; i++)
    if ((self->plan->enforced & (1u << i)) != 0)
      g_variant_builder_add (&keys, "s", config_enforce_to_string ((ConfigEnforce) (1u << i)));
  return g_variant_builder_end (&keys);
}

static GVariant *
describe_lacking (const PlanNode *self)
{
  GVariantBuilder texts;

  g_variant_builder_init (&texts, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; i < self->plan->lacking->len; i++)
    g_variant_builder_add (&texts, "s",
                           ((NodeLack *) g_ptr_array_index (self->plan->lacking, i))->message);
  return g_variant_builder_end (&texts);
}

static GVariant *
describe_groups (const PlanNode *self)
{
  GVariantBuilder groups;

  g_variant_builder_init (&groups, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->groups->len; i++)
    g_variant_builder_add_value (&groups,
                                 plan_group_describe (g_ptr_array_index (self->groups, i)));
  return g_variant_builder_end (&groups);
}

static GVariant *
describe_sysctls (const PlanNode *self)
{
  GVariantBuilder sysctls;

  g_variant_builder_init (&sysctls, G_VARIANT_TYPE ("aa{ss}"));
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++) {
    const ConfigSysctl *sysctl = &self->config->sysctls[i];
    g_autofree char *now = read_sysctl (self, sysctl);

    g_variant_builder_open (&sysctls, G_VARIANT_TYPE ("a{ss}"));
    g_variant_builder_add (&sysctls, "{ss}", "Name", sysctl->name);
    g_variant_builder_add (&sysctls, "{ss}", "Mode", config_sysctl_mode_to_string (sysctl->mode));
    g_variant_builder_add (&sysctls, "{ss}", "Wanted", sysctl->wanted);
    g_variant_builder_add (&sysctls, "{ss}", "Actual", now);
    g_variant_builder_close (&sysctls);
  }
  return g_variant_builder_end (&sysctls);
}

static GVariant *
describe_scores (const PlanNode *self)
{
  GVariantBuilder scores;

  g_variant_builder_init (&scores, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->config->oom_scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (self->config->oom_scores, i);

    g_variant_builder_open (&scores, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&scores, "{sv}", "Unit", g_variant_new_string (score->unit));
    g_variant_builder_add (&scores, "{sv}", "Score", g_variant_new_int32 (score->score));
    g_variant_builder_close (&scores);
  }
  return g_variant_builder_end (&scores);
}

GVariant *
plan_node_describe (const PlanNode *self)
{
  GVariant *lists[N_LISTS];
  GVariantBuilder all;

  make_lists (self, lists);
  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < N_LISTS; i++) {
    g_variant_builder_add (&all, "{sv}", list_names[i], lists[i]);
    g_variant_unref (lists[i]);
  }
  g_variant_builder_add (&all, "{sv}", "Enforced", describe_enforced (self));
  g_variant_builder_add (&all, "{sv}", "Lacking", describe_lacking (self));
  g_variant_builder_add (&all, "{sv}", "Groups", describe_groups (self));
  g_variant_builder_add (&all, "{sv}", "Sysctls", describe_sysctls (self));
  g_variant_builder_add (&all, "{sv}", "OomScores", describe_scores (self));
  return g_variant_builder_end (&all);
}
