/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fields that are maps or lists.
 */
#include "daemon/config/field-setters.h"

#include "daemon/config/origin.h"
#include "daemon/config/values.h"
#include "lib/suggest.h"

#include <string.h>

#define KUBELET_MEMORY (100u * 1024 * 1024)
#define KUBELET_NODEFS (CONFIG_WHOLE / 10)
#define UNIT_NAME_MAX 255

static gboolean
check_kind (ConfigDraft *draft, const char *key, const ConfigNode *node, ConfigNodeKind kind)
{
  const char *what = kind == CONFIG_NODE_MAP ? "a map" : "a list";

  if (node->kind == CONFIG_NODE_SCALAR)
    config_report_add (draft->report, &node->place, key, node->text, "it takes %s", what);
  else if (node->kind != kind && node->kind != CONFIG_NODE_BAD)
    config_report_add (draft->report, &node->place, key, NULL, "it takes %s, and this is %s", what,
                       kind == CONFIG_NODE_MAP ? "a list" : "a map");
  return node->kind == kind;
}

static char *
join (const char *key, const char *child)
{
  return g_strconcat (key, ".", child, NULL);
}

/* Which of @words the key of @entry is; -1 and a problem if it is none. */
static int
find_key (ConfigDraft *draft, const char *key, const ConfigNode *entry, const char *const *words)
{
  g_autofree char *path = join (key, entry->key);
  g_autofree char *all = g_strjoinv (", ", (char **) words);
  const char *meant;

  for (int i = 0; words[i] != NULL; i++)
    if (g_str_equal (words[i], entry->key))
      return i;
  meant = ncg_suggest_word (entry->key, words);
  config_report_add (draft->report, &entry->key_place, path, NULL,
                     "it is not known%s%s%s; %s takes %s", meant != NULL ? "; " : "",
                     meant != NULL ? meant : "", meant != NULL ? " is" : "", key, all);
  return -1;
}

static void
clear_amount (ConfigDraft *draft, const char *path, ConfigReservation *reservation, guint resource)
{
  reservation->set &= ~(1u << resource);
  reservation->amounts[resource] = 0;
  config_origins_remove (draft->config->origins, path);
}

static void
set_amount (ConfigDraft *draft,
            const char *key,
            ConfigReservation *reservation,
            guint resource,
            const ConfigNode *entry)
{
  g_autofree char *path = join (key, entry->key);

  if (config_node_is_null (entry)) {
    clear_amount (draft, path, reservation, resource);
    return;
  }
  if (!config_value_get_amount (draft->report, path, entry, resource == CONFIG_CPU,
                                &reservation->amounts[resource]))
    return;
  reservation->set |= 1u << resource;
  config_origins_set (draft->config->origins, path, &entry->place);
}

void
config_set_reservation (ConfigDraft *draft,
                        const char *key,
                        ConfigReservation *reservation,
                        const ConfigNode *node)
{
  const char *words[CONFIG_N_RESOURCES + 1] = { NULL };

  for (guint i = 0; i < CONFIG_N_RESOURCES; i++)
    words[i] = config_resource_to_string ((ConfigResource) i);
  if (!check_kind (draft, key, node, CONFIG_NODE_MAP))
    return;
  if (node->replaces) {
    *reservation = (ConfigReservation){ 0 };
    config_origins_remove (draft->config->origins, key);
  }
  for (guint i = 0; i < node->children->len; i++) {
    const ConfigNode *entry = g_ptr_array_index (node->children, i);
    int resource = find_key (draft, key, entry, words);

    if (resource >= 0)
      set_amount (draft, key, reservation, (guint) resource, entry);
  }
}

