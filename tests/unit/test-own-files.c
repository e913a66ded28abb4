/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is ours to write is written, and written again.
 */
#include "lib/error.h"
#include "tests/unit/own-rig.h"
#include "tests/unit/temp-dir.h"

static void
test_write (OwnRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  NcgResources nothing = { 0 };
  NcgResources group = own_rig_oom_group (1);

  g_assert_false (ncg_own_files_is_needed (rig->own, &nothing));
  g_assert_true (ncg_own_files_is_needed (rig->own, &group));
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, &error));
  g_assert_no_error (error);
  g_assert_true (own_rig_reads (rig, "1"));
}

/* As many as there are threads, and more that wait for one. */
#define BLOCKERS 100

static void
wait_for_lock (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  GMutex *lock = data;

  g_mutex_lock (lock);
  g_mutex_unlock (lock);
  g_task_return_boolean (task, TRUE);
}

static void
block_threads (GMutex *lock)
{
  for (guint i = 0; i < BLOCKERS; i++) {
    g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

    g_task_set_task_data (task, lock, NULL);
    g_task_run_in_thread (task, wait_for_lock);
  }
}

/* What is so already is not written, needs no thread that would have to be waited for, and is
 * remembered. */
static void
test_done (OwnRig *rig, gconstpointer data)
{
  static GMutex lock;
  NcgResources resources = own_rig_oom_group (0);

  g_mutex_lock (&lock);
  block_threads (&lock);
  ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &resources, own_rig_on_written, rig);
  g_main_context_iteration (NULL, FALSE);
  g_mutex_unlock (&lock);
  g_assert_nonnull (rig->result);
  g_assert_true (ncg_own_files_write_finish (rig->result, NULL));
  g_clear_object (&rig->result);
  own_rig_write_other (rig, "1");
  g_assert_true (own_rig_becomes (rig, "0", OWN_RIG_PATIENCE_USEC));
}

/* Again and again, also at once after the last time. */
static void
test_restore (OwnRig *rig, gconstpointer data)
{
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  for (guint i = 0; i < 5; i++) {
    own_rig_write_other (rig, "0");
    g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
  }
  g_assert_true (own_rig_write_group (rig, "/a.slice", 0, NULL));
  own_rig_write_other (rig, "1");
  g_assert_true (own_rig_becomes (rig, "0", OWN_RIG_PATIENCE_USEC));
}

static void
test_forget (OwnRig *rig, gconstpointer data)
{
  NcgResources nothing = { 0 };

  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  ncg_own_files_forget (rig->own, "a.slice");
  own_rig_write_other (rig, "0");
  g_assert_false (own_rig_becomes (rig, "1", G_USEC_PER_SEC / 4));
  /* Settings that are systemd's alone leave nothing to keep. */
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &nothing, NULL, NULL);
  own_rig_write_other (rig, "0");
  g_assert_false (own_rig_becomes (rig, "1", G_USEC_PER_SEC / 4));
}

/* What was written at an earlier time is not written now, but from now on. */
static void
test_keep (OwnRig *rig, gconstpointer data)
{
  NcgResources resources = own_rig_oom_group (1);

  ncg_own_files_keep (rig->own, "a.slice", "/a.slice", &resources);
  g_assert_false (own_rig_becomes (rig, "1", G_USEC_PER_SEC / 4));
  ncg_own_files_restore_all (rig->own);
  g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
  own_rig_write_other (rig, "0");
  g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
}

