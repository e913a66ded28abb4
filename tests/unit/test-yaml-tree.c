/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * YAML as a tree, and what of YAML is refused.
 */
#include "daemon/config/yaml-tree.h"

#include <string.h>

/* The tree, and in @ret_problems what is wrong, "" for nothing. */
static ConfigNode *
parse (const char *text, gssize length, char **ret_problems)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autoptr (GError) error = NULL;
  gsize size = length < 0 ? strlen (text) : (gsize) length;
  g_autoptr (ConfigSource) source = config_source_new ("f", text, (gssize) size, 1);
  ConfigNode *root = config_yaml_parse (source, text, size, report);

  config_report_check (report, &error);
  *ret_problems = g_strdup (error != NULL ? error->message : "");
  return root;
}

static ConfigNode *
must_parse (const char *text)
{
  g_autofree char *problems = NULL;
  ConfigNode *root = parse (text, -1, &problems);

  g_assert_cmpstr (problems, ==, "");
  return root;
}

static void
assert_place (const ConfigPlace *place, guint line, guint column)
{
  g_assert_cmpuint (place->line, ==, line);
  g_assert_cmpuint (place->column, ==, column);
}

static void
test_tree (void)
{
  g_autoptr (ConfigNode) root =
      must_parse ("# c\na: 1\nb:\n  c: \"x\"\n  d: [y, 'z']\ne: |\n  t\n");
  const ConfigNode *b = config_node_find (root, "b");
  const ConfigNode *d = config_node_find (b, "d");
  const ConfigNode *z = g_ptr_array_index (d->children, 1);

  g_assert_cmpint ((int) root->kind, ==, CONFIG_NODE_MAP);
  g_assert_cmpuint (root->children->len, ==, 3);
  assert_place (&config_node_find (root, "a")->place, 2, 4);
  assert_place (&config_node_find (root, "a")->key_place, 2, 1);
  g_assert_true (config_node_find (root, "a")->is_plain);
  g_assert_false (config_node_find (b, "c")->is_plain);
  assert_place (&config_node_find (b, "c")->place, 4, 6);
  g_assert_cmpint ((int) d->kind, ==, CONFIG_NODE_LIST);
  g_assert_cmpstr (z->text, ==, "z");
  g_assert_false (z->is_plain);
  assert_place (&z->place, 5, 10);
  g_assert_cmpstr (config_node_find (root, "e")->text, ==, "t\n");
  g_assert_null (config_node_find (root, "f"));
  g_assert_null (config_node_find (z, "f"));
}

static void
test_json (void)
{
  g_autoptr (ConfigNode) root =
      must_parse ("{\n\t\"a\": {\"b\": [1, true, null]},\n\"c\": \"\\u00e4\"}");
  const ConfigNode *b = config_node_find (config_node_find (root, "a"), "b");

  g_assert_cmpuint (b->children->len, ==, 3);
  g_assert_true (config_node_is_null (g_ptr_array_index (b->children, 2)));
  g_assert_cmpstr (config_node_find (root, "c")->text, ==, "\303\244");
}

static void
test_null (void)
{
  g_autoptr (ConfigNode) root = must_parse ("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: []\n");

  g_assert_true (config_node_is_null (config_node_find (root, "a")));
  g_assert_true (config_node_is_null (config_node_find (root, "b")));
  g_assert_true (config_node_is_null (config_node_find (root, "c")));
  g_assert_false (config_node_is_null (config_node_find (root, "d")));
  g_assert_false (config_node_is_null (config_node_find (root, "e")));
  g_assert_false (config_node_is_null (config_node_find (root, "f")));
}

static void
test_nothing (void)
{
  static const char *const texts[] = { "", "\n\n", "# only this\n", "\357\273\277" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (ConfigNode) root = must_parse (texts[i]);

    g_assert_null (root);
  }
}

#define SHOW(line, text, blanks) "\n    " line " | " text "\n      | " blanks "^"

