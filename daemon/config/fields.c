/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the fields, and the walk over it.
 */
#include "daemon/config/fields.h"

#include "daemon/config/field-setters.h"
#include "daemon/config/origin.h"
#include "daemon/config/values.h"
#include "lib/resources.h"
#include "lib/suggest.h"

#include <string.h>

#define PERIOD_LEAST_USEC 1000
#define PERIOD_GREATEST_USEC 1000000

const char *const config_drivers[] = { "systemd", "cgroupfs", NULL };
const char *const config_policies[] = { "protect", "limit", NULL };
const char *const config_log_levels[] = { "info", "debug", NULL };

static const char *const runtimes[] = {
  "auto", "docker", "containerd", "crio", "rkt", "none", NULL
};

/* The setting of one field, and what it is set from. */
typedef struct {
  ConfigDraft *draft;
  ConfigLayer layer;
  const char *key;
  const ConfigNode *node;
  const ConfigNode *root; /* the layer */
} Setting;

typedef struct {
  const char *key;
  guint layers; /* of ConfigLayer */
  void (*set) (const Setting *setting);
} Field;

static void
remember (const Setting *setting)
{
  config_origins_set (setting->draft->config->origins, setting->key, &setting->node->place);
}

static void
set_text (const Setting *setting, char **field)
{
  const char *text;

  if (!config_value_get_text (setting->draft->report, setting->key, setting->node, &text))
    return;
  g_free (*field);
  *field = g_strdup (text);
  remember (setting);
}

static void
set_boolean (const Setting *setting, gboolean *field)
{
  if (config_value_get_boolean (setting->draft->report, setting->key, setting->node, field))
    remember (setting);
}

static void
set_word (const Setting *setting, const char *const *words, char **field)
{
  guint index;

  if (!config_value_get_word (setting->draft->report, setting->key, setting->node, words, &index))
    return;
  g_free (*field);
  *field = g_strdup (words[index]);
  remember (setting);
}

static void
set_group (const Setting *setting, char **field)
{
  char *path = NULL;

  if (!config_value_get_group (setting->draft->report, setting->key, setting->node, &path))
    return;
  g_free (*field);
  *field = path;
  remember (setting);
}

static void
set_driver (const Setting *setting)
{
  set_word (setting, config_drivers, &setting->draft->config->driver);
}

/* The kubelet puts its pods into "kubepods" below its root, and we do where ours is "/". */
static void
set_cgroup_root (const Setting *setting)
{
  gboolean is_kubelet = setting->layer == CONFIG_LAYER_KUBELET;
  g_autofree char *path = NULL;
  Config *config = setting->draft->config;

  if (setting->node->kind == CONFIG_NODE_SCALAR && !is_kubelet && setting->node->text[0] != '/') {
    config_report_add (setting->draft->report, &setting->node->place, setting->key,
                       setting->node->text, "it takes a path that begins with \"/\"");
    return;
  }
  if (!config_value_get_group (setting->draft->report, setting->key, setting->node, &path))
    return;
  g_free (config->cgroup_root);
  config->cgroup_root = is_kubelet || path[0] == '\0' ? g_strconcat (path, "/kubepods", NULL)
                                                      : g_steal_pointer (&path);
  remember (setting);
}

static void
set_system_reserved (const Setting *setting)
{
  config_set_reservation (setting->draft, setting->key, &setting->draft->config->system_reserved,
                          setting->node);
}

static void
set_kube_reserved (const Setting *setting)
{
  config_set_reservation (setting->draft, setting->key, &setting->draft->config->kube_reserved,
                          setting->node);
}

/* To the kubelet an empty name is as none; in a file of ours it is a group that is not to be. */
static void
set_reserved_group (const Setting *setting, char **field)
{
  if (setting->layer == CONFIG_LAYER_KUBELET && setting->node->kind == CONFIG_NODE_SCALAR &&
      setting->node->text[0] == '\0')
    return;
  set_group (setting, field);
}

static void
set_system_group (const Setting *setting)
{
  set_reserved_group (setting, &setting->draft->system_group);
}

