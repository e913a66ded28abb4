/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving processes, over directories that imitate cgroups, where nothing really moves. What a
 * kernel does is in test-cgroup-tree-kernel.c.
 */
#include "lib/attach.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOUNTINFO                                                                                  \
  "26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define NOBODY 65534
#define V2 "sys/fs/cgroup/unified/"
#define V1 "sys/fs/cgroup/cpuset/"

typedef struct {
  char *root;
  char *proc;
  NcgHierarchy *hierarchy;
  GPtrArray *processes;
} Fixture;

static void
assert_file (const Fixture *fixture, const char *path, const char *expected)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (whole, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

/* A child of ours, as a /proc of the test's has it. */
static void
start_process (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = child_start ();
  g_autofree char *stat = g_strdup_printf ("proc/%d/stat", (int) pid);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) pid);
  g_autofree char *text = g_strdup_printf ("1:cpuset:%s\n0::%s\n", path, path);
  NcgProcess *process;

  temp_dir_write (fixture->root, stat, "1 (child) S 1 1 1 0 -1 0 0\n");
  temp_dir_write (fixture->root, cgroup, text);
  process = ncg_process_open (fixture->proc, pid, &error);
  g_assert_no_error (error);
  g_ptr_array_add (fixture->processes, process);
}

static void
end_process (const NcgProcess *process)
{
  g_assert_cmpint (kill (process->pid, SIGKILL), ==, 0);
  child_wait_killed (process->pid, SIGKILL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_write (fixture->root, V2 "cgroup.controllers", "memory\n");
  temp_dir_make (fixture->root, V1 "a");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->processes = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);
  start_process (fixture, "/a/b");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);

  if (!ncg_process_has_exited (process))
    end_process (process);
  g_ptr_array_unref (fixture->processes);
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->proc);
  temp_dir_free (fixture->root);
}

/* @code of -1 is success. */
static void
assert_attach (const Fixture *fixture, const char *path, int code, const char *word)
{
  g_autoptr (GError) error = NULL;
  gboolean ok =
      ncg_attach_processes (fixture->hierarchy, fixture->proc, path, fixture->processes, &error);

  g_assert_cmpint (ok, ==, code < 0);
  if (code < 0) {
    g_assert_no_error (error);
    return;
  }
  g_assert_error (error, NCG_ERROR, code);
  g_assert_nonnull (strstr (error->message, word));
}

/* It is in one hierarchy, but not in the one that counts. */
static void
test_not_found (Fixture *fixture, gconstpointer data)
{
  assert_attach (fixture, "/a", NCG_ERROR_NOT_FOUND, "/a");
}

static void
test_inside (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, V2 "a/cgroup.procs", "");
  assert_attach (fixture, "/a", -1, NULL);
  assert_file (fixture, V2 "a/cgroup.procs", "");
}

/* "/ab" does not begin with "/a/". */
static void
test_elsewhere (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);

  temp_dir_write (fixture->root, V2 "a/b/cgroup.procs", "");
  temp_dir_write (fixture->root, V2 "a/bc/cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "a/cgroup.procs", "");
  assert_attach (fixture, "/a/bc", NCG_ERROR_FAILED, "moved it elsewhere");
  assert_file (fixture, V2 "a/bc/cgroup.procs", pid);
}

/* Where the cgroup is not, they leave the one they were in for the nearest above it; who is above
 * already stays. */
static void
test_above (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) process->pid);
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);

  temp_dir_write (fixture->root, V1 "cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "a/cgroup.procs", "");
  temp_dir_write (fixture->root, V2 "a/c/d/cgroup.procs", "");
  temp_dir_write (fixture->root, V2 "d/cgroup.procs", "");
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/a/b\n0::/a/c/d\n");
  g_assert_false (ncg_attach_is_done (fixture->hierarchy, fixture->proc, "/a/c/d", process));
  assert_attach (fixture, "/a/c/d", NCG_ERROR_FAILED, "/a, but something moved it elsewhere");
  assert_file (fixture, V1 "a/cgroup.procs", pid);

  temp_dir_write (fixture->root, cgroup, "1:cpuset:/a/b\n0::/d\n");
  assert_attach (fixture, "/d", NCG_ERROR_FAILED, "/, but something moved it elsewhere");
  assert_file (fixture, V1 "cgroup.procs", pid);

  temp_dir_write (fixture->root, V1 "a/cgroup.procs", "");
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/a\n0::/a/c/d\n");
  assert_attach (fixture, "/a/c/d", -1, NULL);
  assert_file (fixture, V1 "a/cgroup.procs", "");
  g_assert_true (ncg_attach_is_done (fixture->hierarchy, fixture->proc, "/a/c/d", process));
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/\n0::/a/c/d\n");
  g_assert_true (ncg_attach_is_done (fixture->hierarchy, fixture->proc, "/a/c/d", process));
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/\n0::/a/c\n");
  g_assert_false (ncg_attach_is_done (fixture->hierarchy, fixture->proc, "/a/c/d", process));
}

