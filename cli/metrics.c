/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of the families, and tables of what goes into them. Names are those that Prometheus'
 * conventions ask for (prometheus.io/docs/practices/naming): base units, and what may be added up
 * or compared has one name and different labels.
 */
#include "cli/metrics.h"

#include "cli/figures.h"
#include "cli/metrics-latencies.h"

#include <string.h>

#define PER_MILLI 1000
#define PER_MICRO 1000000
#define PER_NANO 1000000000

/* Of each list of resources, in this order. */
enum { CPU, MEMORY, STORAGE, PIDS, HUGEPAGES, N_RESOURCES };

enum {
  UP,
  BUILD,
  STATE,
  CONDITION,
  CONTESTED,
  DRIFT,
  CAPACITY,
  ALLOCATABLE = CAPACITY + N_RESOURCES,
  RESERVED = ALLOCATABLE + N_RESOURCES,
  EVICTION = RESERVED + N_RESOURCES,
  PART_CPU = EVICTION + N_RESOURCES,
  PART_MEMORY,
  PART_WORKING_SET,
  PART_SWAP,
  PART_PIDS,
  PART_KILLS,
  PART_CPU_PRESSURE,
  PART_MEMORY_PRESSURE,
  PART_IO_PRESSURE,
  PODS,
  CLASS_MEMORY,
  CLASS_WORKING_SET,
  CLASS_PIDS,
  POD_CPU,
  POD_PERIODS,
  POD_THROTTLED_PERIODS,
  POD_THROTTLED,
  POD_MEMORY,
  POD_WORKING_SET,
  POD_MEMORY_LIMIT,
  POD_SWAP,
  POD_PIDS,
  POD_PIDS_LIMIT,
  POD_KILLS,
  START,
  SYSTEMD,
  SYSTEMD_FAILURES,
  OPERATION,
  OPERATION_FAILURES,
  N_FAMILIES,
};

#define AMOUNTS(first, kind, of)                                                                   \
  [first + CPU] = { "nodecgroups_" kind "_cpu_cores", EXPOSITION_GAUGE, "cores", "CPUs " of },     \
           [first + MEMORY] = { "nodecgroups_" kind "_memory_bytes", EXPOSITION_GAUGE, "bytes",    \
                                "Memory " of },                                                    \
           [first + STORAGE] = { "nodecgroups_" kind "_ephemeral_storage_bytes", EXPOSITION_GAUGE, \
                                 "bytes", "Space of the root file system " of },                   \
           [first + PIDS] = { "nodecgroups_" kind "_pids", EXPOSITION_GAUGE, NULL,                 \
                              "Processes and threads " of },                                       \
           [first + HUGEPAGES] = { "nodecgroups_" kind "_hugepages_bytes", EXPOSITION_GAUGE,       \
                                   "bytes", "Memory in huge pages of a size " of }

#define GAUGE(name, unit, help)                                                                    \
  {                                                                                                \
    "nodecgroups_" name, EXPOSITION_GAUGE, unit, help                                              \
  }
#define COUNTER(name, unit, help)                                                                  \
  {                                                                                                \
    "nodecgroups_" name, EXPOSITION_COUNTER, unit, help                                            \
  }
#define HISTOGRAM(name, unit, help)                                                                \
  {                                                                                                \
    "nodecgroups_" name, EXPOSITION_HISTOGRAM, unit, help                                          \
  }

