/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl usage: what the parts of the node use, beside what is reserved for them.
 *
 * JSON: an object: Usage (GetUsage: the figures of each part by its name), MilliCPU (what each part
 * used of the CPUs while it was looked at, in millicores), and of the node's properties Capacity,
 * SystemReserved, KubeReserved, Allocatable.
 */
#include "cli/parts.h"
#include "cli/verbs.h"

#define BAR_WIDTH 10

static const TableColumn columns[] = {
  { "PART", TABLE_LEFT }, { "CPU", TABLE_RIGHT },  { "MEMORY", TABLE_RIGHT },
  { "", TABLE_LEFT },     { "PIDS", TABLE_RIGHT }, { "OF", TABLE_LEFT },
};

static const char *const properties[] = {
  "Capacity",
  "SystemReserved",
  "KubeReserved",
  "Allocatable",
};

static void
show (const Call *call, const Parts *parts)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GArray) list = parts_list (parts);
  const LoadBars bars = { .memory = BAR_WIDTH, .is_utf8 = call->terminal->is_utf8 };

  for (guint i = 0; i < list->len; i++) {
    const Part *part = &g_array_index (list, Part, i);

    table_add (table, STYLE_PLAIN, part->name);
    load_add_cells (&part->load, table, &bars);
    table_add (table, STYLE_DIM, part->of);
  }
  call_append_table (call, out, table, "part", "parts");
  call_show (call, out->str);
}

static void
show_json (const Call *call, const Parts *parts)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&all, "{sv}", "Usage", parts->after);
  g_variant_builder_add (&all, "{sv}", "MilliCPU", parts_describe_rates (parts));
  for (gsize i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_autoptr (GVariant) value = g_variant_lookup_value (parts->node, properties[i], NULL);

    if (value != NULL)
      g_variant_builder_add (&all, "{sv}", properties[i], value);
  }
  call_show_json (call, g_variant_builder_end (&all));
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Parts) parts = { 0 };

  if (!parts_read (&parts, call->bus, error))
    return FALSE;
  if (call_wants_json (call))
    show_json (call, &parts);
  else
    show (call, &parts);
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
