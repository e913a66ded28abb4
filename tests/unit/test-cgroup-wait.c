/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for a cgroup to be empty. Plain files do not wake whoever polls them; where we may make a
 * real cgroup there are tests with one, too.
 */
#include "daemon/cgroup-wait.h"

#include "lib/hierarchy.h"
#include "lib/process.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <unistd.h>

typedef struct {
  gboolean is_done;
  gboolean is_empty;
} Outcome;

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Outcome *outcome = user_data;

  outcome->is_empty = cgroup_wait_empty_finish (result);
  outcome->is_done = TRUE;
}

/* Waits, and counts the milliseconds. */
static gboolean
wait_empty (const NcgCgroup *cgroup, guint msec, guint *ret_msec)
{
  gint64 begin = g_get_monotonic_time ();
  Outcome outcome = { FALSE, FALSE };

  cgroup_wait_empty_async (cgroup, begin + (gint64) msec * 1000, on_done, &outcome);
  g_assert_false (outcome.is_done);
  while (!outcome.is_done)
    g_main_context_iteration (NULL, TRUE);
  *ret_msec = (guint) ((g_get_monotonic_time () - begin) / 1000);
  return outcome.is_empty;
}

typedef struct {
  char *mount;
  NcgCgroup *cgroup;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer events)
{
  g_autoptr (GError) error = NULL;

  fixture->mount = temp_dir_new ();
  temp_dir_make (fixture->mount, "a");
  if (events != NULL)
    temp_dir_write (fixture->mount, "a/cgroup.events", events);
  fixture->cgroup = ncg_cgroup_open (fixture->mount, "/a", &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_cgroup_close (fixture->cgroup);
  temp_dir_free (fixture->mount);
}

static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  guint msec;

  g_assert_true (wait_empty (fixture->cgroup, 10000, &msec));
  g_assert_cmpuint (msec, <, 1000);
}

static void
test_deadline (Fixture *fixture, gconstpointer data)
{
  guint msec;

  g_assert_false (wait_empty (fixture->cgroup, 200, &msec));
  g_assert_cmpuint (msec, >=, 190);
  g_assert_false (wait_empty (fixture->cgroup, 0, &msec));
}

static gboolean
on_leave (gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autofree char *path = g_build_filename (fixture->mount, "a/cgroup.events", NULL);
  FILE *file = g_fopen (path, "r+");

  /* In place, since the descriptor is open. */
  g_assert_nonnull (file);
  g_assert_cmpint (fputs ("populated 0\nfrozen 0\n", file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
  return G_SOURCE_REMOVE;
}

/* The state at the deadline counts, also where no event came. */
static void
test_last_look (Fixture *fixture, gconstpointer data)
{
  guint msec;

  g_timeout_add (50, on_leave, fixture);
  g_assert_true (wait_empty (fixture->cgroup, 200, &msec));
}

static char *
make_real_cgroup (NcgCgroup **ret_cgroup)
{
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect ("", NULL);
  g_autofree char *own = NULL;
  g_autofree char *path = NULL;
  g_autofree char *directory = NULL;

  if (hierarchy == NULL || hierarchy->unified_mount == NULL)
    return NULL;
  own = ncg_process_read_cgroup_of_pid ("/proc", getpid (), ncg_hierarchy_get_primary (hierarchy),
                                        NULL);
  if (own == NULL)
    return NULL;
  path = g_strdup_printf ("%s/ncg-wait-%d", g_str_equal (own, "/") ? "" : own, (int) getpid ());
  directory = g_strconcat (hierarchy->unified_mount, path, NULL);
  if (g_mkdir (directory, 0755) < 0)
    return NULL;
  *ret_cgroup = ncg_cgroup_open (hierarchy->unified_mount, path, NULL);
  g_assert_nonnull (*ret_cgroup);
  return g_steal_pointer (&directory);
}

static gboolean
on_kill (gpointer user_data)
{
  kill (GPOINTER_TO_INT (user_data), SIGKILL);
  return G_SOURCE_REMOVE;
}

/* The kernel says when the last one has left. */
static void
test_real (void)
{
  NcgCgroup *cgroup = NULL;
  g_autofree char *directory = make_real_cgroup (&cgroup);
  g_autofree char *number = NULL;
  pid_t pid = child_start ();
  guint msec;

  g_assert_nonnull (directory);
  number = g_strdup_printf ("%d", (int) pid);
  g_assert_true (wait_empty (cgroup, 10000, &msec));
  g_assert_true (ncg_cgroup_write (cgroup, "cgroup.procs", number, NULL));
  g_assert_false (wait_empty (cgroup, 50, &msec));
  g_timeout_add (100, on_kill, GINT_TO_POINTER (pid));
  g_assert_true (wait_empty (cgroup, 10000, &msec));
  g_assert_cmpuint (msec, <, 5000);
  child_wait_killed (pid, SIGKILL);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  g_assert_true (wait_empty (cgroup, 10000, &msec));
  ncg_cgroup_close (cgroup);
}

static gboolean
has_real_cgroups (void)
{
  NcgCgroup *cgroup = NULL;
  g_autofree char *directory = make_real_cgroup (&cgroup);

  if (directory == NULL)
    return FALSE;
  ncg_cgroup_close (cgroup);
  return g_rmdir (directory) == 0;
}

static void
add (const char *path, const char *events, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, events, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/cgroup-wait/empty", "populated 0\nfrozen 0\n", test_at_once);
  add ("/cgroup-wait/gone", NULL, test_at_once);
  add ("/cgroup-wait/deadline", "populated 1\nfrozen 0\n", test_deadline);
  add ("/cgroup-wait/last-look", "populated 1\nfrozen 0\n", test_last_look);
  if (has_real_cgroups ())
    g_test_add_func ("/cgroup-wait/real", test_real);
  return g_test_run ();
}
