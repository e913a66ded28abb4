/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl status: whether the node is in order, what to do where it is not, and what it has
 * and uses. It ends with 1 where the node is not ready.
 *
 * JSON: an object: the properties of org.example.NodeCgroups (Version, Driver, Hierarchy,
 * SystemdVersion, CgroupRoot, PodCount and so on) and of org.example.NodeCgroups.Node (State,
 * Enforced, Capacity and so on; Conditions as objects: Name, Holds, Message), PodsByQosClass and
 * PodsByState (how many, by each name), and Usage and MilliCPU as usage has them.
 */
#include "cli/json-text.h"
#include "cli/status-view.h"
#include "cli/verbs.h"

static gboolean wants_all;

static const GOptionEntry entries[] = {
  { "all", 'a', 0, G_OPTION_ARG_NONE, &wants_all, "Show also the conditions that hold", NULL },
  { NULL },
};

static void
status_facts_clear (StatusFacts *facts)
{
  g_clear_pointer (&facts->manager, g_variant_unref);
  g_clear_pointer (&facts->pods, g_variant_unref);
  parts_clear (&facts->parts);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StatusFacts, status_facts_clear)

static gboolean
find_facts (Bus *bus, StatusFacts *facts, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  facts->manager = manager != NULL ? bus_get_all (bus, BUS_OBJECT, BUS_MANAGER, error) : NULL;
  return facts->manager != NULL &&
         ncg_dbus_manager_call_list_pods_sync (manager, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC,
                                               &facts->pods, NULL, error) &&
         parts_read (&facts->parts, bus, error);
}

static gboolean
describe_count (gpointer key, gpointer value, gpointer user_data)
{
  g_variant_builder_add (user_data, "{su}", key, GPOINTER_TO_UINT (value));
  return FALSE;
}

static GVariant *
describe_counts (const StatusFacts *facts, gboolean by_state)
{
  g_autoptr (GTree) counts = status_view_count_pods (facts, by_state);
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a{su}"));
  g_tree_foreach (counts, describe_count, &all);
  return g_variant_builder_end (&all);
}

static void
insert_all (GVariantDict *all, GVariant *properties)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_variant_dict_insert_value (all, name, value);
}

static void
show_json (const Call *call, const StatusFacts *facts)
{
  static const char *const fields[] = { "Name", "Holds", "Message", NULL };
  g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (facts->manager);
  g_autoptr (GVariant) conditions =
      g_variant_lookup_value (facts->parts.node, "Conditions", G_VARIANT_TYPE ("a(sbs)"));

  insert_all (&all, facts->parts.node);
  if (conditions != NULL) {
    g_autoptr (GVariant) named = json_text_name_fields (conditions, fields);

    g_variant_dict_insert_value (&all, "Conditions", named);
  }
  g_variant_dict_insert_value (&all, "PodsByQosClass", describe_counts (facts, FALSE));
  g_variant_dict_insert_value (&all, "PodsByState", describe_counts (facts, TRUE));
  g_variant_dict_insert_value (&all, "Usage", facts->parts.after);
  g_variant_dict_insert_value (&all, "MilliCPU", parts_describe_rates (&facts->parts));
  call_show_json (call, g_variant_dict_end (&all));
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (StatusFacts) facts = { 0 };
  g_autoptr (GString) out = g_string_new (NULL);
  const char *state = "";

  if (!find_facts (call->bus, &facts, error))
    return FALSE;
  if (call_wants_json (call)) {
    show_json (call, &facts);
  } else {
    status_view_append (call, out, &facts, wants_all);
    call_show (call, out->str);
  }
  g_variant_lookup (facts.parts.node, "State", "&s", &state);
  call->status = g_str_equal (state, "ready") ? EXIT_STATUS_OK : EXIT_STATUS_FAILED;
  return TRUE;
}

const Verb verb_status = {
  .name = "status",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show whether the node is in order, and what it has and uses",
  .options = entries,
  .more =
      "It ends with 0 if the node is ready, and with 1 if it is degraded or bootstrapping. What "
      "does not\nhold is shown with what to do. CPU is measured over a quarter of a second, in "
      "CPUs (m: thousandths);\nmemory is the working set. \"of\" is what there is for the part: of "
      "the node its capacity, of pods\nwhat is allocatable, else the reservation.",
  .run = run,
};
