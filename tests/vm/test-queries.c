/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon says of pods: figures, comparisons, signals and objects.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <stdlib.h>
#include <string.h>

#define MIB (1024 * 1024)
#define SLICE "machine-podp.slice"
#define CGROUP "/machine.slice/" SLICE
#define SPEC                                                                                       \
  "{'CPULimit': <'200m'>, 'MemoryLimit': <'64Mi'>, 'PidsLimit': <uint64 50>, "                     \
  "'CPUSet': <'0'>, 'Labels': <{'app': 'web'}>}"

/* A figure, and the file it comes from. What the kernel counts may grow while it is asked; what it
 * measures may go up and down a little. */
static const struct {
  const char *key;
  const char *file;
  const char *line; /* NULL: the file is a number */
  guint64 factor;
  guint64 tolerance;
} figures[] = {
  { "CPUUsageNSec", "cpu.stat", "usage_usec", 1000, 0 },
  { "CPUUserNSec", "cpu.stat", "user_usec", 1000, 0 },
  { "CPUSystemNSec", "cpu.stat", "system_usec", 1000, 0 },
  { "CPUPeriods", "cpu.stat", "nr_periods", 1, 0 },
  { "CPUThrottledPeriods", "cpu.stat", "nr_throttled", 1, 0 },
  { "CPUThrottledUSec", "cpu.stat", "throttled_usec", 1, 0 },
  { "MemoryUsageBytes", "memory.current", NULL, 1, MIB },
  { "MemoryAnonBytes", "memory.stat", "anon", 1, MIB },
  { "MemoryFileBytes", "memory.stat", "file", 1, MIB },
  { "MemoryKernelBytes", "memory.stat", "kernel", 1, MIB },
  { "MemoryPeakBytes", "memory.peak", NULL, 1, 0 },
  { "MemoryLimitBytes", "memory.max", NULL, 1, 0 },
  { "MemorySwapBytes", "memory.swap.current", NULL, 1, 0 },
  { "PidsCurrent", "pids.current", NULL, 1, 0 },
  { "PidsLimit", "pids.max", NULL, 1, 0 },
  { "DescendantCount", "cgroup.stat", "nr_descendants", 1, 0 },
  { "DyingDescendantCount", "cgroup.stat", "nr_dying_descendants", 1, 4 },
};

static GVariant *
get_stats (const char *options)
{
  g_autoptr (GVariant) reply = client_call ("GetPodStats", "('p', %s)", options);

  return g_variant_get_child_value (reply, 0);
}

/* Whether the kernel gives a figure, and which. */
static gboolean
read_figure (gsize i, guint64 *ret_number)
{
  g_autofree char *text = machine_read (CGROUP, figures[i].file);
  const char *found = text;

  if (found != NULL && figures[i].line != NULL) {
    g_autofree char *key = g_strconcat (figures[i].line, " ", NULL);

    found = g_str_has_prefix (text, key) ? text : strstr (text, key);
    found = found != NULL ? found + strlen (key) : NULL;
  }
  if (found == NULL || !g_ascii_isdigit (*found))
    return FALSE;
  *ret_number = g_ascii_strtoull (found, NULL, 10) * figures[i].factor;
  return TRUE;
}

static void
assert_figure (gsize i, gboolean is_given, guint64 before, guint64 after, GVariant *stats)
{
  guint64 tolerance = figures[i].tolerance;
  guint64 actual;

  if (g_variant_lookup (stats, figures[i].key, "t", &actual) != is_given)
    machine_fail ("%s should %s be there", figures[i].key, is_given ? "" : "not");
  if (is_given &&
      (actual + tolerance < MIN (before, after) || actual > MAX (before, after) + tolerance))
    machine_fail ("%s is %" G_GUINT64_FORMAT "; before it the kernel had %" G_GUINT64_FORMAT
                  ", and afterwards %" G_GUINT64_FORMAT,
                  figures[i].key, actual, before, after);
}

