/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node in the manner of systemctl status: the state and what is wrong first, then what it is
 * line by line, and its resources as tables.
 */
#include "cli/status-view.h"

#include "cli/human.h"
#include "cli/states.h"
#include "cli/wrap.h"
#include "lib/error.h"

#include <string.h>

#define LABEL_WIDTH 11
#define INDENT (LABEL_WIDTH + 2)
#define BAR_WIDTH 8

static const TableColumn resource_columns[] = {
  { "RESOURCE", TABLE_LEFT }, { "CAPACITY", TABLE_RIGHT }, { "SYSTEM", TABLE_RIGHT },
  { "KUBE", TABLE_RIGHT },    { "EVICTION", TABLE_RIGHT }, { "ALLOCATABLE", TABLE_RIGHT },
};

/* What each of these columns is, beside the first. */
static const char *const resource_properties[] = {
  "Capacity", "SystemReserved", "KubeReserved", "EvictionHard", "Allocatable",
};
G_STATIC_ASSERT (G_N_ELEMENTS (resource_properties) + 1 == G_N_ELEMENTS (resource_columns));

#define N_PROPERTIES G_N_ELEMENTS (resource_properties)

static const TableColumn part_columns[] = {
  { "PART", TABLE_LEFT },    { "CPU", TABLE_RIGHT }, { "", TABLE_LEFT },
  { "MEMORY", TABLE_RIGHT }, { "", TABLE_LEFT },     { "PIDS", TABLE_RIGHT },
};

/* All others are of memory or storage. */
static const struct {
  const char *resource;
  FiguresFormat format;
} formats[] = {
  { "cpu", human_millicores },
  { "pid", human_count },
};

static void
append_label (GString *out, const char *label)
{
  g_string_append_printf (out, "%*s: ", LABEL_WIDTH, label);
}

static void
append_line (const Call *call, GString *out, const char *label, const char *text)
{
  append_label (out, label);
  wrap_append (out, text, INDENT, call->terminal->columns);
}

/* (transfer none): "" if there is none */
static const char *
get_text (GVariant *properties, const char *property)
{
  const char *text = "";

  g_variant_lookup (properties, property, "&s", &text);
  return text;
}

static void
append_state (const Call *call, GString *out, const StatusFacts *facts)
{
  const char *state = get_text (facts->parts.node, "State");
  gboolean has_colors = call->terminal->has_colors;

  style_append (out, states_get_style (state), has_colors, call->terminal->is_utf8 ? "●" : "*");
  g_string_append_printf (out, " nodecgroupsd %s: ", get_text (facts->manager, "Version"));
  style_append (out, states_get_style (state), has_colors, state);
  g_string_append_c (out, '\n');
}

/* "NAME: MESSAGE" */
static void
append_condition (
    const Call *call, GString *out, const char *name, gboolean holds, const char *message)
{
  g_autofree char *shown = ncg_error_escape_message (message);
  g_autofree char *text = g_strdup_printf ("%s: %s", name, shown);
  g_autoptr (GString) lines = g_string_new (NULL);

  wrap_append (lines, text, INDENT, call->terminal->columns);
  g_string_truncate (lines, lines->len - 1);
  g_string_append_printf (out, "%*s", INDENT, "");
  style_append (out, holds ? STYLE_GOOD : STYLE_BAD, call->terminal->has_colors, lines->str);
  g_string_append_c (out, '\n');
}

static void
append_conditions (const Call *call, GString *out, const StatusFacts *facts, gboolean all)
{
  g_autoptr (GVariant) conditions =
      g_variant_lookup_value (facts->parts.node, "Conditions", G_VARIANT_TYPE ("a(sbs)"));
  g_autoptr (GString) list = g_string_new (NULL);
  guint n_holding = 0, n = 0;

  for (; conditions != NULL && n < g_variant_n_children (conditions); n++) {
    const char *name, *message;
    gboolean holds;

    g_variant_get_child (conditions, n, "(&sb&s)", &name, &holds, &message);
    n_holding += holds ? 1 : 0;
    if (!holds || all)
      append_condition (call, list, name, holds, message);
  }
  append_label (out, "Conditions");
  if (n_holding == n)
    g_string_append_printf (out, "all of %u hold\n", n);
  else
    g_string_append_printf (out, "%u hold, %u %s not\n", n_holding, n - n_holding,
                            n - n_holding == 1 ? "does" : "do");
  g_string_append (out, list->str);
}

static void
append_driver (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autofree char *driver =
      g_strdup_printf ("%s, %s hierarchy", get_text (facts->manager, "Driver"),
                       get_text (facts->manager, "Hierarchy"));
  g_autofree char *version = NULL;
  guint32 systemd = 0;

  append_line (call, out, "Driver", driver);
  if (g_variant_lookup (facts->manager, "SystemdVersion", "u", &systemd) && systemd != 0) {
    version = g_strdup_printf ("version %u", systemd);
    append_line (call, out, "Systemd", version);
  }
  append_line (call, out, "Cgroup root", get_text (facts->manager, "CgroupRoot"));
}

static void
append_enforced (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autofree const char **names = NULL;
  g_autofree char *text = NULL;

  g_variant_lookup (facts->parts.node, "Enforced", "^a&s", &names);
  text =
      names != NULL && names[0] != NULL ? g_strjoinv (", ", (char **) names) : g_strdup ("nothing");
  append_line (call, out, "Enforced", text);
}

