/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl tree: the node, its slices, pods and their containers, with what they use.
 *
 * JSON: an array of nested objects: one for the whole node, or of the pods that are named one each.
 * Each has Kind, Name, of what is known MilliCPU (the CPU that was used while it was looked at, in
 * millicores), MemoryWorkingSetBytes and PidsCurrent, where there is a limit MilliCPULimit,
 * MemoryLimitBytes and PidsLimit, and where there are any Children. By their Kind: node; part (Name
 * as in GetUsage: system, kube, runtime, user); pods (Name: the cgroup root), with what is
 * allocatable as its limits; class; pod (besides Uid, QosClass, State, Slice); container (State,
 * and Unit unless a runtime made it, whose State is foreign). All are in it, also without --full.
 */
#include "cli/batch.h"
#include "cli/parts.h"
#include "cli/pod-tree.h"
#include "cli/stats-call.h"
#include "cli/tree-view.h"
#include "cli/verbs.h"

/* Of the children of one, as many are readable. */
#define N_MOST 20

#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

static gboolean wants_full;

static const GOptionEntry entries[] = {
  { "full", 'f', 0, G_OPTION_ARG_NONE, &wants_full, "Show all pods and containers", NULL },
  { NULL },
};

/* Where not all pods are shown, the containers of those that are not are not asked for: with many
 * pods they are most of the work. Those with the most memory at the first look are shown. */
typedef struct {
  Parts parts; /* empty where pods are named */
  PodTreeFacts pods;
  GVariant *manager; /* "a{sv}" */
  gboolean is_cut;
  char **shown; /* (nullable): if it is cut, the uids of those that are shown */
} Facts;

static void
facts_clear (Facts *facts)
{
  parts_clear (&facts->parts);
  pod_tree_facts_clear (&facts->pods);
  g_clear_pointer (&facts->manager, g_variant_unref);
  g_clear_pointer (&facts->shown, g_strfreev);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Facts, facts_clear)

/* The first look is for the CPU time alone, and for who is shown. */
static GVariant *
stats_arguments (char **uids, gboolean has_containers, gboolean is_first)
{
  static const char *const time[] = { "TimestampUSec", "CPUUsageNSec", NULL };
  static const char *const choice[] = { "TimestampUSec", "CPUUsageNSec", "MemoryWorkingSetBytes",
                                        NULL };
  static const char *const all[] = {
    "TimestampUSec", "CPUUsageNSec", "MemoryWorkingSetBytes", "MemoryLimitBytes", "PidsCurrent",
    "PidsLimit",     NULL,
  };

  if (is_first)
    return stats_call_arguments (uids, has_containers, has_containers ? time : choice);
  return stats_call_arguments (uids, has_containers, all);
}

/* Makes the calls, and takes of the reply of each what is in it. */
static gboolean
take (Batch *batch, GVariant **const *rets, GError **error)
{
  batch_run (batch, BUS_CALL_MSEC);
  for (guint i = 0; i < batch_count (batch); i++) {
    GVariant *reply = batch_get_reply (batch, i, error);

    if (reply == NULL)
      return FALSE;
    *rets[i] = g_variant_get_child_value (reply, 0);
  }
  return TRUE;
}

static gboolean
look_first (const Call *call, Facts *facts, gint64 *ret_begun, GError **error)
{
  GVariant **const rets[] = { &facts->pods.before, &facts->pods.objects, &facts->parts.before,
                              &facts->parts.node, &facts->manager };
  g_autoptr (Batch) batch = batch_new (call->bus);

  if (!bus_wake (call->bus, error))
    return FALSE;
  *ret_begun = g_get_monotonic_time ();
  batch_add (batch, BUS_MANAGER, STATS_CALL,
             stats_arguments (call->arguments, !facts->is_cut, TRUE));
  batch_add (batch, OBJECT_MANAGER, "GetManagedObjects", g_variant_new ("()"));
  if (call->n_arguments == 0) {
    batch_add (batch, BUS_NODE, "GetUsage", g_variant_new ("()"));
    batch_add (batch, PROPERTIES, "GetAll", g_variant_new ("(s)", BUS_NODE));
    batch_add (batch, PROPERTIES, "GetAll", g_variant_new ("(s)", BUS_MANAGER));
  }
  return take (batch, rets, error);
}

static gboolean
look_again (const Call *call, Facts *facts, GError **error)
{
  GVariant **const rets[] = { &facts->pods.after, &facts->parts.after };
  g_autoptr (Batch) batch = batch_new (call->bus);

  batch_add (batch, BUS_MANAGER, STATS_CALL,
             stats_arguments (call->arguments, !facts->is_cut, FALSE));
  if (call->n_arguments == 0)
    batch_add (batch, BUS_NODE, "GetUsage", g_variant_new ("()"));
  return take (batch, rets, error);
}

