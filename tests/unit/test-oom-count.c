/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the counts of kills, in directories that look like cgroups.
 */
#include "lib/error.h"
#include "lib/oom-count.h"

#include "tests/unit/temp-dir.h"

typedef struct {
  char *root;
  NcgTree tree;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer is_v1)
{
  fixture->root = temp_dir_new ();
  fixture->tree.mount = fixture->root;
  fixture->tree.is_v1 = GPOINTER_TO_INT (is_v1) != 0;
}

static void
tear_down (Fixture *fixture, gconstpointer is_v1)
{
  temp_dir_free (fixture->root);
}

static void
write_v2 (Fixture *fixture, const char *file, guint kills)
{
  g_autofree char *text = g_strdup_printf ("low 0\nhigh 9\nmax 8\noom 7\noom_kill %u\n", kills);

  temp_dir_write (fixture->root, file, text);
}

static void
write_v1 (Fixture *fixture, const char *file, guint kills)
{
  g_autofree char *text = g_strdup_printf ("oom_kill_disable 0\nunder_oom 0\noom_kill %u\n", kills);

  temp_dir_write (fixture->root, file, text);
}

static void
test_v2 (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgOomCount) count = { 0 };
  g_autoptr (GError) error = NULL;

  write_v2 (fixture, "pod/memory.events", 5);
  write_v2 (fixture, "pod/a.scope/memory.events", 2);
  write_v2 (fixture, "pod/a.scope/b/memory.events", 1);
  temp_dir_write (fixture->root, "pod/without/cgroup.procs", "");
  g_assert_true (ncg_oom_count_read (&fixture->tree, "/pod", &count, &error));
  g_assert_no_error (error);
  g_assert_true (count.has_total);
  g_assert_cmpuint (count.total, ==, 5);
  g_assert_cmpuint (g_hash_table_size (count.leaves), ==, 2);
  g_assert_cmpuint (ncg_oom_count_get_leaf (&count, "a.scope"), ==, 2);
  g_assert_cmpuint (ncg_oom_count_get_leaf (&count, "without"), ==, 0);
  g_assert_true (g_hash_table_contains (count.leaves, "without"));
  g_assert_cmpuint (ncg_oom_count_get_leaf (&count, "none"), ==, 0);
  g_assert_cmpuint (ncg_oom_count_read_total (&fixture->tree, "/pod"), ==, 5);
  g_assert_cmpuint (ncg_oom_count_read_total (&fixture->tree, "/none"), ==, 0);
}

/* What is below a leaf is the leaf's. */
static void
test_v1 (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgOomCount) count = { 0 };
  g_autoptr (GError) error = NULL;

  write_v1 (fixture, "pod/memory.oom_control", 5);
  write_v1 (fixture, "pod/a/memory.oom_control", 2);
  write_v1 (fixture, "pod/a/b/memory.oom_control", 1);
  write_v1 (fixture, "pod/a/b/c/memory.oom_control", 3);
  g_assert_true (ncg_oom_count_read (&fixture->tree, "/pod", &count, &error));
  g_assert_no_error (error);
  g_assert_false (count.has_total);
  g_assert_cmpuint (count.total, ==, 5);
  g_assert_cmpuint (ncg_oom_count_get_leaf (&count, "a"), ==, 6);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgOomCount) count = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_oom_count_read (&fixture->tree, "/pod", &count, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  temp_dir_write (fixture->root, "pod/cgroup.procs", "");
  g_assert_false (ncg_oom_count_read (&fixture->tree, "/pod", &count, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_null (count.leaves);
}

int
main (int argc, char **argv)
{
  gconstpointer v1 = GINT_TO_POINTER (1);

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/oom-count/v2", Fixture, NULL, set_up, test_v2, tear_down);
  g_test_add ("/oom-count/v1", Fixture, v1, set_up, test_v1, tear_down);
  g_test_add ("/oom-count/missing", Fixture, NULL, set_up, test_missing, tear_down);
  g_test_add ("/oom-count/missing-v1", Fixture, v1, set_up, test_missing, tear_down);
  return g_test_run ();
}
