/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl --json: every key is in the manual page, or is one of the API's or of the
 * configuration.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <json-glib/json-glib.h>

#define PAGE SOURCE "/docs/nodecgroupsctl.1.rst"

static const char *const manuals[] = {
  PAGE,
  SOURCE "/docs/nodecgroups.yaml.5.rst",
  SOURCE "/dbus-interfaces/org.example.NodeCgroups.xml",
  SOURCE "/dbus-interfaces/org.example.NodeCgroups.Node.xml",
  SOURCE "/dbus-interfaces/org.example.NodeCgroups.Pod.xml",
};

/* Of what the keys are names of something: of resources, parts, services, labels, and of pressures
 * of which one stands for all. */
static const char *const maps[] = {
  "Capacity",       "Allocatable", "EvictionHard",   "SystemReserved", "KubeReserved", "oomScores",
  "PodsByQosClass", "PodsByState", "Usage",          "MilliCPU",       "Labels",       "sysctls",
  "MemoryEvents",   "CPUPressure", "MemoryPressure", "IOPressure",
};

typedef struct {
  GString *text; /* of all manuals */
  GHashTable *missing;
} Search;

static gboolean
is_map (const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (maps); i++)
    if (g_str_equal (maps[i], key))
      return TRUE;
  return FALSE;
}

static gboolean
is_explained (const Search *self, const char *key)
{
  g_autofree char *escaped = g_regex_escape_string (key, -1);
  g_autofree char *pattern = g_strdup_printf ("\\b%s\\b", escaped);

  return g_regex_match_simple (pattern, self->text->str, 0, 0);
}

static void look (Search *self, JsonNode *node, gboolean is_named);

static void
on_member (JsonObject *object, const char *key, JsonNode *value, gpointer user_data)
{
  Search *self = user_data;

  if (!is_explained (self, key))
    g_hash_table_add (self->missing, g_strdup (key));
  look (self, value, is_map (key));
}

static void
on_named (JsonObject *object, const char *key, JsonNode *value, gpointer user_data)
{
  look (user_data, value, FALSE);
}

static void
on_element (JsonArray *array, guint i, JsonNode *value, gpointer user_data)
{
  look (user_data, value, FALSE);
}

/* @is_named: its keys are names of something */
static void
look (Search *self, JsonNode *node, gboolean is_named)
{
  if (JSON_NODE_HOLDS_OBJECT (node))
    json_object_foreach_member (json_node_get_object (node), is_named ? on_named : on_member, self);
  else if (JSON_NODE_HOLDS_ARRAY (node))
    json_array_foreach_element (json_node_get_array (node), on_element, self);
}

/* Of each line, which is a document. */
static void
look_at_output (Search *self, const Cli *cli, const char *verb)
{
  g_auto (GStrv) lines = g_strsplit (cli->output, "\n", -1);
  g_autofree char *head = g_strconcat ("\n**", verb, "**", NULL);
  const char *json = strstr (self->text->str, "\nJSON\n====\n");

  g_assert_nonnull (json);
  g_test_message ("%s", verb);
  g_assert_true (strstr (json, head) != NULL || strstr (json, head + 1) != NULL);
  for (gsize i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) node = json_from_string (lines[i], &error);

    g_assert_no_error (error);
    look (self, node, FALSE);
  }
}

static void
search_init (Search *self)
{
  self->text = g_string_new (NULL);
  self->missing = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (manuals); i++) {
    g_autofree char *text = NULL;
    g_autoptr (GError) error = NULL;

    g_file_get_contents (manuals[i], &text, NULL, &error);
    g_assert_no_error (error);
    g_string_append (self->text, text);
  }
}

static void
search_finish (Search *self)
{
  g_autofree char **missing = (char **) g_hash_table_get_keys_as_array (self->missing, NULL);
  g_autofree char *list = g_strjoinv (" ", missing);

  g_assert_cmpstr (list, ==, "");
  g_hash_table_unref (self->missing);
  g_string_free (self->text, TRUE);
}

static void
test_keys (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *verb;
    const char *line;
  } rows[] = {
    { "create", "create a CPULimit=1 MemoryLimit=1Mi PidsLimit=9 Labels=app:web" },
    { "create", "create a/Name" },
    { "update", "update a PidsLimit=8" },
    { "status", "status" },
    { "tree", "tree" },
    { "top", "top --iterations=2 --delay=0.1 --containers --parts" },
    { "pods", "pods" },
    { "pods", "pods --quiet" },
    { "pod", "pod a" },
    { "usage", "usage" },
    { "verify", "verify --all" },
    { "metrics", "metrics" },
    { "reload", "reload" },
    { "remove", "remove a/Name a" },
  };
  g_autoptr (Cli) cli = cli_new (fixture);
  Search search;

  search_init (&search);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *line = g_strconcat (rows[i].line, " --json", NULL);

    cli_run (cli, 0, line);
    look_at_output (&search, cli, rows[i].verb);
  }
  search_finish (&search);
}

/* Of a configuration and of a pod. */
static void
test_plan (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
    "systemReserved: {cpu: 100m}\n",
    "Uid: a\nCPULimit: 1\nMemoryLimit: 1Mi\nContainers: {b: {PidsLimit: 9}}\n",
  };
  g_autoptr (Cli) cli = cli_new (fixture);
  Search search;

  search_init (&search);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *line = g_strdup_printf ("plan --json --root=%s %s/plan.yaml", fixture->root,
                                             fixture->bus_directory);

    temp_dir_write (fixture->bus_directory, "plan.yaml", texts[i]);
    cli_run (cli, 0, line);
    look_at_output (&search, cli, "plan");
  }
  search_finish (&search);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli-json/keys", test_keys);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-json/plan", test_plan);
  return g_test_run ();
}
