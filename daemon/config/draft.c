/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration while it is put together.
 */
#include "daemon/config/draft.h"

#include "daemon/config/origin.h"

#define MILLI 1000u

static void
named_score_free (gpointer data)
{
  ConfigNamedScore *named = data;

  g_free (named->unit);
  g_free (named);
}

ConfigDraft *
config_draft_new (ConfigReport *report)
{
  ConfigDraft *self = g_new0 (ConfigDraft, 1);

  self->config = config_new ();
  self->config->origins = config_origins_new ();
  self->report = report;
  self->named_scores = g_ptr_array_new_with_free_func (named_score_free);
  return self;
}

void
config_draft_free (ConfigDraft *self)
{
  if (self == NULL)
    return;
  config_free (self->config);
  g_free (self->system_group);
  g_free (self->kube_group);
  g_free (self->system_container);
  g_ptr_array_unref (self->named_scores);
  g_free (self);
}

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = value != NULL && value[0] != '\0' ? g_strdup (value) : NULL;
}

/* Under systemd the container is a slice that is there, and nothing is moved into it. */
static void
resolve_groups (ConfigDraft *self)
{
  Config *config = self->config;
  gboolean is_systemd = g_str_equal (config->driver, "systemd");
  const char *fallback = is_systemd ? "/system" : NULL;

  if (self->system_container != NULL && self->system_container[0] != '\0')
    fallback = self->system_container;
  replace (&config->system_group, self->system_group != NULL ? self->system_group : fallback);
  replace (&config->system_container, is_systemd ? NULL : self->system_container);
  if (self->kube_group != NULL && self->kube_group[0] != '\0')
    replace (&config->daemons_group, self->kube_group);
}

static ConfigOomScore *
find_score (Config *config, const char *unit, guint *ret_index)
{
  for (guint i = 0; i < config->oom_scores->len; i++) {
    ConfigOomScore *score = g_ptr_array_index (config->oom_scores, i);

    *ret_index = i;
    if (g_str_equal (score->unit, unit))
      return score;
  }
  return NULL;
}

static void
resolve_scores (ConfigDraft *self)
{
  static const char *const daemons[] = { "kubelet.service", "kube-proxy.service" };
  GPtrArray *scores = self->config->oom_scores;
  guint index = 0;

  for (gsize i = 0; self->has_score && i < G_N_ELEMENTS (daemons); i++)
    find_score (self->config, daemons[i], &index)->score = self->score;
  for (guint i = 0; i < self->named_scores->len; i++) {
    const ConfigNamedScore *named = g_ptr_array_index (self->named_scores, i);
    ConfigOomScore *score = find_score (self->config, named->unit, &index);

    if (named->is_removed) {
      if (score != NULL)
        g_ptr_array_remove_index (scores, index);
      continue;
    }
    if (score == NULL) {
      score = g_new0 (ConfigOomScore, 1);
      score->unit = g_strdup (named->unit);
      g_ptr_array_add (scores, score);
    }
    score->score = named->score;
  }
}

static void
resolve_flag (Config *config, ConfigFlag flag, guint key, guint compressible)
{
  if (flag == CONFIG_FLAG_ON)
    config->enforced |= key;
  else if (flag == CONFIG_FLAG_OFF)
    config->enforced &= ~(key | compressible);
}

static void
resolve_cpus (Config *config)
{
  if (config->reserved_cpus == NULL)
    return;
  config->system_reserved.set |= 1u << CONFIG_CPU;
  config->system_reserved.amounts[CONFIG_CPU] =
      (guint64) ncg_cpuset_count (config->reserved_cpus) * MILLI;
  config->kube_reserved.set &= ~(1u << CONFIG_CPU);
  config->kube_reserved.amounts[CONFIG_CPU] = 0;
  config_origins_remove (config->origins, "kubeReserved.cpu");
  config_origins_set (config->origins, "systemReserved.cpu",
                      config_origins_find (config->origins, "reservedSystemCPUs"));
}

void
config_draft_resolve (ConfigDraft *self)
{
  Config *config = self->config;

  if (config->driver == NULL)
    config->driver = g_strdup (self->has_systemd ? "systemd" : "cgroupfs");
  resolve_groups (self);
  resolve_scores (self);
  resolve_flag (config, self->enforce_system, CONFIG_ENFORCE_SYSTEM,
                CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE);
  resolve_flag (config, self->enforce_kube, CONFIG_ENFORCE_KUBE, CONFIG_ENFORCE_KUBE_COMPRESSIBLE);
  resolve_cpus (config);
}
