/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration as YAML.
 */
#include "daemon/config/show.h"

#include "daemon/config/fields.h"
#include "daemon/config/origin.h"
#include "daemon/config/values.h"
#include "lib/quantity.h"
#include "lib/resources.h"

#include <string.h>

#define COMMENT_COLUMN 44
#define PLAIN G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-/"

typedef struct {
  const Config *config;
  GString *text;
} Writer;

/* (transfer full): "FILE:LINE", "--option" or "default" */
static char *
format_origin (const Config *config, const char *key)
{
  const ConfigPlace *place = config_origins_find (config->origins, key);
  char *text;

  if (place == NULL || place->source == NULL)
    return g_strdup ("default");
  text = place->line > 0 ? g_strdup_printf ("%s:%u", place->source->name, place->line)
                         : g_strdup (place->source->name);
  /* A file's name must not end the comment. */
  for (char *c = text; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = '?';
  return text;
}

/* One line, with the origin of @key at its end. */
static void write_line (const Writer *writer, const char *key, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static void
write_line (const Writer *writer, const char *key, const char *format, ...)
{
  g_autofree char *origin = format_origin (writer->config, key);
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_string_append_printf (writer->text, "%-*s # %s\n", COMMENT_COLUMN, line, origin);
}

/* (transfer full): quoted for YAML where it has to be, or @always */
static char *
quote (const char *text, gboolean always)
{
  GString *quoted;

  if (!always && text[0] != '\0' && strspn (text, PLAIN) == strlen (text))
    return g_strdup (text);
  quoted = g_string_new ("\"");
  for (const char *c = text; *c != '\0'; c = g_utf8_next_char (c)) {
    gunichar character = g_utf8_get_char (c);

    if (character == '"' || character == '\\')
      g_string_append_printf (quoted, "\\%c", (char) character);
    else if (character >= 0x20 && character < 0x7f)
      g_string_append_c (quoted, (char) character);
    else
      g_string_append_printf (quoted, "\\U%08x", character);
  }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

static void
write_text (const Writer *writer, const char *key, const char *value)
{
  g_autofree char *quoted = quote (value != NULL ? value : "", TRUE);

  write_line (writer, key, "%s: %s", key, quoted);
}

static void
write_word (const Writer *writer, const char *key, const char *value)
{
  write_line (writer, key, "%s: %s", key, value);
}

static void
write_boolean (const Writer *writer, const char *key, gboolean value)
{
  write_word (writer, key, value ? "true" : "false");
}

/* With reservedSystemCPUs neither group may be given; one that is none is. */
static void
write_groups (const Writer *writer)
{
  const Config *config = writer->config;
  gboolean has_cpus = config->reserved_cpus != NULL;
  gboolean is_container = config_origins_find (config->origins, "systemContainer") != NULL;

  if (config->system_container != NULL)
    write_text (writer, "systemContainer", config->system_container);
  else if (has_cpus && is_container && config->system_group != NULL)
    write_text (writer, "systemContainer", config->system_group);
  if (config->resource_container != NULL)
    write_text (writer, "resourceContainer", config->resource_container);
  if (has_cpus && config->system_group != NULL)
    write_line (writer, is_container ? "systemContainer" : "systemReservedCgroup",
                "# systemReservedCgroup: \"%s\"", config->system_group);
  else
    write_text (writer, "systemReservedCgroup", config->system_group);
  if (has_cpus)
    write_line (writer, "kubeReservedCgroup", "# kubeReservedCgroup: \"%s\"",
                config->daemons_group);
  else
    write_text (writer, "kubeReservedCgroup", config->daemons_group);
}

static char *
format_amount (guint resource, guint64 amount)
{
  if (resource == CONFIG_CPU)
    return ncg_quantity_format_milli (amount);
  if (resource == CONFIG_PID)
    return g_strdup_printf ("%" G_GUINT64_FORMAT, amount);
  return ncg_quantity_format_bytes (amount);
}

static void
write_reservation (const Writer *writer, const char *key, const ConfigReservation *reservation)
{
  if (reservation->set == 0) {
    write_word (writer, key, "{}");
    return;
  }
  g_string_append_printf (writer->text, "%s:\n", key);
  for (guint i = 0; i < CONFIG_N_RESOURCES; i++) {
    const char *name = config_resource_to_string ((ConfigResource) i);
    g_autofree char *path = g_strconcat (key, ".", name, NULL);
    g_autofree char *amount = format_amount (i, reservation->amounts[i]);

    if ((reservation->set & (1u << i)) != 0)
      write_line (writer, path, "  %s: %s", name, amount);
  }
}

static void
write_enforced (const Writer *writer)
{
  const char *key = "enforceNodeAllocatable";

  if (writer->config->enforced == 0) {
    write_word (writer, key, "[]");
    return;
  }
  g_string_append_printf (writer->text, "%s:\n", key);
  for (guint i = 0; i < CONFIG_N_ENFORCE; i++) {
    const char *name = config_enforce_to_string ((ConfigEnforce) (1u << i));
    g_autofree char *path = g_strconcat (key, ".", name, NULL);
    gboolean has_own = config_origins_find (writer->config->origins, path) != NULL;

    if ((writer->config->enforced & (1u << i)) != 0)
      write_line (writer, has_own ? path : key, "- %s", name);
  }
}

/* (transfer full): "10%", "0.5%" */
static char *
format_share (guint64 millionths)
{
  guint64 whole = millionths / 10000, part = millionths % 10000;

  if (part == 0)
    return g_strdup_printf ("%" G_GUINT64_FORMAT "%%", whole);
  return g_strdup_printf ("%" G_GUINT64_FORMAT ".%04" G_GUINT64_FORMAT "%%", whole, part);
}

static void
write_threshold (const Writer *writer, const char *signal, const ConfigThreshold *threshold)
{
  g_autofree char *path = g_strconcat ("evictionHard.", signal, NULL);
  g_autofree char *value = threshold->is_share ? format_share (threshold->amount)
                                               : ncg_quantity_format_bytes (threshold->amount);

  if (threshold->is_set)
    write_line (writer, path, "  %s: %s", signal, value);
}

static void
write_eviction (const Writer *writer)
{
  const Config *config = writer->config;

  if (!config->eviction_memory.is_set && !config->eviction_nodefs.is_set) {
    write_word (writer, "evictionHard", "{}");
    return;
  }
  g_string_append (writer->text, "evictionHard:\n");
  write_threshold (writer, "memory.available", &config->eviction_memory);
  write_threshold (writer, "nodefs.available", &config->eviction_nodefs);
}

static void
write_pods (const Writer *writer)
{
  const Config *config = writer->config;
  guint64 usec = config->cpu_cfs_quota_period_usec;
  gboolean is_whole = usec % 1000 == 0;

  if (config->pod_pids_limit == NCG_UNLIMITED)
    write_word (writer, "podPidsLimit", "-1");
  else
    write_line (writer, "podPidsLimit", "podPidsLimit: %" G_GUINT64_FORMAT, config->pod_pids_limit);
  write_boolean (writer, "cpuCFSQuota", config->cpu_cfs_quota);
  write_line (writer, "cpuCFSQuotaPeriod", "cpuCFSQuotaPeriod: %" G_GUINT64_FORMAT "%s",
              is_whole ? usec / 1000 : usec, is_whole ? "ms" : "us");
  write_word (writer, "cpuWeightFormula",
              ncg_shares_formula_to_string (config->cpu_weight_formula));
}

static void
write_sysctls (const Writer *writer)
{
  g_string_append (writer->text, "sysctls:\n");
  for (guint i = 0; i < CONFIG_N_SYSCTLS; i++) {
    const ConfigSysctl *sysctl = &writer->config->sysctls[i];
    g_autofree char *path = g_strconcat ("sysctls.", sysctl->name, NULL);

    write_line (writer, path, "  %s: %s", sysctl->name,
                config_sysctl_mode_to_string (sysctl->mode));
  }
}

static gboolean
has_score (const Config *config, const char *unit)
{
  for (guint i = 0; i < config->oom_scores->len; i++)
    if (g_str_equal (((ConfigOomScore *) g_ptr_array_index (config->oom_scores, i))->unit, unit))
      return TRUE;
  return FALSE;
}

static void
write_score (const Writer *writer, const char *unit, const int *score)
{
  g_autofree char *path = g_strconcat ("oomScores.", unit, NULL);
  g_autofree char *quoted = quote (unit, FALSE);
  gboolean is_daemon =
      g_str_equal (unit, "kubelet.service") || g_str_equal (unit, "kube-proxy.service");
  gboolean has_own = config_origins_find (writer->config->origins, path) != NULL;
  const char *key = is_daemon && !has_own ? "oomScoreAdj" : path;

  if (score != NULL)
    write_line (writer, key, "  %s: %d", quoted, *score);
  else
    write_line (writer, key, "  %s: null", quoted);
}

/* Those that have one by default and are to have none are told, too. */
static void
write_scores (const Writer *writer)
{
  g_autoptr (Config) defaults = config_new ();
  const GPtrArray *scores = writer->config->oom_scores;

  g_string_append (writer->text, "oomScores:\n");
  for (guint i = 0; i < scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (scores, i);

    write_score (writer, score->unit, &score->score);
  }
  for (guint i = 0; i < defaults->oom_scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (defaults->oom_scores, i);

    if (!has_score (writer->config, score->unit))
      write_score (writer, score->unit, NULL);
  }
}

char *
config_show (const Config *config)
{
  g_autofree char *cpus =
      config->reserved_cpus != NULL ? ncg_cpuset_format (config->reserved_cpus) : g_strdup ("");
  g_autofree char *cap = format_share (config->protection_cap);
  const Writer writer = { config, g_string_new (NULL) };

  g_string_append (writer.text, "apiVersion: " CONFIG_API_VERSION "\nkind: " CONFIG_KIND "\n");
  write_word (&writer, "cgroupDriver", config->driver);
  write_text (&writer, "cgroupRoot", config->cgroup_root);
  write_groups (&writer);
  write_word (&writer, "containerRuntime", config->container_runtime);
  write_reservation (&writer, "systemReserved", &config->system_reserved);
  write_reservation (&writer, "kubeReserved", &config->kube_reserved);
  write_enforced (&writer);
  write_word (&writer, "enforcementPolicy", config_policies[config->policy]);
  write_word (&writer, "memoryProtectionCap", cap);
  write_text (&writer, "reservedSystemCPUs", cpus);
  write_eviction (&writer);
  write_pods (&writer);
  write_boolean (&writer, "protectKernelDefaults", config->protect_kernel_defaults);
  write_sysctls (&writer);
  write_scores (&writer);
  write_text (&writer, "group", config->group);
  write_boolean (&writer, "dropUnknownProperties", config->may_drop);
  write_word (&writer, "logLevel", config_log_levels[config->is_debug ? 1 : 0]);
  return g_string_free (writer.text, FALSE);
}
