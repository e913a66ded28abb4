/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon killed between any two steps of any operation. Each scenario runs once to find out
 * which fault points it passes, and then once for each of them, with a SIGKILL there. The next
 * daemon finds the operation done or undone, nothing half, nothing left over, and the same call
 * again succeeds.
 */
#include "tests/dbus/consistency.h"
#include "tests/dbus/container.h"
#include "tests/dbus/scenarios-dropped.h"

#include <glib/gstdio.h>
#include <string.h>

#define SLICE "machine-burstable-poda.slice"
#define SPEC "{'CPULimit': <'500m'>}"
#define OTHER_SPEC "{'CPULimit': <'700m'>}"
#define LEAF_SPEC "{'PidsLimit': <uint64 5>}"
#define QUIET_USEC (60 * 1000)

static pid_t process; /* of the joins */
static GHashTable *killed_at;

static char *
log_path (const Fixture *fixture)
{
  return g_build_filename (fixture->bus_directory, "points", NULL);
}

static GStrv
read_log (const Fixture *fixture)
{
  g_autofree char *path = log_path (fixture);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_new0 (char *, 1);
  return g_strsplit (g_strchomp (text), "\n", -1);
}

static gboolean
has_ended (const Fixture *fixture)
{
  return g_subprocess_get_identifier (fixture->daemon) == NULL;
}

/* What goes on after the reply is a part of it. */
static void
wait_for_quiet (const Fixture *fixture)
{
  gint64 since = g_get_monotonic_time ();
  guint n_before = 0;

  while (!has_ended (fixture) && g_get_monotonic_time () - since < QUIET_USEC) {
    g_auto (GStrv) lines = read_log (fixture);

    if (g_strv_length (lines) != n_before)
      since = g_get_monotonic_time ();
    n_before = g_strv_length (lines);
    fixture_iterate ();
  }
}

static void
launch (Fixture *fixture, const char *point)
{
  g_autofree char *path = log_path (fixture);

  g_setenv ("NCG_FAULT_POINT_LOG", path, TRUE);
  if (point != NULL)
    g_setenv ("NCG_FAULT_POINT", point, TRUE);
  fixture->program = NODECGROUPSD_FAULTS;
  fixture_launch_daemon (fixture);
  g_unsetenv ("NCG_FAULT_POINT_LOG");
  g_unsetenv ("NCG_FAULT_POINT");
  fixture->program = NULL;
  fixture_wait (has_ended (fixture) || fixture_has_name (fixture));
  wait_for_quiet (fixture);
}

static void
set_up (Fixture *fixture, const Scenario *scenario)
{
  fixture_set_up_without_daemon (fixture, NULL);
  process = 0;
  if (scenario->prepare != NULL) {
    fixture_start_daemon (fixture);
    scenario->prepare (fixture);
    fixture_stop_daemon (fixture);
  }
  if (scenario->arrange != NULL)
    scenario->arrange (fixture);
}

static void
end_process (void)
{
  if (process != 0)
    kill (process, SIGKILL);
}

/* It may come to its point on the way out, too. */
static void
end_daemon (Fixture *fixture, const char *point)
{
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  if (point != NULL && g_subprocess_get_if_signaled (fixture->daemon))
    g_hash_table_add (killed_at, g_strndup (point, (gsize) (strrchr (point, ':') - point)));
  g_clear_object (&fixture->daemon);
}

/* The next daemon, which nobody kills. */
static void
restart_and_check (Fixture *fixture, const Scenario *scenario)
{
  if (scenario->mend != NULL)
    scenario->mend (fixture);
  fixture_start_daemon (fixture);
  if (!scenario->is_left_behind)
    consistency_check (fixture);
  if (scenario->repeat != NULL)
    scenario->repeat (fixture);
  consistency_check (fixture);
  end_process ();
  consistency_remove_all (fixture);
}

