/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Emptying the root cgroup, over directories that imitate cgroups, where nothing really moves. What
 * a kernel does is in test-cgroup-drain-kernel.c.
 */
#include "lib/cgroup-drain.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>

#define MOUNTINFO                                                                                  \
  "26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define V2 "sys/fs/cgroup/unified/"
#define V1 "sys/fs/cgroup/cpuset/"

#define USER "0"
#define KERNEL "2129984" /* PF_KTHREAD and others */

typedef struct {
  char *root;
  char *proc;
  NcgHierarchy *hierarchy;
  NcgCgroupDrain drain;
  pid_t pid;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_write (fixture->root, V2 "cgroup.controllers", "memory\n");
  temp_dir_write (fixture->root, V2 "cgroup.procs", "");
  temp_dir_write (fixture->root, V2 "system/cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "system/cgroup.procs", "");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->drain = (NcgCgroupDrain){ fixture->hierarchy, fixture->proc, "/", "/system" };
  fixture->pid = child_start ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  if (fixture->pid > 0) {
    kill (fixture->pid, SIGKILL);
    child_wait_killed (fixture->pid, SIGKILL);
  }
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->proc);
  temp_dir_free (fixture->root);
}

/* What the fake /proc says of @pid, and that it is in the root of @tree. */
static void
place (Fixture *fixture, const char *tree, pid_t pid, const char *flags, const char *cgroup)
{
  g_autofree char *stat = g_strdup_printf ("proc/%d/stat", (int) pid);
  g_autofree char *file = g_strdup_printf ("proc/%d/cgroup", (int) pid);
  g_autofree char *procs = g_strconcat (tree, "cgroup.procs", NULL);
  g_autofree char *text = g_strdup_printf ("%d (some thing) S 1 1 1 0 -1 %s 0\n", (int) pid, flags);
  g_autofree char *cgroups = g_strdup_printf ("1:cpuset:%s\n0::%s\n", cgroup, cgroup);
  g_autofree char *list = g_strdup_printf ("%d\n", (int) pid);

  temp_dir_write (fixture->root, stat, text);
  temp_dir_write (fixture->root, file, cgroups);
  temp_dir_write (fixture->root, procs, list);
}

static guint
count (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  guint n = 99;

  ncg_cgroup_drain_count (&fixture->drain, &n, &error);
  g_assert_no_error (error);
  return n;
}

/* @left: what the only one that is left is said to be; NULL if none is */
static void
assert_run (Fixture *fixture, guint n_moved, const char *left)
{
  g_auto (NcgDrained) drained = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_cgroup_drain_run (&fixture->drain, 4, &drained, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (drained.n_moved, ==, n_moved);
  g_assert_cmpuint (drained.left->len, ==, left != NULL);
  if (left != NULL) {
    g_test_message ("%s", (const char *) g_ptr_array_index (drained.left, 0));
    g_assert_nonnull (strstr (g_ptr_array_index (drained.left, 0), left));
  }
}

static void
assert_procs (Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (whole, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  assert_run (fixture, 0, NULL);
  g_assert_cmpuint (count (fixture), ==, 0);
}

static void
test_kernel_thread (Fixture *fixture, gconstpointer data)
{
  place (fixture, V2, fixture->pid, KERNEL, "/");
  g_assert_cmpuint (count (fixture), ==, 0);
  assert_run (fixture, 0, NULL);
  assert_procs (fixture, V2 "system/cgroup.procs", "");
}

static void
test_init (Fixture *fixture, gconstpointer data)
{
  place (fixture, V2, 1, USER, "/");
  g_assert_cmpuint (count (fixture), ==, 0);
  assert_run (fixture, 0, NULL);
  assert_procs (fixture, V2 "system/cgroup.procs", "");
}

/* The write is made, and this "kernel" does not follow. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) fixture->pid);
  g_autofree char *left = g_strconcat (pid, " (some thing, S): process ", NULL);

  place (fixture, V2, fixture->pid, USER, "/");
  g_assert_cmpuint (count (fixture), ==, 1);
  assert_run (fixture, 0, left);
  assert_procs (fixture, V2 "system/cgroup.procs", pid);
  assert_procs (fixture, V1 "system/cgroup.procs", "");
}

/* In the root of one hierarchy alone, and once in the number for both. */
static void
test_one_hierarchy (Fixture *fixture, gconstpointer data)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) fixture->pid);

  place (fixture, V1, fixture->pid, USER, "/");
  assert_run (fixture, 0, "moved it elsewhere");
  assert_procs (fixture, V1 "system/cgroup.procs", pid);
  assert_procs (fixture, V2 "system/cgroup.procs", "");
  place (fixture, V2, fixture->pid, USER, "/");
  g_assert_cmpuint (count (fixture), ==, 1);
}

static void
test_ended (Fixture *fixture, gconstpointer data)
{
  place (fixture, V2, fixture->pid, USER, "/");
  kill (fixture->pid, SIGKILL);
  child_wait_killed (fixture->pid, SIGKILL);
  fixture->pid = 0;
  g_assert_cmpuint (count (fixture), ==, 0);
  assert_run (fixture, 0, NULL);
}

/* What cannot be told from a thread of the kernel is left alone, and named. */
static void
test_unknown (Fixture *fixture, gconstpointer data)
{
  place (fixture, V2, fixture->pid, "x", "/");
  g_assert_cmpuint (count (fixture), ==, 1);
  assert_run (fixture, 0, "cannot understand");
  assert_procs (fixture, V2 "system/cgroup.procs", "");
}

/* A list that does not become shorter ends the passes. */
static void
test_bounded (Fixture *fixture, gconstpointer data)
{
  place (fixture, V2, fixture->pid, USER, "/system");
  assert_run (fixture, 4, "it came while the others were moved");
}

static void
test_not_found (Fixture *fixture, gconstpointer data)
{
  g_auto (NcgDrained) drained = { 0 };
  g_autoptr (GError) error = NULL;

  fixture->drain.to = "/other";
  g_assert_false (ncg_cgroup_drain_run (&fixture->drain, 4, &drained, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/other"));
  g_assert_null (drained.left);
}

#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup-drain/nothing", test_nothing);
  ADD ("/cgroup-drain/kernel-thread", test_kernel_thread);
  ADD ("/cgroup-drain/init", test_init);
  ADD ("/cgroup-drain/refused", test_refused);
  ADD ("/cgroup-drain/one-hierarchy", test_one_hierarchy);
  ADD ("/cgroup-drain/ended", test_ended);
  ADD ("/cgroup-drain/unknown", test_unknown);
  ADD ("/cgroup-drain/bounded", test_bounded);
  ADD ("/cgroup-drain/not-found", test_not_found);
  return g_test_run ();
}