static void
assert_figures (void)
{
  g_autoptr (GVariant) stats = NULL;
  guint64 before[G_N_ELEMENTS (figures)] = { 0 };
  guint64 after = 0, timestamp;
  gint64 now = g_get_real_time ();

  for (gsize i = 0; i < G_N_ELEMENTS (figures); i++)
    read_figure (i, &before[i]);
  stats = get_stats ("{}");
  for (gsize i = 0; i < G_N_ELEMENTS (figures); i++) {
    gboolean is_given = read_figure (i, &after);
    assert_figure (i, is_given, before[i], after, stats);
  }
  g_assert_true (g_variant_lookup (stats, "TimestampUSec", "t", &timestamp));
  g_assert_cmpuint (timestamp, >=, (guint64) now);
  g_assert_cmpuint (timestamp, <=, (guint64) g_get_real_time ());
}

static void
assert_pressure (GVariant *stats, const char *key, const char *file)
{
  static const char *const names[] = { "someAvg10", "someAvg60", "someAvg300", "someTotalUSec" };
  g_autoptr (GVariant) pressure = g_variant_lookup_value (stats, key, G_VARIANT_TYPE ("a{sd}"));
  g_autofree char *text = machine_read (CGROUP, file);
  double number;

  if (text == NULL) {
    g_assert_null (pressure);
    return;
  }
  if (pressure == NULL)
    machine_fail ("there is no %s", key);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (!g_variant_lookup (pressure, names[i], "d", &number) || number < 0)
      machine_fail ("%s has no %s", key, names[i]);
}

static void
assert_events (GVariant *stats)
{
  static const char *const names[] = { "low", "high", "max", "oom", "oom_kill" };
  g_autoptr (GVariant) events =
      g_variant_lookup_value (stats, "MemoryEvents", G_VARIANT_TYPE ("a{st}"));
  guint64 number;

  g_assert_nonnull (events);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_assert_true (g_variant_lookup (events, names[i], "t", &number));
    g_assert_cmpuint (number, ==, machine_read_key (CGROUP, "memory.events", names[i]));
  }
}

static guint64
get_number (GVariant *stats, const char *key)
{
  guint64 number;

  if (!g_variant_lookup (stats, key, "t", &number))
    machine_fail ("there is no %s", key);
  return number;
}

static void
test_stats (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (GVariant) before = NULL;
  g_autoptr (GVariant) after = NULL;

  g_free (client_create_pod ("p", SPEC));
  assert_figures ();
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  assert_figures ();
  before = get_stats ("{}");
  g_free (workload_ask (workload, "grow %d", 16 * MIB));
  g_free (workload_ask (workload, "burn 200"));
  assert_figures ();
  after = get_stats ("{}");
  assert_pressure (after, "CPUPressure", "cpu.pressure");
  assert_pressure (after, "MemoryPressure", "memory.pressure");
  assert_pressure (after, "IOPressure", "io.pressure");
  assert_events (after);

  /* What was done is what is counted. */
  g_assert_cmpuint (get_number (after, "CPUUsageNSec"), >=,
                    get_number (before, "CPUUsageNSec") + 150 * 1000 * 1000);
  g_assert_cmpuint (get_number (after, "CPUThrottledPeriods"), >, 0);
  g_assert_cmpuint (get_number (after, "MemoryUsageBytes"), >=, 16 * MIB);
  g_assert_cmpuint (get_number (after, "MemoryUsageBytes"), <=, 64 * MIB);
  g_assert_cmpuint (get_number (after, "MemoryWorkingSetBytes"), >=, 16 * MIB);
  g_assert_cmpuint (get_number (after, "MemoryWorkingSetBytes"), <=,
                    get_number (after, "MemoryUsageBytes"));
  g_assert_cmpuint (get_number (after, "PidsCurrent"), ==, 1);
  g_assert_cmpuint (get_number (after, "PidsLimit"), ==, 50);
  g_assert_cmpuint (get_number (after, "MemoryLimitBytes"), ==, 64 * MIB);
  g_assert_cmpuint (get_number (after, "DescendantCount"), ==, 1);

  client_update_pod ("p", "{'PidsLimit': <'max'>}");
  assert_figures ();
  client_remove_pod ("p");
}

