/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told of writes by others.
 */
#include "lib/file-watch.h"

#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
  char *root;
  char *a;
  char *b;
  NcgFileWatch *watch;
  GString *told;
} Fixture;

static void
on_changed (const char *key, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->told, "%s ", key);
}

static void
on_child (const char *key, const char *name, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_string_append_printf (fixture->told, "%s/%s ", key, name);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "a", "1\n");
  temp_dir_write (fixture->root, "b", "1\n");
  fixture->a = g_build_filename (fixture->root, "a", NULL);
  fixture->b = g_build_filename (fixture->root, "b", NULL);
  fixture->told = g_string_new (NULL);
  fixture->watch = ncg_file_watch_new (on_changed, fixture);
  g_assert_nonnull (fixture->watch);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_file_watch_free (fixture->watch);
  g_string_free (fixture->told, TRUE);
  g_free (fixture->a);
  g_free (fixture->b);
  temp_dir_free (fixture->root);
}

static void
write_file (const char *path)
{
  FILE *file = fopen (path, "r+");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs ("2", file), >=, 0);
  fclose (file);
}

static void
assert_told (Fixture *fixture, const char *wanted)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpstr (fixture->told->str, ==, wanted);
  g_string_truncate (fixture->told, 0);
}

static void
test_written (Fixture *fixture, gconstpointer data)
{
  ncg_file_watch_add (fixture->watch, "first", fixture->a);
  ncg_file_watch_add (fixture->watch, "second", fixture->b);
  assert_told (fixture, "");
  write_file (fixture->b);
  assert_told (fixture, "second ");
  /* Several writes at once. */
  write_file (fixture->a);
  write_file (fixture->a);
  assert_told (fixture, "first ");
}

static void
test_removed (Fixture *fixture, gconstpointer data)
{
  ncg_file_watch_add (fixture->watch, "first", fixture->a);
  ncg_file_watch_add (fixture->watch, "second", fixture->b);
  ncg_file_watch_remove (fixture->watch, "first");
  write_file (fixture->a);
  write_file (fixture->b);
  assert_told (fixture, "second ");
  ncg_file_watch_remove (fixture->watch, "none");
}

/* A controller that is disabled takes its files away; when they come again, they are others. */
static void
test_deleted (Fixture *fixture, gconstpointer data)
{
  ncg_file_watch_add (fixture->watch, "first", fixture->a);
  g_assert_cmpint (g_unlink (fixture->a), ==, 0);
  assert_told (fixture, "first ");
  temp_dir_write (fixture->root, "a", "1\n");
  assert_told (fixture, "");
  ncg_file_watch_add (fixture->watch, "again", fixture->a);
  write_file (fixture->a);
  assert_told (fixture, "again ");
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  ncg_file_watch_add (fixture->watch, "none", "/nonexistent/file");
  assert_told (fixture, "");
}

