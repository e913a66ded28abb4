/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of a cgroup, on a directory that imitates one.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char *mount;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->mount = temp_dir_new ();
  temp_dir_make (fixture->mount, "a/b/c");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->mount);
}

static NcgCgroup *
open_cgroup (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  NcgCgroup *cgroup = ncg_cgroup_open (fixture->mount, path, &error);

  g_assert_no_error (error);
  return cgroup;
}

static void
assert_processes (const NcgCgroup *cgroup, gboolean recursive, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (cgroup, recursive, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  guint sum = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < pids->len; i++)
    sum += (guint) g_array_index (pids, pid_t, i);
  g_string_append_printf (text, "%u: %u", pids->len, sum);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_list_processes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");

  /* nothing at all, as if it had gone */
  assert_processes (cgroup, FALSE, "0: 0");
  assert_processes (cgroup, TRUE, "0: 0");

  /* 0 is a process of another pid namespace; what follows are no processes at all, and none that
   * anything could be sent to */
  temp_dir_write (fixture->mount, "a/cgroup.procs",
                  "1\n0\n2\n4294967297\n18446744073709551615\n-1\n4x\nmax\n");
  temp_dir_write (fixture->mount, "a/b/c/cgroup.procs", "4\n8\n");
  temp_dir_write (fixture->mount, "a/d/cgroup.procs", "16\n");
  temp_dir_write (fixture->mount, "cgroup.procs", "32\n");
  assert_processes (cgroup, FALSE, "2: 3");
  /* b has no cgroup.procs, as a threaded cgroup has none to read, and is passed over with all below
   */
  assert_processes (cgroup, TRUE, "3: 19");
  temp_dir_write (fixture->mount, "a/b/cgroup.procs", "");
  assert_processes (cgroup, TRUE, "5: 31");
}

static void
test_list_processes_of_threaded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->mount, "a/cgroup.type", "threaded\n");
  g_assert_null (ncg_cgroup_list_processes (cgroup, TRUE, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
}

static void
write_pid (const Fixture *fixture, const char *path, pid_t pid)
{
  g_autofree char *text = g_strdup_printf ("%d\n", (int) pid);

  temp_dir_write (fixture->mount, path, text);
}

static void
test_signal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  pid_t own = child_start ();
  pid_t below = child_start ();

  write_pid (fixture, "a/cgroup.procs", own);
  write_pid (fixture, "a/b/cgroup.procs", below);
  g_assert_true (ncg_cgroup_signal (cgroup, SIGTERM, &error));
  g_assert_no_error (error);
  child_wait_killed (own, SIGTERM);
  child_wait_killed (below, SIGTERM);

  /* Both numbers are of nobody now, which is no error. */
  g_assert_true (ncg_cgroup_signal (cgroup, SIGTERM, &error));
  g_assert_no_error (error);
}

/* More processes than there may be descriptors. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  int signal = GPOINTER_TO_INT (data);
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GString) procs = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  struct rlimit limit;
  pid_t pids[150];

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &(struct rlimit){ 100, limit.rlim_max }), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++) {
    pids[i] = child_start ();
    g_string_append_printf (procs, "%d\n", (int) pids[i]);
  }
  temp_dir_write (fixture->mount, "a/cgroup.procs", "");
  temp_dir_write (fixture->mount, "a/b/cgroup.procs", procs->str);

  if (signal == SIGKILL)
    ncg_cgroup_kill (cgroup, &error);
  else
    ncg_cgroup_signal (cgroup, signal, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    child_wait_killed (pids[i], signal);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
test_kill_by_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autofree char *text = NULL;

  temp_dir_write (fixture->mount, "a/cgroup.kill", "");
  g_assert_true (ncg_cgroup_kill (cgroup, NULL));
  text = ncg_cgroup_read (cgroup, "cgroup.kill", NULL);
  g_assert_cmpstr (text, ==, "1");
}

static void
test_root_is_spared (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/");
  g_autoptr (GError) kill_error = NULL;
  g_autoptr (GError) signal_error = NULL;
  pid_t child = child_start ();

  write_pid (fixture, "cgroup.procs", child);
  g_assert_false (ncg_cgroup_kill (cgroup, &kill_error));
  g_assert_error (kill_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_false (ncg_cgroup_signal (cgroup, SIGTERM, &signal_error));
  g_assert_error (signal_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);

  g_assert_cmpint (kill (child, SIGUSR1), ==, 0);
  child_wait_killed (child, SIGUSR1);
}

/* A cgroup.procs that reads differently each time: a FIFO for each, and a thread that writes into
 * them. */
