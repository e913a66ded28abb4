/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The conditions of the node's groups.
 */
#include "daemon/node-checks.h"

#include "daemon/policy/bootstrap.h"
#include "lib/error.h"

#define ENFORCED "Enforced:"
#define ANCESTOR "Slice:"

static const char *
get_path (const Manager *manager, guint key)
{
  const Config *config = manager->config;

  if ((key & CONFIG_ENFORCE_PODS) != 0)
    return config->cgroup_root;
  if ((key & (CONFIG_ENFORCE_KUBE | CONFIG_ENFORCE_KUBE_COMPRESSIBLE)) != 0)
    return config->daemons_group;
  return config->system_group;
}

GVariant *
node_checks_list_enforced (const Manager *manager, const NodeGroups *groups)
{
  const NodePlan *plan = node_groups_get_plan (groups);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_STRING_ARRAY);
  for (guint i = 0; plan != NULL && i < CONFIG_N_ENFORCE; i++) {
    guint key = 1u << i;
    const char *path = get_path (manager, key);

    if ((manager->config->enforced & plan->enforced & key) != 0 && path != NULL &&
        node_groups_get_error (groups, path) == NULL)
      g_variant_builder_add (&builder, "s", config_enforce_to_string ((ConfigEnforce) key));
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

/* (transfer full) (nullable): the controllers that @path has, in whichever hierarchy. */
static char *
read_controllers (const Manager *manager, const char *path, GError **error)
{
  const GPtrArray *trees = manager->hierarchy->trees;
  g_autoptr (NcgCgroup) primary = manager_open_cgroup (manager, path, error);
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

/* (transfer full) (nullable): what is wrong with the controllers of @cgroup; else (out) those it
 * has. */
static char *
find_missing (const Manager *manager, const char *cgroup, char **ret_controllers)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *controllers = read_controllers (manager, cgroup, &error);
  g_autofree char *missing = NULL;

  if (controllers == NULL)
    return g_strdup_printf ("%s cannot be read (%s); systemd makes it for what it starts in it, "
                            "see 'systemctl status'",
                            cgroup, error->message);
  missing = bootstrap_find_missing_controllers (controllers);
  if (missing != NULL)
    return g_strdup_printf ("%s lacks the controllers %s; see cgroup.controllers and "
                            "cgroup.subtree_control of the root, and the cgroup_disable= option of "
                            "the kernel",
                            cgroup, missing);
  *ret_controllers = g_steal_pointer (&controllers);
  return NULL;
}

/* One that has nothing from us is where the driver would make it. */
static char *
find_cgroup (const Manager *manager, const NodeGroups *groups, const char *path)
{
  const char *cgroup = node_groups_get_cgroup (groups, path);

  return cgroup != NULL ? g_strdup (cgroup) : ncg_driver_predict_cgroup (manager->driver, path);
}

static void
check_slice (Conditions *conditions,
             const Manager *manager,
             const NodeGroups *groups,
             const char *name,
             const char *path)
{
  const GError *error = node_groups_get_error (groups, path);
  g_autofree char *cgroup = find_cgroup (manager, groups, path);
  g_autofree char *controllers = NULL;
  g_autofree char *message = NULL;

  if (error != NULL)
    message = g_strdup_printf ("%s is not as it should be: %s", path, error->message);
  else
    message = find_missing (manager, cgroup, &controllers);
  if (message != NULL) {
    conditions_set (conditions, name, FALSE, message);
    return;
  }
  message = g_strdup_printf ("%s is there, with the controllers %s", cgroup, controllers);
  conditions_set (conditions, name, TRUE, message);
}

static void
check_slices (Conditions *conditions, Manager *manager, const NodeGroups *groups)
{
  static const char *const levels[N_QOS_CLASSES] = {
    [QOS_GUARANTEED] = "PodsSlice",
    [QOS_BURSTABLE] = "BurstableSlice",
    [QOS_BESTEFFORT] = "BestEffortSlice",
  };

  if (manager->config->system_group != NULL)
    check_slice (conditions, manager, groups, "SystemSlice", manager->config->system_group);
  else
    conditions_drop (conditions, "SystemSlice");
  check_slice (conditions, manager, groups, "DaemonsSlice", manager->config->daemons_group);
  for (int i = 0; i < N_QOS_CLASSES; i++)
    check_slice (conditions, manager, groups, levels[i],
                 managed_group_get_path (qos_tree_get (manager->qos, (QosClass) i)));
}

/* Those above, and that of users: only if they have something from us. */
static void
check_others (Conditions *conditions,
              Manager *manager,
              const NodePlan *plan,
              const NodeGroups *groups)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < plan->groups->len; i++) {
    const NodeGroup *group = g_ptr_array_index (plan->groups, i);
    char *name;

    if (group->role != NODE_GROUP_ANCESTOR && group->role != NODE_GROUP_USER)
      continue;
    name = g_strconcat (ANCESTOR, group->path, NULL);
    g_ptr_array_add (names, name);
    check_slice (conditions, manager, groups, name, group->path);
  }
  conditions_drop_others (conditions, ANCESTOR, names);
}