/* The rest of the file is still looked at. */
static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *problems;
  } cases[] = {
    { "a: 1\nb: 2\na: 3\n",
      "f:3:1: a: it is there already, in line 1; a key is given once" SHOW ("3", "a: 3", "") },
    { "x: {a: 1, \"a\": 2}\n",
      "f:1:11: x.a: it is there already, in line 1; a key is given once" SHOW (
          "1", "x: {a: 1, \"a\": 2}", "          ") },
    { "a: &x 1\nb: *x\n",
      "f:1:4: anchors are not taken; write the value wherever it is needed" SHOW (
          "1", "a: &x 1", "   ") "\nf:2:4: aliases are not taken; write the value wherever it is "
                                 "needed" SHOW ("2", "b: *x", "   ") },
    { "a: &x {b: 1}\n", "f:1:4: anchors are not taken; write the value wherever it is needed" SHOW (
                            "1", "a: &x {b: 1}", "   ") },
    { "a: &x [1]\n", "f:1:4: anchors are not taken; write the value wherever it is needed" SHOW (
                         "1", "a: &x [1]", "   ") },
    { "<<: {a: 1}\n",
      "f:1:1: merge keys are not taken; write the values wherever they are needed" SHOW (
          "1", "<<: {a: 1}", "") },
    { "a: !!int 1\n", "f:1:4: tags are not taken; leave it out" SHOW ("1", "a: !!int 1", "   ") },
    { "a: 1\n---\nb: 2\n",
      "f:2:1: a second document begins here; a file has one" SHOW ("2", "---", "") },
    { "[a]: 1\n", "f:1:1: a key is a single word" SHOW ("1", "[a]: 1", "") },
    { "a: \"x\\0y\"\n",
      "f:1:4: a text with a zero byte (\\0) is not taken" SHOW ("1", "a: \"x\\0y\"", "   ") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = NULL;
    g_autoptr (ConfigNode) root = parse (cases[i].text, -1, &problems);

    g_assert_cmpstr (problems, ==, cases[i].problems);
    g_assert_nonnull (root);
  }
}

/* Nothing of it is taken. */
static void
test_no_yaml (void)
{
  static const struct {
    const char *text;
    gssize length;
    const char *problems;
  } cases[] = {
    { "a: [1\nb: 2\n", -1, "f:2:2: this is no YAML: did not find expected ',' or ']'" },
    { "a:\n\tb: 1\n", -1, "f:2:1: this is no YAML: found character that cannot start any token" },
    { "a: b: c\n", -1, "f:1:5: this is no YAML: mapping values are not allowed in this context" },
    { "a: 1\nb: \303\244\xff\n", -1, "f:2:5: the byte 0xff is not UTF-8 here" },
    { "a: 1\n\0b", 7, "f:2:1: the byte 0x00 is not UTF-8 here" },
    { "a: 1\nb: \x01\n", -1, "f:2:4: this is no YAML: control characters are not allowed" },
    { "a: [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", -1,
      "f:1:19: this is nested too deeply; 16 levels are allowed" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *problems = NULL;
    g_autoptr (ConfigNode) root = parse (cases[i].text, cases[i].length, &problems);

    g_test_message ("%s", problems);
    g_assert_true (g_str_has_prefix (problems, cases[i].problems));
    g_assert_null (root);
  }
}

static void
test_depth (void)
{
  g_autoptr (ConfigNode) root = must_parse ("a: [[[[[[[[[[[[[[1]]]]]]]]]]]]]]");

  g_assert_nonnull (root);
}

static void
test_size (void)
{
  g_autofree char *text = g_strnfill (CONFIG_FILE_MAX + 1, '#');
  g_autofree char *problems = NULL;
  g_autoptr (ConfigNode) root = parse (text, CONFIG_FILE_MAX, &problems);

  g_assert_null (root);
  g_assert_cmpstr (problems, ==, "");
  g_free (problems);
  root = parse (text, CONFIG_FILE_MAX + 1, &problems);
  g_assert_null (root);
  g_assert_cmpstr (problems, ==, "f: the file is larger than 256 KiB");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/yaml-tree/tree", test_tree);
  g_test_add_func ("/yaml-tree/json", test_json);
  g_test_add_func ("/yaml-tree/null", test_null);
  g_test_add_func ("/yaml-tree/nothing", test_nothing);
  g_test_add_func ("/yaml-tree/refused", test_refused);
  g_test_add_func ("/yaml-tree/no-yaml", test_no_yaml);
  g_test_add_func ("/yaml-tree/depth", test_depth);
  g_test_add_func ("/yaml-tree/size", test_size);
  return g_test_run ();
}