/* The kernel lets nobody read the processes of a threaded one. */
static void
test_threaded (Fixture *fixture, gconstpointer data)
{
  temp_dir_make (fixture->root, V2 "c/cgroup.procs");
  temp_dir_write (fixture->root, V2 "c/cgroup.type", "threaded\n");
  assert_attach (fixture, "/c", NCG_ERROR_NOT_SUPPORTED, "threaded");
  temp_dir_write (fixture->root, V2 "c/cgroup.type", "domain invalid\n");
  assert_attach (fixture, "/c", NCG_ERROR_NOT_SUPPORTED, "domain invalid");
}

/* The whole of the one hierarchy of another machine, in which the process is in /a/b. */
static void
detect (Fixture *fixture, const char *mountinfo, const char *controllers)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) process->pid);
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, cgroup, "1:cpuset:/a/b\n2:cpu:/a/b\n0::/a/b\n");
  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", controllers);
  ncg_hierarchy_free (fixture->hierarchy);
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static const struct {
  const char *mountinfo;
  const char *controllers;
  const char *directory;
  const char *words; /* what explains a refusal; NULL: the kernel's word alone */
} refusing[] = {
  { "26 25 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "cpuset cpu memory pids\n", "", NULL },
  { "26 25 0:23 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n", "", "cpuset/",
    "its CPUs or memory nodes may be empty" },
  { "26 25 0:23 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "", "cpu/",
    "a process with real-time priority" },
};

/* Sets of CPUs that are empty, and shares of real time, there are on v1 only. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refusing); i++) {
    g_autofree char *procs =
        g_strconcat ("sys/fs/cgroup/", refusing[i].directory, "c/cgroup.procs", NULL);
    g_autoptr (GError) error = NULL;

    detect (fixture, refusing[i].mountinfo, refusing[i].controllers);
    temp_dir_make (fixture->root, procs);
    g_assert_false (
        ncg_attach_processes (fixture->hierarchy, fixture->proc, "/c", fixture->processes, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, g_strerror (EISDIR)));
    if (refusing[i].words != NULL)
      g_assert_nonnull (strstr (error->message, refusing[i].words));
    else
      g_assert_true (g_str_has_prefix (error->message, "cannot write"));
  }
}

/* Whoever is above a cgroup that is there is not in it, and that is told. */
static void
test_refused_beside (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) process->pid);

  temp_dir_write (fixture->root, V2 "c/cgroup.procs", "");
  temp_dir_make (fixture->root, V1 "c/cgroup.procs");
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/\n0::/c\n");
  assert_attach (fixture, "/c", NCG_ERROR_FAILED, g_strerror (EISDIR));
}

/* The kernel wants more of a user than of root. */
static void
test_not_permitted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *procs = g_build_filename (fixture->root, "sys/fs/cgroup/c/cgroup.procs", NULL);

  detect (fixture, refusing[0].mountinfo, refusing[0].controllers);
  temp_dir_write (fixture->root, "sys/fs/cgroup/c/cgroup.procs", "");
  g_assert_cmpint (chmod (fixture->root, 0755), ==, 0);
  g_assert_cmpint (chmod (procs, 0444), ==, 0);
  /* Root may write it all the same. */
  setfsuid (NOBODY);
  assert_attach (fixture, "/c", NCG_ERROR_NOT_PERMITTED, "above both this one and that of");
  setfsuid (geteuid ());
}

