/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod in the manner of machinectl status: what it is and uses line by line, then its containers
 * and its settings as tables.
 */
#include "cli/pod-view.h"

#include "cli/bar.h"
#include "cli/figures.h"
#include "cli/human.h"
#include "cli/spec-arguments.h"
#include "cli/states.h"
#include "lib/error.h"

#define LABEL_WIDTH 11
#define BAR_WIDTH 20

static const TableColumn container_columns[] = {
  { "CONTAINER", TABLE_LEFT }, { "STATE", TABLE_LEFT }, { "CPU", TABLE_RIGHT },
  { "MEMORY", TABLE_RIGHT },   { "PIDS", TABLE_RIGHT }, { "UNIT", TABLE_SHRINKS_FRONT },
};

/* "      State: TEXT"; without a label one more line of the same. An empty text is no line. */
static void
append_line (GString *out, const char *label, const char *text)
{
  g_autofree char *shown = ncg_error_escape_message (text);

  if (text[0] != '\0')
    g_string_append_printf (out, "%*s%c %s\n", LABEL_WIDTH, label, label[0] != '\0' ? ':' : ' ',
                            shown);
}

/* (transfer none): "" if there is none */
static const char *
get_text (const PodFacts *facts, const char *property)
{
  const char *text = "";

  g_variant_lookup (facts->properties, property, "&s", &text);
  return text;
}

static void
append_state (const Call *call, GString *out, const PodFacts *facts)
{
  const char *state = get_text (facts, "State");
  g_autofree char *moment = NULL;
  g_autofree char *ago = NULL;
  guint64 created;

  g_string_append_printf (out, "%*s: ", LABEL_WIDTH, "State");
  style_append (out, states_get_style (state), call->terminal->has_colors, state);
  if (figures_get (facts->properties, "CreatedUSec", &created) && created != 0) {
    moment = human_moment (created);
    ago = human_ago (created, (guint64) g_get_real_time ());
    g_string_append_printf (out, ", created %s; %s", moment, ago);
  }
  g_string_append_c (out, '\n');
}

/* As arguments of create, which makes the same again. */
static void
append_spec (GString *out, const PodFacts *facts)
{
  g_autoptr (GVariant) spec =
      g_variant_lookup_value (facts->properties, "Spec", G_VARIANT_TYPE_VARDICT);
  g_auto (GStrv) arguments = spec != NULL ? spec_arguments_format (spec) : NULL;

  for (guint i = 0; arguments != NULL && arguments[i] != NULL; i++)
    append_line (out, i == 0 ? "Spec" : "", arguments[i]);
}

static void
append_cpu (GString *out, const PodFacts *facts)
{
  g_autofree char *used = NULL;
  g_autofree char *waited = NULL;
  g_autofree char *text = NULL;
  guint64 nsec, throttled = 0;

  if (!figures_get (facts->stats, "CPUUsageNSec", &nsec))
    return;
  used = human_usec (nsec / 1000);
  figures_get (facts->stats, "CPUThrottledUSec", &throttled);
  waited = human_usec (throttled);
  text = throttled > 0 ? g_strdup_printf ("%s; %s throttled", used, waited) : g_strdup (used);
  append_line (out, "CPU", text);
}

/* "USED of LIMIT  ████░░░░  40%"; what has no limit has no bar. */
static void
append_used (const Call *call,
             GString *out,
             const char *label,
             const PodFacts *facts,
             const char *key,
             const char *limit_key,
             char *(*format) (guint64))
{
  g_autofree char *used_text = NULL;
  g_autofree char *limit_text = NULL;
  g_autofree char *bar = NULL;
  g_autofree char *percent = NULL;
  guint64 used, limit;

  if (!figures_get (facts->stats, key, &used))
    return;
  used_text = format (used);
  if (!figures_get (facts->stats, limit_key, &limit)) {
    append_line (out, label, used_text);
    return;
  }
  limit_text = format (limit);
  bar = bar_format (used, limit, BAR_WIDTH, call->terminal->is_utf8);
  percent = human_percent (used, limit);
  g_string_append_printf (out, "%*s: %s of %s  ", LABEL_WIDTH, label, used_text, limit_text);
  style_append (out, bar_style (used, limit), call->terminal->has_colors, bar);
  g_string_append_printf (out, "  %s\n", percent);
}

static void
append_bytes (GString *out, const char *label, const PodFacts *facts, const char *key)
{
  g_autofree char *text = NULL;
  guint64 bytes;

  if (!figures_get (facts->stats, key, &bytes))
    return;
  text = human_bytes (bytes);
  append_line (out, label, text);
}