static const ExpositionFamily families[] = {
  [UP] = GAUGE ("up", NULL, "Whether nodecgroupsd answered; without it there is nothing else"),
  [BUILD] = { "nodecgroups_build_info", EXPOSITION_INFO, NULL,
              "The daemon, what makes its cgroups, their hierarchy, and the version of systemd" },
  [STATE] = GAUGE ("node_state", NULL, "1 for the state that the node is in"),
  [CONDITION] = GAUGE ("node_condition", NULL, "Whether the condition holds, as all should"),
  [CONTESTED] =
      GAUGE ("contested_objects", NULL, "Cgroups and sysctls that something else keeps changing"),
  [DRIFT] = COUNTER ("drift_changes_total", NULL, "Changes by others to what the daemon has set"),
  AMOUNTS (CAPACITY, "capacity", "that the machine has"),
  AMOUNTS (ALLOCATABLE, "allocatable", "that pods may be given"),
  AMOUNTS (RESERVED, "reserved", "reserved for a part of the node"),
  AMOUNTS (EVICTION, "eviction_hard", "at which pods are evicted when no more is left"),
  [PART_CPU] =
      COUNTER ("part_cpu_usage_seconds_total", "seconds", "CPU time of a part of the node"),
  [PART_MEMORY] = GAUGE ("part_memory_usage_bytes",
                         "bytes",
                         "Memory of a part of the node, with files that could be dropped"),
  [PART_WORKING_SET] = GAUGE ("part_memory_working_set_bytes",
                              "bytes",
                              "Memory of a part of the node, without files that could be dropped"),
  [PART_SWAP] = GAUGE ("part_swap_usage_bytes", "bytes", "Swap that a part of the node uses"),
  [PART_PIDS] = GAUGE ("part_pids", NULL, "Processes and threads of a part of the node"),
  [PART_KILLS] = COUNTER (
      "part_oom_kills_total", NULL, "Processes of a part of the node killed for want of memory"),
  [PART_CPU_PRESSURE] = COUNTER ("part_pressure_cpu_waiting_seconds_total",
                                 "seconds",
                                 "Time in which some of a part of the node waited for a CPU"),
  [PART_MEMORY_PRESSURE] = COUNTER ("part_pressure_memory_waiting_seconds_total",
                                    "seconds",
                                    "Time in which some of a part of the node waited for memory"),
  [PART_IO_PRESSURE] = COUNTER ("part_pressure_io_waiting_seconds_total",
                                "seconds",
                                "Time in which some of a part of the node waited for I/O"),
  [PODS] = GAUGE ("pods", NULL, "Pods by class and state"),
  [CLASS_MEMORY] = GAUGE ("qos_memory_usage_bytes",
                          "bytes",
                          "Memory of the pods of a class, with files that could be dropped"),
  [CLASS_WORKING_SET] =
      GAUGE ("qos_memory_working_set_bytes",
             "bytes",
             "Memory of the pods of a class, without files that could be dropped"),
  [CLASS_PIDS] = GAUGE ("qos_pids", NULL, "Processes and threads of the pods of a class"),
  [POD_CPU] = COUNTER ("pod_cpu_usage_seconds_total", "seconds", "CPU time of a pod"),
  [POD_PERIODS] = COUNTER ("pod_cpu_cfs_periods_total", NULL, "Periods of the CPU quota of a pod"),
  [POD_THROTTLED_PERIODS] = COUNTER ("pod_cpu_cfs_throttled_periods_total",
                                     NULL,
                                     "Periods in which the CPU quota of a pod was used up"),
  [POD_THROTTLED] = COUNTER (
      "pod_cpu_cfs_throttled_seconds_total", "seconds", "Time that a pod waited for its CPU quota"),
  [POD_MEMORY] = GAUGE (
      "pod_memory_usage_bytes", "bytes", "Memory of a pod, with files that could be dropped"),
  [POD_WORKING_SET] = GAUGE ("pod_memory_working_set_bytes",
                             "bytes",
                             "Memory of a pod, without files that could be dropped"),
  [POD_MEMORY_LIMIT] =
      GAUGE ("pod_memory_limit_bytes", "bytes", "Memory limit of a pod, if it has one"),
  [POD_SWAP] = GAUGE ("pod_swap_usage_bytes", "bytes", "Swap that a pod uses"),
  [POD_PIDS] = GAUGE ("pod_pids", NULL, "Processes and threads of a pod"),
  [POD_PIDS_LIMIT] =
      GAUGE ("pod_pids_limit", NULL, "Limit of processes and threads of a pod, if it has one"),
  [POD_KILLS] =
      COUNTER ("pod_oom_kills_total", NULL, "Processes of a pod killed for want of memory"),
  [START] = GAUGE ("start_time_seconds", "seconds", "When the daemon started, since 1970"),
  [SYSTEMD] = HISTOGRAM ("systemd_call_duration_seconds",
                         "seconds",
                         "Time that systemd took for a call of the daemon and the job it began"),
  [SYSTEMD_FAILURES] = COUNTER (
      "systemd_call_failures_total", NULL, "Calls of systemd that failed, or could not be sent"),
  [OPERATION] = HISTOGRAM ("operation_duration_seconds",
                           "seconds",
                           "Time that the daemon took for what a client asked it to change"),
  [OPERATION_FAILURES] = COUNTER ("operation_failures_total",
                                  NULL,
                                  "Calls of clients that were to change something and failed"),
};
G_STATIC_ASSERT (G_N_ELEMENTS (families) == N_FAMILIES);

