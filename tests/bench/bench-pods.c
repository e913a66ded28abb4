/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Creating, joining and removing pods through the daemon, against the floor: a program that sends
 * the same StartTransientUnit to systemd itself, over the system bus, and waits for JobRemoved.
 *
 * Both take turns in one boot, and every other time the other one goes first. Run it as root on a
 * machine with systemd and nodecgroupsd; tests/bench/run makes one.
 */
#include "daemon/policy/settings.h"
#include "lib/bus-value.h"
#include "lib/unit-properties.h"
#include "tests/bench/samples.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "org.example.NodeCgroups"
#define OBJECT "/org/example/NodeCgroups"
#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_OBJECT "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"
#define WARM_UP 10

enum { CREATE, JOIN, JOIN_AGAIN, REMOVE, N_OPERATIONS };

static const char *const operations[] = { "CreatePod", "JoinPod, first", "JoinPod, further",
                                          "RemovePod" };

typedef struct {
  sd_bus *bus;
  char *job; /* the job that ended last */
  Samples ours[N_OPERATIONS];
  Samples floor[N_OPERATIONS];
} Bench;

static void
check (int r, const char *what, const sd_bus_error *error)
{
  if (r >= 0)
    return;
  g_printerr ("%s: %s\n", what,
              error != NULL && error->message != NULL ? error->message : g_strerror (-r));
  exit (EXIT_FAILURE);
}

static int
on_job_removed (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  Bench *bench = user_data;
  const char *job, *unit, *result;
  guint32 id;

  check (sd_bus_message_read (message, "uoss", &id, &job, &unit, &result), "JobRemoved", NULL);
  if (!g_str_equal (result, "done")) {
    g_printerr ("the job of %s ended as %s\n", unit, result);
    exit (EXIT_FAILURE);
  }
  g_free (bench->job);
  bench->job = g_strdup (job);
  return 0;
}

static void
wait_for_job (Bench *bench, const char *job)
{
  while (g_strcmp0 (bench->job, job) != 0) {
    int r = sd_bus_process (bench->bus, NULL);

    check (r, "sd_bus_process", NULL);
    if (r == 0)
      check (sd_bus_wait (bench->bus, G_MAXUINT64), "sd_bus_wait", NULL);
  }
}

/* Sends @message and, if the answer is a job, waits for it. Returns the time that it took. */
static gint64
timed_call (Bench *bench, sd_bus_message *message, gboolean is_job)
{
  sd_bus_error error = SD_BUS_ERROR_NULL;
  g_autoptr (sd_bus_message) reply = NULL;
  const char *job;
  gint64 start = g_get_monotonic_time ();

  check (sd_bus_call (bench->bus, message, 0, &error, &reply), sd_bus_message_get_member (message),
         &error);
  if (is_job) {
    check (sd_bus_message_read (reply, "o", &job), "job", NULL);
    wait_for_job (bench, job);
  }
  return g_get_monotonic_time () - start;
}

static sd_bus_message *
new_call (Bench *bench, gboolean to_systemd, const char *member, GVariant *arguments)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (arguments);
  sd_bus_message *message = NULL;

  check (sd_bus_message_new_method_call (bench->bus, &message, to_systemd ? SYSTEMD : NAME,
                                         to_systemd ? SYSTEMD_OBJECT : OBJECT,
                                         to_systemd ? SYSTEMD_MANAGER : NAME, member),
         member, NULL);
  for (gsize i = 0; i < g_variant_n_children (owned); i++) {
    g_autoptr (GVariant) argument = g_variant_get_child_value (owned, i);
    check (ncg_bus_value_append (message, argument, NULL, 0), member, NULL);
  }
  return message;
}

/* The limits of the pods: on CPU, memory and pids. */
static GVariant *
pod_spec (void)
{
  return g_variant_new_parsed ("{'CPULimit': <'500m'>, 'MemoryLimit': <'64Mi'>, "
                               "'PidsLimit': <uint64 100>}");
}

static void
add_settings (GVariantBuilder *properties, gboolean of_pod)
{
  const SettingsDefaults none = { 0 };
  g_autoptr (GVariant) variant = g_variant_ref_sink (pod_spec ());
  g_auto (Spec) spec = { 0 };
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect ("", NULL);
  g_autoptr (GVariant) settings = NULL;

  if (of_pod && !spec_parse (variant, SPEC_OF_POD, &spec, NULL))
    exit (EXIT_FAILURE);
  if (of_pod)
    settings_for_pod (&spec, &none, &resources);
  else
    settings_for_container (&spec, &none, &resources);
  settings = ncg_unit_properties_from_resources (&resources, hierarchy, NULL, NULL);
  ncg_unit_properties_add_all (properties, settings);
}

static sd_bus_message *
new_start (Bench *bench, const char *unit, const char *slice, pid_t pid, gboolean delegate)
{
  GVariantBuilder properties;
  GVariant *no_units = g_variant_new_array (G_VARIANT_TYPE ("(sa(sv))"), NULL, 0);

  g_variant_builder_init (&properties, G_VARIANT_TYPE ("a(sv)"));
  ncg_unit_properties_add (&properties, "Description", g_variant_new_string ("the floor"));
  if (slice != NULL) {
    guint32 pids[] = { (guint32) pid };

    ncg_unit_properties_add (&properties, "Slice", g_variant_new_string (slice));
    ncg_unit_properties_add (&properties, "CollectMode",
                             g_variant_new_string ("inactive-or-failed"));
    ncg_unit_properties_add (&properties, "PIDs",
                             g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, 1, 4));
  }
  if (delegate)
    ncg_unit_properties_add (&properties, "Delegate", g_variant_new_boolean (TRUE));
  add_settings (&properties, slice == NULL);
  return new_call (bench, TRUE, "StartTransientUnit",
                   g_variant_new ("(ssa(sv)@a(sa(sv)))", unit, "replace", &properties, no_units));
}