static void
test_ended (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgOrigins) origins = NULL;
  g_autoptr (NcgOrigins) none = NULL;
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, V2 "c/cgroup.procs", "");
  origins = ncg_origins_read (fixture->hierarchy, fixture->proc, fixture->processes, NULL);
  g_assert_nonnull (origins);
  end_process (g_ptr_array_index (fixture->processes, 0));
  ncg_origins_restore (origins);
  assert_attach (fixture, "/c", NCG_ERROR_NO_SUCH_PROCESS, "no process");
  assert_file (fixture, V2 "c/cgroup.procs", "");
  none = ncg_origins_read (fixture->hierarchy, fixture->proc, fixture->processes, &error);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
}

/* What is where it was is not written. */
static void
test_restore (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) process->pid);
  g_autofree char *pid = g_strdup_printf ("%d", (int) process->pid);
  g_autoptr (NcgOrigins) origins = NULL;

  temp_dir_write (fixture->root, V2 "a/b/cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "a/b/cgroup.procs", "");
  origins = ncg_origins_read (fixture->hierarchy, fixture->proc, fixture->processes, NULL);
  temp_dir_write (fixture->root, cgroup, "1:cpuset:/a/b\n0::/elsewhere\n");
  ncg_origins_restore (origins);
  assert_file (fixture, V2 "a/b/cgroup.procs", pid);
  assert_file (fixture, V1 "a/b/cgroup.procs", "");
}

/* How often the file has been opened since it is watched. */
static guint
count_opens (int watch)
{
  char buffer[4096] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  ssize_t length = read (watch, buffer, sizeof buffer);
  guint n = 0;

  for (ssize_t at = 0; at < length; at += (ssize_t) sizeof (struct inotify_event)) {
    const struct inotify_event *event = (const struct inotify_event *) (buffer + at);

    g_assert_cmpuint (event->len, ==, 0);
    n += (event->mask & IN_OPEN) != 0;
  }
  return n;
}

/* The kernel is asked where a process is once for all hierarchies, and once more if it was moved:
 * each answer holds up whoever changes any cgroup. */
static void
test_looks (Fixture *fixture, gconstpointer data)
{
  const NcgProcess *process = g_ptr_array_index (fixture->processes, 0);
  g_autofree char *cgroup = g_strdup_printf ("%s/%d/cgroup", fixture->proc, (int) process->pid);
  g_autoptr (NcgOrigins) origins = NULL;
  int watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);

  temp_dir_write (fixture->root, V2 "a/b/cgroup.procs", "");
  temp_dir_write (fixture->root, V2 "a/bc/cgroup.procs", "");
  temp_dir_write (fixture->root, V1 "a/cgroup.procs", "");
  /* Closings, so that two openings in a row are not made one. */
  g_assert_cmpint (inotify_add_watch (watch, cgroup, IN_OPEN | IN_CLOSE_NOWRITE), >=, 0);
  origins = ncg_origins_read (fixture->hierarchy, fixture->proc, fixture->processes, NULL);
  g_assert_cmpuint (count_opens (watch), ==, 1);
  assert_attach (fixture, "/a/b", -1, NULL);
  g_assert_cmpuint (count_opens (watch), ==, 1);
  assert_attach (fixture, "/a/bc", NCG_ERROR_FAILED, "moved it elsewhere");
  g_assert_cmpuint (count_opens (watch), ==, 2);
  g_assert_true (ncg_attach_is_done (fixture->hierarchy, fixture->proc, "/a/b", process));
  g_assert_cmpuint (count_opens (watch), ==, 1);
  ncg_origins_restore (origins);
  g_assert_cmpuint (count_opens (watch), ==, 1);
  close (watch);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/attach/not-found", test_not_found);
  ADD ("/attach/inside", test_inside);
  ADD ("/attach/elsewhere", test_elsewhere);
  ADD ("/attach/above", test_above);
  ADD ("/attach/threaded", test_threaded);
  ADD ("/attach/refused", test_refused);
  ADD ("/attach/refused-beside", test_refused_beside);
  ADD ("/attach/not-permitted", test_not_permitted);
  ADD ("/attach/ended", test_ended);
  ADD ("/attach/restore", test_restore);
  ADD ("/attach/looks", test_looks);
  return g_test_run ();
}
