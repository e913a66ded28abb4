/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is ours to write is written, and written again.
 */
#include "lib/own-files.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MOUNTINFO "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
/* CPUs are systemd's, memory is on v2, and CPU sets are nobody's. */
#define HYBRID                                                                                     \
  "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"                                    \
  "32 22 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define UNIFIED "sys/fs/cgroup/unified/"
#define CPUSET "sys/fs/cgroup/cpuset/"
#define GROUP_FILE "sys/fs/cgroup/a.slice/memory.oom.group"
#define PATIENCE_USEC (10 * G_USEC_PER_SEC)

typedef struct {
  char *root;
  char *file;
  char *proc;
  NcgHierarchy *hierarchy;
  GPtrArray *foreign; /* (element-type NcgTree) */
  NcgOwnFiles *own;
  GAsyncResult *result;
} Fixture;

static void
detect (Fixture *fixture, const char *mountinfo)
{
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  fixture->foreign = g_ptr_array_new ();
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  temp_dir_write (fixture->root, "sys/fs/cgroup/a.slice/cgroup.controllers", "memory\n");
  temp_dir_write (fixture->root, GROUP_FILE, "0\n");
  fixture->file = g_build_filename (fixture->root, GROUP_FILE, NULL);
  detect (fixture, MOUNTINFO);
  fixture->own = ncg_own_files_new (fixture->hierarchy, fixture->foreign, fixture->proc, FALSE);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_own_files_free (fixture->own);
  ncg_hierarchy_free (fixture->hierarchy);
  g_ptr_array_unref (fixture->foreign);
  g_free (fixture->proc);
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
test_done (Fixture *fixture, gconstpointer data)
{
  static GMutex lock;
  NcgResources resources = oom_group (0);

  g_mutex_lock (&lock);
  block_threads (&lock);
  ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", &resources, on_written, fixture);
  g_main_context_iteration (NULL, FALSE);
  g_mutex_unlock (&lock);
  g_assert_nonnull (fixture->result);
  g_assert_true (ncg_own_files_write_finish (fixture->result, NULL));
  g_clear_object (&fixture->result);
  write_other (fixture, "1");
  g_assert_true (becomes (fixture, "0", PATIENCE_USEC));
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
  fixture->own = ncg_own_files_new (fixture->hierarchy, fixture->foreign, fixture->proc, TRUE);
  g_assert_true (write_own (fixture, "/a.slice", 0, NULL));
  write_other (fixture, "1");
  wait_a_moment ();
  g_assert_true (reads (fixture, "1"));
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  write_other (fixture, "0");
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
}

/* Nor is it made undone by the way, before whoever watches has seen it. */
static void
test_left_to_owner (Fixture *fixture, gconstpointer owner_watches)
{
  static const char file[] = "sys/fs/cgroup/a.slice/cgroup.max.descendants";
  g_autofree char *path = g_build_filename (fixture->root, file, NULL);
  g_auto (NcgResources) resources = oom_group (1);
  g_autofree char *text = NULL;

  ncg_own_files_free (fixture->own);
  fixture->own = ncg_own_files_new (fixture->hierarchy, fixture->foreign, fixture->proc,
                                    owner_watches != NULL);
  g_assert_true (ncg_resources_set_unified (&resources, "cgroup.max.descendants", "100", NULL));
  temp_dir_write (fixture->root, file, "7\n");
  temp_dir_write (fixture->root, GROUP_FILE, "1\n");
  ncg_own_files_keep (fixture->own, "a.slice", "/a.slice", &resources);
  write_other (fixture, "0");
  g_assert_true (becomes (fixture, "1", PATIENCE_USEC));
  wait_a_moment ();
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, owner_watches != NULL ? "7" : "100");
}

/* Not where the file's value is systemd's own default, nor what systemd does not know. */
static void
test_set_back (Fixture *fixture, gconstpointer data)
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
    settings = ncg_file_settings_list (&resources, fixture->hierarchy);
    g_assert_cmpuint (settings->len, >, 0);
    for (guint j = 0; j < settings->len; j++)
      g_assert_cmpint (ncg_own_files_is_set_back (settings->pdata[j]), ==, cases[i].is_set_back);
  }
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