/* The same pods as tree_node_cut() leaves. */
static void
choose (Facts *facts)
{
  const PodTreeFacts first = { facts->pods.objects, facts->pods.before, facts->pods.before };
  g_autoptr (GPtrArray) pods = pod_tree_list (&first, NULL);
  g_autoptr (TreeNode) root = tree_node_new ("pods", "", &(const Load){ 0 });
  g_autoptr (GPtrArray) uids = g_ptr_array_new ();

  pod_tree_add_classes (root, pods);
  tree_node_cut (root, N_MOST);
  tree_node_list (root, "pod", uids);
  g_ptr_array_add (uids, NULL);
  facts->shown = g_strdupv ((char **) uids->pdata);
}

/* Puts what there is of those that are shown, with their containers, in place of what @stats has of
 * them. One that is gone meanwhile makes the call fail: there is less to be seen then. */
static void
look_closer (const Call *call, const Facts *facts, gboolean is_first, GVariant **stats)
{
  g_autoptr (Batch) batch = batch_new (call->bus);
  g_autoptr (GVariant) some = NULL;
  GVariant *reply;

  if (facts->shown == NULL || facts->shown[0] == NULL)
    return;
  batch_add (batch, BUS_MANAGER, STATS_CALL, stats_arguments (facts->shown, TRUE, is_first));
  batch_run (batch, BUS_CALL_MSEC);
  reply = batch_get_reply (batch, 0, NULL);
  if (reply == NULL)
    return;
  some = g_variant_get_child_value (reply, 0);
  figures_replace (stats, some);
}

/* What there is to be seen, twice. */
static gboolean
look (const Call *call, Facts *facts, GError **error)
{
  gint64 begun;

  if (!look_first (call, facts, &begun, error))
    return FALSE;
  if (facts->is_cut)
    choose (facts);
  look_closer (call, facts, TRUE, &facts->pods.before);
  parts_pause (begun);
  if (!look_again (call, facts, error))
    return FALSE;
  look_closer (call, facts, FALSE, &facts->pods.after);
  return TRUE;
}

/* (transfer full) (element-type TreeNode) */
static GPtrArray *
make_node (const Facts *facts)
{
  GPtrArray *roots = g_ptr_array_new_with_free_func ((GDestroyNotify) tree_node_free);
  g_autoptr (GArray) parts = parts_list (&facts->parts);
  g_autoptr (GPtrArray) pods = pod_tree_list (&facts->pods, NULL);
  const char *cgroup_root = "pods";
  const Load nothing = { 0 };
  TreeNode *root = tree_node_new ("node", "node", &nothing);

  g_ptr_array_add (roots, root);
  g_variant_lookup (facts->manager, "CgroupRoot", "&s", &cgroup_root);
  for (guint i = 0; i < parts->len; i++) {
    const Part *part = &g_array_index (parts, Part, i);

    if (g_str_equal (part->name, "node"))
      root->load = part->load;
    else if (g_str_equal (part->name, "pods"))
      pod_tree_add_classes (tree_node_add (root, tree_node_new ("pods", cgroup_root, &part->load)),
                            pods);
    else
      tree_node_add (root, tree_node_new ("part", part->name, &part->load));
  }
  return roots;
}

static void
show_json (const Call *call, const GPtrArray *roots)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < roots->len; i++)
    g_variant_builder_add_value (&all, tree_node_describe (g_ptr_array_index (roots, i)));
  call_show_json (call, g_variant_builder_end (&all));
}

static void
show (const Call *call, const GPtrArray *roots)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < roots->len && !wants_full; i++)
    tree_node_cut (g_ptr_array_index (roots, i), N_MOST);
  tree_view_append (call, out, roots);
  call_show (call, out->str);
}

static gboolean
run (Call *call, GError **error)
{
  const gboolean is_cut = !wants_full && !call_wants_json (call) && call->n_arguments == 0;
  g_auto (Facts) facts = { .is_cut = is_cut };
  g_autoptr (GPtrArray) roots = NULL;

  if (!look (call, &facts, error))
    return FALSE;
  roots = call->n_arguments > 0 ? pod_tree_list (&facts.pods, call->arguments) : make_node (&facts);
  if (call_wants_json (call))
    show_json (call, roots);
  else
    show (call, roots);
  return TRUE;
}

const Verb verb_tree = {
  .name = "tree",
  .arguments = "[UID…]",
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show slices, pods and containers with what they use",
  .options = entries,
  .more =
      "CPU is measured over a quarter of a second, in CPUs (m: thousandths). Memory is the working "
      "set:\nwhat is used, less the files that could be dropped. \"of\" is the limit, of the parts "
      "of the node the\nreservation, of pods together what is allocatable. A class of pods uses "
      "what its pods use.\nOf more than twenty pods of a class those with the most memory are "
      "shown, "
      "unless --full; so of the\ncontainers of a pod.",
  .run = run,
};