static pid_t
spawn_sleeper (void)
{
  pid_t pid = fork ();

  if (pid == 0) {
    pause ();
    _exit (0);
  }
  return pid;
}

static void
reap (pid_t pid)
{
  kill (pid, SIGKILL);
  waitpid (pid, NULL, 0);
}

/* systemd moves processes into delegated units only, so that the further join has one of its own.
 */
static gint64
attach_to_delegated (Bench *bench, guint i, const char *slice)
{
  g_autofree char *scope = g_strdup_printf ("floor%u-delegated.scope", i);
  pid_t first = spawn_sleeper (), second = spawn_sleeper ();
  g_autoptr (sd_bus_message) start = new_start (bench, scope, slice, first, TRUE);
  const guint32 pids[] = { (guint32) second };
  g_autoptr (sd_bus_message) attach =
      new_call (bench, TRUE, "AttachProcessesToUnit",
                g_variant_new ("(ss@au)", scope, "",
                               g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, pids, 1, 4)));
  gint64 usec;

  timed_call (bench, start, TRUE);
  usec = timed_call (bench, attach, FALSE);
  reap (first);
  reap (second);
  return usec;
}

static void
run_floor (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *slice = g_strdup_printf ("machine-floor%u.slice", i);
  g_autofree char *scope = g_strdup_printf ("floor%u-main.scope", i);
  pid_t pid = spawn_sleeper ();
  g_autoptr (sd_bus_message) create = new_start (bench, slice, NULL, 0, FALSE);
  g_autoptr (sd_bus_message) join = new_start (bench, scope, slice, pid, FALSE);
  g_autoptr (sd_bus_message) remove =
      new_call (bench, TRUE, "StopUnit", g_variant_new ("(ss)", slice, "replace"));

  ret_usec[CREATE] = timed_call (bench, create, TRUE);
  ret_usec[JOIN] = timed_call (bench, join, TRUE);
  ret_usec[JOIN_AGAIN] = attach_to_delegated (bench, i, slice);
  reap (pid);
  ret_usec[REMOVE] = timed_call (bench, remove, TRUE);
}

static GVariant *
join_arguments (const char *uid, pid_t pid)
{
  return g_variant_new ("(ss@au@a{sv})", uid, "main",
                        g_variant_new_fixed_array (G_VARIANT_TYPE_UINT32, &pid, 1, 4),
                        g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
}

static void
run_ours (Bench *bench, guint i, gint64 *ret_usec)
{
  g_autofree char *uid = g_strdup_printf ("ours%u", i);
  GVariant *no_options = g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
  pid_t first = spawn_sleeper (), second = spawn_sleeper ();
  g_autoptr (sd_bus_message) create =
      new_call (bench, FALSE, "CreatePod", g_variant_new ("(s@a{sv})", uid, pod_spec ()));
  g_autoptr (sd_bus_message) join = new_call (bench, FALSE, "JoinPod", join_arguments (uid, first));
  g_autoptr (sd_bus_message) again =
      new_call (bench, FALSE, "JoinPod", join_arguments (uid, second));
  g_autoptr (sd_bus_message) remove =
      new_call (bench, FALSE, "RemovePod", g_variant_new ("(s@a{sv})", uid, no_options));

  ret_usec[CREATE] = timed_call (bench, create, FALSE);
  ret_usec[JOIN] = timed_call (bench, join, FALSE);
  ret_usec[JOIN_AGAIN] = timed_call (bench, again, FALSE);
  reap (first);
  reap (second);
  ret_usec[REMOVE] = timed_call (bench, remove, FALSE);
}

static void
add_samples (Samples *samples, const gint64 *usec)
{
  for (int i = 0; i < N_OPERATIONS; i++)
    samples_add (&samples[i], usec[i]);
}

static void
run_round (Bench *bench, guint i)
{
  gint64 floor[N_OPERATIONS], ours[N_OPERATIONS];

  if (i % 2 == 0)
    run_floor (bench, i, floor);
  run_ours (bench, i, ours);
  if (i % 2 != 0)
    run_floor (bench, i, floor);
  if (i < WARM_UP)
    return;
  add_samples (bench->floor, floor);
  add_samples (bench->ours, ours);
}

int
main (int argc, char **argv)
{
  Bench bench = { NULL };
  gboolean json = FALSE;
  int rounds = 200;
  const GOptionEntry entries[] = {
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "How often each is done (200)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object for each row", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE;
  }
  check (sd_bus_open_system (&bench.bus), "system bus", NULL);
  check (sd_bus_match_signal (bench.bus, NULL, SYSTEMD, SYSTEMD_OBJECT, SYSTEMD_MANAGER,
                              "JobRemoved", on_job_removed, &bench),
         "match", NULL);
  for (int i = 0; i < N_OPERATIONS; i++) {
    samples_init (&bench.ours[i], operations[i]);
    samples_init (&bench.floor[i], operations[i]);
  }
  for (int i = 0; i < rounds + WARM_UP; i++)
    run_round (&bench, (guint) i);
  if (!json)
    samples_print_header ();
  for (int i = 0; i < N_OPERATIONS; i++) {
    (json ? samples_print_json : samples_print_row) (&bench.ours[i], &bench.floor[i]);
    samples_clear (&bench.ours[i]);
    samples_clear (&bench.floor[i]);
  }
  g_free (bench.job);
  sd_bus_flush_close_unref (bench.bus);
  return EXIT_SUCCESS;
}