static void
append_kills (const Call *call, GString *out, const PodFacts *facts)
{
  g_autoptr (GVariant) events =
      facts->stats != NULL
          ? g_variant_lookup_value (facts->stats, "MemoryEvents", G_VARIANT_TYPE ("a{st}"))
          : NULL;
  g_autofree char *text = NULL;
  guint64 kills;

  if (!figures_get (events, "oom_kill", &kills) || kills == 0)
    return;
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " for want of memory", kills);
  g_string_append_printf (out, "%*s: ", LABEL_WIDTH, "Killed");
  style_append (out, STYLE_BAD, call->terminal->has_colors, text);
  g_string_append_c (out, '\n');
}

static void
append_pressure (GString *out, const PodFacts *facts)
{
  static const struct {
    const char *key;
    const char *name;
  } kinds[] = { { "CPUPressure", "cpu" }, { "MemoryPressure", "memory" }, { "IOPressure", "io" } };
  g_autoptr (GString) line = g_string_new (NULL);

  for (gsize i = 0; facts->stats != NULL && i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GVariant) pressure =
        g_variant_lookup_value (facts->stats, kinds[i].key, G_VARIANT_TYPE ("a{sd}"));
    double some;

    if (pressure != NULL && g_variant_lookup (pressure, "someAvg10", "d", &some))
      g_string_append_printf (line, "%s%s %.2f%%", line->len > 0 ? ", " : "", kinds[i].name, some);
  }
  append_line (out, "Pressure", line->str);
}

static void
append_figures (const Call *call, GString *out, const PodFacts *facts)
{
  append_cpu (out, facts);
  append_used (call, out, "Memory", facts, "MemoryUsageBytes", "MemoryLimitBytes", human_bytes);
  append_bytes (out, "Working set", facts, "MemoryWorkingSetBytes");
  append_bytes (out, "Peak", facts, "MemoryPeakBytes");
  append_bytes (out, "Swap", facts, "MemorySwapBytes");
  append_used (call, out, "Pids", facts, "PidsCurrent", "PidsLimit", human_count);
  append_kills (call, out, facts);
  append_pressure (out, facts);
}

static void
add_container (Table *table, const char *name, const char *state, const char *unit, GVariant *stats)
{
  table_add (table, STYLE_PLAIN, name);
  table_add (table, states_get_style (state), state);
  figures_add_cells (table, stats);
  table_add (table, STYLE_DIM, unit);
}

/* Those that a runtime made have figures, and are none of the daemon's. */
static void
add_foreign_containers (Table *table, GVariant *all, GHashTable *known)
{
  GVariantIter iter;
  const char *name;
  GVariant *stats;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &name, &stats))
    if (!g_hash_table_contains (known, name))
      add_container (table, name, "foreign", "", stats);
}

static void
append_containers (const Call *call, GString *out, const PodFacts *facts)
{
  g_autoptr (GVariant) containers =
      g_variant_lookup_value (facts->properties, "Containers", G_VARIANT_TYPE ("a(ssss)"));
  g_autoptr (GVariant) all =
      facts->stats != NULL
          ? g_variant_lookup_value (facts->stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"))
          : NULL;
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (Table) table = table_new (container_columns, G_N_ELEMENTS (container_columns));
  TableLook look = call_get_look (call);
  g_autofree char *text = NULL;

  for (gsize i = 0; containers != NULL && i < g_variant_n_children (containers); i++) {
    const char *name, *unit, *state;
    g_autoptr (GVariant) stats = NULL;

    g_variant_get_child (containers, i, "(&s&s&s&s)", &name, &unit, NULL, &state);
    stats = all != NULL ? g_variant_lookup_value (all, name, G_VARIANT_TYPE_VARDICT) : NULL;
    g_hash_table_add (known, (char *) name);
    add_container (table, name, state, unit, stats);
  }
  if (all != NULL)
    add_foreign_containers (table, all, known);
  text = table_format (table, &look);
  if (text[0] != '\0')
    g_string_append_printf (out, "\n%s", text);
}

static void
append_settings (const Call *call, GString *out, const PodFacts *facts)
{
  g_autoptr (Table) table = settings_new_table ();
  TableLook look = call_get_look (call);
  g_autofree char *text = NULL;
  guint n_differ = settings_add (table, facts->settings, get_text (facts, "ControlGroup"), FALSE);

  text = table_format (table, &look);
  if (text[0] != '\0')
    g_string_append_printf (out, "\n%s", text);
  if (!call->options->no_legend && n_differ > 0)
    g_string_append_printf (out, "\n%u of %u settings differ.\n", n_differ,
                            table_count_rows (table));
}

void
pod_view_append (const Call *call, GString *out, const PodFacts *facts)
{
  style_append (out, STYLE_HEAD, call->terminal->has_colors, get_text (facts, "Uid"));
  g_string_append_printf (out, " (%s)\n", get_text (facts, "QosClass"));
  append_state (call, out, facts);
  append_line (out, "Slice", get_text (facts, "Slice"));
  append_line (out, "Cgroup", get_text (facts, "ControlGroup"));
  append_spec (out, facts);
  append_figures (call, out, facts);
  append_containers (call, out, facts);
  append_settings (call, out, facts);
}
