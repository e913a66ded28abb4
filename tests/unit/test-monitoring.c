/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The names of the metrics, and that the alerts and the dashboard are made of these.
 */
#include "cli/metrics.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <yaml.h>

#define NAME "\\b(?:nodecgroups|node)_\\w+"

/* Of node_exporter's textfile collector. */
#define MTIME "node_textfile_mtime_seconds"

static void
test_names (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  guint n;
  const ExpositionFamily *families = metrics_list_families (&n);

  for (guint i = 0; i < n; i++) {
    const ExpositionFamily *family = &families[i];
    g_autofree char *end = g_strconcat (family->unit != NULL ? "_" : "", family->unit,
                                        family->type == EXPOSITION_COUNTER ? "_total" : NULL, NULL);

    g_test_message ("%s", family->name);
    g_assert_true (g_hash_table_add (names, (char *) family->name));
    g_assert_true (g_regex_match_simple ("^nodecgroups_[a-z_]+$", family->name, 0, 0));
    g_assert_true (g_str_has_suffix (family->name, family->unit != NULL ? end : ""));
    g_assert_cmpint (g_str_has_suffix (family->name, "_total"), ==,
                     family->type == EXPOSITION_COUNTER);
    g_assert_cmpint (g_str_has_suffix (family->name, "_info"), ==, family->type == EXPOSITION_INFO);
    g_assert_null (strpbrk (family->help, "\\\"\n"));
    g_assert_false (g_str_has_suffix (family->help, "."));
  }
}

/* Of a histogram there is none of its own name. */
static gboolean
is_series (const ExpositionFamily *family, const char *name)
{
  static const char *const ends[] = { "_bucket", "_count", "_sum", NULL };
  gboolean has_ends = family->type == EXPOSITION_HISTOGRAM;

  return g_str_has_prefix (name, family->name) &&
         (has_ends ? g_strv_contains (ends, name + strlen (family->name))
                   : g_str_equal (name, family->name));
}

static gboolean
is_name (const char *name)
{
  guint n;
  const ExpositionFamily *families = metrics_list_families (&n);

  for (guint i = 0; i < n; i++)
    if (is_series (&families[i], name))
      return TRUE;
  return g_str_equal (name, MTIME);
}

/* Brackets are in pairs, but for those in quotes. */
static void
assert_balanced (const char *expression)
{
  g_autoptr (GString) open = g_string_new (NULL);
  gboolean is_quoted = FALSE;

  for (const char *c = expression; *c != '\0'; c++) {
    if (*c == '"')
      is_quoted = !is_quoted;
    else if (!is_quoted && strchr ("({[", *c) != NULL)
      g_string_append_c (open, *c == '(' ? ')' : *c == '{' ? '}' : ']');
    else if (!is_quoted && strchr (")}]", *c) != NULL) {
      g_assert_cmpuint (open->len, >, 0);
      g_assert_cmpint (open->str[open->len - 1], ==, *c);
      g_string_truncate (open, open->len - 1);
    }
  }
  g_assert_false (is_quoted);
  g_assert_cmpuint (open->len, ==, 0);
}

static void
assert_expression (const char *expression)
{
  g_autoptr (GRegex) regex = g_regex_new (NAME, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_test_message ("%s", expression);
  assert_balanced (expression);
  g_assert_true (g_regex_match (regex, expression, 0, &match));
  for (; g_match_info_matches (match); g_match_info_next (match, NULL)) {
    g_autofree char *name = g_match_info_fetch (match, 0);

    if (!is_name (name))
      g_error ("there is no metric \"%s\"", name);
  }
}

/* The value of each key of that name. Returns: how many there were */
static guint
assert_yaml (const char *text, const char *key)
{
  gboolean is_value = FALSE, is_end = FALSE;
  yaml_parser_t parser;
  yaml_token_t token;
  guint n = 0;

  yaml_parser_initialize (&parser);
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, strlen (text));
  while (!is_end) {
    g_assert_true (yaml_parser_scan (&parser, &token));
    if (token.type == YAML_SCALAR_TOKEN) {
      const char *scalar = (const char *) token.data.scalar.value;

      if (is_value)
        assert_expression (scalar);
      n += is_value;
      is_value = !is_value && g_str_equal (scalar, key);
    }
    is_end = token.type == YAML_STREAM_END_TOKEN;
    yaml_token_delete (&token);
  }
  yaml_parser_delete (&parser);
  return n;
}

static char *
read_file (const char *name)
{
  g_autofree char *path = g_build_filename (MONITORING, name, NULL);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* nodecgroupsctl(1) has each of them. */
static void
test_manual (void)
{
  g_autofree char *text = read_file ("../../docs/nodecgroupsctl.1.rst");
  guint n;
  const ExpositionFamily *families = metrics_list_families (&n);

  for (guint i = 0; i < n; i++) {
    g_autofree char *name = g_strconcat ("*", families[i].name, "*", NULL);

    if (strstr (text, name) == NULL)
      g_error ("docs/nodecgroupsctl.1.rst has no %s", name);
  }
}

static void
test_alerts (void)
{
  g_autofree char *text = read_file ("alerts.yaml");

  g_assert_cmpuint (assert_yaml (text, "expr"), ==, 7);
}

static void
test_dashboard (void)
{
  g_autofree char *text = read_file ("dashboard.json");
  g_autoptr (JsonNode) root = json_from_string (text, NULL);
  g_autoptr (JsonNode) found = NULL;
  JsonArray *expressions;

  g_assert_nonnull (root);
  found = json_path_query ("$..expr", root, NULL);
  expressions = json_node_get_array (found);
  g_assert_cmpuint (json_array_get_length (expressions), >, 10);
  for (guint i = 0; i < json_array_get_length (expressions); i++)
    assert_expression (json_array_get_string_element (expressions, i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/monitoring/names", test_names);
  g_test_add_func ("/monitoring/manual", test_manual);
  g_test_add_func ("/monitoring/alerts", test_alerts);
  g_test_add_func ("/monitoring/dashboard", test_dashboard);
  return g_test_run ();
}