/* One word of enforceNodeAllocatable: its bit, 0 for "none" and for what is wrong. */
static guint
read_enforced (
    ConfigDraft *draft, const char *key, const ConfigNode *list, guint index, guint so_far)
{
  const ConfigNode *item = g_ptr_array_index (list->children, index);
  const char *words[CONFIG_N_ENFORCE + 2] = { NULL };
  g_autofree char *path = NULL;
  guint word, bit;

  for (guint i = 0; i < CONFIG_N_ENFORCE; i++)
    words[i] = config_enforce_to_string ((ConfigEnforce) (1u << i));
  words[CONFIG_N_ENFORCE] = "none";
  if (!config_value_get_word (draft->report, key, item, words, &word))
    return 0;
  if (word == CONFIG_N_ENFORCE) {
    if (list->children->len > 1)
      config_report_add (draft->report, &item->place, key, "none",
                         "it stands alone, or is left out");
    return 0;
  }
  bit = 1u << word;
  if ((so_far & bit) != 0)
    config_report_add (draft->report, &item->place, key, words[word],
                       "it is there already; each is given once");
  path = join (key, words[word]);
  config_origins_set (draft->config->origins, path, &item->place);
  return bit;
}

void
config_set_enforced (ConfigDraft *draft, const char *key, const ConfigNode *node)
{
  guint enforced = 0;

  if (!check_kind (draft, key, node, CONFIG_NODE_LIST))
    return;
  config_origins_remove (draft->config->origins, key);
  for (guint i = 0; i < node->children->len; i++)
    enforced |= read_enforced (draft, key, node, i, enforced);
  draft->config->enforced = enforced;
  config_origins_set (draft->config->origins, key, &node->place);
}

void
config_set_sysctls (ConfigDraft *draft, const char *key, const ConfigNode *node)
{
  static const char *const modes[] = { "enforce", "warn", "off", NULL };
  const char *names[CONFIG_N_SYSCTLS + 1] = { NULL };

  for (guint i = 0; i < CONFIG_N_SYSCTLS; i++)
    names[i] = draft->config->sysctls[i].name;
  if (!check_kind (draft, key, node, CONFIG_NODE_MAP))
    return;
  for (guint i = 0; i < node->children->len; i++) {
    const ConfigNode *entry = g_ptr_array_index (node->children, i);
    g_autofree char *path = join (key, entry->key);
    int found = find_key (draft, key, entry, names);
    guint mode = draft->config->is_user ? CONFIG_SYSCTL_OFF : CONFIG_SYSCTL_ENFORCE;

    if (found < 0)
      continue;
    if (config_node_is_null (entry))
      config_origins_remove (draft->config->origins, path);
    else if (config_value_get_word (draft->report, path, entry, modes, &mode))
      config_origins_set (draft->config->origins, path, &entry->place);
    else
      continue;
    draft->config->sysctls[found].mode = (ConfigSysctlMode) mode;
  }
}

/* A unit with processes, as systemd names it (unit-name.c, VALID_CHARS). */
static gboolean
is_unit (const char *name)
{
  const char *dot = strrchr (name, '.');

  return dot != NULL && dot > name && strlen (name) <= UNIT_NAME_MAX &&
         (g_str_equal (dot, ".service") || g_str_equal (dot, ".slice") ||
          g_str_equal (dot, ".scope")) &&
         strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "@:-_.\\") == strlen (name);
}

/* "kubelet@.service": what instances are made from, and never runs itself. */
static gboolean
is_template (const char *unit)
{
  return unit[0] != '@' && strrchr (unit, '.')[-1] == '@';
}

static ConfigNamedScore *
ensure_named (ConfigDraft *draft, const char *unit)
{
  ConfigNamedScore *named;

  for (guint i = 0; i < draft->named_scores->len; i++) {
    named = g_ptr_array_index (draft->named_scores, i);
    if (g_str_equal (named->unit, unit))
      return named;
  }
  named = g_new0 (ConfigNamedScore, 1);
  named->unit = g_strdup (unit);
  g_ptr_array_add (draft->named_scores, named);
  return named;
}

static void
set_oom_score (ConfigDraft *draft, const char *path, const ConfigNode *entry)
{
  gboolean is_null = config_node_is_null (entry);
  ConfigNamedScore *named;
  gint64 score = 0;

  if (!is_unit (entry->key)) {
    config_report_add (draft->report, &entry->key_place, path, NULL,
                       "a unit is named by its whole name, \"kubelet.service\" or "
                       "\"kubernetes.slice\"");
    return;
  }
  if (is_template (entry->key)) {
    config_report_add (draft->report, &entry->key_place, path, NULL,
                       "a template has no processes; name an instance, \"kubelet@one.service\"");
    return;
  }
  if (!is_null && !config_value_get_integer (draft->report, path, entry, -1000, 1000, &score))
    return;
  if (score == -1000 && g_str_has_suffix (entry->key, ".slice")) {
    config_report_add (draft->report, &entry->place, path, entry->text,
                       "of a whole slice it takes -999 to 1000: with -1000 nothing would be left "
                       "for the kernel to kill");
    return;
  }
  named = ensure_named (draft, entry->key);
  named->is_removed = is_null;
  named->score = (int) score;
  config_origins_set (draft->config->origins, path, &entry->place);
}

