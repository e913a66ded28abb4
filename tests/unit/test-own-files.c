/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is ours to write is written, and written again.
 */
#include "lib/own-files.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <stdio.h>
#include <string.h>

#define MOUNTINFO "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define GROUP_FILE "sys/fs/cgroup/a.slice/memory.oom.group"
#define PATIENCE_USEC (10 * G_USEC_PER_SEC)

typedef struct {
  char *root;
  char *file;
  NcgHierarchy *hierarchy;
  NcgOwnFiles *own;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  temp_dir_write (fixture->root, "sys/fs/cgroup/a.slice/cgroup.controllers", "memory\n");
  temp_dir_write (fixture->root, GROUP_FILE, "0\n");
  fixture->file = g_build_filename (fixture->root, GROUP_FILE, NULL);
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->own = ncg_own_files_new (fixture->hierarchy, FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_own_files_free (fixture->own);
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->file);
  temp_dir_free (fixture->root);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->result = g_object_ref (result);
}

static NcgResources
oom_group (guint64 value)
{
  NcgResources resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_OOM_GROUP, value);
  return resources;
}

static gboolean
write_own (Fixture *fixture, const char *cgroup, guint64 value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  NcgResources resources = oom_group (value);

  ncg_own_files_write_async (fixture->own, "a.slice", cgroup, &resources, on_written, fixture);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = g_steal_pointer (&fixture->result);
  return ncg_own_files_write_finish (result, error);
}

static gboolean
reads (const Fixture *fixture, const char *wanted)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (fixture->file, &text, NULL, NULL));
  return g_str_equal (g_strchomp (text), wanted);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Whether it comes to be so within the time. */
static gboolean
becomes (const Fixture *fixture, const char *wanted, gint64 usec)
{
  gint64 end = g_get_monotonic_time () + usec;
  guint tick = g_timeout_add (10, on_tick, NULL);

  while (!reads (fixture, wanted) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
  return reads (fixture, wanted);
}

/* As another program does it, without replacing the file. */
static void
write_other (const Fixture *fixture, const char *text)
{
  FILE *file = fopen (fixture->file, "r+");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  fclose (file);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  NcgResources nothing = { 0 };
  NcgResources group = oom_group (1);

  g_assert_false (ncg_own_files_is_needed (fixture->own, &nothing));
  g_assert_true (ncg_own_files_is_needed (fixture->own, &group));
  g_assert_true (write_own (fixture, "/a.slice", 1, &error));
  g_assert_no_error (error);
  g_assert_true (reads (fixture, "1"));
}

/* Again and again, also at once after the last time. */
static void
test_restore (Fixture *fixture, gconstpointer data)
{
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  for (guint i = 0; i < 5; i++) {
    write_other (fixture, "0");
    g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
  }
  g_assert_true (write_own (fixture, "/a.slice", 0, NULL));
  write_other (fixture, "1");
  g_assert_true (becomes (fixture, "0", PATIENCE_USEC));
}

static void
test_forget (Fixture *fixture, gconstpointer data)
{
  NcgResources nothing = { 0 };

  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  ncg_own_files_forget (fixture->own, "a.slice");
  write_other (fixture, "0");
  g_assert_false (becomes (fixture, "1", G_USEC_PER_SEC / 4));
  /* Settings that are systemd's alone leave nothing to keep. */
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &nothing, NULL, NULL);
  write_other (fixture, "0");
  g_assert_false (becomes (fixture, "1", G_USEC_PER_SEC / 4));
}

/* What was written at an earlier time is not written now, but from now on. */
static void
test_keep (Fixture *fixture, gconstpointer data)
{
  NcgResources resources = oom_group (1);

  ncg_own_files_keep (fixture->own, "a.slice", "/a.slice", &resources);
  g_assert_false (becomes (fixture, "1", G_USEC_PER_SEC / 4));
  ncg_own_files_restore_all (fixture->own);
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
  write_other (fixture, "0");
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
}

static void
test_no_cgroup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (write_own (fixture, "/b.slice", 1, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* The last one counts, and each is answered. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  NcgResources first = oom_group (1);
  NcgResources second = oom_group (0);

  for (guint i = 0; i < 10; i++) {
    ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &first, NULL, NULL);
    ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &second, NULL, NULL);
  }
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  g_assert_true (reads (fixture, "1"));
  write_other (fixture, "0");
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  int *counts = user_data;

  if (ncg_own_files_write_finish (result, &error))
    counts[0]++;
  else if (g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND))
    counts[1]++;
}

/* Forgotten while one writes and others wait: all are answered, and what comes then is done. */
static void
test_forget_busy (Fixture *fixture, gconstpointer data)
{
  NcgResources resources = oom_group (1);
  int counts[2] = { 0, 0 };

  for (guint i = 0; i < 4; i++)
    ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &resources, on_answer, counts);
  ncg_own_files_forget (fixture->own, "a.slice");
  g_assert_true (write_own (fixture, "/a.slice", 0, NULL));
  while (counts[0] + counts[1] < 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (counts[0], ==, 1);
  g_assert_cmpint (counts[1], ==, 3);
  g_assert_true (reads (fixture, "0"));
  write_other (fixture, "1");
  g_assert_true (becomes (fixture, "0", PATIENCE_USEC));
}

static void
wait_a_moment (void)
{
  gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 4;
  guint tick = g_timeout_add (10, on_tick, NULL);

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

/* What systemd does not set back is for whoever watches. */
static void
test_owner_watches (Fixture *fixture, gconstpointer data)
{
  ncg_own_files_free (fixture->own);
  fixture->own = ncg_own_files_new (fixture->hierarchy, TRUE);
  g_assert_true (write_own (fixture, "/a.slice", 0, NULL));
  write_other (fixture, "1");
  wait_a_moment ();
  g_assert_true (reads (fixture, "1"));
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  write_other (fixture, "0");
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
}

static void
on_failed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  ncg_own_files_forget (fixture->own, "b.slice");
  fixture->result = g_object_ref (result);
}

/* Whoever hears that it failed may give the unit up. */
static void
test_forget_failed (Fixture *fixture, gconstpointer data)
{
  NcgResources resources = oom_group (1);

  ncg_own_files_write_async (fixture->own, "b.slice", "/b.slice", &resources, on_failed, fixture);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (ncg_own_files_write_finish (fixture->result, NULL));
  g_clear_object (&fixture->result);
}

/* Freed while a worker writes. */
static void
test_free (Fixture *fixture, gconstpointer data)
{
  NcgResources resources = oom_group (1);

  ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &resources, on_written, fixture);
  g_clear_pointer (&fixture->own, ncg_own_files_free);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&fixture->result);
  g_assert_true (reads (fixture, "1"));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/own-files/write", test_write);
  ADD ("/own-files/restore", test_restore);
  ADD ("/own-files/forget", test_forget);
  ADD ("/own-files/keep", test_keep);
  ADD ("/own-files/no-cgroup", test_no_cgroup);
  ADD ("/own-files/at-once", test_at_once);
  ADD ("/own-files/forget-busy", test_forget_busy);
  ADD ("/own-files/forget-failed", test_forget_failed);
  ADD ("/own-files/owner-watches", test_owner_watches);
  ADD ("/own-files/free", test_free);
  return g_test_run ();
}
