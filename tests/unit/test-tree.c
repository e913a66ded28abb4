/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees: cutting, and JSON.
 */
#include "cli/json-text.h"
#include "cli/tree.h"

static TreeNode *
add (TreeNode *parent, const char *name, guint64 memory)
{
  const Load load = { .memory = { TRUE, FALSE, memory, 0 } };

  return tree_node_add (parent, tree_node_new ("pod", name, &load));
}

static TreeNode *
make (void)
{
  const Load nothing = { 0 };
  TreeNode *root = tree_node_new ("node", "node", &nothing);

  add (root, "c", 1);
  add (root, "d", 7);
  add (root, "a", 5);
  add (root, "b", 7);
  add (root, "e", 2);
  return root;
}

/* "NAME MEMORY, …" of those below */
static void
assert_children (const TreeNode *node, const char *expected)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < node->children->len; i++) {
    const TreeNode *child = g_ptr_array_index (node->children, i);

    g_string_append_printf (names, "%s%s %u", i > 0 ? ", " : "", child->name,
                            (guint) child->load.memory.used);
  }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
test_sort (void)
{
  g_autoptr (TreeNode) root = make ();

  tree_node_sort (root);
  assert_children (root, "a 5, b 7, c 1, d 7, e 2");
}

static void
test_cut (void)
{
  g_autoptr (TreeNode) root = make ();
  TreeNode *inner = g_ptr_array_index (root->children, 1);
  const TreeNode *rest;

  add (inner, "x", 1);
  add (inner, "y", 2);
  add (inner, "z", 3);
  add (inner, "w", 4);
  /* One more than there is room for has the room of the line that would say so. */
  tree_node_cut (root, 4);
  assert_children (root, "c 1, d 7, a 5, b 7, e 2");
  tree_node_cut (root, 2);
  assert_children (root, "b 7, d 7, 3 more 8");
  assert_children (inner, "w 4, z 3, 2 more 3");
  rest = g_ptr_array_index (root->children, 2);
  g_assert_cmpstr (rest->kind, ==, "rest");
  g_assert_cmpstr (rest->note, ==, "--full");
}

/* Of one kind, from the top to the bottom. */
static void
test_list (void)
{
  g_autoptr (TreeNode) root = make ();
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_autoptr (GPtrArray) none = g_ptr_array_new ();

  tree_node_sort (root);
  tree_node_cut (root, 2);
  tree_node_list (root, "rest", none);
  g_assert_cmpuint (none->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (none, 0), ==, "3 more");
  tree_node_list (root, "pod", names);
  g_assert_cmpuint (names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (names, 0), ==, "b");
  g_assert_cmpstr (g_ptr_array_index (names, 1), ==, "d");
}

static void
test_described (void)
{
  const Load nothing = { 0 };
  g_autoptr (TreeNode) root = tree_node_new ("node", "node", &nothing);
  TreeNode *pod = add (root, "a", 5);
  g_autofree char *text = NULL;
  g_autofree char *of_pod = NULL;

  pod->more = g_variant_ref_sink (g_variant_new_parsed ("{'Uid': <'a'>}"));
  text = json_text_format (tree_node_describe (root), JSON_TEXT_SHORT);
  of_pod = json_text_format (tree_node_describe (pod), JSON_TEXT_SHORT);
  g_assert_nonnull (g_strstr_len (text, -1, "\"Kind\":\"node\""));
  g_assert_nonnull (g_strstr_len (text, -1, "\"Children\":[{"));
  g_assert_nonnull (g_strstr_len (of_pod, -1, "\"Uid\":\"a\""));
  g_assert_nonnull (g_strstr_len (of_pod, -1, "\"Name\":\"a\""));
  g_assert_nonnull (g_strstr_len (of_pod, -1, "\"MemoryWorkingSetBytes\":5"));
  g_assert_null (g_strstr_len (of_pod, -1, "Children"));
  g_assert_null (g_strstr_len (of_pod, -1, "MilliCPU"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tree/sort", test_sort);
  g_test_add_func ("/tree/cut", test_cut);
  g_test_add_func ("/tree/list", test_list);
  g_test_add_func ("/tree/described", test_described);
  return g_test_run ();
}