static void
test_no_cgroup (OwnRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (own_rig_write_group (rig, "/b.slice", 1, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* The last one counts, and each is answered. */
static void
test_at_once (OwnRig *rig, gconstpointer data)
{
  NcgResources first = own_rig_oom_group (1);
  NcgResources second = own_rig_oom_group (0);

  for (guint i = 0; i < 10; i++) {
    ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &first, NULL, NULL);
    ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &second, NULL, NULL);
  }
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  g_assert_true (own_rig_reads (rig, "1"));
  own_rig_write_other (rig, "0");
  g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
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
test_forget_busy (OwnRig *rig, gconstpointer data)
{
  NcgResources resources = own_rig_oom_group (1);
  int counts[2] = { 0, 0 };

  for (guint i = 0; i < 4; i++)
    ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &resources, on_answer, counts);
  ncg_own_files_forget (rig->own, "a.slice");
  g_assert_true (own_rig_write_group (rig, "/a.slice", 0, NULL));
  while (counts[0] + counts[1] < 4)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (counts[0], ==, 1);
  g_assert_cmpint (counts[1], ==, 3);
  g_assert_true (own_rig_reads (rig, "0"));
  own_rig_write_other (rig, "1");
  g_assert_true (own_rig_becomes (rig, "0", OWN_RIG_PATIENCE_USEC));
}

/* What systemd does not set back is for whoever watches. */
static void
test_owner_watches (OwnRig *rig, gconstpointer data)
{
  ncg_own_files_free (rig->own);
  rig->own = ncg_own_files_new (rig->hierarchy, rig->foreign, rig->proc, TRUE);
  g_assert_true (own_rig_write_group (rig, "/a.slice", 0, NULL));
  own_rig_write_other (rig, "1");
  own_rig_wait_a_moment ();
  g_assert_true (own_rig_reads (rig, "1"));
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  own_rig_write_other (rig, "0");
  g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
}

/* Nor is it made undone by the way, before whoever watches has seen it. */
static void
test_left_to_owner (OwnRig *rig, gconstpointer owner_watches)
{
  static const char file[] = "sys/fs/cgroup/a.slice/cgroup.max.descendants";
  g_autofree char *path = g_build_filename (rig->root, file, NULL);
  g_auto (NcgResources) resources = own_rig_oom_group (1);
  g_autofree char *text = NULL;

  ncg_own_files_free (rig->own);
  rig->own = ncg_own_files_new (rig->hierarchy, rig->foreign, rig->proc, owner_watches != NULL);
  g_assert_true (ncg_resources_set_unified (&resources, "cgroup.max.descendants", "100", NULL));
  temp_dir_write (rig->root, file, "7\n");
  temp_dir_write (rig->root, OWN_RIG_FILE, "1\n");
  ncg_own_files_keep (rig->own, "a.slice", "/a.slice", &resources);
  own_rig_write_other (rig, "0");
  g_assert_true (own_rig_becomes (rig, "1", OWN_RIG_PATIENCE_USEC));
  own_rig_wait_a_moment ();
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, owner_watches != NULL ? "7" : "100");
}

/* Not where the file's value is systemd's own default, nor what systemd does not know. */
static void
test_set_back (OwnRig *rig, gconstpointer data)
{
  static const struct {
    const char *file;
    const char *value;
    gboolean is_set_back;
  } cases[] = {
    { "memory.oom.group", "1", TRUE },     { "memory.oom.group", "0", FALSE },
    { "io.bfq.weight", "8:0 200", TRUE },  { "io.bfq.weight", "200", FALSE },
    { "io.weight", "8:0 200", FALSE },     { "io.latency", "8:0 target=75", FALSE },
    { "memory.swap.high", "4096", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autoptr (GPtrArray) settings = NULL;

    g_assert_true (ncg_resources_set_unified (&resources, cases[i].file, cases[i].value, NULL));
    settings = ncg_file_settings_list (&resources, rig->hierarchy);
    g_assert_cmpuint (settings->len, >, 0);
    for (guint j = 0; j < settings->len; j++)
      g_assert_cmpint (ncg_own_files_is_set_back (settings->pdata[j]), ==, cases[i].is_set_back);
  }
}

static void
on_failed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OwnRig *rig = user_data;

  ncg_own_files_forget (rig->own, "b.slice");
  rig->result = g_object_ref (result);
}

/* Whoever hears that it failed may give the unit up. */
static void
test_forget_failed (OwnRig *rig, gconstpointer data)
{
  NcgResources resources = own_rig_oom_group (1);

  ncg_own_files_write_async (rig->own, "b.slice", "/b.slice", &resources, on_failed, rig);
  while (rig->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_false (ncg_own_files_write_finish (rig->result, NULL));
  g_clear_object (&rig->result);
}

/* Freed while a worker writes. */
static void
test_free (OwnRig *rig, gconstpointer data)
{
  NcgResources resources = own_rig_oom_group (1);

  ncg_own_files_write_async (rig->own, "a.slice", "/a.slice", &resources, own_rig_on_written, rig);
  g_clear_pointer (&rig->own, ncg_own_files_free);
  while (rig->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&rig->result);
  g_assert_true (own_rig_reads (rig, "1"));
}

#define ADD(name, function)                                                                        \
  g_test_add (name, OwnRig, NULL, own_rig_set_up, function, own_rig_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/own-files/write", test_write);
  ADD ("/own-files/done", test_done);
  ADD ("/own-files/restore", test_restore);
  ADD ("/own-files/forget", test_forget);
  ADD ("/own-files/keep", test_keep);
  ADD ("/own-files/no-cgroup", test_no_cgroup);
  ADD ("/own-files/at-once", test_at_once);
  ADD ("/own-files/forget-busy", test_forget_busy);
  ADD ("/own-files/forget-failed", test_forget_failed);
  ADD ("/own-files/owner-watches", test_owner_watches);
  g_test_add ("/own-files/left-to-owner", OwnRig, "", own_rig_set_up, test_left_to_owner,
              own_rig_tear_down);
  g_test_add ("/own-files/all-without-owner", OwnRig, NULL, own_rig_set_up, test_left_to_owner,
              own_rig_tear_down);
  ADD ("/own-files/set-back", test_set_back);
  ADD ("/own-files/free", test_free);
  return g_test_run ();
}