void
config_set_oom_scores (ConfigDraft *draft, const char *key, const ConfigNode *node)
{
  if (!check_kind (draft, key, node, CONFIG_NODE_MAP))
    return;
  for (guint i = 0; i < node->children->len; i++) {
    const ConfigNode *entry = g_ptr_array_index (node->children, i);
    g_autofree char *path = join (key, entry->key);

    set_oom_score (draft, path, entry);
  }
}

/* pkg/kubelet/eviction/helpers.go: 0% and 100% turn a threshold off, and an amount is positive. */
static gboolean
read_threshold (ConfigDraft *draft, const char *path, const ConfigNode *entry, ConfigThreshold *ret)
{
  ret->is_share = config_value_is_share (entry);
  if (ret->is_share) {
    if (!config_value_get_share (draft->report, path, entry, &ret->amount))
      return FALSE;
    ret->is_set = ret->amount > 0 && ret->amount < CONFIG_WHOLE;
    return TRUE;
  }
  if (!config_value_get_amount (draft->report, path, entry, FALSE, &ret->amount))
    return FALSE;
  ret->is_set = ret->amount > 0;
  if (!ret->is_set)
    config_report_add (draft->report, &entry->place, path, entry->text,
                       "it takes a quantity above 0, or a share such as 10%%");
  return ret->is_set;
}

static void
set_threshold (ConfigDraft *draft,
               const char *path,
               ConfigThreshold *threshold,
               const ConfigNode *entry)
{
  ConfigThreshold value = { 0 };

  if (!config_node_is_null (entry) && !read_threshold (draft, path, entry, &value))
    return;
  if (threshold == NULL)
    return;
  *threshold = value.is_set ? value : (ConfigThreshold){ 0 };
  config_origins_set (draft->config->origins, path, &entry->place);
}

void
config_set_eviction (ConfigDraft *draft, const char *key, const ConfigNode *node, gboolean replaces)
{
  static const char *const signals[] = { "memory.available",
                                         "nodefs.available",
                                         "nodefs.inodesFree",
                                         "imagefs.available",
                                         "imagefs.inodesFree",
                                         "pid.available",
                                         NULL };
  ConfigThreshold *thresholds[G_N_ELEMENTS (signals)] = { &draft->config->eviction_memory,
                                                          &draft->config->eviction_nodefs };

  if (!check_kind (draft, key, node, CONFIG_NODE_MAP))
    return;
  if (replaces) {
    draft->config->eviction_memory = (ConfigThreshold){ 0 };
    draft->config->eviction_nodefs = (ConfigThreshold){ 0 };
    config_origins_remove (draft->config->origins, key);
  }
  for (guint i = 0; i < node->children->len; i++) {
    const ConfigNode *entry = g_ptr_array_index (node->children, i);
    g_autofree char *path = join (key, entry->key);
    int signal = find_key (draft, key, entry, signals);

    if (signal >= 0)
      set_threshold (draft, path, thresholds[signal], entry);
  }
}

void
config_set_kubelet_eviction (ConfigDraft *draft, const char *key, const ConfigPlace *place)
{
  g_autofree char *memory = join (key, "memory.available");
  g_autofree char *nodefs = join (key, "nodefs.available");

  draft->config->eviction_memory = (ConfigThreshold){ TRUE, FALSE, KUBELET_MEMORY };
  draft->config->eviction_nodefs = (ConfigThreshold){ TRUE, TRUE, KUBELET_NODEFS };
  config_origins_set (draft->config->origins, memory, place);
  config_origins_set (draft->config->origins, nodefs, place);
}
