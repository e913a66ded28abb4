/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Moving the processes of the root cgroup, over a directory that imitates a machine, where nothing
 * really moves: what is said of it. What a kernel does is in test-cgroup-drain-kernel.c.
 */
#include "daemon/root-mover.h"

#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>

#define CGROUPS "sys/fs/cgroup/"

typedef struct {
  char *root;
  Config *config;
  NcgHierarchy *hierarchy;
  Manager *manager;
  Conditions *conditions;
  RootMover *mover;
  pid_t pid;
  guint n_done;
} Fixture;

static Manager *
make_manager (Fixture *fixture, const char *driver_name)
{
  static const NcgDriverListener listener = { NULL };
  const NcgDriverConfig driver_config = { .root = fixture->root, .hierarchy = fixture->hierarchy };
  g_autofree char *directory = g_strconcat (fixture->root, "/run", NULL);
  g_autoptr (GError) error = NULL;
  NcgDriver *driver = ncg_driver_new (driver_name, &driver_config, &listener, NULL, &error);
  Store *store;

  g_assert_no_error (error);
  store = store_new (directory, &error);
  g_assert_no_error (error);
  return manager_new (fixture->config, fixture->hierarchy, driver, store);
}

/* @data: the driver */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo",
                  "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  temp_dir_write (fixture->root, CGROUPS "cgroup.controllers", "\n");
  temp_dir_write (fixture->root, CGROUPS "cgroup.procs", "");
  temp_dir_write (fixture->root, CGROUPS "system/cgroup.procs", "");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->config = config_new ();
  g_free (fixture->config->root);
  fixture->config->root = g_strdup (fixture->root);
  fixture->manager = make_manager (fixture, data);
  fixture->conditions = conditions_new (NULL, NULL);
  fixture->mover = root_mover_new (fixture->manager, fixture->conditions);
  fixture->pid = child_start ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  kill (fixture->pid, SIGKILL);
  child_wait_killed (fixture->pid, SIGKILL);
  root_mover_free (fixture->mover);
  manager_free (fixture->manager);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  conditions_free (fixture->conditions);
  ncg_hierarchy_free (fixture->hierarchy);
  config_free (fixture->config);
  temp_dir_free (fixture->root);
}

/* The child is in the root cgroup, as far as this machine says. */
static void
place (Fixture *fixture, const char *flags)
{
  g_autofree char *stat = g_strdup_printf ("proc/%d/stat", (int) fixture->pid);
  g_autofree char *file = g_strdup_printf ("proc/%d/cgroup", (int) fixture->pid);
  g_autofree char *text =
      g_strdup_printf ("%d (thing) S 1 1 1 0 -1 %s 0\n", (int) fixture->pid, flags);
  g_autofree char *list = g_strdup_printf ("%d\n", (int) fixture->pid);

  temp_dir_write (fixture->root, stat, text);
  temp_dir_write (fixture->root, file, "0::/\n");
  temp_dir_write (fixture->root, CGROUPS "cgroup.procs", list);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  root_mover_check_finish (result);
  fixture->n_done++;
}

static void
check (Fixture *fixture)
{
  guint wanted = fixture->n_done + 1;

  root_mover_check_async (fixture->mover, on_done, fixture);
  while (fixture->n_done < wanted)
    g_main_context_iteration (NULL, TRUE);
}

/* @message: a part of it; NULL if there is no such condition */
static void
assert_condition (Fixture *fixture, const char *name, gboolean holds, const char *message)
{
  gboolean actual = !holds;
  const char *text = conditions_get (fixture->conditions, name, &actual);

  g_test_message ("%s: %s", name, text != NULL ? text : "none");
  if (message == NULL) {
    g_assert_null (text);
    return;
  }
  g_assert_nonnull (text);
  g_assert_cmpint (actual, ==, holds);
  g_assert_nonnull (strstr (text, message));
}

/* "OBJECT SETTING WANTED ACTUAL OK" of each row, separated by ";" */
static void
assert_rows (Fixture *fixture, const char *expected)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(ssssb)"));
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GVariant) rows = NULL;
  const char *object, *setting, *wanted, *actual;
  GVariantIter iter;
  gboolean ok;

  root_mover_add_rows (fixture->mover, &builder);
  rows = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &ok))
    g_string_append_printf (text, "%s %s %s %s %d;", object, setting, wanted, actual, ok);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_nothing_configured (Fixture *fixture, gconstpointer data)
{
  place (fixture, "0");
  check (fixture);
  assert_condition (fixture, "SystemContainer", FALSE, NULL);
  assert_condition (fixture, "ResourceContainer", FALSE, NULL);
  assert_rows (fixture, "");
}