/* Returns: (transfer full): the points that were passed, "NAME:n", by what is tested */
static GPtrArray *
run (const Scenario *scenario, const char *point)
{
  Fixture fixture = { NULL };
  g_autoptr (Calls) calls = NULL;
  g_autoptr (GHashTable) counts = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *points = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) before = NULL;
  g_auto (GStrv) lines = NULL;
  guint first;

  set_up (&fixture, scenario);
  calls = calls_new (&fixture);
  launch (&fixture, point);
  before = read_log (&fixture);
  first = scenario->act != NULL ? g_strv_length (before) : 0;
  if (scenario->act != NULL && !has_ended (&fixture)) {
    scenario->act (&fixture, calls);
    calls_wait (calls);
    wait_for_quiet (&fixture);
  }
  lines = read_log (&fixture);
  for (guint i = 0; lines[i] != NULL; i++) {
    guint n = GPOINTER_TO_UINT (g_hash_table_lookup (counts, lines[i])) + 1;

    g_hash_table_insert (counts, lines[i], GUINT_TO_POINTER (n));
    if (i >= first)
      g_ptr_array_add (points, g_strdup_printf ("%s:%u", lines[i], n));
  }
  end_daemon (&fixture, point);
  restart_and_check (&fixture, scenario);
  fixture_tear_down (&fixture, NULL);
  return points;
}

static void
test_scenario (gconstpointer data)
{
  const Scenario *scenario = data;
  g_autoptr (GPtrArray) points = run (scenario, NULL);

  for (guint i = 0; i < points->len; i++) {
    g_autoptr (GPtrArray) again = NULL;

    g_test_message ("killed at %s", (const char *) g_ptr_array_index (points, i));
    again = run (scenario, g_ptr_array_index (points, i));
  }
}

static void
create (Fixture *fixture)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", SPEC);

  g_assert_cmpstr (slice, ==, SLICE);
}

static void
begin_create (Fixture *fixture, Calls *calls)
{
  calls_add (calls, "CreatePod", "a", SPEC);
}

static void
break_quota (Fixture *fixture)
{
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "cpu.max");
}

static void
mend_quota (Fixture *fixture)
{
  fake_kernel_take_writes (fixture->kernel, SLICE, "cpu.max");
}

static void
begin_update (Fixture *fixture, Calls *calls)
{
  calls_add (calls, "UpdatePod", "a", OTHER_SPEC);
}

static void
update (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *quota = NULL;

  fixture_update (fixture, "a", OTHER_SPEC, &error);
  g_assert_no_error (error);
  quota = fake_kernel_read (fixture->kernel, "/machine.slice/machine-burstable.slice/" SLICE,
                            "cpu.max");
  g_assert_cmpstr (quota, ==, "70000 100000");
}

static void
begin_remove (Fixture *fixture, Calls *calls)
{
  calls_add (calls, "RemovePod", "a", "{}");
}

/* It may have been carried out. */
static void
remove_again (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  if (!fixture_remove (fixture, "a", &error))
    fixture_assert_error (&error, "NoSuchPod", NULL);
}

static void
start_process (Fixture *fixture)
{
  fake_kernel_make_cgroup (fixture->kernel, JOIN_OUTSIDE);
  process = fake_processes_start (fake_kernel_get_processes (fixture->kernel), JOIN_OUTSIDE);
}

static void
create_and_start (Fixture *fixture)
{
  create (fixture);
  start_process (fixture);
}

static void
join (Fixture *fixture)
{
  join_one (fixture, "app", process, LEAF_SPEC);
}

static void
begin_join (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "JoinPod", join_arguments ("app", &process, 1, LEAF_SPEC));
}

/* With a leaf around another process. */
static void
create_and_join (Fixture *fixture)
{
  create_and_start (fixture);
  join (fixture);
  process = fake_processes_start (fake_kernel_get_processes (fixture->kernel), JOIN_OUTSIDE);
}

static void
break_leaf (Fixture *fixture)
{
  create_and_start (fixture);
  fake_kernel_ignore_writes (fixture->kernel, JOIN_APP, "pids.max");
}

static void
mend_leaf (Fixture *fixture)
{
  fake_kernel_take_writes (fixture->kernel, JOIN_APP, "pids.max");
}

static void
freeze_leaf (Fixture *fixture)
{
  create_and_join (fixture);
  fake_kernel_write (fixture->kernel, JOIN_POD "/" JOIN_APP, "cgroup.freeze", "1");
}

static void
begin_create_container (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "CreateContainer", container_arguments ("db", LEAF_SPEC));
}

static void
create_container (Fixture *fixture)
{
  container_must_create (fixture, LEAF_SPEC);
}

