/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From what the daemon says to metrics.
 */
#include "cli/metrics.h"

#include <string.h>

static const char manager[] = "{'Version': <'1.2'>, 'Driver': <'systemd'>, "
                              "'Hierarchy': <'unified'>, 'SystemdVersion': <uint32 252>}";
static const char node[] =
    "{'State': <'degraded'>, 'Conditions': <[('A', true, ''), ('B:/x', false, 'why'), "
    "('Contested:/a', false, 'why'), ('Contested:/b', false, 'why')]>, "
    "'DriftCount': <uint64 7>, "
    "'Capacity': <{'cpu': uint64 4000, 'memory': 100, 'hugepages-2Mi': 4, 'pid': 9, 'other': 1}>, "
    "'Allocatable': <{'cpu': uint64 3500, 'ephemeral-storage': 5}>, "
    "'SystemReserved': <{'cpu': uint64 250}>, 'KubeReserved': <{'memory': uint64 10}>, "
    "'EvictionHard': <{'memory': uint64 3}>}";
static const char usage[] =
    "{'system': {'CPUUsageNSec': <uint64 1500000000>, 'MemoryWorkingSetBytes': <uint64 20>, "
    "'MemoryEvents': <{'oom_kill': uint64 2}>, 'CPUPressure': <{'someTotalUSec': 2500000.0}>}, "
    "'pods': {'CPUUsageNSec': <uint64 5>, 'MemoryWorkingSetBytes': <uint64 30>, "
    "'MemoryEvents': <{'oom_kill': uint64 2}>}}";
static const char pods[] = "[('a', 'Burstable', objectpath '/a', 'a.slice', 'active'), "
                           "('b', 'Burstable', objectpath '/b', 'b.slice', 'creating'), "
                           "('c', 'BestEffort', objectpath '/c', 'c.slice', 'vanished'), "
                           "('d', 'Burstable', objectpath '/d', 'd.slice', 'active')]";
static const char latencies[] =
    "{'StartedUSec': <uint64 1700000000500000>, 'BoundsUSec': <[uint64 1000, 2000000]>, "
    "'Systemd': <{'StopUnit': {'Calls': <uint64 6>, 'Failures': <uint64 4>, "
    "'TotalUSec': <uint64 9500000>, 'Counts': <[uint64 1, 2, 3]>}}>, "
    "'Operations': <{'CreatePod': {'Calls': <uint64 1>, 'Failures': <uint64 0>, "
    "'TotalUSec': <uint64 3>, 'Counts': <[uint64 1, 0, 0]>}, "
    "'Odd': {'Failures': <uint64 5>, 'TotalUSec': <uint64 3>, 'Counts': <[uint64 1]>}}>}";
static const char stats[] =
    "{'a': {'CPUUsageNSec': <uint64 20000000>, 'MemoryWorkingSetBytes': <uint64 8>, "
    "'PidsCurrent': <uint64 3>, 'PidsLimit': <uint64 10>, 'CPUThrottledUSec': <uint64 1500>, "
    "'MemoryEvents': <{'oom_kill': uint64 1}>}, "
    "'d': {'MemoryWorkingSetBytes': <uint64 5>}}";

