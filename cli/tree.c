/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nodes of trees.
 */
#include "cli/tree.h"

#include <string.h>

TreeNode *
tree_node_new (const char *kind, const char *name, const Load *load)
{
  TreeNode *self = g_new0 (TreeNode, 1);

  self->kind = kind;
  self->name = g_strdup (name);
  self->load = *load;
  self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) tree_node_free);
  return self;
}

void
tree_node_free (TreeNode *self)
{
  g_free (self->name);
  g_free (self->note);
  g_clear_pointer (&self->more, g_variant_unref);
  g_ptr_array_unref (self->children);
  g_free (self);
}

TreeNode *
tree_node_add (TreeNode *self, TreeNode *child)
{
  g_ptr_array_add (self->children, child);
  return child;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  const TreeNode *one = *(const TreeNode *const *) a, *other = *(const TreeNode *const *) b;

  return strcmp (one->name, other->name);
}

void
tree_node_sort (TreeNode *self)
{
  g_ptr_array_sort (self->children, compare_names);
}

/* Of two that use the same the name decides, so that the order stays. */
static int
compare_memory (gconstpointer a, gconstpointer b)
{
  const TreeNode *one = *(const TreeNode *const *) a, *other = *(const TreeNode *const *) b;

  if (one->load.memory.used != other->load.memory.used)
    return one->load.memory.used > other->load.memory.used ? -1 : 1;
  return compare_names (a, b);
}

static void
cut_children (TreeNode *self, guint n_most)
{
  guint n_more = self->children->len - n_most;
  g_autofree char *name = g_strdup_printf ("%u more", n_more);
  const Load nothing = { 0 };
  TreeNode *rest = tree_node_new ("rest", name, &nothing);

  g_ptr_array_sort (self->children, compare_memory);
  for (guint i = n_most; i < self->children->len; i++) {
    const TreeNode *child = g_ptr_array_index (self->children, i);

    load_sum (&rest->load, &child->load);
  }
  rest->note = g_strdup ("--full");
  rest->style = STYLE_DIM;
  g_ptr_array_set_size (self->children, (int) n_most);
  tree_node_add (self, rest);
}

void
tree_node_cut (TreeNode *self, guint n_most)
{
  for (guint i = 0; i < self->children->len; i++)
    tree_node_cut (g_ptr_array_index (self->children, i), n_most);
  /* One line more is as short as one that says so. */
  if (self->children->len > n_most + 1)
    cut_children (self, n_most);
}

void
tree_node_list (const TreeNode *self, const char *kind, GPtrArray *ret_names)
{
  if (g_str_equal (self->kind, kind))
    g_ptr_array_add (ret_names, self->name);
  for (guint i = 0; i < self->children->len; i++)
    tree_node_list (g_ptr_array_index (self->children, i), kind, ret_names);
}

GVariant *
tree_node_describe (const TreeNode *self)
{
  g_auto (GVariantDict) fields = G_VARIANT_DICT_INIT (self->more);
  GVariantBuilder children;

  g_variant_dict_insert (&fields, "Kind", "s", self->kind);
  g_variant_dict_insert (&fields, "Name", "s", self->name);
  load_describe (&self->load, &fields);
  if (self->children->len == 0)
    return g_variant_dict_end (&fields);
  g_variant_builder_init (&children, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->children->len; i++)
    g_variant_builder_add_value (&children,
                                 tree_node_describe (g_ptr_array_index (self->children, i)));
  g_variant_dict_insert_value (&fields, "Children", g_variant_builder_end (&children));
  return g_variant_dict_end (&fields);
}