static void
create_both (Fixture *fixture)
{
  create (fixture);
  create_container (fixture);
}

static void
create_both_and_join (Fixture *fixture)
{
  create_and_start (fixture);
  create_container (fixture);
  join_one (fixture, "db", process, "{}");
}

static void
break_container (Fixture *fixture)
{
  fake_kernel_ignore_writes (fixture->kernel, CONTAINER_UNIT, "pids.max");
}

static void
mend_container (Fixture *fixture)
{
  fake_kernel_take_writes (fixture->kernel, CONTAINER_UNIT, "pids.max");
}

static void
begin_update_container (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "UpdateContainer", container_arguments ("db", "{'PidsLimit': <'6'>}"));
}

static void
update_container (Fixture *fixture)
{
  container_must (fixture, "UpdateContainer", "{'PidsLimit': <'6'>}");
  container_assert_file (fixture, "pids.max", "6");
}

static void
begin_remove_container (Fixture *fixture, Calls *calls)
{
  calls_begin (calls, "RemoveContainer", container_arguments ("db", "{}"));
}

/* It may have been carried out. */
static void
remove_container_again (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  if (!container_call (fixture, "RemoveContainer", "db", "{}", &error))
    fixture_assert_error (&error, "NoSuchContainer", NULL);
}

static void
move_file (Fixture *fixture, const char *to)
{
  g_autofree char *from = g_strconcat (fixture->root, "/run/nodecgroups/pods/a.pod", NULL);
  g_autofree char *path = g_strconcat (fixture->root, "/run/nodecgroups/pods/", to, NULL);

  g_assert_cmpint (g_rename (from, path), ==, 0);
}

static void
leave_creating (Fixture *fixture)
{
  move_file (fixture, "a.creating");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
}

static void
leave_removing (Fixture *fixture)
{
  move_file (fixture, "a.removing");
}

static void
leave_updating (Fixture *fixture)
{
  g_autofree char *text = fixture_read_file (fixture, "a.pod");

  fixture_write_file (fixture, "a.updating", text);
  break_quota (fixture);
  fake_kernel_write (fixture->kernel, "/machine.slice/machine-burstable.slice/" SLICE, "cpu.max",
                     "900 1000");
  fake_kernel_take_writes (fixture->kernel, SLICE, "cpu.max");
}

static void
leave_stray (Fixture *fixture)
{
  fake_systemd_start_unit (fixture->systemd, "machine-burstable-podb.slice", "NodeCgroups: pod b");
  fixture_write_file (fixture, "c.pod", "nodecgroups-pod 1\n{}\n");
}

/* Nobody knows of the pod any more, and it has no process. */
static void
lose_directory (Fixture *fixture)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods", NULL);
  g_autofree char *path = g_build_filename (directory, "a.pod", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* It was left alone, whenever the daemon was killed. */
static void
take_over (Fixture *fixture)
{
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  create (fixture);
}

/* A machine on which the daemon has never been. */
static void
leave_node (Fixture *fixture)
{
  pid_t pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), "/system.slice");
  g_autofree char *score = g_strdup_printf ("/proc/%d/oom_score_adj", (int) pid);

  fake_kernel_write_file (fixture->kernel, score, "0\n");
  fake_systemd_start_service (fixture->systemd, "kubelet.service", NULL, pid);
  fake_kernel_write_file (fixture->kernel, "/proc/sys/vm/panic_on_oom", "1\n");
}

static const Scenario scenarios[] = {
  { "node", NULL, leave_node, NULL, create },
  { "create", NULL, NULL, begin_create, create },
  { "create-undone", NULL, break_quota, begin_create, create, mend_quota },
  { "update", create, NULL, begin_update, update },
  { "update-undone", create, break_quota, begin_update, update, mend_quota },
  { "remove", create, NULL, begin_remove, remove_again },
  { "remove-populated", create_and_join, NULL, begin_remove, remove_again },
  { "remove-frozen", freeze_leaf, NULL, begin_remove, remove_again },
  { "join", create_and_start, NULL, begin_join, join },
  { "join-existing", create_and_join, NULL, begin_join, join },
  { "join-undone", break_leaf, NULL, begin_join, join, mend_leaf },
  { "container-create", create, NULL, begin_create_container, create_container },
  { "container-create-undone", create, break_container, begin_create_container, create_container,
    mend_container },
  { "container-update", create_both, NULL, begin_update_container, update_container },
  { "container-update-undone", create_both, break_container, begin_update_container,
    update_container, mend_container },
  { "container-remove", create_both, NULL, begin_remove_container, remove_container_again },
  { "container-remove-populated", create_both_and_join, NULL, begin_remove_container,
    remove_container_again },
  { "start", create_and_join, NULL, NULL, update },
  { "start-container", create_both_and_join, NULL, NULL, update_container },
  { "start-creating", create, leave_creating, NULL, create },
  { "start-updating", create, leave_updating, NULL, create },
  { "start-removing", create, leave_removing, NULL, remove_again },
  { "start-strays", create, leave_stray, NULL, create },
  { "start-lost", create, lose_directory, NULL, take_over, NULL, TRUE },
};

