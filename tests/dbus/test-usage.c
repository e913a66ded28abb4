/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GetUsage: what the parts of the node use.
 */
#include "tests/dbus/fixture.h"

#include <string.h>

#define POD(uid) "/machine.slice/machine-besteffort.slice/machine-besteffort-pod" uid ".slice"

static GVariant *
call (Fixture *fixture, GError **error)
{
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "GetUsage", NULL, error);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static GVariant *
get_usage (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GVariant *usage = call (fixture, &error);

  g_assert_no_error (error);
  return usage;
}

/* G_MAXUINT64: there is none */
static guint64
find (GVariant *usage, const char *part, const char *key)
{
  g_autoptr (GVariant) stats = g_variant_lookup_value (usage, part, G_VARIANT_TYPE_VARDICT);
  guint64 value = G_MAXUINT64;

  if (stats != NULL)
    g_variant_lookup (stats, key, "t", &value);
  return value;
}

static gboolean
has (GVariant *usage, const char *part, const char *key)
{
  g_autoptr (GVariant) stats = g_variant_lookup_value (usage, part, G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) value = stats != NULL ? g_variant_lookup_value (stats, key, NULL) : NULL;

  return value != NULL;
}

static void
test_parts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) usage = NULL;

  fake_kernel_write (fixture->kernel, "/system.slice", "memory.current", "1000");
  fake_kernel_write (fixture->kernel, "/system.slice", "memory.max", "5000");
  fake_kernel_write (fixture->kernel, "/kubernetes.slice", "memory.current", "2000");
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "system", "MemoryUsageBytes"), ==, 1000);
  g_assert_cmpuint (find (usage, "system", "MemoryLimitBytes"), ==, 5000);
  g_assert_true (has (usage, "system", "CPUPressure"));
  g_assert_cmpuint (find (usage, "kube", "MemoryUsageBytes"), ==, 2000);
  g_assert_true (has (usage, "kube", "CPUPressure"));
  /* There is no such cgroup, and nobody has said which daemon is the runtime. */
  g_assert_null (g_variant_lookup_value (usage, "user", NULL));
  g_assert_null (g_variant_lookup_value (usage, "runtime", NULL));
  g_variant_unref (usage);
  fake_kernel_make_cgroup (fixture->kernel, "/user.slice");
  fake_kernel_write (fixture->kernel, "/user.slice", "pids.current", "3");
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "user", "PidsCurrent"), ==, 3);
}

static void
test_node (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) usage = NULL;

  fake_kernel_write_file (fixture->kernel, "/proc/meminfo",
                          "MemTotal: 1000 kB\nMemFree: 1 kB\nBuffers: 10 kB\nCached: 20 kB\n"
                          "Inactive(file): 5 kB\nAnonPages: 30 kB\nSwapTotal: 9 kB\n"
                          "SwapFree: 2 kB\n");
  fake_kernel_write_file (fixture->kernel, "/proc/loadavg", "0.00 0.01 0.05 2/345 6789\n");
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "node", "MemoryUsageBytes"), ==, 60 * 1024);
  g_assert_cmpuint (find (usage, "node", "MemoryWorkingSetBytes"), ==, 55 * 1024);
  g_assert_cmpuint (find (usage, "node", "MemorySwapBytes"), ==, 7 * 1024);
  g_assert_cmpuint (find (usage, "node", "PidsCurrent"), ==, 345);
  g_assert_cmpuint (find (usage, "node", "PidsLimit"), ==, 63000);
  g_assert_false (has (usage, "node", "MemoryPeakBytes"));
}

/* Nothing is 0, and not absent: a difference can be made of it. */
static void
test_without_pods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) usage = NULL;

  fake_kernel_write (fixture->kernel, "/machine.slice", "memory.current", "777");
  fake_kernel_write (fixture->kernel, "/machine.slice", "pids.current", "7");
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "pods", "MemoryUsageBytes"), ==, 0);
  g_assert_cmpuint (find (usage, "pods", "PidsCurrent"), ==, 0);
  g_assert_cmpuint (find (usage, "pods", "CPUUsageNSec"), ==, 0);
  g_assert_true (has (usage, "pods", "TimestampUSec"));
  g_assert_false (has (usage, "pods", "Hugepages"));
}

/* Of the pods, and not what their slice has. */
static void
test_pods (Fixture *fixture, gconstpointer data)
{
  g_autofree char *a = fixture_must_create (fixture, "a", "{}");
  g_autofree char *b = fixture_must_create (fixture, "b", "{}");
  g_autofree char *c = fixture_must_create (fixture, "c", "{}");
  g_autoptr (GVariant) usage = NULL;

  fake_kernel_write (fixture->kernel, "/machine.slice", "memory.current", "777777");
  fake_kernel_write (fixture->kernel, POD ("a"), "memory.current", "1000");
  fake_kernel_write (fixture->kernel, POD ("b"), "memory.current", "2000");
  fake_kernel_write (fixture->kernel, POD ("c"), "memory.current", "4000");
  fake_kernel_write (fixture->kernel, POD ("a"), "io.stat", "8:0 rbytes=1 wbytes=2\n");
  fake_kernel_write (fixture->kernel, POD ("b"), "io.stat", "8:0 rbytes=3\n");
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "pods", "MemoryUsageBytes"), ==, 7000);
  g_assert_cmpuint (find (usage, "pods", "CPUUsageNSec"), ==, 4500000);
  g_assert_false (has (usage, "pods", "MemoryLimitBytes"));
  g_assert_false (has (usage, "pods", "MemoryPeakBytes"));
  g_assert_false (has (usage, "pods", "CPUPressure"));
  g_assert_true (has (usage, "pods", "IO"));
  g_variant_unref (usage);

  /* One is removed, and one goes behind the back of all. */
  fixture_must_remove (fixture, "b");
  fake_kernel_remove_cgroup (fixture->kernel, POD ("c"));
  usage = get_usage (fixture);
  g_assert_cmpuint (find (usage, "pods", "MemoryUsageBytes"), ==, 1000);
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autofree char *a = fixture_must_create (fixture, "a", "{}");
  g_autoptr (GError) error = NULL;

  fake_kernel_make_cgroup (fixture->kernel, POD ("a") "/hugetlb.2MB.current");
  g_assert_null (call (fixture, &error));
  fixture_assert_error (&error, "Failed", "hugetlb.2MB.current");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/usage/parts", test_parts);
  FIXTURE_TEST ("/usage/node", test_node);
  FIXTURE_TEST ("/usage/without-pods", test_without_pods);
  FIXTURE_TEST ("/usage/pods", test_pods);
  FIXTURE_TEST ("/usage/unreadable", test_unreadable);
  return g_test_run ();
}