typedef struct {
  char *path;
  GPtrArray *contents;
  pthread_t thread;
} Procs;

/* The next one takes the place before this reader has anything: it cannot open the same twice. */
static void
replace_fifo (const Procs *self)
{
  g_autofree char *next = g_strconcat (self->path, ".next", NULL);

  g_assert_cmpint (mkfifo (next, 0600), ==, 0);
  g_assert_cmpint (rename (next, self->path), ==, 0);
}

static void *
write_contents (void *data)
{
  const Procs *procs = data;

  for (guint i = 0; i < procs->contents->len; i++) {
    const char *text = g_ptr_array_index (procs->contents, i);
    int fd = open (procs->path, O_WRONLY | O_CLOEXEC);

    replace_fifo (procs);
    g_assert_cmpint ((int) write (fd, text, strlen (text)), ==, (int) strlen (text));
    close (fd);
  }
  return NULL;
}

static void
procs_start (Procs *self, const Fixture *fixture, GPtrArray *contents)
{
  self->path = g_build_filename (fixture->mount, "a/cgroup.procs", NULL);
  self->contents = contents;
  replace_fifo (self);
  g_assert_cmpint (pthread_create (&self->thread, NULL, write_contents, self), ==, 0);
}

/* All contents have been read. */
static void
procs_finish (Procs *self)
{
  g_assert_cmpint (pthread_join (self->thread, NULL), ==, 0);
  g_free (self->path);
}

/* Its number was read, and then it is not in the list any more: it is some other process. */
static void
test_number_of_another (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  pid_t member = child_start ();
  pid_t other = child_start ();
  Procs procs;

  g_ptr_array_add (contents, g_strdup_printf ("%d\n%d\n", (int) other, (int) member));
  g_ptr_array_add (contents, g_strdup_printf ("%d\n", (int) member));
  procs_start (&procs, fixture, contents);
  g_assert_true (ncg_cgroup_signal (cgroup, SIGTERM, &error));
  g_assert_no_error (error);
  procs_finish (&procs);

  child_wait_killed (member, SIGTERM);
  g_assert_cmpint (kill (other, SIGUSR1), ==, 0);
  child_wait_killed (other, SIGUSR1);
}

/* Each pass finds a new one. */
static void
test_kill_is_bounded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  pid_t pids[32];
  Procs procs;

  for (guint i = 0; i < G_N_ELEMENTS (pids); i++) {
    pids[i] = child_start ();
    /* A pass reads the list twice. */
    g_ptr_array_add (contents, g_strdup_printf ("%d\n", (int) pids[i]));
    g_ptr_array_add (contents, g_strdup_printf ("%d\n", (int) pids[i]));
  }
  procs_start (&procs, fixture, contents);
  g_assert_false (ncg_cgroup_kill (cgroup, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  procs_finish (&procs);

  for (guint i = 0; i < G_N_ELEMENTS (pids); i++)
    child_wait_killed (pids[i], SIGKILL);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup-processes/list/processes", test_list_processes);
  ADD ("/cgroup-processes/list/processes-of-threaded", test_list_processes_of_threaded);
  ADD ("/cgroup-processes/signal", test_signal);
  g_test_add ("/cgroup-processes/signal/many", Fixture, GINT_TO_POINTER (SIGTERM), set_up,
              test_many, tear_down);
  g_test_add ("/cgroup-processes/kill/many", Fixture, GINT_TO_POINTER (SIGKILL), set_up, test_many,
              tear_down);
  ADD ("/cgroup-processes/kill/file", test_kill_by_file);
  ADD ("/cgroup-processes/kill/root-is-spared", test_root_is_spared);
  ADD ("/cgroup-processes/signal/number-of-another", test_number_of_another);
  ADD ("/cgroup-processes/kill/is-bounded", test_kill_is_bounded);
  return g_test_run ();
}