static void
become_hybrid (Fixture *fixture)
{
  ncg_own_files_free (fixture->own);
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_write (fixture->root, UNIFIED "cgroup.controllers", "memory\n");
  temp_dir_write (fixture->root, UNIFIED "cgroup.subtree_control", "");
  temp_dir_make (fixture->root, UNIFIED "a.slice/c.scope");
  temp_dir_write (fixture->root, UNIFIED "a.slice/memory.max", "max\n");
  temp_dir_write (fixture->root, CPUSET "cgroup.procs", "");
  for (guint i = 0; i < 2; i++) {
    g_autofree char *path = g_strconcat (CPUSET, i == 0 ? "" : "a.slice/", NULL);
    g_autofree char *cpus = g_strconcat (path, "cpuset.cpus", NULL);
    g_autofree char *mems = g_strconcat (path, "cpuset.mems", NULL);

    temp_dir_write (fixture->root, cpus, "1\n");
    temp_dir_write (fixture->root, mems, "0\n");
  }
  detect (fixture, HYBRID);
  g_ptr_array_add (fixture->foreign,
                   (gpointer) ncg_hierarchy_find_tree (fixture->hierarchy, "cpuset"));
  fixture->own = ncg_own_files_new (fixture->hierarchy, fixture->foreign, fixture->proc, FALSE);
}

static void
assert_file (const Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (whole, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, expected);
}

static gboolean
write_resources (Fixture *fixture, const NcgResources *resources, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_own_files_write_async (fixture->own, "a.slice", "/a.slice", resources, on_written, fixture);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = g_steal_pointer (&fixture->result);
  return ncg_own_files_write_finish (result, error);
}

/* Where there is v1, systemd enables no controller of v2. */
static void
test_hybrid_v2 (Fixture *fixture, gconstpointer data)
{
  NcgResources resources = { 0 };
  g_autoptr (GError) error = NULL;

  become_hybrid (fixture);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 1 << 20);
  write_resources (fixture, &resources, &error);
  g_assert_no_error (error);
  assert_file (fixture, UNIFIED "cgroup.subtree_control", "+memory");
  assert_file (fixture, UNIFIED "a.slice/memory.max", "1048576");
}

/* A scope ends when it wants; what is made for it then would stay for ever. */
static void
test_ended (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_build_filename (fixture->root, CPUSET "a.slice/ended.scope", NULL);
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  become_hybrid (fixture);
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  ncg_own_files_write_async (fixture->own, "ended.scope", "/a.slice/ended.scope", &resources,
                             on_written, fixture);
  while (fixture->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = g_steal_pointer (&fixture->result);
  g_assert_false (ncg_own_files_write_finish (result, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
}

/* And where there is nothing else, nobody else does. */
static void
test_unified (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.subtree_control", "");
  g_assert_true (write_own (fixture, "/a.slice", 1, NULL));
  assert_file (fixture, "sys/fs/cgroup/cgroup.subtree_control", "");
}

/* A process of the scope in a.slice, that is in the root of cpuset */
static pid_t
start_member (const Fixture *fixture)
{
  pid_t pid = child_start ();
  g_autofree char *stat = g_strdup_printf ("proc/%d/stat", (int) pid);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) pid);
  g_autofree char *number = g_strdup_printf ("%d\n", (int) pid);

  temp_dir_write (fixture->root, stat, "1 (child) S 1 1 1 0 -1 0 0\n");
  temp_dir_write (fixture->root, cgroup, "2:cpuset:/\n1:cpu:/\n0::/a.slice/c.scope\n");
  temp_dir_write (fixture->root, UNIFIED "a.slice/c.scope/cgroup.procs", number);
  temp_dir_write (fixture->root, CPUSET "a.slice/c.scope/cgroup.procs", "");
  temp_dir_write (fixture->root, CPUSET "a.slice/c.scope/cpuset.cpus", "1\n");
  temp_dir_write (fixture->root, CPUSET "a.slice/c.scope/cpuset.mems", "0\n");
  return pid;
}

static void
end_member (pid_t pid)
{
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
}

/* A file of which nothing is wanted is not missed, but its cgroup is made all the same. */
static void
test_no_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_build_filename (fixture->root, "sys/fs/cgroup/memory/a.slice", NULL);
  NcgResources resources = { 0 };

  become_hybrid (fixture);
  ncg_own_files_free (fixture->own);
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_make (fixture->root, "sys/fs/cgroup/memory");
  detect (fixture, HYBRID "33 22 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  g_ptr_array_set_size (fixture->foreign, 0);
  fixture->own = ncg_own_files_new (fixture->hierarchy, fixture->foreign, fixture->proc, FALSE);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, NCG_UNLIMITED);
  g_assert_true (write_resources (fixture, &resources, NULL));
  g_assert_true (g_file_test (made, G_FILE_TEST_IS_DIR));
}