/* Settings, but not what the kernel writes; and the end of the cgroup, or of the key. */
static void
test_cgroup (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (fixture->root, "group", NULL);
  g_autofree char *weight = g_build_filename (directory, "cpu.weight", NULL);
  g_autofree char *procs = g_build_filename (directory, "cgroup.procs", NULL);
  g_autofree char *events = g_build_filename (directory, "memory.events", NULL);

  temp_dir_write (fixture->root, "group/cpu.weight", "1\n");
  temp_dir_write (fixture->root, "group/cgroup.procs", "1\n");
  temp_dir_write (fixture->root, "group/memory.events", "1\n");
  ncg_file_watch_add_cgroup (fixture->watch, "group", directory);
  ncg_file_watch_add_cgroup (fixture->watch, "group", directory);
  ncg_file_watch_add_cgroup (fixture->watch, "file", fixture->a);
  write_file (procs);
  write_file (events);
  write_file (fixture->a);
  write_file (weight);
  assert_told (fixture, "group ");
  g_assert_cmpint (g_unlink (procs), ==, 0);
  g_assert_cmpint (g_unlink (events), ==, 0);
  g_assert_cmpint (g_unlink (weight), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  assert_told (fixture, "group ");
  ncg_file_watch_remove (fixture->watch, "group");
}

/* Cgroups that come and go; files of the cgroup do not count, nor what is further below. */
static void
test_children (Fixture *fixture, gconstpointer data)
{
  g_autofree char *child = g_build_filename (fixture->root, "child", NULL);
  g_autofree char *below = g_build_filename (child, "below", NULL);

  ncg_file_watch_add_children (fixture->watch, "root", fixture->root);
  write_file (fixture->a);
  temp_dir_write (fixture->root, "c", "1\n");
  assert_told (fixture, "");
  g_assert_cmpint (g_mkdir (child, 0755), ==, 0);
  assert_told (fixture, "root ");
  g_assert_cmpint (g_mkdir (below, 0755), ==, 0);
  g_assert_cmpint (g_rmdir (below), ==, 0);
  assert_told (fixture, "");
  g_assert_cmpint (g_rmdir (child), ==, 0);
  assert_told (fixture, "root ");
}

/* By name, each once; the directory itself is told of as ever. */
static void
test_named (Fixture *fixture, gconstpointer data)
{
  g_autofree char *parent = g_build_filename (fixture->root, "parent", NULL);
  g_autofree char *child = g_build_filename (parent, "child", NULL);

  ncg_file_watch_set_child (fixture->watch, on_child);
  g_assert_cmpint (g_mkdir (parent, 0755), ==, 0);
  ncg_file_watch_add_children (fixture->watch, "parent", parent);
  ncg_file_watch_add (fixture->watch, "first", fixture->a);
  g_assert_cmpint (g_mkdir (child, 0755), ==, 0);
  assert_told (fixture, "parent/child ");
  g_assert_cmpint (g_rmdir (child), ==, 0);
  g_assert_cmpint (g_mkdir (child, 0755), ==, 0);
  assert_told (fixture, "parent/child ");
  write_file (fixture->a);
  assert_told (fixture, "first ");
  g_assert_cmpint (g_rmdir (child), ==, 0);
  g_assert_cmpint (g_rmdir (parent), ==, 0);
  assert_told (fixture, "parent ");
}

/* A watch that the kernel refuses is told of, one for what is not there is not needed. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *none = g_build_filename (fixture->root, "none", NULL);
  g_autofree char *loop = g_build_filename (fixture->root, "loop", NULL);

  g_assert_true (ncg_file_watch_add_cgroup (fixture->watch, "root", fixture->root));
  g_assert_true (ncg_file_watch_add_cgroup (fixture->watch, "root", fixture->root));
  g_assert_true (ncg_file_watch_add_cgroup (fixture->watch, "none", none));
  g_assert_true (ncg_file_watch_add_cgroup (fixture->watch, "file", fixture->a));
  g_assert_cmpint (symlink ("loop/loop", loop), ==, 0);
  g_free (g_steal_pointer (&none));
  none = g_build_filename (loop, "none", NULL);
  g_assert_false (ncg_file_watch_add_cgroup (fixture->watch, "loop", none));
}

/* The first at once, all that follow together after the pause. */
static void
test_interval (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();

  ncg_file_watch_add (fixture->watch, "first", fixture->a);
  ncg_file_watch_set_interval (fixture->watch, 100);
  write_file (fixture->a);
  assert_told (fixture, "first ");
  for (guint i = 0; i < 50; i++) {
    write_file (fixture->a);
    while (g_main_context_iteration (NULL, FALSE))
      continue;
  }
  while (fixture->told->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 100 * 1000);
  assert_told (fixture, "first ");
  write_file (fixture->a);
  assert_told (fixture, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/file-watch/written", Fixture, NULL, set_up, test_written, tear_down);
  g_test_add ("/file-watch/removed", Fixture, NULL, set_up, test_removed, tear_down);
  g_test_add ("/file-watch/deleted", Fixture, NULL, set_up, test_deleted, tear_down);
  g_test_add ("/file-watch/cgroup", Fixture, NULL, set_up, test_cgroup, tear_down);
  g_test_add ("/file-watch/missing", Fixture, NULL, set_up, test_missing, tear_down);
  g_test_add ("/file-watch/children", Fixture, NULL, set_up, test_children, tear_down);
  g_test_add ("/file-watch/named", Fixture, NULL, set_up, test_named, tear_down);
  g_test_add ("/file-watch/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/file-watch/interval", Fixture, NULL, set_up, test_interval, tear_down);
  return g_test_run ();
}