static void
set_kube_group (const Setting *setting)
{
  set_reserved_group (setting, &setting->draft->kube_group);
}

static void
set_enforced (const Setting *setting)
{
  config_set_enforced (setting->draft, setting->key, setting->node);
}

static void
set_eviction (const Setting *setting)
{
  gboolean merges = setting->layer != CONFIG_LAYER_KUBELET;
  const ConfigNode *node = config_node_find (setting->root, "mergeDefaultEvictionSettings");

  if (!merges && node != NULL && !config_node_is_null (node))
    config_value_get_boolean (setting->draft->report, node->key, node, &merges);
  config_set_eviction (setting->draft, setting->key, setting->node, !merges);
}

/* pkg/kubelet/cm/pod_container_manager_linux.go: a limit is set only if it is above 0. */
static void
set_pids_limit (const Setting *setting)
{
  gint64 limit;

  if (!config_value_get_integer (setting->draft->report, setting->key, setting->node, G_MININT64,
                                 G_MAXINT64, &limit))
    return;
  setting->draft->config->pod_pids_limit = limit > 0 ? (guint64) limit : NCG_UNLIMITED;
  remember (setting);
}

static void
set_protect (const Setting *setting)
{
  set_boolean (setting, &setting->draft->config->protect_kernel_defaults);
}

static void
set_cpus (const Setting *setting)
{
  Config *config = setting->draft->config;
  g_autoptr (GError) error = NULL;
  NcgCpuset *cpus;
  const char *text;

  if (!config_value_get_text (setting->draft->report, setting->key, setting->node, &text))
    return;
  cpus = ncg_cpuset_parse (text, &error);
  if (cpus == NULL) {
    config_report_add (setting->draft->report, &setting->node->place, setting->key, NULL, "%s",
                       error->message);
    return;
  }
  ncg_cpuset_free (config->reserved_cpus);
  config->reserved_cpus = cpus;
  if (ncg_cpuset_is_empty (cpus))
    g_clear_pointer (&config->reserved_cpus, ncg_cpuset_free);
  remember (setting);
}

static void
set_quota (const Setting *setting)
{
  set_boolean (setting, &setting->draft->config->cpu_cfs_quota);
}

static void
set_period (const Setting *setting)
{
  if (config_value_get_duration (setting->draft->report, setting->key, setting->node,
                                 PERIOD_LEAST_USEC, PERIOD_GREATEST_USEC,
                                 &setting->draft->config->cpu_cfs_quota_period_usec))
    remember (setting);
}

static void
set_formula (const Setting *setting)
{
  static const char *const words[] = { "proportional", "kubelet", "runc", NULL };
  Config *config = setting->draft->config;
  guint index;

  if (!config_value_get_word (setting->draft->report, setting->key, setting->node, words, &index))
    return;
  ncg_shares_formula_from_string (words[index], &config->cpu_weight_formula);
  remember (setting);
}

static void
set_score (const Setting *setting)
{
  gint64 score;

  if (!config_value_get_integer (setting->draft->report, setting->key, setting->node, -1000, 1000,
                                 &score))
    return;
  setting->draft->has_score = TRUE;
  setting->draft->score = (int) score;
  remember (setting);
}

/* The QoS classes always have cgroups of their own here. */
static void
check_per_qos (const Setting *setting)
{
  gboolean per_qos = TRUE;

  if (config_value_get_boolean (setting->draft->report, setting->key, setting->node, &per_qos) &&
      !per_qos)
    config_report_add (setting->draft->report, &setting->node->place, setting->key, "false",
                       "it takes true: pods are always in cgroups by their QoS class");
}

static void
set_system_container (const Setting *setting)
{
  set_group (setting, &setting->draft->system_container);
}

static void
set_resource_container (const Setting *setting)
{
  char **field = &setting->draft->config->resource_container;

  set_group (setting, field);
  if (*field != NULL && (*field)[0] == '\0')
    g_clear_pointer (field, g_free);
}