static void
assert_untouched (Fixture *fixture)
{
  g_autofree char *procs = g_strconcat (fixture->root, "/" CGROUPS "system/cgroup.procs", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (procs, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "");
}

/* Whatever is configured. */
static void
test_systemd (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_strconcat (fixture->root, "/" CGROUPS "kubernetes", NULL);

  fixture->config->system_container = g_strdup ("/system");
  fixture->config->resource_container = g_strdup ("/kubernetes");
  place (fixture, "0");
  check (fixture);
  assert_condition (fixture, "SystemContainer", FALSE, NULL);
  assert_condition (fixture, "ResourceContainer", FALSE, NULL);
  assert_rows (fixture, "");
  assert_untouched (fixture);
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
}

static void
test_left (Fixture *fixture, gconstpointer data)
{
  g_autofree char *named = g_strdup_printf ("%d (thing, S): ", (int) fixture->pid);

  fixture->config->system_container = g_strdup ("/system");
  place (fixture, "0");
  check (fixture);
  assert_condition (fixture, "SystemContainer", FALSE, named);
  assert_rows (fixture, "/system processes left in the root cgroup 0 1 0;");
  /* It went away by itself, and another check finds that. */
  temp_dir_write (fixture->root, CGROUPS "cgroup.procs", "");
  check (fixture);
  assert_condition (fixture, "SystemContainer", TRUE, "/system");
  assert_rows (fixture, "/system processes left in the root cgroup 0 0 1;");
  assert_condition (fixture, "ResourceContainer", FALSE, NULL);
}

/* After a second, without being asked. */
static void
test_again (Fixture *fixture, gconstpointer data)
{
  gboolean holds = FALSE;

  fixture->config->system_container = g_strdup ("/system");
  place (fixture, "0");
  check (fixture);
  assert_condition (fixture, "SystemContainer", FALSE, "could not be moved");
  temp_dir_write (fixture->root, CGROUPS "cgroup.procs", "");
  for (guint i = 0; !holds && i < 3000; i++) {
    g_main_context_iteration (NULL, FALSE);
    conditions_get (fixture->conditions, "SystemContainer", &holds);
    g_usleep (10000);
  }
  g_assert_true (holds);
}

static void
test_kernel_thread (Fixture *fixture, gconstpointer data)
{
  fixture->config->system_container = g_strdup ("/system");
  place (fixture, "2097152");
  check (fixture);
  assert_condition (fixture, "SystemContainer", TRUE, "/system");
  assert_untouched (fixture);
}

/* This machine does not know the daemon's process. */
static void
test_daemon (Fixture *fixture, gconstpointer data)
{
  fixture->config->resource_container = g_strdup ("/system");
  check (fixture);
  assert_condition (fixture, "ResourceContainer", FALSE,
                    "the daemon could not be moved to /system");
  assert_condition (fixture, "SystemContainer", FALSE, NULL);
  assert_rows (fixture, "/system cgroup of the daemon /system missing 0;");
}

/* A group that cannot be made, because a file is in the way. */
static void
test_not_made (Fixture *fixture, gconstpointer data)
{
  fixture->config->system_container = g_strdup ("/cgroup.procs");
  check (fixture);
  assert_condition (fixture, "SystemContainer", FALSE, "cannot be moved to /cgroup.procs");
}

/* Calls during a run end with the next one, and a mover that ends has none left. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  fixture->config->system_container = g_strdup ("/system");
  for (guint i = 0; i < 5; i++)
    root_mover_check_async (fixture->mover, on_done, fixture);
  while (fixture->n_done < 5)
    g_main_context_iteration (NULL, TRUE);
  root_mover_check_async (fixture->mover, on_done, fixture);
  root_mover_check_async (fixture->mover, on_done, fixture);
  root_mover_free (g_steal_pointer (&fixture->mover));
  while (fixture->n_done < 7)
    g_main_context_iteration (NULL, TRUE);
}

#define ADD(path, driver, function) g_test_add (path, Fixture, driver, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A condition that does not hold is a warning, and no failure here. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  ADD ("/root-mover/nothing-configured", "cgroupfs", test_nothing_configured);
  ADD ("/root-mover/systemd", "systemd", test_systemd);
  ADD ("/root-mover/left", "cgroupfs", test_left);
  ADD ("/root-mover/again", "cgroupfs", test_again);
  ADD ("/root-mover/kernel-thread", "cgroupfs", test_kernel_thread);
  ADD ("/root-mover/daemon", "cgroupfs", test_daemon);
  ADD ("/root-mover/not-made", "cgroupfs", test_not_made);
  ADD ("/root-mover/many", "cgroupfs", test_many);
  return g_test_run ();
}