/* (transfer full) (nullable): what cannot be done of @key */
static char *
find_lacks (const NodePlan *plan, guint key)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < plan->lacking->len; i++) {
    const NodeLack *lack = g_ptr_array_index (plan->lacking, i);

    if ((lack->key & key) != 0 || (key == 0 && lack->key == 0))
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", lack->message);
  }
  return g_string_free (text, text->len == 0);
}

static void
check_key (Conditions *conditions,
           const Manager *manager,
           const NodePlan *plan,
           const NodeGroups *groups,
           guint key,
           const char *name)
{
  const char *path = get_path (manager, key);
  const GError *error = path != NULL ? node_groups_get_error (groups, path) : NULL;
  g_autofree char *lacks = find_lacks (plan, key);
  g_autofree char *message = NULL;

  if (lacks != NULL)
    message = g_steal_pointer (&lacks);
  else if (error != NULL)
    message = g_strdup_printf ("%s is not as it should be: %s", path, error->message);
  if (message != NULL) {
    conditions_set (conditions, name, FALSE, message);
    return;
  }
  message = g_strdup_printf ("enforced on %s (%s)", path,
                             manager->config->policy == CONFIG_LIMIT ? "limit" : "protect");
  conditions_set (conditions, name, TRUE, message);
}

static void
check_enforced (Conditions *conditions,
                const Manager *manager,
                const NodePlan *plan,
                const NodeGroups *groups)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < CONFIG_N_ENFORCE; i++) {
    guint key = 1u << i;
    char *name;

    if ((manager->config->enforced & key) == 0)
      continue;
    name = g_strconcat (ENFORCED, config_enforce_to_string ((ConfigEnforce) key), NULL);
    g_ptr_array_add (names, name);
    check_key (conditions, manager, plan, groups, key, name);
  }
  conditions_drop_others (conditions, ENFORCED, names);
}

static void
check_cpus (Conditions *conditions, const Manager *manager, const NodePlan *plan)
{
  g_autofree char *lacks = find_lacks (plan, 0);
  g_autofree char *cpus = NULL;
  g_autofree char *message = NULL;

  if (manager->config->reserved_cpus == NULL) {
    conditions_drop (conditions, "ReservedSystemCPUs");
    return;
  }
  cpus = ncg_cpuset_format (manager->config->reserved_cpus);
  message = g_strdup_printf ("the system's and Kubernetes' daemons and users have the CPUs %s, and "
                             "pods the others",
                             cpus);
  conditions_set (conditions, "ReservedSystemCPUs", lacks == NULL, lacks != NULL ? lacks : message);
}

/* Below a slice memory.min is shared out only with this option of the mount. */
static void
check_protection (Conditions *conditions, const Manager *manager, const NodePlan *plan)
{
  gboolean is_asked = manager->config->policy == CONFIG_PROTECT &&
                      (plan->enforced & (CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_KUBE)) != 0;
  g_autofree char *message = NULL;

  if (!is_asked) {
    conditions_drop (conditions, "MemoryProtection");
  } else if (!manager->hierarchy->has_recursive_protection) {
    conditions_set (conditions, "MemoryProtection", FALSE,
                    "cgroup2 is mounted without memory_recursiveprot: the protection of a slice "
                    "does not reach the services in it; have a kernel of 5.7 and a systemd of 246 "
                    "or later, or remount it with this option, or have enforcementPolicy: limit");
  } else if (plan->is_capped) {
    message = g_strdup_printf (
        "the reservations of memory are together more than memoryProtectionCap allows to be "
        "protected (%.4g %% of the capacity); each is protected in proportion",
        (double) manager->config->protection_cap / 10000);
    conditions_set (conditions, "MemoryProtection", FALSE, message);
  } else {
    conditions_set (conditions, "MemoryProtection", TRUE, "the reservations are protected in full");
  }
}

void
node_checks_set_conditions (Conditions *conditions, Manager *manager, const NodeGroups *groups)
{
  const NodePlan *plan = node_groups_get_plan (groups);

  if (plan == NULL)
    return;
  check_slices (conditions, manager, groups);
  check_others (conditions, manager, plan, groups);
  check_enforced (conditions, manager, plan, groups);
  check_cpus (conditions, manager, plan);
  check_protection (conditions, manager, plan);
}