static GVariant *
parse (const char *type, const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (G_VARIANT_TYPE (type), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static char *
make (gboolean has_each, gboolean has_stats)
{
  g_autoptr (GVariant) a = parse ("a{sv}", manager);
  g_autoptr (GVariant) b = parse ("a{sv}", node);
  g_autoptr (GVariant) c = parse ("a{sa{sv}}", usage);
  g_autoptr (GVariant) d = parse ("a(ssoss)", pods);
  g_autoptr (GVariant) e = parse ("a{sa{sv}}", stats);
  g_autoptr (GVariant) f = parse ("a{sv}", latencies);
  MetricsReading reading = { a, b, c, d, has_stats ? e : NULL, f };
  g_autoptr (Exposition) metrics = metrics_describe (&reading, has_each);

  return exposition_format (metrics, EXPOSITION_PROMETHEUS);
}

static void
assert_has (const char *text, const char *line)
{
  g_autofree char *whole = g_strconcat ("\n", line, "\n", NULL);

  if (strstr (text, whole) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", line, text);
}

static const char *const always[] = {
  "nodecgroups_up 1",
  ("nodecgroups_build_info{version=\"1.2\",driver=\"systemd\",hierarchy=\"unified\","
   "systemd_version=\"252\"} 1"),
  "nodecgroups_node_state{state=\"ready\"} 0",
  "nodecgroups_node_state{state=\"degraded\"} 1",
  "nodecgroups_node_condition{condition=\"A\"} 1",
  "nodecgroups_node_condition{condition=\"B:/x\"} 0",
  "nodecgroups_node_condition{condition=\"Contested\"} 0",
  "nodecgroups_contested_objects 2",
  "nodecgroups_drift_changes_total 7",
  "nodecgroups_capacity_cpu_cores 4",
  "nodecgroups_capacity_memory_bytes 100",
  "nodecgroups_capacity_pids 9",
  "nodecgroups_capacity_hugepages_bytes{size=\"2Mi\"} 4",
  "nodecgroups_allocatable_cpu_cores 3.5",
  "nodecgroups_allocatable_ephemeral_storage_bytes 5",
  "nodecgroups_reserved_cpu_cores{part=\"system\"} 0.25",
  "nodecgroups_reserved_memory_bytes{part=\"kube\"} 10",
  "nodecgroups_eviction_hard_memory_bytes 3",
  "nodecgroups_part_cpu_usage_seconds_total{part=\"system\"} 1.5",
  "nodecgroups_part_memory_working_set_bytes{part=\"system\"} 20",
  "nodecgroups_part_memory_working_set_bytes{part=\"pods\"} 30",
  "nodecgroups_part_oom_kills_total{part=\"system\"} 2",
  "nodecgroups_part_pressure_cpu_waiting_seconds_total{part=\"system\"} 2.5",
  "nodecgroups_pods{qos=\"Burstable\",state=\"active\"} 2",
  "nodecgroups_pods{qos=\"Burstable\",state=\"creating\"} 1",
  "nodecgroups_pods{qos=\"BestEffort\",state=\"vanished\"} 1",
  "nodecgroups_pods{qos=\"Guaranteed\",state=\"active\"} 0",
  "nodecgroups_start_time_seconds 1700000000.5",
  "nodecgroups_systemd_call_duration_seconds_bucket{method=\"StopUnit\",le=\"0.001\"} 1",
  "nodecgroups_systemd_call_duration_seconds_bucket{method=\"StopUnit\",le=\"2.0\"} 3",
  "nodecgroups_systemd_call_duration_seconds_bucket{method=\"StopUnit\",le=\"+Inf\"} 6",
  "nodecgroups_systemd_call_duration_seconds_count{method=\"StopUnit\"} 6",
  "nodecgroups_systemd_call_duration_seconds_sum{method=\"StopUnit\"} 9.5",
  "nodecgroups_systemd_call_failures_total{method=\"StopUnit\"} 4",
  "nodecgroups_operation_duration_seconds_count{operation=\"CreatePod\"} 1",
  "nodecgroups_operation_failures_total{operation=\"CreatePod\"} 0",
  "nodecgroups_operation_failures_total{operation=\"Odd\"} 5",
};

static void
test_always (void)
{
  g_autofree char *text = make (FALSE, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (always); i++)
    assert_has (text, always[i]);
  /* Counters of pods are not added up. */
  g_assert_null (strstr (text, "_total{part=\"pods\"}"));
  g_assert_null (strstr (text, "nodecgroups_qos"));
  g_assert_null (strstr (text, "nodecgroups_pod_"));
  g_assert_null (strstr (text, "state=\"creating\"} 0"));
  /* One for each object has no bound, and neither has what is no histogram. */
  g_assert_null (strstr (text, "Contested:"));
  g_assert_null (strstr (text, "_count{operation=\"Odd\""));
}

static void
test_sums (void)
{
  g_autofree char *text = make (FALSE, TRUE);

  assert_has (text, "nodecgroups_qos_memory_working_set_bytes{qos=\"Burstable\"} 13");
  assert_has (text, "nodecgroups_qos_memory_working_set_bytes{qos=\"Guaranteed\"} 0");
  assert_has (text, "nodecgroups_qos_pids{qos=\"Burstable\"} 3");
  g_assert_null (strstr (text, "nodecgroups_pod_"));
}

static void
test_each (void)
{
  g_autofree char *text = make (TRUE, TRUE);

  assert_has (text, "nodecgroups_pod_cpu_usage_seconds_total{uid=\"a\",qos=\"Burstable\"} 0.02");
  assert_has (text, "nodecgroups_pod_memory_working_set_bytes{uid=\"d\",qos=\"Burstable\"} 5");
  assert_has (text, "nodecgroups_pod_pids_limit{uid=\"a\",qos=\"Burstable\"} 10");
  assert_has (text, "nodecgroups_pod_oom_kills_total{uid=\"a\",qos=\"Burstable\"} 1");
  assert_has (
      text, "nodecgroups_pod_cpu_cfs_throttled_seconds_total{uid=\"a\",qos=\"Burstable\"} 0.0015");
  assert_has (text, "nodecgroups_qos_memory_working_set_bytes{qos=\"Burstable\"} 13");
  /* What there is no figure of has no series, nor has a pod without any. */
  g_assert_null (strstr (text, "nodecgroups_pod_pids{uid=\"d\""));
  g_assert_null (strstr (text, "uid=\"c\""));
}

static void
test_down (void)
{
  MetricsReading nothing = { NULL };
  g_autoptr (Exposition) metrics = metrics_describe (&nothing, TRUE);
  g_autofree char *text = exposition_format (metrics, EXPOSITION_PROMETHEUS);

  assert_has (text, "nodecgroups_up 0");
  g_assert_true (g_str_has_suffix (text, "\nnodecgroups_up 0\n"));
}

static void
test_fields (void)
{
  g_assert_true (g_strv_contains (metrics_list_fields (TRUE), "MemoryEvents"));
  g_assert_false (g_strv_contains (metrics_list_fields (FALSE), "MemoryEvents"));
  g_assert_true (g_strv_contains (metrics_list_fields (FALSE), "PidsCurrent"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metrics/always", test_always);
  g_test_add_func ("/metrics/sums", test_sums);
  g_test_add_func ("/metrics/each", test_each);
  g_test_add_func ("/metrics/down", test_down);
  g_test_add_func ("/metrics/fields", test_fields);
  return g_test_run ();
}