static void
set_runtime (const Setting *setting)
{
  set_word (setting, runtimes, &setting->draft->config->container_runtime);
}

static void
set_policy (const Setting *setting)
{
  guint policy;

  if (!config_value_get_word (setting->draft->report, setting->key, setting->node, config_policies,
                              &policy))
    return;
  setting->draft->config->policy = (ConfigPolicy) policy;
  remember (setting);
}

static void
set_cap (const Setting *setting)
{
  if (config_value_get_share (setting->draft->report, setting->key, setting->node,
                              &setting->draft->config->protection_cap))
    remember (setting);
}

static void
set_sysctls (const Setting *setting)
{
  config_set_sysctls (setting->draft, setting->key, setting->node);
}

static void
set_oom_scores (const Setting *setting)
{
  config_set_oom_scores (setting->draft, setting->key, setting->node);
}

static void
set_unix_group (const Setting *setting)
{
  const char *text = NULL;

  if (!config_value_get_text (setting->draft->report, setting->key, setting->node, &text))
    return;
  if (text[0] == '\0')
    config_report_add (setting->draft->report, &setting->node->place, setting->key, text,
                       "it takes the name of a group");
  else
    set_text (setting, &setting->draft->config->group);
}

static void
set_log_level (const Setting *setting)
{
  guint level;

  if (!config_value_get_word (setting->draft->report, setting->key, setting->node,
                              config_log_levels, &level))
    return;
  setting->draft->config->is_debug = level == 1;
  remember (setting);
}

static void
set_may_drop (const Setting *setting)
{
  set_boolean (setting, &setting->draft->config->may_drop);
}

static void
set_flag (const Setting *setting, const char *origin, ConfigFlag *flag)
{
  gboolean is_on = FALSE;

  if (!config_value_get_boolean (setting->draft->report, setting->key, setting->node, &is_on))
    return;
  *flag = is_on ? CONFIG_FLAG_ON : CONFIG_FLAG_OFF;
  config_origins_set (setting->draft->config->origins, "enforceNodeAllocatable",
                      &setting->node->place);
  config_origins_set (setting->draft->config->origins, origin, &setting->node->place);
}

static void
set_enforce_system (const Setting *setting)
{
  set_flag (setting, "enforceNodeAllocatable.system-reserved", &setting->draft->enforce_system);
}

static void
set_enforce_kube (const Setting *setting)
{
  set_flag (setting, "enforceNodeAllocatable.kube-reserved", &setting->draft->enforce_kube);
}

/* Taken care of before the walk, or by whoever loads the files. */
static void
pass_over (const Setting *setting)
{
}

#define ALL (CONFIG_LAYER_FILE | CONFIG_LAYER_KUBELET | CONFIG_LAYER_OPTIONS)
#define OURS (CONFIG_LAYER_FILE | CONFIG_LAYER_OPTIONS)

static const Field fields[] = {
  { "apiVersion", ALL, pass_over },
  { "kind", ALL, pass_over },
  { "kubeletConfig", CONFIG_LAYER_FILE, pass_over },
  { "cgroupDriver", ALL, set_driver },
  { "cgroupRoot", ALL, set_cgroup_root },
  { "cgroupsPerQOS", CONFIG_LAYER_KUBELET, check_per_qos },
  { "systemReserved", ALL, set_system_reserved },
  { "kubeReserved", ALL, set_kube_reserved },
  { "systemReservedCgroup", ALL, set_system_group },
  { "kubeReservedCgroup", ALL, set_kube_group },
  { "enforceNodeAllocatable", ALL, set_enforced },
  { "evictionHard", ALL, set_eviction },
  { "podPidsLimit", ALL, set_pids_limit },
  { "protectKernelDefaults", ALL, set_protect },
  { "reservedSystemCPUs", ALL, set_cpus },
  { "cpuCFSQuota", ALL, set_quota },
  { "cpuCFSQuotaPeriod", ALL, set_period },
  { "oomScoreAdj", ALL, set_score },
  { "systemContainer", OURS, set_system_container },
  { "resourceContainer", OURS, set_resource_container },
  { "containerRuntime", OURS, set_runtime },
  { "cpuWeightFormula", OURS, set_formula },
  { "enforcementPolicy", OURS, set_policy },
  { "memoryProtectionCap", OURS, set_cap },
  { "sysctls", OURS, set_sysctls },
  { "oomScores", OURS, set_oom_scores },
  { "group", OURS, set_unix_group },
  { "dropUnknownProperties", OURS, set_may_drop },
  { "logLevel", OURS, set_log_level },
  { "systemReservedEnforce", CONFIG_LAYER_OPTIONS, set_enforce_system },
  { "kubeReservedEnforce", CONFIG_LAYER_OPTIONS, set_enforce_kube },
};

