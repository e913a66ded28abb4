/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the configuration.
 */
#include "daemon/config/load.h"

#include "daemon/config/draft.h"
#include "daemon/config/fields.h"
#include "daemon/config/files.h"
#include "daemon/config/origin.h"
#include "daemon/config/validate.h"
#include "daemon/config/values.h"
#include "lib/error.h"

#include <string.h>

/* The layers while they are read. */
typedef struct {
  const ConfigSources *sources;
  ConfigReport *report;
  GPtrArray *trees; /* (element-type ConfigNode): of our files, in their order */
  GPtrArray *files; /* (element-type filename) */
  guint order;      /* of the last source */
} Loading;

ConfigSources *
config_sources_new (void)
{
  ConfigSources *self = g_new0 (ConfigSources, 1);

  self->root = g_strdup ("");
  self->has_systemd = TRUE;
  return self;
}

void
config_sources_free (ConfigSources *self)
{
  if (self == NULL)
    return;
  g_free (self->root);
  g_free (self->bus_address);
  g_free (self->file);
  config_node_free (self->options);
  g_free (self);
}

static void
read_one (Loading *loading, const char *path, gboolean may_be_missing)
{
  gboolean is_missing = FALSE;
  ConfigNode *tree = config_files_read (path, ++loading->order, loading->report,
                                        may_be_missing ? &is_missing : NULL);

  if (tree != NULL)
    g_ptr_array_add (loading->trees, tree);
  if (!is_missing)
    g_ptr_array_add (loading->files, g_strdup (path));
}

static void
read_files (Loading *loading)
{
  const ConfigSources *sources = loading->sources;
  g_autofree char *standard = g_strconcat (sources->root, CONFIG_FILE, NULL);
  g_autoptr (GPtrArray) drop_ins = config_files_find_drop_ins (sources->root, loading->report);

  read_one (loading, sources->file != NULL ? sources->file : standard, sources->file == NULL);
  for (guint i = 0; i < drop_ins->len; i++)
    read_one (loading, g_ptr_array_index (drop_ins, i), FALSE);
}

/* (nullable): the one that counts, of the last file that has it */
static const ConfigNode *
find_kubelet_path (const Loading *loading)
{
  for (guint i = loading->trees->len; i > 0; i--) {
    const ConfigNode *tree = g_ptr_array_index (loading->trees, i - 1);
    const ConfigNode *node = config_node_find (tree, "kubeletConfig");

    if (node != NULL && node->kind != CONFIG_NODE_BAD && !config_node_is_null (node))
      return node;
  }
  return NULL;
}

/* (nullable) (transfer full) */
static ConfigNode *
read_kubelet (Loading *loading, ConfigDraft *draft)
{
  const ConfigNode *node = find_kubelet_path (loading);
  g_autofree char *path = NULL;
  const char *text;
  gboolean is_missing = FALSE;
  ConfigNode *tree;

  if (node == NULL || !config_value_get_text (loading->report, "kubeletConfig", node, &text))
    return NULL;
  if (text[0] == '\0')
    return NULL;
  if (text[0] != '/') {
    config_report_add (loading->report, &node->place, "kubeletConfig", text,
                       "it takes an absolute path");
    return NULL;
  }
  path = g_strconcat (loading->sources->root, text, NULL);
  tree = config_files_read (path, ++loading->order, loading->report, &is_missing);
  if (is_missing)
    config_report_add (loading->report, &node->place, "kubeletConfig", text,
                       "there is no such file");
  else
    g_ptr_array_add (loading->files, g_strdup (path));
  config_origins_set (draft->config->origins, "kubeletConfig", &node->place);
  return tree;
}

static void
apply_layers (Loading *loading, ConfigDraft *draft)
{
  g_autoptr (ConfigNode) kubelet = read_kubelet (loading, draft);

  config_fields_apply (draft, CONFIG_LAYER_KUBELET, kubelet);
  for (guint i = 0; i < loading->trees->len; i++)
    config_fields_apply (draft, CONFIG_LAYER_FILE, g_ptr_array_index (loading->trees, i));
  config_fields_apply (draft, CONFIG_LAYER_OPTIONS, loading->sources->options);
}

static void
take_options (Config *config, const ConfigSources *sources)
{
  g_free (config->root);
  config->root = g_strdup (sources->root);
  config->bus_address = g_strdup (sources->bus_address);
  config->is_user = sources->is_user;
  /* A user cannot set them, and has a node of no kubelet that wants them. */
  for (gsize i = 0; sources->is_user && i < CONFIG_N_SYSCTLS; i++)
    config->sysctls[i].mode = CONFIG_SYSCTL_OFF;
}

Config *
config_load (const ConfigSources *sources, GError **error)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autoptr (ConfigDraft) draft = config_draft_new (report);
  g_autoptr (GPtrArray) trees = g_ptr_array_new_with_free_func ((GDestroyNotify) config_node_free);
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  Loading loading = { sources, report, trees, files, 0 };

  draft->has_systemd = sources->has_systemd || sources->is_user;
  take_options (draft->config, sources);
  read_files (&loading);
  apply_layers (&loading, draft);
  config_draft_resolve (draft);
  /* Values that could not be read would make others look wrong. */
  if (config_report_get_length (report) == 0)
    config_validate (draft);
  if (!config_report_check (report, error))
    return NULL;
  g_ptr_array_add (files, NULL);
  draft->config->files = (char **) g_ptr_array_free (g_steal_pointer (&files), FALSE);
  return g_steal_pointer (&draft->config);
}

static void
compare_text (GString *problems, const char *key, const char *old, const char *new)
{
  if (g_strcmp0 (old, new) != 0)
    g_string_append_printf (problems, "%s%s from \"%s\" to \"%s\"", problems->len > 0 ? ", " : "",
                            key, old != NULL ? old : "", new != NULL ? new : "");
}

static void
compare_boolean (GString *problems, const char *key, gboolean old, gboolean new)
{
  compare_text (problems, key, old ? "true" : "false", new ? "true" : "false");
}

gboolean
config_check_change (const Config *old, const Config *new, GError **error)
{
  g_autoptr (GString) problems = g_string_new (NULL);

  compare_text (problems, "cgroupDriver", old->driver, new->driver);
  compare_text (problems, "cgroupRoot", old->cgroup_root, new->cgroup_root);
  compare_text (problems, "group", old->group, new->group);
  compare_boolean (problems, "dropUnknownProperties", old->may_drop, new->may_drop);
  compare_text (problems, "--root", old->root, new->root);
  compare_text (problems, "--bus-address", old->bus_address, new->bus_address);
  compare_boolean (problems, "--user", old->is_user, new->is_user);
  if (problems->len == 0)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "while the daemon runs it cannot change %s; restart it", problems->str);
  return FALSE;
}

Config *
config_reload (const ConfigSources *sources, const Config *current, GError **error)
{
  g_autoptr (Config) config = config_load (sources, error);

  if (config == NULL || !config_check_change (current, config, error))
    return NULL;
  return g_steal_pointer (&config);
}