/* (transfer full): all lines that the daemon prints */
static GHashTable *
list_registered (void)
{
  GHashTable *points = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_auto (GStrv) lines = NULL;

  g_setenv ("NCG_FAULT_POINT", "list", TRUE);
  g_spawn_command_line_sync (NODECGROUPSD_FAULTS, &output, NULL, NULL, &error);
  g_unsetenv ("NCG_FAULT_POINT");
  g_assert_no_error (error);
  lines = g_strsplit (g_strchomp (output), "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    g_hash_table_add (points, g_strdup (lines[i]));
  return points;
}

static guint
check_source (const char *path, GHashTable *registered)
{
  g_autoptr (GRegex) regex =
      g_regex_new ("^  +FAULT_POINT \\(\"([^\"]+)\"\\);$", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  guint n = 0;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  for (g_regex_match (regex, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL)) {
    g_autofree char *name = g_match_info_fetch (match, 1);

    if (!g_hash_table_contains (registered, name))
      g_error ("%s has %s, but is not in fault_sources of daemon/meson.build", path, name);
    n++;
  }
  return n;
}

/* Every point of the source is in the daemon, once, and some scenario was killed there. */
static void
test_all (void)
{
  g_autoptr (GHashTable) registered = list_registered ();
  g_autoptr (GDir) directory = g_dir_open (DAEMON_SOURCES, 0, NULL);
  GHashTableIter iter;
  gpointer point;
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *path = g_build_filename (DAEMON_SOURCES, name, NULL);

    if (g_str_has_suffix (name, ".c"))
      n += check_source (path, registered);
  }
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, ==, g_hash_table_size (registered));
  g_hash_table_iter_init (&iter, registered);
  while (g_hash_table_iter_next (&iter, &point, NULL))
    if (!g_hash_table_contains (killed_at, point))
      g_error ("no scenario was killed at %s", (const char *) point);
}

/* Nothing is to be found of a pod any more when its removal is answered. */
static void
test_answered (void)
{
  static const Scenario scenario = { "answered", create, NULL, NULL, NULL };
  static const char *const files[] = { "a.pod", "a.removing" };
  Fixture fixture = { NULL };
  g_autoptr (Calls) calls = NULL;

  set_up (&fixture, &scenario);
  calls = calls_new (&fixture);
  launch (&fixture, "remove:answered:1");
  begin_remove (&fixture, calls);
  calls_wait (calls);
  fixture_wait (has_ended (&fixture));
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    g_assert_false (fixture_has_file (&fixture, files[i]));
  end_daemon (&fixture, "remove:answered:1");
  restart_and_check (&fixture, &scenario);
  fixture_tear_down (&fixture, NULL);
}

static void
add (const Scenario *list, gsize n)
{
  for (gsize i = 0; i < n; i++) {
    g_autofree char *path = g_strconcat ("/fault-points/", list[i].name, NULL);

    g_test_add_data_func (path, &list[i], test_scenario);
  }
}

int
main (int argc, char **argv)
{
  const Scenario *dropped;
  gsize n_dropped;

  g_test_init (&argc, &argv, NULL);
  killed_at = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  dropped = scenarios_dropped_list (&n_dropped);
  add (scenarios, G_N_ELEMENTS (scenarios));
  add (dropped, n_dropped);
  g_test_add_func ("/fault-points/answered", test_answered);
  g_test_add_func ("/fault-points/all", test_all);
  return g_test_run ();
}