/* From a figure to a family. @in: (nullable): the dictionary it is in */
typedef struct {
  const char *in;
  const char *key;
  guint family;
  guint64 per;
} Figure;

static const Figure of_part[] = {
  { NULL, "CPUUsageNSec", PART_CPU, PER_NANO },
  { NULL, "MemoryUsageBytes", PART_MEMORY, 1 },
  { NULL, "MemoryWorkingSetBytes", PART_WORKING_SET, 1 },
  { NULL, "MemorySwapBytes", PART_SWAP, 1 },
  { NULL, "PidsCurrent", PART_PIDS, 1 },
  { "MemoryEvents", "oom_kill", PART_KILLS, 1 },
  { "CPUPressure", "someTotalUSec", PART_CPU_PRESSURE, PER_MICRO },
  { "MemoryPressure", "someTotalUSec", PART_MEMORY_PRESSURE, PER_MICRO },
  { "IOPressure", "someTotalUSec", PART_IO_PRESSURE, PER_MICRO },
};

static const Figure of_pod[] = {
  { NULL, "CPUUsageNSec", POD_CPU, PER_NANO },
  { NULL, "CPUPeriods", POD_PERIODS, 1 },
  { NULL, "CPUThrottledPeriods", POD_THROTTLED_PERIODS, 1 },
  { NULL, "CPUThrottledUSec", POD_THROTTLED, PER_MICRO },
  { NULL, "MemoryUsageBytes", POD_MEMORY, 1 },
  { NULL, "MemoryWorkingSetBytes", POD_WORKING_SET, 1 },
  { NULL, "MemoryLimitBytes", POD_MEMORY_LIMIT, 1 },
  { NULL, "MemorySwapBytes", POD_SWAP, 1 },
  { NULL, "PidsCurrent", POD_PIDS, 1 },
  { NULL, "PidsLimit", POD_PIDS_LIMIT, 1 },
  { "MemoryEvents", "oom_kill", POD_KILLS, 1 },
};

static const Figure of_class[] = {
  { NULL, "MemoryUsageBytes", CLASS_MEMORY, 1 },
  { NULL, "MemoryWorkingSetBytes", CLASS_WORKING_SET, 1 },
  { NULL, "PidsCurrent", CLASS_PIDS, 1 },
};

static const MetricsLatenciesFamilies of_latencies = {
  START, SYSTEMD, SYSTEMD_FAILURES, OPERATION, OPERATION_FAILURES,
};

static const char *const classes[] = { "Guaranteed", "Burstable", "BestEffort" };

/* Those that a pod can stay in have a series even if no pod is. */
static const char *const states[] = { "active", "vanished", "foreign" };

const ExpositionFamily *
metrics_list_families (guint *ret_n)
{
  *ret_n = G_N_ELEMENTS (families);
  return families;
}

const char *const *
metrics_list_fields (gboolean has_each)
{
  static const char *each[G_N_ELEMENTS (of_pod) + 1];
  static const char *sums[G_N_ELEMENTS (of_class) + 1];

  for (gsize i = 0; i < G_N_ELEMENTS (of_pod); i++)
    each[i] = of_pod[i].in != NULL ? of_pod[i].in : of_pod[i].key;
  for (gsize i = 0; i < G_N_ELEMENTS (of_class); i++)
    sums[i] = of_class[i].key;
  return has_each ? each : sums;
}

/* Pressures are of doubles, which are whole numbers where they are totals. */
static gboolean
find_figure (const Figure *figure, GVariant *stats, guint64 *ret_number)
{
  g_autoptr (GVariant) in = NULL;
  double number;

  if (figure->in == NULL)
    return figures_get (stats, figure->key, ret_number);
  in = g_variant_lookup_value (stats, figure->in, NULL);
  if (in == NULL)
    return FALSE;
  if (g_variant_is_of_type (in, G_VARIANT_TYPE ("a{st}")))
    return g_variant_lookup (in, figure->key, "t", ret_number);
  if (!g_variant_is_of_type (in, G_VARIANT_TYPE ("a{sd}")) ||
      !g_variant_lookup (in, figure->key, "d", &number) || number < 0)
    return FALSE;
  *ret_number = (guint64) number;
  return TRUE;
}

