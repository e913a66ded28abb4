/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One cgroup of the running kernel. These tests exist only where we may make a
 * cgroup below our own, which means root or a delegated one; see test_rig().
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/hierarchy.h"
#include "lib/process.h"
#include "tests/unit/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the tests work; NULL where there is no such place. */
static NcgHierarchy *hierarchy;
static const char *mount;
static char *own_path;
static char *work_path;

static char *
to_directory (const char *path)
{
  return g_strconcat (mount, path, NULL);
}

static void
make_cgroup (const char *path)
{
  g_autofree char *directory = to_directory (path);

  g_assert_cmpint (mkdir (directory, 0755), ==, 0);
}

/* What was killed a moment ago may still hold it. */
static void
remove_cgroup (const char *path)
{
  g_autofree char *directory = to_directory (path);

  for (guint i = 0; i < 1000 && rmdir (directory) < 0; i++) {
    g_assert_cmpint (errno, ==, EBUSY);
    g_usleep (5000);
  }
  g_assert_cmpint (access (directory, F_OK), ==, -1);
}

static const NcgTree *
primary (void)
{
  return ncg_hierarchy_get_primary (hierarchy);
}

static gboolean
find_rig (void)
{
  g_autofree char *directory = NULL;

  hierarchy = ncg_hierarchy_detect ("", NULL);
  if (hierarchy == NULL || hierarchy->unified_mount == NULL)
    return FALSE;
  mount = hierarchy->unified_mount;
  own_path = ncg_process_read_cgroup_of_pid ("/proc", getpid (), primary (), NULL);
  if (own_path == NULL)
    return FALSE;
  work_path = g_strdup_printf ("%s/ncg-test-%d", g_str_equal (own_path, "/") ? "" : own_path,
                               (int) getpid ());
  directory = to_directory (work_path);
  return mkdir (directory, 0755) == 0 && rmdir (directory) == 0;
}

/* The others must not be left out where they could run. */
static void
test_rig (gconstpointer data)
{
  g_autofree char *own_directory = mount != NULL ? to_directory (own_path) : NULL;
  gboolean is_writable = own_directory != NULL && access (own_directory, W_OK) == 0;

  g_test_message ("%s", is_writable ? own_directory : "no cgroup2 where we may write");
  g_assert_cmpint (GPOINTER_TO_INT (data), ==, is_writable);
}

typedef struct {
  NcgCgroup *cgroup;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  make_cgroup (work_path);
  fixture->cgroup = ncg_cgroup_open (mount, work_path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = to_directory (work_path);

  ncg_cgroup_close (fixture->cgroup);
  if (access (directory, F_OK) == 0)
    remove_cgroup (work_path);
}

static char *
make_child (const char *name)
{
  char *path = g_strconcat (work_path, "/", name, NULL);

  make_cgroup (path);
  return path;
}

static pid_t
start_in (const NcgCgroup *cgroup)
{
  pid_t pid = child_start ();
  g_autofree char *text = g_strdup_printf ("%d", (int) pid);
  g_autoptr (GError) error = NULL;

  ncg_cgroup_write (cgroup, "cgroup.procs", text, &error);
  g_assert_no_error (error);
  return pid;
}

static gboolean
is_populated (const NcgCgroup *cgroup)
{
  g_autoptr (GError) error = NULL;
  gboolean populated = FALSE;

  ncg_cgroup_is_populated (cgroup, &populated, &error);
  g_assert_no_error (error);
  return populated;
}

static guint
count_processes (const NcgCgroup *cgroup, gboolean recursive)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) pids = ncg_cgroup_list_processes (cgroup, recursive, &error);

  g_assert_no_error (error);
  return pids->len;
}

static void
test_join_list_kill (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = make_child ("below");
  g_autoptr (NcgCgroup) below = ncg_cgroup_open_child (fixture->cgroup, "below", NULL);
  g_auto (GStrv) children = ncg_cgroup_list_children (fixture->cgroup, NULL);
  g_autoptr (NcgProcess) process = NULL;
  g_autofree char *cgroup_of_process = NULL;
  pid_t first, second;

  g_assert_cmpstr (children[0], ==, "below");
  g_assert_null (children[1]);
  g_assert_false (is_populated (fixture->cgroup));

  first = start_in (fixture->cgroup);
  second = start_in (below);
  g_assert_true (is_populated (fixture->cgroup));
  g_assert_cmpuint (count_processes (fixture->cgroup, FALSE), ==, 1);
  g_assert_cmpuint (count_processes (fixture->cgroup, TRUE), ==, 2);
  process = ncg_process_open ("/proc", second, NULL);
  cgroup_of_process = ncg_process_read_cgroup (process, "/proc", primary (), NULL);
  g_assert_cmpstr (cgroup_of_process, ==, path);

  g_assert_true (ncg_cgroup_kill (fixture->cgroup, NULL));
  child_wait_killed (first, SIGKILL);
  child_wait_killed (second, SIGKILL);
  g_assert_false (is_populated (fixture->cgroup));
  remove_cgroup (path);
}

static void
test_signal (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = make_child ("below");
  g_autoptr (NcgCgroup) below = ncg_cgroup_open_child (fixture->cgroup, "below", NULL);
  pid_t first = start_in (fixture->cgroup);
  pid_t second = start_in (below);
  pid_t outside = child_start ();

  g_assert_true (ncg_cgroup_signal (fixture->cgroup, SIGTERM, NULL));
  child_wait_killed (first, SIGTERM);
  child_wait_killed (second, SIGTERM);
  g_assert_cmpint (kill (outside, SIGUSR1), ==, 0);
  child_wait_killed (outside, SIGUSR1);
  remove_cgroup (path);
}

static int
poll_events (int fd, int timeout_msec)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

  return poll (&poll_fd, 1, timeout_msec);
}

