/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing settings, to files that stand for a cgroup's. A value is as long as what it replaces
 * there, since nothing truncates; one that is shorter is taken badly. What only a kernel does is in
 * test-apply-kernel.c.
 */
#include "lib/apply.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define N_FILES 5

typedef struct {
  char *root;
  NcgTree tree;
  GPtrArray *settings;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->tree.mount = fixture->root;
  fixture->settings = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_file_setting_free);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_ptr_array_unref (fixture->settings);
  temp_dir_free (fixture->root);
}

static NcgFileSetting *
add (Fixture *fixture, const char *file, const char *before, const char *value)
{
  g_autofree char *path = g_strconcat ("a/", file, NULL);
  NcgFileSetting *setting = ncg_file_setting_new (&fixture->tree, "misc", file, value);

  if (before != NULL)
    temp_dir_write (fixture->root, path, before);
  g_ptr_array_add (fixture->settings, setting);
  return setting;
}

static char *
read_file (Fixture *fixture, const char *file)
{
  g_autofree char *path = g_build_filename (fixture->root, "a", file, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_file (Fixture *fixture, const char *file, const char *wanted)
{
  g_autofree char *text = read_file (fixture, file);

  g_assert_cmpstr (text, ==, wanted);
}

static void
assert_fails (Fixture *fixture, NcgError code, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_apply_write ("/a", fixture->settings, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const NcgFileSetting *changed = add (fixture, "x.changed", "100\n", "200");
  const NcgFileSetting *same = add (fixture, "x.same", "300\n", "300");

  ncg_apply_write ("/a", fixture->settings, &error);
  g_assert_no_error (error);
  g_assert_true (changed->ok);
  g_assert_cmpstr (changed->actual, ==, "200");
  g_assert_true (same->ok);
  assert_file (fixture, "x.changed", "200\n");
}

/* What reads right is not written. */
static void
test_untouched (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  NcgFileSetting *setting = add (fixture, "x.same", "4096\n", "4097");

  g_free (setting->wanted);
  setting->wanted = g_strdup ("4096");
  ncg_apply_write ("/a", fixture->settings, &error);
  g_assert_no_error (error);
  assert_file (fixture, "x.same", "4096\n");
}

/* Whichever of them fails, all are as they were. */
static void
test_undo (Fixture *fixture, gconstpointer data)
{
  for (guint failing = 0; failing < N_FILES; failing++) {
    g_ptr_array_set_size (fixture->settings, 0);
    for (guint i = 0; i < N_FILES; i++) {
      g_autofree char *file = g_strdup_printf ("x.%u", i);

      add (fixture, file, i == failing ? "123456" : "100", "200");
    }
    assert_fails (fixture, NCG_ERROR_FAILED, "but has '200456' instead");
    for (guint i = 0; i < N_FILES; i++) {
      g_autofree char *file = g_strdup_printf ("x.%u", i);

      assert_file (fixture, file, i == failing ? "123456" : "100");
    }
  }
}

static void
test_check (Fixture *fixture, gconstpointer data)
{
  add (fixture, "x.there", "100\n", "200");
  add (fixture, "x.missing", NULL, "200");
  assert_fails (fixture, NCG_ERROR_NOT_SUPPORTED, "x.missing");
  assert_file (fixture, "x.there", "100\n");
}

static void
test_optional (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (fixture, "x.there", "100\n", "200")->is_optional = TRUE;
  add (fixture, "x.missing", NULL, "200")->is_optional = TRUE;
  add (fixture, "x.nowhere", NULL, "200")->is_optional = TRUE;
  ((NcgFileSetting *) fixture->settings->pdata[2])->tree = NULL;
  ncg_apply_write ("/a", fixture->settings, &error);
  g_assert_no_error (error);
  assert_file (fixture, "x.there", "200\n");
}

static void
test_no_tree (Fixture *fixture, gconstpointer data)
{
  add (fixture, "x.there", "100\n", "200");
  add (fixture, "x.nowhere", NULL, "200")->tree = NULL;
  assert_fails (fixture, NCG_ERROR_NOT_SUPPORTED, "x.nowhere = '200'");
  assert_file (fixture, "x.there", "100\n");
}

static void
test_no_cgroup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ncg_apply_write ("/a", fixture->settings, &error));
  add (fixture, "x.missing", NULL, "200");
  assert_fails (fixture, NCG_ERROR_NOT_FOUND, "/a");
  ((NcgFileSetting *) fixture->settings->pdata[0])->is_optional = TRUE;
  assert_fails (fixture, NCG_ERROR_NOT_FOUND, "/a");
}

/* One of the two is enough, and both are written where both are. */
static void
test_alternative (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (fixture, "io.weight", NULL, "300")->alternative = "io.bfq.weight";
  add (fixture, "io.bfq.weight", NULL, "118")->alternative = "io.weight";
  temp_dir_make (fixture->root, "a");
  assert_fails (fixture, NCG_ERROR_NOT_SUPPORTED, "io.weight");
  temp_dir_write (fixture->root, "a/io.bfq.weight", "100");
  g_assert_true (ncg_apply_write ("/a", fixture->settings, &error));
  assert_file (fixture, "io.bfq.weight", "118");
  temp_dir_write (fixture->root, "a/io.weight", "100");
  g_assert_true (ncg_apply_write ("/a", fixture->settings, &error));
  assert_file (fixture, "io.weight", "300");
}

/* Nothing cannot be written, and an empty line empties; so it is set back, too. */
static void
test_empty (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  add (fixture, "x.emptied", "1", "");
  ncg_apply_write ("/a", fixture->settings, &error);
  g_assert_no_error (error);
  assert_file (fixture, "x.emptied", "\n");
  g_ptr_array_set_size (fixture->settings, 0);
  add (fixture, "x.first", "\n", "2");
  add (fixture, "x.second", "123456", "200");
  assert_fails (fixture, NCG_ERROR_FAILED, "x.second");
  assert_file (fixture, "x.first", "\n");
}

/* Which of the two is written first: neither takes what is written. */
static void
assert_first (Fixture *fixture, const char *period, const char *quota, const char *first)
{
  g_ptr_array_set_size (fixture->settings, 0);
  add (fixture, "cpu.cfs_period_us", period, "50000");
  add (fixture, "cpu.cfs_quota_us", quota, "25000");
  assert_fails (fixture, NCG_ERROR_FAILED, first);
  assert_file (fixture, "cpu.cfs_period_us", period);
  assert_file (fixture, "cpu.cfs_quota_us", quota);
}

/* There is never more than before or after. */
static void
test_bandwidth (Fixture *fixture, gconstpointer data)
{
  assert_first (fixture, "100000", "500000", "cpu.cfs_quota_us");
  assert_first (fixture, "100000", "250000", "cpu.cfs_quota_us");
  assert_first (fixture, "10000 x", "10000 x", "cpu.cfs_period_us");
  assert_first (fixture, "10000 x", "500000", "cpu.cfs_period_us");
}

/* A cgroup in two hierarchies. */
static void
test_trees (Fixture *fixture, gconstpointer data)
{
  g_autofree char *mount = g_build_filename (fixture->root, "other", NULL);
  NcgTree other = { .mount = mount, .is_v1 = TRUE };

  add (fixture, "x.first", "100", "200");
  temp_dir_write (fixture->root, "other/a/x.second", "100");
  add (fixture, "x.second", NULL, "200")->tree = &other;
  add (fixture, "x.third", "123456", "200");
  assert_fails (fixture, NCG_ERROR_FAILED, "x.third");
  assert_file (fixture, "x.first", "100");
  assert_file (fixture, "../other/a/x.second", "100");
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/apply/write", test_write);
  ADD ("/apply/untouched", test_untouched);
  ADD ("/apply/undo", test_undo);
  ADD ("/apply/check", test_check);
  ADD ("/apply/optional", test_optional);
  ADD ("/apply/no-tree", test_no_tree);
  ADD ("/apply/no-cgroup", test_no_cgroup);
  ADD ("/apply/alternative", test_alternative);
  ADD ("/apply/empty", test_empty);
  ADD ("/apply/bandwidth", test_bandwidth);
  ADD ("/apply/trees", test_trees);
  return g_test_run ();
}