/* (transfer full): of @type, empty where there is none */
static GVariant *
look_up (GVariant *properties, const char *name, const char *type)
{
  GVariant *value = g_variant_lookup_value (properties, name, G_VARIANT_TYPE (type));

  return value != NULL ? value
                       : g_variant_ref_sink (g_variant_new_array (
                             g_variant_type_element (G_VARIANT_TYPE (type)), NULL, 0));
}

static const char *
look_up_text (GVariant *properties, const char *name)
{
  const char *text = "";

  g_variant_lookup (properties, name, "&s", &text);
  return text;
}

static void
add_build (Exposition *out, GVariant *manager)
{
  g_autofree char *systemd = NULL;
  guint32 version = 0;

  g_variant_lookup (manager, "SystemdVersion", "u", &version);
  systemd = g_strdup_printf ("%u", version);
  exposition_add (out, BUILD, 1, 1, "version", look_up_text (manager, "Version"), "driver",
                  look_up_text (manager, "Driver"), "hierarchy",
                  look_up_text (manager, "Hierarchy"), "systemd_version", systemd, NULL);
}

/* One for each pod can be contested, so that all of these are one series. */
static void
add_conditions (Exposition *out, GVariant *node)
{
  static const char contested[] = "Contested";
  g_autoptr (GVariant) conditions = look_up (node, "Conditions", "a(sbs)");
  GVariantIter iter;
  const char *condition;
  gboolean holds;
  guint n_contested = 0;

  g_variant_iter_init (&iter, conditions);
  while (g_variant_iter_next (&iter, "(&sb&s)", &condition, &holds, NULL)) {
    if (g_str_has_prefix (condition, contested))
      n_contested++;
    else
      exposition_add (out, CONDITION, holds, 1, "condition", condition, NULL);
  }
  exposition_add (out, CONDITION, n_contested == 0, 1, "condition", contested, NULL);
  exposition_add (out, CONTESTED, n_contested, 1, NULL);
}

static void
add_state (Exposition *out, GVariant *node)
{
  static const char *const known[] = { "bootstrapping", "ready", "degraded" };
  const char *state = look_up_text (node, "State");
  guint64 drift;

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    exposition_add (out, STATE, g_str_equal (known[i], state), 1, "state", known[i], NULL);
  add_conditions (out, node);
  if (g_variant_lookup (node, "DriftCount", "t", &drift))
    exposition_add (out, DRIFT, drift, 1, NULL);
}

static void
add_amount (Exposition *out, guint first, const char *part, const char *resource, guint64 amount)
{
  static const struct {
    const char *name;
    guint family;
    guint64 per;
  } resources[] = {
    { "cpu", CPU, PER_MILLI },
    { "memory", MEMORY, 1 },
    { "ephemeral-storage", STORAGE, 1 },
    { "pid", PIDS, 1 },
  };
  static const char hugepages[] = "hugepages-";
  const char *name = part != NULL ? "part" : NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (resources); i++)
    if (g_str_equal (resources[i].name, resource))
      exposition_add (out, first + resources[i].family, amount, resources[i].per, name, part, NULL);
  if (g_str_has_prefix (resource, hugepages))
    exposition_add (out, first + HUGEPAGES, amount, 1, "size", resource + strlen (hugepages), name,
                    part, NULL);
}

static void
add_amounts (Exposition *out, GVariant *node)
{
  static const struct {
    const char *property;
    guint first;
    const char *part; /* (nullable): as in the usage */
  } lists[] = {
    { "Capacity", CAPACITY, NULL },           { "Allocatable", ALLOCATABLE, NULL },
    { "SystemReserved", RESERVED, "system" }, { "KubeReserved", RESERVED, "kube" },
    { "EvictionHard", EVICTION, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++) {
    g_autoptr (GVariant) list = look_up (node, lists[i].property, "a{st}");
    GVariantIter iter;
    const char *resource;
    guint64 amount;

    g_variant_iter_init (&iter, list);
    while (g_variant_iter_next (&iter, "{&st}", &resource, &amount))
      add_amount (out, lists[i].first, lists[i].part, resource, amount);
  }
}

static void
add_usage (Exposition *out, GVariant *usage)
{
  GVariantIter iter;
  const char *part;
  GVariant *stats;

  g_variant_iter_init (&iter, usage);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &part, &stats)) {
    gboolean is_sum = g_str_equal (part, "pods");

    for (gsize i = 0; i < G_N_ELEMENTS (of_part); i++) {
      const Figure *figure = &of_part[i];
      guint64 number;

      if (is_sum && families[figure->family].type == EXPOSITION_COUNTER)
        continue;
      if (find_figure (figure, stats, &number))
        exposition_add (out, figure->family, number, figure->per, "part", part, NULL);
    }
  }
}