static void
report_unknown (ConfigDraft *draft, const ConfigNode *node)
{
  const char *names[G_N_ELEMENTS (fields) + 1] = { NULL };
  const char *meant;
  gsize length = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if ((fields[i].layers & CONFIG_LAYER_FILE) != 0)
      names[length++] = fields[i].key;
  meant = ncg_suggest_word (node->key, names);
  if (meant != NULL)
    config_report_add (draft->report, &node->key_place, node->key, NULL,
                       "there is no such field; did you mean %s?", meant);
  else
    config_report_add (draft->report, &node->key_place, node->key, NULL, "there is no such field");
}

static void
set_field (ConfigDraft *draft, ConfigLayer layer, const ConfigNode *root, const ConfigNode *node)
{
  const Setting setting = { draft, layer, node->key, node, root };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if ((fields[i].layers & layer) != 0 && g_str_equal (fields[i].key, node->key)) {
      if (!config_node_is_null (node) && node->kind != CONFIG_NODE_BAD)
        fields[i].set (&setting);
      return;
    }
  if (layer != CONFIG_LAYER_KUBELET)
    report_unknown (draft, node);
}

static gboolean
check_fixed (ConfigDraft *draft, const ConfigNode *root, const char *key, const char *wanted)
{
  const ConfigNode *node = config_node_find (root, key);

  if (node == NULL)
    config_report_add (draft->report, &root->place, key, NULL, "it is missing; write %s: %s", key,
                       wanted);
  else if (node->kind == CONFIG_NODE_SCALAR && g_str_equal (node->text, wanted))
    return TRUE;
  else if (node->kind != CONFIG_NODE_BAD)
    config_report_add (draft->report, &node->place, key, node->text, "it takes %s", wanted);
  return FALSE;
}

/* What the kubelet would take where its file says nothing. */
static void
apply_kubelet_defaults (ConfigDraft *draft, const ConfigNode *root)
{
  Config *config = draft->config;

  g_free (config->cgroup_root);
  config->cgroup_root = g_strdup ("/kubepods");
  config_origins_set (config->origins, "cgroupRoot", &root->place);
  config_set_kubelet_eviction (draft, "evictionHard", &root->place);
}

void
config_fields_apply (ConfigDraft *draft, ConfigLayer layer, const ConfigNode *root)
{
  gboolean is_kubelet = layer == CONFIG_LAYER_KUBELET;

  if (root == NULL || root->kind == CONFIG_NODE_BAD || config_node_is_null (root))
    return;
  if (root->kind != CONFIG_NODE_MAP) {
    config_report_add (draft->report, &root->place, NULL, NULL,
                       "the file is a map of fields, and this is %s",
                       root->kind == CONFIG_NODE_LIST ? "a list" : "a text");
    return;
  }
  if (layer != CONFIG_LAYER_OPTIONS) {
    check_fixed (draft, root, "apiVersion",
                 is_kubelet ? CONFIG_KUBELET_API_VERSION : CONFIG_API_VERSION);
    check_fixed (draft, root, "kind", is_kubelet ? CONFIG_KUBELET_KIND : CONFIG_KIND);
  }
  if (is_kubelet)
    apply_kubelet_defaults (draft, root);
  for (guint i = 0; i < root->children->len; i++)
    set_field (draft, layer, root, g_ptr_array_index (root->children, i));
}
