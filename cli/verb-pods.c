/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl pods: all pods with what they use.
 *
 * JSON: an array of objects, sorted by Uid: Uid, QosClass, Object, Slice and State are those of
 * ListPods; Stats has the Fields below, of GetStats, and is absent where the pod has no cgroup.
 * With --quiet an array of what it lists, strings.
 */
#include "cli/figures.h"
#include "cli/states.h"
#include "cli/stats-call.h"
#include "cli/verbs.h"

static gboolean is_quiet;
static gboolean has_containers;

static const GOptionEntry entries[] = {
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &is_quiet,
    "Only the UIDs, one a line; the daemon is not started for it", NULL },
  { "containers", 0, 0, G_OPTION_ARG_NONE, &has_containers,
    "With --quiet the containers as well, as UID/CONTAINER", NULL },
  { NULL },
};

static const char *const wanted[] = {
  "TimestampUSec", "CPUUsageNSec", "MemoryUsageBytes", "MemoryLimitBytes", "PidsCurrent",
  "PidsLimit",     NULL,
};

static const TableColumn columns[] = {
  { "UID", TABLE_SHRINKS },   { "QOS", TABLE_LEFT },     { "STATE", TABLE_LEFT },
  { "CPU", TABLE_RIGHT },     { "MEMORY", TABLE_RIGHT }, { "PIDS", TABLE_RIGHT },
  { "SLICE", TABLE_SHRINKS },
};

/* (transfer full): "a{sa{sv}}" by uid */
static GVariant *
get_stats (Bus *bus, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus_get_connection (bus), BUS_NAME, BUS_OBJECT, BUS_MANAGER, STATS_CALL,
      stats_call_arguments (NULL, FALSE, wanted), G_VARIANT_TYPE ("(a{sa{sv}})"),
      G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC, NULL, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static GVariant *
describe_pod (GVariant *pod, GVariant *stats)
{
  static const char *const keys[] = { "Uid", "QosClass", "Object", "Slice", "State" };
  GVariantBuilder fields;

  g_variant_builder_init (&fields, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_autoptr (GVariant) value = g_variant_get_child_value (pod, i);

    g_variant_builder_add (&fields, "{sv}", keys[i], value);
  }
  if (stats != NULL)
    g_variant_builder_add (&fields, "{sv}", "Stats", stats);
  return g_variant_builder_end (&fields);
}

static void
show_json (const Call *call, GVariant *pods, GHashTable *stats)
{
  GVariantBuilder objects;

  g_variant_builder_init (&objects, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (pods); i++) {
    g_autoptr (GVariant) pod = g_variant_get_child_value (pods, i);
    const char *uid;

    g_variant_get_child (pod, 0, "&s", &uid);
    g_variant_builder_add_value (&objects, describe_pod (pod, g_hash_table_lookup (stats, uid)));
  }
  call_show_json (call, g_variant_builder_end (&objects));
}

static void
show_table (const Call *call, GVariant *pods, GHashTable *stats)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (pods); i++) {
    const char *uid, *qos, *slice, *state;

    g_variant_get_child (pods, i, "(&s&s&o&s&s)", &uid, &qos, NULL, &slice, &state);
    table_add (table, STYLE_PLAIN, uid);
    table_add (table, STYLE_PLAIN, qos);
    table_add (table, states_get_style (state), state);
    figures_add_cells (table, g_hash_table_lookup (stats, uid));
    table_add (table, STYLE_DIM, slice);
  }
  call_append_table (call, out, table, "pod", "pods");
  if (table_count_rows (table) == 0 && !call->options->no_legend)
    g_string_append (out, "Try: nodecgroupsctl create UID CPULimit=500m MemoryLimit=256Mi\n");
  call_show (call, out->str);
}

/* The names of a pod's object, where it is one. @interfaces: a{sa{sv}} */
static void
add_names (GPtrArray *names, GVariant *interfaces)
{
  g_autoptr (GVariant) pod = g_variant_lookup_value (interfaces, BUS_POD, G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) containers =
      pod != NULL ? g_variant_lookup_value (pod, "Containers", G_VARIANT_TYPE ("a(ssss)")) : NULL;
  const char *uid, *name;
  GVariantIter iter;

  if (pod == NULL || !g_variant_lookup (pod, "Uid", "&s", &uid))
    return;
  g_ptr_array_add (names, g_strdup (uid));
  if (containers == NULL || !has_containers)
    return;
  g_variant_iter_init (&iter, containers);
  while (g_variant_iter_next (&iter, "(&s&s&s&s)", &name, NULL, NULL, NULL))
    g_ptr_array_add (names, g_strconcat (uid, "/", name, NULL));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *) a, *(const char *const *) b);
}

/* One call, without a figure: it is for who has just pressed a key. */
static gboolean
list_names (Call *call, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      bus_get_connection (call->bus), BUS_NAME, BUS_OBJECT, "org.freedesktop.DBus.ObjectManager",
      "GetManagedObjects", NULL, G_VARIANT_TYPE ("(a{oa{sa{sv}}})"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_CALL_MSEC, NULL, error);
  g_autoptr (GVariant) objects = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  GVariantIter iter;
  GVariant *interfaces;

  if (objects == NULL)
    return FALSE;
  g_variant_iter_init (&iter, objects);
  while (g_variant_iter_loop (&iter, "{o@a{sa{sv}}}", NULL, &interfaces))
    add_names (names, interfaces);
  g_ptr_array_sort (names, compare_names);
  if (call_wants_json (call)) {
    call_show_json (call, g_variant_new_strv ((const char *const *) names->pdata, names->len));
    return TRUE;
  }
  g_ptr_array_add (names, g_strdup (""));
  g_ptr_array_add (names, NULL);
  text = g_strjoinv ("\n", (char **) names->pdata);
  call_show (call, text);
  return TRUE;
}

static gboolean
list_pods (Call *call, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (call->bus, error);
  g_autoptr (GVariant) pods = NULL;
  g_autoptr (GVariant) all = NULL;
  g_autoptr (GHashTable) stats = NULL;

  if (manager == NULL || !ncg_dbus_manager_call_list_pods_sync (manager, G_DBUS_CALL_FLAGS_NONE,
                                                                BUS_CALL_MSEC, &pods, NULL, error))
    return FALSE;
  all = get_stats (call->bus, error);
  if (all == NULL)
    return FALSE;
  stats = figures_index (all);
  if (call_wants_json (call))
    show_json (call, pods, stats);
  else
    show_table (call, pods, stats);
  return TRUE;
}

static gboolean
run (Call *call, GError **error)
{
  if (has_containers && !is_quiet) {
    g_set_error (
        error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE,
        "--containers goes with --quiet; containers with what they use are in tree and pod");
    return FALSE;
  }
  return is_quiet ? list_names (call, error) : list_pods (call, error);
}

const Verb verb_pods = {
  .name = "pods",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "List the pods with what they use",
  .options = entries,
  .run = run,
};
