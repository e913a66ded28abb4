/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The settings of the node's slices.
 */
#include "daemon/policy/node-plan.h"

#include "daemon/policy/allocatable.h"
#include "lib/cpuset.h"
#include "lib/page-size.h"

#include <string.h>

#define USER_GROUP "/user"
#define WEIGHT_MIN 1
#define WEIGHT_DEFAULT 100
#define WEIGHT_MAX 10000
#define MILLICORES_PER_WEIGHT 10 /* 100 is one CPU */
#define MILLION 1000000

/* One of the groups that the configuration names, while the plan is made. */
typedef struct {
  NodeGroupRole role;
  const char *path; /* (nullable): there is none */
  const ConfigReservation *reservation;
  const char *reservation_name;
  guint full;         /* the key of ConfigEnforce */
  guint compressible; /* the key of its weight alone */
  guint64 cpu;        /* its share, in millicores */
  gboolean is_weighted;
} Part;

enum { PART_SYSTEM, PART_DAEMONS, PART_ROOT, N_PARTS };

typedef struct {
  const Config *config;
  const NodeFacts *facts;
  NodePlan *plan;
  GVariant *limit; /* what pods may use together */
  Part parts[N_PARTS];
} Planner;

static void
node_group_free (gpointer data)
{
  NodeGroup *group = data;

  g_free (group->path);
  ncg_resources_clear (&group->resources);
  g_free (group);
}

static void
node_lack_free (gpointer data)
{
  NodeLack *lack = data;

  g_free (lack->message);
  g_free (lack);
}

void
node_plan_free (NodePlan *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->lacking);
  g_free (self);
}

const NodeGroup *
node_plan_find (const NodePlan *self, const char *path)
{
  for (guint i = 0; i < self->groups->len; i++) {
    const NodeGroup *group = g_ptr_array_index (self->groups, i);

    if (g_str_equal (group->path, path))
      return group;
  }
  return NULL;
}

gboolean
node_plan_is_empty (const NodeGroup *group)
{
  return group->resources.set == 0 && group->resources.cpus == NULL &&
         group->resources.hugepages == NULL;
}