static void
test_stats_of_containers (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autoptr (GVariant) without = NULL;
  g_autoptr (GVariant) none = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) containers = NULL;
  g_autoptr (GVariant) main_stats = NULL;
  g_autoptr (GVariant) made = NULL;

  g_free (client_create_pod ("p", SPEC));
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  g_free (workload_ask (workload, "fork"));
  g_free (machine_run ("systemd-run -q --scope --unit=made --slice=%s sleep 1000 >/dev/null 2>&1 &",
                       SLICE));
  machine_wait_until (machine_try ("grep -q . %s" CGROUP "/made.scope/cgroup.procs",
                                   ncg_hierarchy_get_primary (machine_get_hierarchy ())->mount));

  without = get_stats ("{'Containers': <false>}");
  none = g_variant_lookup_value (without, "Containers", NULL);
  g_assert_null (none);
  stats = get_stats ("{'Containers': <true>}");
  containers = g_variant_lookup_value (stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"));
  g_assert_nonnull (containers);
  g_assert_cmpuint (g_variant_n_children (containers), ==, 2);
  main_stats = g_variant_lookup_value (containers, "main", G_VARIANT_TYPE_VARDICT);
  made = g_variant_lookup_value (containers, "made.scope", G_VARIANT_TYPE_VARDICT);
  g_assert_nonnull (main_stats);
  g_assert_nonnull (made);
  g_assert_cmpuint (get_number (main_stats, "PidsCurrent"), ==, 2);
  g_assert_cmpuint (get_number (made, "PidsCurrent"), ==, 1);
  g_assert_cmpuint (get_number (stats, "PidsCurrent"), ==, 3);
  client_remove_pod ("p");
}

/* Something else changes what the pod has: that is seen, and repaired by the next start. */
static void
test_verify (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = NULL;
  g_autofree char *fine = NULL;
  g_autofree char *bad = NULL;
  g_autofree char *bad_leaf = NULL;
  g_autofree char *wanted_leaf = NULL;
  g_autofree char *repaired = NULL;

  g_free (client_create_pod ("p", SPEC));
  leaf = client_join_pod ("p", "main", workload->pid, "{'PidsLimit': <uint64 20>}");
  fine = client_verify_pod ("p");
  g_assert_cmpstr (fine, ==, "");

  /* Without systemd nothing is repaired. */
  machine_stop_systemd ();
  g_free (machine_run ("echo 21 >/sys/fs/cgroup%s/pids.max", leaf));
  bad_leaf = client_verify_pod ("p");
  g_free (machine_run ("echo 20 >/sys/fs/cgroup%s/pids.max", leaf));
  g_free (machine_run ("echo 33554432 >/sys/fs/cgroup" CGROUP "/memory.max"));
  bad = client_verify_pod ("p");
  machine_continue_systemd ();
  wanted_leaf = g_strdup_printf ("%s pids.max: 21, not 20", leaf);
  g_assert_cmpstr (bad_leaf, ==, wanted_leaf);
  g_assert_cmpstr (bad, ==, CGROUP " memory.max: 33554432, not 67108864");
  daemon_restart ();
  repaired = client_verify_pod ("p");
  g_assert_cmpstr (repaired, ==, "");
  machine_assert_files (CGROUP, "memory.max=67108864;pids.max=50");
  machine_assert_shown (NULL, SLICE, "MemoryMax=67108864 TasksMax=50");
  client_remove_pod ("p");
}

/* Each line is "Member argument" of a signal that came. */
static void
on_signal (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *arguments,
           gpointer user_data)
{
  g_autofree char *text = g_variant_print (arguments, FALSE);

  g_ptr_array_add (user_data, g_strdup_printf ("%s %s %s", member, path, text));
}