static int
compare_keys (gconstpointer a, gconstpointer b, gpointer user_data)
{
  return strcmp (a, b);
}

GTree *
status_view_count_pods (const StatusFacts *facts, gboolean by_state)
{
  GTree *counts = g_tree_new_full (compare_keys, NULL, g_free, NULL);

  for (gsize i = 0; i < g_variant_n_children (facts->pods); i++) {
    const char *qos, *state, *key;

    g_variant_get_child (facts->pods, i, "(&s&s&o&s&s)", NULL, &qos, NULL, NULL, &state);
    key = by_state ? state : qos;
    g_tree_insert (counts, g_strdup (key),
                   GUINT_TO_POINTER (GPOINTER_TO_UINT (g_tree_lookup (counts, key)) + 1));
  }
  return counts;
}

typedef struct {
  const Call *call;
  GString *text;
  gboolean by_state;
  const char *separator;
} Counting;

static gboolean
append_count (gpointer key, gpointer value, gpointer user_data)
{
  Counting *self = user_data;
  g_autofree char *text = g_strdup_printf ("%u %s", GPOINTER_TO_UINT (value), (const char *) key);

  g_string_append (self->text, self->separator);
  style_append (self->text, self->by_state ? states_get_style (key) : STYLE_PLAIN,
                self->call->terminal->has_colors, text);
  self->separator = ", ";
  return FALSE;
}

/* "3: 1 BestEffort, 2 Burstable; 2 active, 1 vanished" */
static void
append_pods (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autoptr (GTree) classes = status_view_count_pods (facts, FALSE);
  g_autoptr (GTree) states = status_view_count_pods (facts, TRUE);
  Counting of_classes = { call, out, FALSE, ": " };
  Counting of_states = { call, out, TRUE, "; " };

  append_label (out, "Pods");
  g_string_append_printf (out, "%u", (guint) g_variant_n_children (facts->pods));
  g_tree_foreach (classes, append_count, &of_classes);
  g_tree_foreach (states, append_count, &of_states);
  g_string_append_c (out, '\n');
}

static void
append_drift (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autofree char *text = NULL;
  guint64 count = 0;

  figures_get (facts->parts.node, "DriftCount", &count);
  if (count == 0)
    text = g_strdup ("nothing was changed by others since the daemon started");
  else
    text = g_strdup_printf ("%" G_GUINT64_FORMAT " change%s by others since the daemon started, "
                            "which the journal tells of",
                            count, count == 1 ? "" : "s");
  append_line (call, out, "Drift", text);
}

static FiguresFormat
find_format (const char *resource)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (formats[i].resource, resource))
      return formats[i].format;
  return human_bytes;
}

static void
add_resource (Table *table, GVariant *const *properties, const char *resource)
{
  FiguresFormat format = find_format (resource);

  table_add (table, STYLE_PLAIN, resource);
  for (gsize i = 0; i < N_PROPERTIES; i++) {
    guint64 amount;

    if (figures_get (properties[i], resource, &amount))
      table_take (table, STYLE_PLAIN, format (amount));
    else
      table_add (table, STYLE_DIM, "-");
  }
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* (transfer container): the resources that the machine has, sorted */
static GPtrArray *
list_resources (GVariant *capacity)
{
  GPtrArray *names = g_ptr_array_new ();
  GVariantIter iter;
  const char *name;

  g_variant_iter_init (&iter, capacity);
  while (g_variant_iter_next (&iter, "{&st}", &name, NULL))
    g_ptr_array_add (names, (char *) name);
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
append_table (const Call *call, GString *out, const Table *table)
{
  TableLook look = call_get_look (call);
  g_autofree char *text = table_format (table, &look);

  g_string_append_printf (out, "%s%s", text[0] != '\0' ? "\n" : "", text);
}

static void
append_resources (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autoptr (Table) table = table_new (resource_columns, G_N_ELEMENTS (resource_columns));
  g_autoptr (GPtrArray) resources = NULL;
  GVariant *properties[N_PROPERTIES];

  for (gsize i = 0; i < N_PROPERTIES; i++)
    properties[i] = g_variant_lookup_value (facts->parts.node, resource_properties[i],
                                            G_VARIANT_TYPE ("a{st}"));
  if (properties[0] != NULL)
    resources = list_resources (properties[0]);
  for (guint i = 0; resources != NULL && i < resources->len; i++)
    add_resource (table, properties, g_ptr_array_index (resources, i));
  append_table (call, out, table);
  for (gsize i = 0; i < N_PROPERTIES; i++)
    g_clear_pointer (&properties[i], g_variant_unref);
}

static void
append_parts (const Call *call, GString *out, const StatusFacts *facts)
{
  g_autoptr (Table) table = table_new (part_columns, G_N_ELEMENTS (part_columns));
  g_autoptr (GArray) parts = parts_list (&facts->parts);
  const LoadBars bars = { BAR_WIDTH, BAR_WIDTH, call->terminal->is_utf8 };

  for (guint i = 0; i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);

    table_add (table, STYLE_PLAIN, part->name);
    load_add_cells (&part->load, table, &bars);
  }
  append_table (call, out, table);
}

void
status_view_append (const Call *call, GString *out, const StatusFacts *facts, gboolean all)
{
  append_state (call, out, facts);
  append_conditions (call, out, facts, all);
  append_driver (call, out, facts);
  append_enforced (call, out, facts);
  append_pods (call, out, facts);
  append_drift (call, out, facts);
  append_resources (call, out, facts);
  append_parts (call, out, facts);
}