gboolean
node_plan_is_below (const char *path, const char *top)
{
  gsize length = strlen (top);

  return strncmp (path, top, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static NodeGroup *
ensure_group (Planner *planner, const char *path, NodeGroupRole role)
{
  NodeGroup *group = (NodeGroup *) node_plan_find (planner->plan, path);

  if (group == NULL) {
    group = g_new0 (NodeGroup, 1);
    group->path = g_strdup (path);
    group->role = role;
    g_ptr_array_add (planner->plan->groups, group);
  }
  return group;
}

static G_GNUC_PRINTF (3, 4) void add_lack (Planner *planner, guint key, const char *format, ...)
{
  NodeLack *lack = g_new0 (NodeLack, 1);
  va_list arguments;

  va_start (arguments, format);
  lack->key = key;
  lack->message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (planner->plan->lacking, lack);
  planner->plan->enforced &= ~key;
}

static gboolean
has_controller (Planner *planner, const char *name)
{
  return ncg_hierarchy_find_tree (planner->facts->hierarchy, name) != NULL;
}

/* Whether @setting of the group at @path can be made; says so under @key if not. */
static gboolean
check_controller (
    Planner *planner, guint key, const char *path, const char *setting, const char *controller)
{
  if (has_controller (planner, controller))
    return TRUE;
  add_lack (planner, key,
            "%s of %s needs the controller %s, which no hierarchy of this machine has; see "
            "/sys/fs/cgroup/cgroup.controllers, /proc/cgroups and the kernel's option "
            "cgroup_disable=",
            setting, path, controller);
  return FALSE;
}

static gboolean
is_unified (const Planner *planner)
{
  return planner->facts->hierarchy->mode == NCG_HIERARCHY_UNIFIED;
}

static gboolean
has_reserved (const Part *part, ConfigResource resource)
{
  return part->reservation != NULL && (part->reservation->set & (1u << resource)) != 0;
}

static void
set (Planner *planner, const Part *part, NcgSetting setting, guint64 value)
{
  ncg_resources_set (&ensure_group (planner, part->path, part->role)->resources, setting, value);
}

/* Each group above @path has the sum of what is below it. */
static void
add_above (Planner *planner, const char *path, NcgSetting setting, guint64 amount)
{
  g_autofree char *above = g_strdup (path);
  char *slash;

  while (amount > 0 && (slash = strrchr (above, '/')) != NULL && slash != above) {
    NcgResources *resources;
    guint64 sum;

    *slash = '\0';
    resources = &ensure_group (planner, above, NODE_GROUP_ANCESTOR)->resources;
    sum = ncg_resources_get (resources, setting, 0);
    ncg_resources_set (resources, setting,
                       sum > NCG_UNLIMITED - amount ? NCG_UNLIMITED : sum + amount);
  }
}

/* CPU time */

static gboolean
is_asked (const Planner *planner, guint keys)
{
  return (planner->config->enforced & keys) != 0;
}

static void
choose_shares (Planner *planner)
{
  gboolean is_reserved = FALSE;
  gboolean is_any = FALSE;

  for (int i = PART_SYSTEM; i <= PART_DAEMONS; i++) {
    Part *part = &planner->parts[i];

    if (part->path == NULL || !has_reserved (part, CONFIG_CPU))
      continue;
    part->cpu = part->reservation->amounts[CONFIG_CPU];
    is_reserved = is_reserved || part->cpu > 0;
    part->is_weighted =
        is_asked (planner, part->full | part->compressible) &&
        check_controller (planner, part->full | part->compressible, part->path, "CPUWeight", "cpu");
    is_any = is_any || part->is_weighted;
  }
  planner->parts[PART_ROOT].cpu = allocatable_get (planner->limit, "cpu", 0);
  planner->parts[PART_ROOT].is_weighted = is_reserved &&
                                          (is_any || is_asked (planner, CONFIG_ENFORCE_PODS)) &&
                                          has_controller (planner, "cpu");
}

/* The largest share in one weight: of a group, or of one above it. */
static guint64
find_largest (const Planner *planner)
{
  guint64 sum = 0;

  for (int i = 0; i < N_PARTS; i++)
    if (planner->parts[i].is_weighted)
      sum = MAX (sum, planner->parts[i].cpu);
  return sum;
}

/* How much weight (@ret_weight) so many millicores (@ret_millicores) are. */
static void
choose_scale (const Planner *planner, double *ret_weight, double *ret_millicores)
{
  guint64 largest = find_largest (planner);
  guint64 others = 0;
  guint n_others = 0;

  for (int i = PART_SYSTEM; i <= PART_DAEMONS; i++) {
    const Part *part = &planner->parts[i];

    if (part->cpu == 0 || part->is_weighted)
      continue;
    others += part->cpu;
    n_others++;
  }
  *ret_weight = 1;
  *ret_millicores = MILLICORES_PER_WEIGHT;
  if (n_others > 0) {
    *ret_weight = (double) WEIGHT_DEFAULT * n_others;
    *ret_millicores = (double) others;
  } else if (largest > WEIGHT_MAX * MILLICORES_PER_WEIGHT) {
    *ret_weight = WEIGHT_MAX;
    *ret_millicores = (double) largest;
  }
}

static void
plan_weights (Planner *planner)
{
  double weight, millicores;

  choose_shares (planner);
  choose_scale (planner, &weight, &millicores);
  for (int i = 0; i < N_PARTS; i++) {
    const Part *part = &planner->parts[i];
    double share = (double) part->cpu * weight / millicores + 0.5;
    guint64 value = (guint64) CLAMP (share, WEIGHT_MIN, WEIGHT_MAX);

    if (!part->is_weighted)
      continue;
    set (planner, part, NCG_SETTING_CPU_WEIGHT, value);
    add_above (planner, part->path, NCG_SETTING_CPU_WEIGHT, value);
  }
  for (guint i = 0; i < planner->plan->groups->len; i++) {
    NcgResources *resources =
        &((NodeGroup *) g_ptr_array_index (planner->plan->groups, i))->resources;
    guint64 sum = ncg_resources_get (resources, NCG_SETTING_CPU_WEIGHT, 0);

    if (sum > WEIGHT_MAX)
      ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, WEIGHT_MAX);
  }
}

/* Memory and processes */

static guint64
sum_protected (const Planner *planner)
{
  guint64 sum = 0;

  for (int i = PART_SYSTEM; i <= PART_DAEMONS; i++) {
    const Part *part = &planner->parts[i];

    if (part->path != NULL && is_asked (planner, part->full) && has_reserved (part, CONFIG_MEMORY))
      sum += part->reservation->amounts[CONFIG_MEMORY];
  }
  return sum;
}

static void
protect_memory (Planner *planner, const Part *part)
{
  double all = (double) allocatable_get (planner->facts->capacity, "memory", 0);
  double cap = all * (double) planner->config->protection_cap / MILLION;
  double sum = (double) sum_protected (planner);
  guint64 bytes = part->reservation->amounts[CONFIG_MEMORY];

  if (!is_unified (planner)) {
    add_lack (planner, part->full,
              "MemoryMin of %s is not to be had on cgroup v1; boot with "
              "systemd.unified_cgroup_hierarchy=1, or have enforcementPolicy: limit",
              part->path);
    return;
  }
  if (!check_controller (planner, part->full, part->path, "MemoryMin", "memory"))
    return;
  if (sum > cap && all > 0) {
    bytes = (guint64) ((double) bytes * cap / sum);
    planner->plan->is_capped = TRUE;
  }
  set (planner, part, NCG_SETTING_MEMORY_MIN, bytes);
  add_above (planner, part->path, NCG_SETTING_MEMORY_MIN, bytes);
}

static void
limit_part (Planner *planner, const Part *part)
{
  if (has_reserved (part, CONFIG_MEMORY) &&
      check_controller (planner, part->full, part->path, "MemoryMax", "memory"))
    set (planner, part, NCG_SETTING_MEMORY_MAX, part->reservation->amounts[CONFIG_MEMORY]);
  if (has_reserved (part, CONFIG_PID) &&
      check_controller (planner, part->full, part->path, "TasksMax", "pids"))
    set (planner, part, NCG_SETTING_PIDS_MAX, part->reservation->amounts[CONFIG_PID]);
}

static void
plan_reservations (Planner *planner)
{
  for (int i = PART_SYSTEM; i <= PART_DAEMONS; i++) {
    const Part *part = &planner->parts[i];

    if (!is_asked (planner, part->full | part->compressible))
      continue;
    if (part->path == NULL)
      add_lack (planner, part->full | part->compressible,
                "%s is to be enforced, but no cgroup is named for it", part->reservation_name);
    else if (is_asked (planner, part->full) && planner->config->policy == CONFIG_LIMIT)
      limit_part (planner, part);
    else if (is_asked (planner, part->full) && has_reserved (part, CONFIG_MEMORY))
      protect_memory (planner, part);
  }
}

/* All of them are allocatable, so that without the controller nothing is amiss. Pages that nobody
 * can have need no limit, and no controller to be enabled. */
static void
limit_hugepages (Planner *planner, const Part *root)
{
  static const char prefix[] = "hugepages-";
  GVariantIter iter;
  const char *name;
  guint64 amount;

  g_variant_iter_init (&iter, planner->limit);
  while (g_variant_iter_next (&iter, "{&st}", &name, &amount)) {
    guint64 page_bytes;

    if (!g_str_has_prefix (name, prefix) || amount == 0 || !has_controller (planner, "hugetlb") ||
        !ncg_page_size_parse (name + strlen (prefix), &page_bytes))
      continue;
    ncg_resources_set_hugepages (&ensure_group (planner, root->path, root->role)->resources,
                                 page_bytes, amount);
  }
}

static void
plan_pods (Planner *planner)
{
  const Part *root = &planner->parts[PART_ROOT];
  guint64 memory = allocatable_get (planner->limit, "memory", 0);
  guint64 pids = allocatable_get (planner->limit, "pid", 0);

  /* The protections of pods hold only if everything above has them. */
  if (is_unified (planner) && has_controller (planner, "memory")) {
    add_above (planner, root->path, NCG_SETTING_MEMORY_MIN, planner->facts->demand.memory_min);
    add_above (planner, root->path, NCG_SETTING_MEMORY_LOW, planner->facts->demand.memory_low);
  }
  if (!is_asked (planner, CONFIG_ENFORCE_PODS))
    return;
  if (memory == 0 || pids == 0)
    add_lack (planner, CONFIG_ENFORCE_PODS,
              "%s is without a limit, because the reservations leave nothing for pods, or the "
              "capacity cannot be read",
              root->path);
  if (memory > 0 &&
      check_controller (planner, CONFIG_ENFORCE_PODS, root->path, "MemoryMax", "memory"))
    set (planner, root, NCG_SETTING_MEMORY_MAX, memory);
  if (pids > 0 && check_controller (planner, CONFIG_ENFORCE_PODS, root->path, "TasksMax", "pids"))
    set (planner, root, NCG_SETTING_PIDS_MAX, pids);
  limit_hugepages (planner, root);
}

/* CPUs */

static void
set_cpus (Planner *planner, const char *path, NodeGroupRole role, const NcgCpuset *cpus)
{
  NcgResources *resources = &ensure_group (planner, path, role)->resources;

  ncg_cpuset_free (resources->cpus);
  resources->cpus = ncg_cpuset_copy (cpus);
}

/* systemd 252 puts no service into a cpuset cgroup of v1. */
static void
confine_daemons (Planner *planner, const NcgCpuset *reserved)
{
  if (!is_unified (planner) && planner->facts->has_systemd) {
    add_lack (planner, 0,
              "on cgroup v1 systemd has no AllowedCPUs, so that the system's daemons are not held "
              "to reservedSystemCPUs, only pods are kept off; boot with "
              "systemd.unified_cgroup_hierarchy=1");
    return;
  }
  for (int i = PART_SYSTEM; i <= PART_DAEMONS; i++)
    if (planner->parts[i].path != NULL)
      set_cpus (planner, planner->parts[i].path, planner->parts[i].role, reserved);
  if (planner->facts->has_systemd)
    set_cpus (planner, USER_GROUP, NODE_GROUP_USER, reserved);
}

/* What is reserved and not online is a lack, but the others are kept all the same. */
static gboolean
check_cpus (Planner *planner, const NcgCpuset *here, const NcgCpuset *rest)
{
  g_autofree char *reserved = ncg_cpuset_format (planner->config->reserved_cpus);
  g_autofree char *online = ncg_cpuset_format (planner->facts->online);

  if (!check_controller (planner, 0, planner->parts[PART_ROOT].path, "AllowedCPUs", "cpuset"))
    return FALSE;
  if (!ncg_cpuset_is_subset (planner->config->reserved_cpus, planner->facts->online))
    add_lack (planner, 0, "reservedSystemCPUs is %s, but online are only %s", reserved, online);
  else if (ncg_cpuset_is_empty (rest))
    add_lack (planner, 0, "reservedSystemCPUs is %s, which leaves none of the CPUs %s for pods",
              reserved, online);
  return !ncg_cpuset_is_empty (here) && !ncg_cpuset_is_empty (rest);
}

static void
plan_cpus (Planner *planner)
{
  const Config *config = planner->config;
  g_autoptr (NcgCpuset) rest = NULL;
  g_autoptr (NcgCpuset) here = NULL;

  if (config->reserved_cpus == NULL || planner->facts->online == NULL)
    return;
  rest = ncg_cpuset_subtract (planner->facts->online, config->reserved_cpus);
  here = ncg_cpuset_subtract (planner->facts->online, rest);
  if (!check_cpus (planner, here, rest))
    return;
  confine_daemons (planner, here);
  set_cpus (planner, planner->parts[PART_ROOT].path, NODE_GROUP_ROOT, rest);
}

static int
compare_groups (gconstpointer a, gconstpointer b)
{
  const NodeGroup *const *first = a;
  const NodeGroup *const *second = b;

  return strcmp ((*first)->path, (*second)->path);
}

NodePlan *
node_plan_new (const Config *config, const NodeFacts *facts)
{
  g_autoptr (GVariant) limit = allocatable_compute_limit (config, facts->capacity);
  Planner planner = {
    .config = config,
    .facts = facts,
    .plan = g_new0 (NodePlan, 1),
    .limit = limit,
    .parts = {
      [PART_SYSTEM] = { NODE_GROUP_SYSTEM, config->system_group, &config->system_reserved,
                        "systemReserved", CONFIG_ENFORCE_SYSTEM,
                        CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE },
      [PART_DAEMONS] = { NODE_GROUP_DAEMONS, config->daemons_group, &config->kube_reserved,
                         "kubeReserved", CONFIG_ENFORCE_KUBE, CONFIG_ENFORCE_KUBE_COMPRESSIBLE },
      [PART_ROOT] = { NODE_GROUP_ROOT, config->cgroup_root },
    },
  };

  planner.plan->groups = g_ptr_array_new_with_free_func (node_group_free);
  planner.plan->lacking = g_ptr_array_new_with_free_func (node_lack_free);
  planner.plan->enforced = config->enforced;
  for (int i = 0; i < N_PARTS; i++)
    if (planner.parts[i].path != NULL)
      ensure_group (&planner, planner.parts[i].path, planner.parts[i].role);
  plan_weights (&planner);
  plan_reservations (&planner);
  plan_pods (&planner);
  plan_cpus (&planner);
  g_ptr_array_sort (planner.plan->groups, compare_groups);
  return planner.plan;
}