/* Each pair of a class and a state that is known, or that a pod has. */
static void
count_pods (Exposition *out, GVariant *pods)
{
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GList) keys = NULL;
  GVariantIter iter;
  const char *qos, *state;

  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (states); j++)
      g_hash_table_insert (counts, g_strdup_printf ("%s/%s", classes[i], states[j]), NULL);
  g_variant_iter_init (&iter, pods);
  while (g_variant_iter_next (&iter, "(&s&s&o&s&s)", NULL, &qos, NULL, NULL, &state)) {
    char *key = g_strdup_printf ("%s/%s", qos, state);
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, key));

    g_hash_table_replace (counts, key, GUINT_TO_POINTER (n + 1));
  }
  keys = g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc) strcmp);
  for (const GList *l = keys; l != NULL; l = l->next) {
    g_auto (GStrv) parts = g_strsplit (l->data, "/", 2);

    exposition_add (out, PODS, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)), 1, "qos",
                    parts[0], "state", parts[1], NULL);
  }
}

static void
add_classes (Exposition *out, GVariant *pods, GHashTable *stats)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    guint64 sums[G_N_ELEMENTS (of_class)] = { 0 };
    GVariantIter iter;
    const char *uid, *qos;

    g_variant_iter_init (&iter, pods);
    while (g_variant_iter_next (&iter, "(&s&s&o&s&s)", &uid, &qos, NULL, NULL, NULL)) {
      GVariant *of_this = g_hash_table_lookup (stats, uid);
      guint64 number;

      if (of_this == NULL || !g_str_equal (qos, classes[i]))
        continue;
      for (gsize j = 0; j < G_N_ELEMENTS (sums); j++)
        if (find_figure (&of_class[j], of_this, &number))
          sums[j] += number;
    }
    for (gsize j = 0; j < G_N_ELEMENTS (sums); j++)
      exposition_add (out, of_class[j].family, sums[j], 1, "qos", classes[i], NULL);
  }
}

static void
add_pods (Exposition *out, GVariant *pods, GHashTable *stats)
{
  GVariantIter iter;
  const char *uid, *qos;

  g_variant_iter_init (&iter, pods);
  while (g_variant_iter_next (&iter, "(&s&s&o&s&s)", &uid, &qos, NULL, NULL, NULL)) {
    GVariant *of_this = g_hash_table_lookup (stats, uid);

    for (gsize i = 0; of_this != NULL && i < G_N_ELEMENTS (of_pod); i++) {
      guint64 number;

      if (find_figure (&of_pod[i], of_this, &number))
        exposition_add (out, of_pod[i].family, number, of_pod[i].per, "uid", uid, "qos", qos, NULL);
    }
  }
}

Exposition *
metrics_describe (const MetricsReading *reading, gboolean has_each)
{
  Exposition *out = exposition_new (families, G_N_ELEMENTS (families));
  gboolean is_up = reading->manager != NULL;

  exposition_add (out, UP, is_up, 1, NULL);
  if (is_up)
    add_build (out, reading->manager);
  if (reading->node != NULL) {
    add_state (out, reading->node);
    add_amounts (out, reading->node);
  }
  if (reading->latencies != NULL)
    metrics_latencies_add (out, &of_latencies, reading->latencies);
  if (reading->usage != NULL)
    add_usage (out, reading->usage);
  if (reading->pods != NULL)
    count_pods (out, reading->pods);
  if (reading->pods != NULL && reading->stats != NULL) {
    g_autoptr (GHashTable) stats = figures_index (reading->stats);

    add_classes (out, reading->pods, stats);
    if (has_each)
      add_pods (out, reading->pods, stats);
  }
  return out;
}