/* The processes come first; one that cannot be moved, as none can here, leaves the values alone. */
static void
test_members (Fixture *fixture, gconstpointer data)
{
  g_autofree char *number = NULL;
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;
  pid_t pid;

  become_hybrid (fixture);
  pid = start_member (fixture);
  number = g_strdup_printf ("%d", (int) pid);
  /* Also where the values are as they should be. */
  resources.cpus = ncg_cpuset_parse ("1", NULL);
  g_assert_false (write_resources (fixture, &resources, NULL));
  ncg_cpuset_free (resources.cpus);
  resources.cpus = ncg_cpuset_parse ("0-1", NULL);
  g_assert_false (write_resources (fixture, &resources, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "moved it elsewhere"));
  assert_file (fixture, CPUSET "a.slice/c.scope/cgroup.procs", number);
  assert_file (fixture, CPUSET "a.slice/cpuset.cpus", "1");
  end_member (pid);
  g_clear_error (&error);
  write_resources (fixture, &resources, &error);
  g_assert_no_error (error);
  assert_file (fixture, CPUSET "a.slice/cpuset.cpus", "0-1");
}

/* Of one that is remembered from before they are moved, and nothing is written. */
static void
test_gather (Fixture *fixture, gconstpointer data)
{
  g_autofree char *number = NULL;
  g_auto (NcgResources) resources = { 0 };
  pid_t pid;

  become_hybrid (fixture);
  pid = start_member (fixture);
  number = g_strdup_printf ("%d", (int) pid);
  g_free (fixture->file);
  fixture->file = g_build_filename (fixture->root, CPUSET "a.slice/c.scope/cgroup.procs", NULL);
  resources.cpus = ncg_cpuset_parse ("0-1", NULL);
  ncg_own_files_gather (fixture->own, "a.slice");
  ncg_own_files_keep (fixture->own, "a.slice", "/a.slice", &resources);
  g_assert_false (becomes (fixture, number, G_USEC_PER_SEC / 4));
  ncg_own_files_gather (fixture->own, "a.slice");
  g_assert_true (becomes (fixture, number, PATIENCE_USEC));
  wait_a_moment ();
  assert_file (fixture, CPUSET "a.slice/cpuset.cpus", "1");
  end_member (pid);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

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
  g_test_add ("/own-files/left-to-owner", Fixture, "", set_up, test_left_to_owner, tear_down);
  g_test_add ("/own-files/all-without-owner", Fixture, NULL, set_up, test_left_to_owner, tear_down);
  ADD ("/own-files/set-back", test_set_back);
  ADD ("/own-files/free", test_free);
  ADD ("/own-files/hybrid-v2", test_hybrid_v2);
  ADD ("/own-files/unified", test_unified);
  ADD ("/own-files/ended", test_ended);
  ADD ("/own-files/no-file", test_no_file);
  ADD ("/own-files/members", test_members);
  ADD ("/own-files/gather", test_gather);
  return g_test_run ();
}