static gboolean
has_signal (GPtrArray *signals, const char *start, const char *part)
{
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  for (guint i = 0; i < signals->len; i++) {
    const char *line = g_ptr_array_index (signals, i);

    if (g_str_has_prefix (line, start) && strstr (line, part) != NULL)
      return TRUE;
  }
  return FALSE;
}

#define POD_PATH CLIENT_PATH "/pod/p"

static void
test_signals (void)
{
  g_autoptr (GPtrArray) signals = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (Workload) workload = workload_start ();
  guint id =
      g_dbus_connection_signal_subscribe (client_get_bus (), CLIENT_NAME, NULL, NULL, NULL, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, signals, NULL);

  g_free (client_create_pod ("p", SPEC));
  machine_wait_until (has_signal (signals, "PodAdded " CLIENT_PATH, "('p', '" POD_PATH "')"));
  machine_wait_until (has_signal (signals, "InterfacesAdded " CLIENT_PATH, "'" POD_PATH "'"));
  client_update_pod ("p", "{'PidsLimit': <uint64 51>}");
  machine_wait_until (
      has_signal (signals, "PropertiesChanged " POD_PATH, "'PidsLimit': <uint64 51>"));
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  machine_wait_until (has_signal (signals, "PropertiesChanged " POD_PATH, "'podp-main.scope'"));
  g_ptr_array_set_size (signals, 0);
  workload_kill (workload);
  machine_wait_until (
      has_signal (signals, "PropertiesChanged " POD_PATH, "'Containers': <@a(ssss) []>"));
  client_remove_pod ("p");
  machine_wait_until (has_signal (signals, "PodRemoved " CLIENT_PATH, "('p', '" POD_PATH "')"));
  machine_wait_until (has_signal (signals, "InterfacesRemoved " CLIENT_PATH, "'" POD_PATH "'"));
  g_dbus_connection_signal_unsubscribe (client_get_bus (), id);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
}

static GVariant *
call_pod (const char *method, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply =
      client_call_on (client_get_bus (), POD_PATH, CLIENT_POD, method, arguments, &error);

  if (reply == NULL)
    machine_fail ("%s %s failed: %s", method, arguments, error->message);
  return reply;
}

/* The pod's own object does the same as the manager's. */
static void
test_object (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *arguments = g_strdup_printf ("('main', [%d], {})", (int) workload->pid);
  g_autofree char *containers = NULL;
  g_autoptr (GVariant) joined = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GError) error = NULL;
  const char *unit, *cgroup;

  g_free (client_create_pod ("p", SPEC));
  g_variant_unref (call_pod ("Update", "({'PidsLimit': <uint64 49>},)"));
  machine_assert_files (CGROUP, "pids.max=49");
  joined = call_pod ("Join", arguments);
  g_variant_get (joined, "(&s&s)", &unit, &cgroup);
  g_assert_cmpstr (unit, ==, "podp-main.scope");
  machine_assert_process_in (workload->pid, cgroup);
  containers = client_get_of_pod ("p", "Containers");
  g_assert_cmpstr (containers, ==,
                   "[('main', 'podp-main.scope', '" CGROUP "/podp-main.scope', 'active')]");
  stats = call_pod ("GetStats", "({},)");
  g_assert_cmpuint (g_variant_n_children (stats), ==, 1);
  rows = call_pod ("Verify", "()");
  g_assert_cmpuint (g_variant_n_children (rows), ==, 1);

  g_variant_unref (call_pod ("Remove", "({},)"));
  g_assert_false (machine_has_cgroup (CGROUP));
  g_assert_null (
      client_call_on (client_get_bus (), POD_PATH, CLIENT_POD, "Remove", "({},)", &error));
  client_assert_error ("Remove of a pod that is gone", error,
                       "org.freedesktop.DBus.Error.UnknownMethod");
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/queries/stats", test_stats);
  g_test_add_func ("/queries/stats-of-containers", test_stats_of_containers);
  g_test_add_func ("/queries/verify", test_verify);
  g_test_add_func ("/queries/signals", test_signals);
  g_test_add_func ("/queries/object", test_object);
  return g_test_run ();
}
