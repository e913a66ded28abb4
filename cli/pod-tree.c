/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pod's tree, of its properties and its figures: containers that a runtime made have figures
 * alone, those that have vanished none.
 */
#include "cli/pod-tree.h"

#include "cli/bus.h"
#include "cli/states.h"

#include <string.h>

/* The order of the classes is that in which the kernel spares them. */
static const char *const classes[] = { "Guaranteed", "Burstable", "BestEffort" };

void
pod_tree_facts_clear (PodTreeFacts *facts)
{
  g_clear_pointer (&facts->objects, g_variant_unref);
  g_clear_pointer (&facts->before, g_variant_unref);
  g_clear_pointer (&facts->after, g_variant_unref);
}

/* (transfer full) (nullable) */
static GVariant *
look_up (GVariant *all, const char *key)
{
  return all != NULL ? g_variant_lookup_value (all, key, NULL) : NULL;
}

static const char *
get_text (GVariant *properties, const char *name)
{
  const char *text = "";

  g_variant_lookup (properties, name, "&s", &text);
  return text;
}

/* What is as it should be needs no word. */
static void
set_state (TreeNode *node, const char *state)
{
  if (g_str_equal (state, "active"))
    return;
  node->note = g_strdup (state);
  node->style = states_get_style (state);
}

static GVariant *
describe_container (const char *unit, const char *state)
{
  g_auto (GVariantDict) more = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&more, "State", "s", state);
  if (unit[0] != '\0')
    g_variant_dict_insert (&more, "Unit", "s", unit);
  return g_variant_ref_sink (g_variant_dict_end (&more));
}

static void
add_container (TreeNode *pod,
               const char *name,
               const char *unit,
               const char *state,
               GVariant *before,
               GVariant *after)
{
  g_autoptr (GVariant) then = look_up (before, name);
  g_autoptr (GVariant) now = look_up (after, name);
  const Load load = load_from_stats (then, now);
  TreeNode *node = tree_node_add (pod, tree_node_new ("container", name, &load));

  set_state (node, state);
  node->more = describe_container (unit, state);
}

static void
add_containers (TreeNode *pod, GVariant *properties, GVariant *stats_before, GVariant *stats)
{
  g_autoptr (GVariant) containers = look_up (properties, "Containers");
  g_autoptr (GVariant) before = look_up (stats_before, "Containers");
  g_autoptr (GVariant) after = look_up (stats, "Containers");
  g_autoptr (GHashTable) known = g_hash_table_new (g_str_hash, g_str_equal);
  const char *name, *unit, *state;
  GVariantIter iter;

  for (gsize i = 0; containers != NULL && i < g_variant_n_children (containers); i++) {
    g_variant_get_child (containers, i, "(&s&s&s&s)", &name, &unit, NULL, &state);
    g_hash_table_add (known, (char *) name);
    add_container (pod, name, unit, state, before, after);
  }
  if (after != NULL) {
    g_variant_iter_init (&iter, after);
    while (g_variant_iter_next (&iter, "{&s@a{sv}}", &name, NULL))
      if (!g_hash_table_contains (known, name))
        add_container (pod, name, "", "foreign", before, after);
  }
  tree_node_sort (pod);
}

static GVariant *
describe_pod (GVariant *properties)
{
  static const char *const keys[] = { "Uid", "QosClass", "State", "Slice" };
  g_auto (GVariantDict) more = G_VARIANT_DICT_INIT (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_variant_dict_insert (&more, keys[i], "s", get_text (properties, keys[i]));
  return g_variant_ref_sink (g_variant_dict_end (&more));
}

/* (transfer full) */
static TreeNode *
make_pod (GVariant *properties, GHashTable *before, GHashTable *after)
{
  const char *uid = get_text (properties, "Uid");
  GVariant *then = g_hash_table_lookup (before, uid);
  GVariant *now = g_hash_table_lookup (after, uid);
  g_autoptr (GVariant) spec = look_up (properties, "Spec");
  Load load = load_from_stats (then, now);
  TreeNode *node;

  load.cpu.is_limited = figures_get (spec, "CPULimit", &load.cpu.limit);
  node = tree_node_new ("pod", uid, &load);
  set_state (node, get_text (properties, "State"));
  node->more = describe_pod (properties);
  add_containers (node, properties, then, now);
  return node;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const TreeNode *one = *(const TreeNode *const *) a, *other = *(const TreeNode *const *) b;

  return strcmp (one->name, other->name);
}

GPtrArray *
pod_tree_list (const PodTreeFacts *facts, char **uids)
{
  GPtrArray *pods = g_ptr_array_new_with_free_func ((GDestroyNotify) tree_node_free);
  g_autoptr (GHashTable) before = figures_index (facts->before);
  g_autoptr (GHashTable) after = figures_index (facts->after);
  GVariantIter iter;
  GVariant *interfaces;

  g_variant_iter_init (&iter, facts->objects);
  while (g_variant_iter_loop (&iter, "{&o@a{sa{sv}}}", NULL, &interfaces)) {
    g_autoptr (GVariant) properties = look_up (interfaces, BUS_POD);

    if (properties == NULL || (uids != NULL && !g_strv_contains ((const char *const *) uids,
                                                                 get_text (properties, "Uid"))))
      continue;
    g_ptr_array_add (pods, make_pod (properties, before, after));
  }
  g_ptr_array_sort (pods, compare_names);
  return pods;
}

/* Of a class that is not known here the pods stand by themselves. */
static TreeNode *
find_class (TreeNode *parent, TreeNode *const *nodes, const TreeNode *pod)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    if (g_str_equal (get_text (pod->more, "QosClass"), classes[i]))
      return nodes[i];
  return parent;
}

void
pod_tree_add_classes (TreeNode *parent, GPtrArray *pods)
{
  TreeNode *nodes[G_N_ELEMENTS (classes)];
  const Load nothing = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    nodes[i] = tree_node_new ("class", classes[i], &nothing);
  for (guint i = 0; i < pods->len; i++) {
    TreeNode *pod = g_ptr_array_index (pods, i);
    TreeNode *class = find_class (parent, nodes, pod);

    if (class != parent)
      load_sum (&class->load, &pod->load);
    tree_node_add (class, pod);
  }
  g_ptr_array_set_free_func (pods, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    guint n_pods = nodes[i]->children->len;

    nodes[i]->note = g_strdup_printf ("%u pod%s", n_pods, n_pods == 1 ? "" : "s");
    if (n_pods > 0)
      tree_node_add (parent, nodes[i]);
    else
      tree_node_free (nodes[i]);
  }
}
