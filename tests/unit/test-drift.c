/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is watched: many are compared in one go, and the slow timer gets round to all of them.
 */
#include "daemon/drift.h"

#include "tests/unit/temp-dir.h"

#include <stdlib.h>
#include <string.h>

#define N_CGROUPS 200
#define MOUNTINFO "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
/* A turn of the main loop is a wake-up, or less. */
#define FEW 20

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
  NcgWorker *worker;
  Drift *drift;
  guint asked[N_CGROUPS]; /* what it should have */
  guint n_asked;
  GString *repaired;
} Fixture;

static gboolean
get_wanted (const char *key, gpointer user_data, char **ret_cgroup, NcgResources *ret_wanted)
{
  Fixture *fixture = user_data;

  fixture->asked[atoi (key + 1)]++;
  fixture->n_asked++;
  *ret_cgroup = g_strdup (key);
  ncg_resources_set (ret_wanted, NCG_SETTING_PIDS_MAX, 7);
  return TRUE;
}

static void
write_pids (Fixture *fixture, guint i, const char *text)
{
  g_autofree char *path = g_strdup_printf ("sys/fs/cgroup/%u/pids.max", i);

  temp_dir_write (fixture->root, path, text);
}

static void
repair (const char *key, gpointer user_data, GAsyncReadyCallback callback, gpointer data)
{
  Fixture *fixture = user_data;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, data);

  g_string_append_printf (fixture->repaired, "%s ", key);
  write_pids (fixture, (guint) atoi (key + 1), "7\n");
  g_task_return_boolean (task, TRUE);
}

static gboolean
repair_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static const DriftOwner owner = { get_wanted, repair, repair_finish };

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const NcgDriverOps ops = { .name = "none" };
  static NcgDriver driver = { .ops = &ops };
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "pids\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->worker = ncg_worker_new (2);
  fixture->repaired = g_string_new (NULL);
  fixture->drift = drift_new (&driver, fixture->hierarchy, fixture->worker);
  for (guint i = 0; i < N_CGROUPS; i++) {
    g_autofree char *cgroup = g_strdup_printf ("/%u", i);

    write_pids (fixture, i, "7\n");
    drift_watch (fixture->drift, cgroup, cgroup, &owner, fixture);
  }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  drift_free (fixture->drift);
  ncg_worker_free (fixture->worker);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  ncg_hierarchy_free (fixture->hierarchy);
  g_string_free (fixture->repaired, TRUE);
  temp_dir_free (fixture->root);
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Until nothing happens any more. Returns: the turns of the main loop */
static guint
run (Fixture *fixture)
{
  guint n = 0, before;

  do {
    gboolean is_over = FALSE;

    before = fixture->n_asked;
    g_timeout_add (100, on_time, &is_over);
    while (!is_over) {
      g_main_context_iteration (NULL, TRUE);
      n++;
    }
  } while (fixture->n_asked > before);
  return n;
}

static void
test_together (Fixture *fixture, gconstpointer data)
{
  drift_check_all (fixture->drift);
  g_assert_cmpuint (run (fixture), <, FEW);
  for (guint i = 0; i < N_CGROUPS; i++)
    g_assert_cmpuint (fixture->asked[i], >, 0);
  g_assert_cmpstr (fixture->repaired->str, ==, "");
}

/* Each by itself. */
static void
test_differing (Fixture *fixture, gconstpointer data)
{
  write_pids (fixture, 3, "8\n");
  write_pids (fixture, 150, "9\n");
  drift_check_all (fixture->drift);
  run (fixture);
  g_assert_nonnull (strstr (fixture->repaired->str, "/3 "));
  g_assert_nonnull (strstr (fixture->repaired->str, "/150 "));
  g_assert_cmpuint (strlen (fixture->repaired->str), ==, strlen ("/3 /150 "));
  g_assert_cmpuint (drift_get_found (fixture->drift), ==, 2);
}

/* As many times are asked about each, and as many at a time. */
static void
test_turns (Fixture *fixture, gconstpointer data)
{
  guint each;

  for (guint turn = 1; turn <= DRIFT_TURNS; turn++) {
    guint n = 0;

    drift_check_some (fixture->drift);
    run (fixture);
    for (guint i = 0; i < N_CGROUPS; i++)
      n += fixture->asked[i] > 0;
    g_assert_cmpuint (n, ==, turn * N_CGROUPS / DRIFT_TURNS);
  }
  each = fixture->asked[0];
  for (guint i = 0; i < N_CGROUPS; i++)
    g_assert_cmpuint (fixture->asked[i], ==, each);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* What is found is a warning. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_test_add ("/drift/together", Fixture, NULL, set_up, test_together, tear_down);
  g_test_add ("/drift/differing", Fixture, NULL, set_up, test_differing, tear_down);
  g_test_add ("/drift/turns", Fixture, NULL, set_up, test_turns, tear_down);
  return g_test_run ();
}
