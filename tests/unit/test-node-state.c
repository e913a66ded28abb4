/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of the node's groups.
 */
#include "daemon/node-state.h"

#include "tests/unit/temp-dir.h"

#include <string.h>

static void
test_round_trip (void)
{
  g_autofree char *root = temp_dir_new ();
  g_autofree char *file = g_build_filename (root, "node", NULL);
  g_autoptr (GPtrArray) list = node_state_new ();
  g_autoptr (GPtrArray) loaded = NULL;
  g_auto (NcgResources) first = { 0 };
  g_auto (NcgResources) second = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&first, NCG_SETTING_CPU_WEIGHT, 7);
  ncg_resources_set_hugepages (&first, 2097152, NCG_UNLIMITED);
  ncg_resources_set (&second, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);
  second.cpus = ncg_cpuset_parse ("0,2", NULL);
  node_state_add (list, "/system", &first);
  node_state_add (list, "/a/b", &second);
  node_state_add (list, "/a/b", &first);
  node_state_save (list, file, &error);
  g_assert_no_error (error);
  loaded = node_state_load (file, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (loaded->len, ==, 2);
  for (guint i = 0; i < list->len; i++) {
    const NodeStateGroup *saved = g_ptr_array_index (list, i);
    const NodeStateGroup *again = node_state_find (loaded, saved->path);

    g_assert_nonnull (again);
    g_assert_true (ncg_resources_equal (&saved->resources, &again->resources));
  }
  g_assert_cmpuint (node_state_find (loaded, "/a/b")->resources.numbers[NCG_SETTING_CPU_WEIGHT], ==,
                    7);
  g_assert_null (node_state_find (loaded, "/a"));
  temp_dir_free (g_steal_pointer (&root));
}

static void
test_bad (void)
{
  static const char *const contents[] = { "", "x", "hello, this is no file of ours",
                                          "\x02\x00\x00\x00\xff\xff\xff\xff" };
  char *root = temp_dir_new ();
  g_autofree char *file = g_build_filename (root, "node", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) list = NULL;

    temp_dir_write (root, "node", contents[i]);
    list = node_state_load (file, &error);
    g_assert_null (list);
    g_assert_nonnull (error);
    g_assert_nonnull (strstr (error->message, ".bad"));
    g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  }
  temp_dir_free (root);
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = node_state_load ("/nonexistent/node", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-state/round-trip", test_round_trip);
  g_test_add_func ("/node-state/bad", test_bad);
  g_test_add_func ("/node-state/missing", test_missing);
  return g_test_run ();
}