static void
test_events (Fixture *fixture, gconstpointer data)
{
  int fd = ncg_cgroup_open_events (fixture->cgroup, NULL);
  char buffer[256];
  pid_t pid;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (poll_events (fd, 0), ==, 0);

  pid = start_in (fixture->cgroup);
  g_assert_cmpint (poll_events (fd, 10000), ==, 1);
  g_assert_cmpint ((int) pread (fd, buffer, sizeof buffer, 0), >, 0);
  g_assert_cmpint (poll_events (fd, 0), ==, 0);

  g_assert_true (ncg_cgroup_kill (fixture->cgroup, NULL));
  g_assert_cmpint (poll_events (fd, 10000), ==, 1);
  child_wait_killed (pid, SIGKILL);
  close (fd);
}

static void
test_wait (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();
  pid_t pid = start_in (fixture->cgroup);
  gboolean reached = TRUE;

  g_assert_true (ncg_cgroup_wait_empty (fixture->cgroup, begin + 50000, &reached, NULL));
  g_assert_false (reached);
  g_assert_true (ncg_cgroup_kill (fixture->cgroup, NULL));
  g_assert_true (ncg_cgroup_wait_empty (fixture->cgroup, begin + 10000000, &reached, NULL));
  g_assert_true (reached);
  child_wait_killed (pid, SIGKILL);
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = make_child ("below");
  g_autofree char *deeper = make_child ("below/deeper");
  g_autoptr (NcgCgroup) below = ncg_cgroup_open_child (fixture->cgroup, "below/deeper", NULL);
  g_autoptr (GError) error = NULL;
  pid_t pid = start_in (below);

  g_assert_false (ncg_cgroup_remove_child (fixture->cgroup, "below", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, deeper));
  g_assert_true (ncg_cgroup_kill (below, NULL));
  child_wait_killed (pid, SIGKILL);
  g_clear_error (&error);
  ncg_cgroup_remove_child (fixture->cgroup, "below", &error);
  g_assert_no_error (error);
}

static void
test_limit (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ncg_cgroup_write (fixture->cgroup, "cgroup.max.descendants", "0", NULL));
  g_assert_false (ncg_cgroup_make_child (fixture->cgroup, "below", NULL, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  g_assert_nonnull (strstr (error->message, "cgroup.max.descendants"));
}

static void
test_write_errors (Fixture *fixture, gconstpointer data)
{
  pid_t pid = child_start ();
  g_autofree char *text = g_strdup_printf ("%d", (int) pid);
  g_autoptr (GError) gone = NULL;
  g_autoptr (GError) invalid = NULL;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
  g_assert_false (ncg_cgroup_write (fixture->cgroup, "cgroup.procs", text, &gone));
  g_assert_error (gone, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_nonnull (strstr (gone->message, text));

  g_assert_false (ncg_cgroup_write (fixture->cgroup, "cgroup.max.depth", "many", &invalid));
  g_assert_error (invalid, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (invalid->message, "cgroup.max.depth"));
}

static void
test_threaded (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = make_child ("threads");
  g_autoptr (NcgCgroup) threads = ncg_cgroup_open_child (fixture->cgroup, "threads", NULL);
  g_autoptr (GError) error = NULL;
  pid_t pid;

  g_assert_true (ncg_cgroup_write (threads, "cgroup.type", "threaded", NULL));
  pid = start_in (fixture->cgroup);
  g_assert_null (ncg_cgroup_list_processes (threads, FALSE, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (count_processes (fixture->cgroup, TRUE), ==, 1);

  g_assert_true (ncg_cgroup_kill (fixture->cgroup, NULL));
  child_wait_killed (pid, SIGKILL);
  remove_cgroup (path);
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GError) write_error = NULL;
  g_autoptr (GError) open_error = NULL;
  g_auto (GStrv) children = NULL;

  remove_cgroup (work_path);
  g_assert_null (ncg_cgroup_read (fixture->cgroup, "cgroup.procs", &read_error));
  g_assert_error (read_error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_false (ncg_cgroup_write (fixture->cgroup, "cgroup.procs", "0", &write_error));
  g_assert_error (write_error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_null (ncg_cgroup_open (mount, work_path, &open_error));
  g_assert_error (open_error, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  g_assert_false (is_populated (fixture->cgroup));
  g_assert_cmpuint (count_processes (fixture->cgroup, TRUE), ==, 0);
  children = ncg_cgroup_list_children (fixture->cgroup, NULL);
  g_assert_null (children[0]);
  g_assert_true (ncg_cgroup_kill (fixture->cgroup, NULL));
  g_assert_true (ncg_cgroup_signal (fixture->cgroup, SIGTERM, NULL));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  gboolean has_rig;
  int result;

  g_test_init (&argc, &argv, NULL);
  has_rig = find_rig ();
  g_test_add_data_func ("/cgroup-kernel/rig", GINT_TO_POINTER (has_rig), test_rig);
  if (has_rig) {
    ADD ("/cgroup-kernel/join-list-kill", test_join_list_kill);
    ADD ("/cgroup-kernel/signal", test_signal);
    ADD ("/cgroup-kernel/events", test_events);
    ADD ("/cgroup-kernel/wait", test_wait);
    ADD ("/cgroup-kernel/remove", test_remove);
    ADD ("/cgroup-kernel/limit", test_limit);
    ADD ("/cgroup-kernel/write-errors", test_write_errors);
    ADD ("/cgroup-kernel/threaded", test_threaded);
    ADD ("/cgroup-kernel/gone", test_gone);
  }
  result = g_test_run ();
  g_clear_pointer (&hierarchy, ncg_hierarchy_free);
  g_free (own_path);
  g_free (work_path);
  return result;
}
