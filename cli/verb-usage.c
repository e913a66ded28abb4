/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl usage: what the parts of the node use, beside what is reserved for them.
 *
 * JSON: an object: Usage (GetUsage: the figures of each part by its name), MilliCPU (what each part
 * used of the CPUs while it was looked at, in millicores), and of the node's properties Capacity,
 * SystemReserved, KubeReserved, Allocatable.
 */
#include "cli/bar.h"
#include "cli/figures.h"
#include "cli/human.h"
#include "cli/verbs.h"

/* CPU time is counted; how much a part uses takes two looks. */
#define INTERVAL_USEC (250 * 1000)
#define BAR_WIDTH 10

static const TableColumn columns[] = {
  { "PART", TABLE_LEFT }, { "CPU", TABLE_RIGHT },  { "MEMORY", TABLE_RIGHT },
  { "", TABLE_LEFT },     { "PIDS", TABLE_RIGHT }, { "OF", TABLE_LEFT },
};

/* Each part in the order of the table, and the property that says what there is for it. */
static const struct {
  const char *part;
  const char *property; /* (nullable): nothing is kept for it by itself */
  const char *of;
} parts[] = {
  { "node", "Capacity", "capacity" },
  { "system", "SystemReserved", "reserved for the system" },
  { "kube", "KubeReserved", "reserved for Kubernetes" },
  { "runtime", NULL, NULL },
  { "user", NULL, NULL },
  { "pods", "Allocatable", "allocatable" },
};

static const char *const properties[] = {
  "Capacity",
  "SystemReserved",
  "KubeReserved",
  "Allocatable",
};

/* "USED of THERE"; @used: (nullable): it is not known */
static void
add_of (
    Table *table, const guint64 *used, GVariant *there, const char *resource, FiguresFormat format)
{
  guint64 limit;

  figures_add_of (table, used, figures_get (there, resource, &limit) ? &limit : NULL, format);
}

static void
add_bar (const Call *call, Table *table, gboolean is_known, guint64 used, GVariant *there)
{
  guint64 limit;

  if (is_known && figures_get (there, "memory", &limit))
    table_take (table, bar_style (used, limit),
                bar_format (used, limit, BAR_WIDTH, call->terminal->is_utf8));
  else
    table_add (table, STYLE_PLAIN, "");
}

static GVariant *
look_up (GVariant *usage, const char *part)
{
  return g_variant_lookup_value (usage, part, G_VARIANT_TYPE_VARDICT);
}

static void
add_part (
    const Call *call, Table *table, gsize i, GVariant *before, GVariant *after, GVariant *node)
{
  const char *property = parts[i].property;
  g_autoptr (GVariant) then = look_up (before, parts[i].part);
  g_autoptr (GVariant) now = look_up (after, parts[i].part);
  g_autoptr (GVariant) given =
      property != NULL ? g_variant_lookup_value (node, property, G_VARIANT_TYPE ("a{st}")) : NULL;
  GVariant *there = given != NULL && g_variant_n_children (given) > 0 ? given : NULL;
  guint64 cpu = 0, memory = 0, pids = 0;
  gboolean has_cpu = figures_get_rate (then, now, &cpu);
  gboolean has_memory = figures_get (now, "MemoryWorkingSetBytes", &memory);

  if (now == NULL)
    return;
  table_add (table, STYLE_PLAIN, parts[i].part);
  add_of (table, has_cpu ? &cpu : NULL, there, "cpu", human_millicores);
  add_of (table, has_memory ? &memory : NULL, there, "memory", human_bytes);
  add_bar (call, table, has_memory, memory, there);
  add_of (table, figures_get (now, "PidsCurrent", &pids) ? &pids : NULL, there, "pid", human_count);
  table_add (table, STYLE_DIM, there != NULL ? parts[i].of : "");
}

static void
show (const Call *call, GVariant *before, GVariant *after, GVariant *node)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    add_part (call, table, i, before, after, node);
  call_append_table (call, out, table, "part", "parts");
  call_show (call, out->str);
}

static GVariant *
describe_rates (GVariant *before, GVariant *after)
{
  GVariantBuilder rates;
  GVariantIter iter;
  const char *part;
  GVariant *now;

  g_variant_builder_init (&rates, G_VARIANT_TYPE ("a{st}"));
  g_variant_iter_init (&iter, after);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &part, &now)) {
    g_autoptr (GVariant) then = look_up (before, part);
    guint64 millicores;

    if (figures_get_rate (then, now, &millicores))
      g_variant_builder_add (&rates, "{st}", part, millicores);
  }
  return g_variant_builder_end (&rates);
}

static void
show_json (const Call *call, GVariant *before, GVariant *after, GVariant *node)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&all, "{sv}", "Usage", after);
  g_variant_builder_add (&all, "{sv}", "MilliCPU", describe_rates (before, after));
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_autoptr (GVariant) value = g_variant_lookup_value (node, properties[i], NULL);

    if (value != NULL)
      g_variant_builder_add (&all, "{sv}", properties[i], value);
  }
  call_show_json (call, g_variant_builder_end (&all));
}

static gboolean
look (NcgDbusNode *node, GVariant **ret_usage, GError **error)
{
  return ncg_dbus_node_call_get_usage_sync (node, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, ret_usage,
                                            NULL, error);
}

static gboolean
run (Call *call, GError **error)
{
  NcgDbusNode *node = bus_get_node (call->bus, error);
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) after = NULL;
  g_autoptr (GVariant) of_node = NULL;

  if (node == NULL || !look (node, &before, error))
    return FALSE;
  of_node = bus_get_all (call->bus, BUS_OBJECT, BUS_NODE, error);
  g_usleep (INTERVAL_USEC);
  if (of_node == NULL || !look (node, &after, error))
    return FALSE;
  if (call_wants_json (call))
    show_json (call, before, after, of_node);
  else
    show (call, before, after, of_node);
  return TRUE;
}

const Verb verb_usage = {
  .name = "usage",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show what the parts of the node use of what is there for them",
  .more =
      "CPU is measured over a quarter of a second, in CPUs (m: thousandths). Memory is the working "
      "set:\nwhat is used, less the files that could be dropped. \"of\" is what there is for the "
      "part: of the node\nits capacity, of pods what is allocatable, else the reservation.",
  .run = run,
};
