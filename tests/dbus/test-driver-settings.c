/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's systemd driver without the daemon, over a fake systemd and a fake kernel: what it
 * says in which order, and what is left when something fails.
 */
#include "lib/driver.h"
#include "lib/error.h"
#include "tests/dbus/fake-systemd.h"

#include <string.h>

#define UNIT "a.slice"
#define CGROUP "/a.slice"
#define DEADLINE (g_get_monotonic_time () + 20 * G_USEC_PER_SEC)

typedef struct {
  FakeKernel *kernel;
  FakeSystemd *systemd;
  NcgHierarchy *hierarchy;
  NcgDriver *driver;
  GAsyncResult *result;
  gboolean is_connected;
  guint n_told;     /* calls that systemd had had when something was left out the last time */
  gboolean refuses; /* to leave anything out */
} Rig;

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Rig *rig = user_data;

  rig->result = g_object_ref (result);
}

/* (transfer full) */
static GAsyncResult *
wait_for_result (Rig *rig)
{
  while (rig->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_steal_pointer (&rig->result);
}

static void
on_connected (gpointer user_data)
{
  ((Rig *) user_data)->is_connected = TRUE;
}

static gboolean
has_dropped (Rig *rig, const char *unit)
{
  g_autoptr (GPtrArray) all = ncg_driver_list_dropped (rig->driver, unit);
  const NcgDropped *first = all->len > 0 ? g_ptr_array_index (all, 0) : NULL;

  g_assert_cmpuint (all->len, <=, 1);
  g_assert_true (first == NULL || g_str_equal (first->setting, "MemoryZSwapMax"));
  return first != NULL;
}

static gboolean
on_dropping (const char *unit, gpointer user_data, GError **error)
{
  Rig *rig = user_data;

  g_assert_true (has_dropped (rig, unit));
  rig->n_told = fake_systemd_count_calls (rig->systemd, "StartTransientUnit", unit) +
                fake_systemd_count_calls (rig->systemd, "SetUnitProperties", unit);
  if (rig->refuses)
    g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY, "no");
  return !rig->refuses;
}

static void
probe (Rig *rig)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  while (!rig->is_connected)
    g_main_context_iteration (NULL, TRUE);
  ncg_driver_probe_async (rig->driver, DEADLINE, on_done, rig);
  result = wait_for_result (rig);
  ncg_driver_probe_finish (result, &error);
  g_assert_no_error (error);
}

/* @mountinfo: (nullable): instead of the machine's own */
static void
set_up (Rig *rig, gconstpointer mountinfo)
{
  static const NcgDriverListener listener = { .connected = on_connected, .dropping = on_dropping };
  NcgDriverConfig config = { .owner_watches = TRUE, .may_drop = TRUE };
  g_autoptr (GError) error = NULL;

  rig->kernel = fake_kernel_new ();
  fake_kernel_set_controllers (rig->kernel, "cpuset cpu hugetlb io memory pids");
  if (mountinfo != NULL)
    fake_kernel_write_file (rig->kernel, "/proc/self/mountinfo", mountinfo);
  rig->systemd = fake_systemd_new (rig->kernel);
  config.root = fake_kernel_get_root (rig->kernel);
  rig->hierarchy = ncg_hierarchy_detect (config.root, &error);
  g_assert_no_error (error);
  config.hierarchy = rig->hierarchy;
  rig->driver = ncg_driver_new ("systemd", &config, &listener, rig, &error);
  g_assert_no_error (error);
  probe (rig);
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  ncg_driver_free (rig->driver);
  ncg_hierarchy_free (rig->hierarchy);
  fake_systemd_free (rig->systemd);
  fake_kernel_free (rig->kernel);
}

static NcgPlace *
ensure (Rig *rig, const NcgResources *resources, GError **error)
{
  NcgGroup group = { .path = "/a", .description = "A test", .resources = resources };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_ensure_group_async (rig->driver, &group, DEADLINE, on_done, rig);
  result = wait_for_result (rig);
  return ncg_driver_ensure_group_finish (result, error);
}

static void
must_ensure (Rig *rig, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgPlace) place = ensure (rig, resources, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (place->unit, ==, UNIT);
  g_assert_cmpstr (place->cgroup, ==, CGROUP);
  fake_systemd_forget_calls (rig->systemd);
}

static gboolean
set_until (Rig *rig, const NcgResources *resources, gint64 deadline, GError **error)
{
  NcgPlace place = { .unit = (char *) UNIT, .cgroup = (char *) CGROUP };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_set_resources_async (rig->driver, &place, resources, deadline, on_done, rig);
  result = wait_for_result (rig);
  return ncg_driver_set_resources_finish (result, error);
}

static gboolean
set (Rig *rig, const NcgResources *resources, GError **error)
{
  return set_until (rig, resources, DEADLINE, error);
}

static void
assert_refused (GError **error, const char *text)
{
  g_assert_error (*error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr ((*error)->message, text));
  g_clear_error (error);
}

static guint
count_sets (Rig *rig)
{
  return fake_systemd_count_calls (rig->systemd, "SetUnitProperties", UNIT);
}

/* What there is no file for is refused before systemd is told anything. */
static void
test_missing_file (Rig *rig, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 7);
  g_assert_true (ncg_resources_set_unified (&resources, "memory.nonsense", "1", NULL));
  g_assert_null (ensure (rig, &resources, &error));
  assert_refused (&error, "memory.nonsense");
  g_assert_cmpuint (fake_systemd_count_calls (rig->systemd, "StartTransientUnit", NULL), ==, 0);
  ncg_resources_unset_unified (&resources, "memory.nonsense");
  must_ensure (rig, &resources);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 8);
  g_assert_true (ncg_resources_set_unified (&resources, "memory.nonsense", "1", NULL));
  g_assert_false (set (rig, &resources, &error));
  assert_refused (&error, "memory.nonsense");
  g_assert_cmpuint (count_sets (rig), ==, 0);
}

/* The root is said to have huge pages to give, and what is below it has not: nobody knows until it
 * is tried. */
static void
forbid_hugepages (Rig *rig)
{
  fake_kernel_set_controllers (rig->kernel, "cpuset cpu io memory pids");
}

/* A group that cannot have all that it should is not left behind; one that was there before is. */
static void
test_taken_back (Rig *rig, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  forbid_hugepages (rig);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 7);
  ncg_resources_set_hugepages (&resources, 2097152, 0);
  g_assert_null (ensure (rig, &resources, &error));
  assert_refused (&error, "hugetlb");
  g_assert_cmpuint (fake_systemd_count_calls (rig->systemd, "StartTransientUnit", UNIT), ==, 1);
  g_assert_false (fake_systemd_has_unit (rig->systemd, UNIT));
  g_assert_false (fake_kernel_has_cgroup (rig->kernel, CGROUP));

  fake_systemd_start_unit (rig->systemd, UNIT, "A test");
  g_assert_null (ensure (rig, &resources, &error));
  assert_refused (&error, "hugetlb");
  g_assert_true (fake_systemd_has_unit (rig->systemd, UNIT));
}

static void
write_file (Rig *rig, const char *file, const char *text)
{
  g_autofree char *path = g_strconcat ("/sys/fs/cgroup" CGROUP "/", file, NULL);

  fake_kernel_write_file (rig->kernel, path, text);
}

static void
assert_file (Rig *rig, const char *file, const char *expected)
{
  g_autofree char *text = fake_kernel_read (rig->kernel, CGROUP, file);

  g_assert_cmpstr (text, ==, expected);
}

/* A set that the group did not have is not taken away, but made all that there is. */
static void
test_sets (Rig *rig, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  forbid_hugepages (rig);
  fake_kernel_write_file (rig->kernel, "/sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 7);
  must_ensure (rig, &resources);
  resources.cpus = ncg_cpuset_parse ("2", NULL);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 8);
  ncg_resources_set_hugepages (&resources, 2097152, 0);
  g_assert_false (set (rig, &resources, &error));
  assert_refused (&error, "hugetlb");
  g_assert_cmpuint (count_sets (rig), ==, 2);
  assert_file (rig, "cpuset.cpus", "0-3");
  assert_file (rig, "pids.max", "7");
}

/* A call that timed out may have set what was new. */
static void
test_lost_property (Rig *rig, gconstpointer data)
{
  FakeFault fault = { "SetUnitProperties", UNIT, FAKE_FAULT_DELAY, .times = 1, .msec = 400 };
  g_auto (NcgResources) resources = { 0 };
  NcgResources before = { 0 };
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&before, NCG_SETTING_PIDS_MAX, 7);
  must_ensure (rig, &before);
  ncg_resources_copy (&before, &resources);
  resources.properties =
      g_variant_ref_sink (g_variant_new_parsed ("[('MemoryZSwapMax', <uint64 4096>)]"));
  fake_systemd_add_fault (rig->systemd, &fault);
  g_assert_false (set_until (rig, &resources, g_get_monotonic_time () + 200000, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_TIMEOUT);
  g_usleep (300000);
  g_assert_true (set (rig, &before, NULL));
  value = fake_systemd_get_property (rig->systemd, UNIT, "MemoryZSwapMax");
  g_assert_cmpuint (g_variant_get_uint64 (value), ==, G_MAXUINT64);
}

/* All of it is on v1, in one hierarchy, where this systemd writes nothing of the CPU. */
static const char legacy[] =
    "30 22 0:26 / /sys/fs/cgroup rw - cgroup cgroup rw,cpu,memory,pids,name=systemd\n";

/* Its group, with what a cgroup of v1 has of the CPU. */
static void
make_legacy (Rig *rig)
{
  NcgResources nothing = { 0 };

  must_ensure (rig, &nothing);
  write_file (rig, "cpu.cfs_period_us", "50000\n");
  write_file (rig, "cpu.cfs_quota_us", "25000\n");
  write_file (rig, "cpu.idle", "0\n");
  write_file (rig, "cpu.shares", "1024\n");
  write_file (rig, "memory.limit_in_bytes", "16777216\n");
  write_file (rig, "memory.memsw.limit_in_bytes", "16777216\n");
  write_file (rig, "cpu.uclamp.max", "50.00\n");
}

static void
fail_next_set (Rig *rig)
{
  FakeFault fault = {
    .method = "SetUnitProperties",
    .unit = UNIT,
    .kind = FAKE_FAULT_ERROR,
    .times = 1,
    .text = "org.freedesktop.DBus.Error.InvalidArgs",
  };

  fake_systemd_add_fault (rig->systemd, &fault);
}

/* It succeeds, and @file has the value before systemd was told. */
static void
assert_set_before (Rig *rig, const NcgResources *resources, const char *file, const char *expected)
{
  FakeFault fault = { "SetUnitProperties", UNIT, FAKE_FAULT_DELAY, .times = 1, .msec = 200 };
  NcgPlace place = { .unit = (char *) UNIT, .cgroup = (char *) CGROUP };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  guint n_sets = count_sets (rig);

  fake_systemd_add_fault (rig->systemd, &fault);
  ncg_driver_set_resources_async (rig->driver, &place, resources, DEADLINE, on_done, rig);
  while (count_sets (rig) == n_sets)
    g_main_context_iteration (NULL, FALSE);
  assert_file (rig, file, expected);
  result = wait_for_result (rig);
  ncg_driver_set_resources_finish (result, &error);
  g_assert_no_error (error);
}

static void
must_set (Rig *rig, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;

  set (rig, resources, &error);
  g_assert_no_error (error);
}

static void
must_fail_to_set (Rig *rig, const NcgResources *resources)
{
  g_autoptr (GError) error = NULL;

  fail_next_set (rig);
  g_assert_false (set (rig, resources, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_SYSTEMD_FAILED);
  g_assert_null (strstr (error->message, "set again"));
}

/* Period and quota have to be changed in an order that systemd does not know. */
static void
test_period (Rig *rig, gconstpointer data)
{
  g_auto (NcgResources) resources = { 0 };

  make_legacy (rig);
  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 50000);
  must_set (rig, &resources);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 20000);
  g_assert_true (ncg_resources_set_unified (&resources, "cpu.uclamp.max", "70.00", NULL));
  must_fail_to_set (rig, &resources);
  assert_file (rig, "cpu.uclamp.max", "50.00");
  assert_file (rig, "cpu.cfs_period_us", "50000");
  assert_file (rig, "cpu.cfs_quota_us", "25000");
  assert_set_before (rig, &resources, "cpu.cfs_period_us", "20000");
  assert_file (rig, "cpu.cfs_quota_us", "10000");
  /* Where the period stays there is nothing but to tell systemd. */
  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, 600000);
  assert_set_before (rig, &resources, "cpu.cfs_quota_us", "10000");
}

/* What is idle takes no shares, and is so no more before systemd gives it a weight. */
static void
test_idle (Rig *rig, gconstpointer data)
{
  NcgResources resources = { 0 };

  make_legacy (rig);
  /* A file that goes before does not take this one along, which could not be set back. */
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 33554432);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, 0);
  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 0);
  assert_set_before (rig, &resources, "cpu.idle", "0");
  assert_file (rig, "memory.memsw.limit_in_bytes", "33554432");
  assert_file (rig, "cpu.idle", "1");
  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 200);
  must_fail_to_set (rig, &resources);
  assert_file (rig, "cpu.idle", "1");
  /* The kernel reads others then. */
  write_file (rig, "cpu.shares", "1024\n");
  assert_set_before (rig, &resources, "cpu.idle", "0");
  assert_file (rig, "cpu.shares", "2048");
}

static NcgPlace *
start_leaf (Rig *rig, const NcgResources *resources, GError **error)
{
  NcgLeaf leaf = {
    .parent = "/a",
    .uid = "u",
    .name = "l",
    .description = "A leaf",
    .resources = resources,
    .user = NCG_NO_USER,
  };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_start_leaf_async (rig->driver, &leaf, DEADLINE, on_done, rig);
  result = wait_for_result (rig);
  return ncg_driver_start_leaf_finish (result, error);
}

/* It was told before systemd was asked for the rest; and the next time nobody was told yet. */
static void
assert_told_first (Rig *rig, const char *unit)
{
  g_assert_true (has_dropped (rig, unit));
  g_assert_cmpuint (rig->n_told, ==, 1);
  rig->n_told = 0;
  fake_systemd_forget_calls (rig->systemd);
}

static void
assert_not_begun (Rig *rig, const char *unit, GError **error)
{
  g_assert_error (*error, NCG_ERROR, (int) NCG_ERROR_BUSY);
  g_assert_false (has_dropped (rig, unit));
  g_assert_cmpuint (rig->n_told, ==, 1);
  g_clear_error (error);
  fake_systemd_forget_calls (rig->systemd);
}

/* The owner is told of what is about to be left out while it is not too late: it can write it down,
 * or end all by an error. */
static void
test_dropping (Rig *rig, gconstpointer data)
{
  g_auto (NcgResources) none = { 0 };
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgPlace) leaf = NULL;
  g_autoptr (GError) error = NULL;

  fake_systemd_hide_property (rig->systemd, "MemoryZSwapMax");
  resources.properties =
      g_variant_ref_sink (g_variant_new_parsed ("[('MemoryZSwapMax', <uint64 4096>)]"));
  rig->refuses = TRUE;
  g_assert_null (ensure (rig, &resources, &error));
  assert_not_begun (rig, UNIT, &error);
  g_assert_false (fake_systemd_has_unit (rig->systemd, UNIT));
  must_ensure (rig, &none);
  g_assert_false (set (rig, &resources, &error));
  g_assert_cmpuint (count_sets (rig), ==, 1);
  assert_not_begun (rig, UNIT, &error);
  g_assert_null (start_leaf (rig, &resources, &error));
  assert_not_begun (rig, "podu-l.service", &error);
  g_assert_false (fake_systemd_has_unit (rig->systemd, "podu-l.service"));

  rig->refuses = FALSE;
  g_assert_true (set (rig, &resources, &error));
  assert_told_first (rig, UNIT);
  leaf = start_leaf (rig, &resources, &error);
  g_assert_no_error (error);
  assert_told_first (rig, leaf->unit);
  /* What is not asked for any more was not left out. */
  g_assert_true (set (rig, &none, &error));
  g_assert_false (has_dropped (rig, UNIT));
  fake_systemd_stop_unit (rig->systemd, UNIT);
  fake_systemd_forget_calls (rig->systemd);
  ncg_place_free (ensure (rig, &resources, &error));
  g_assert_no_error (error);
  assert_told_first (rig, UNIT);
}

#define ADD(name, function) g_test_add (name, Rig, NULL, set_up, function, tear_down)
#define ADD_LEGACY(name, function) g_test_add (name, Rig, legacy, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/driver/missing-file", test_missing_file);
  ADD ("/driver/taken-back", test_taken_back);
  ADD ("/driver/sets", test_sets);
  ADD ("/driver/lost-property", test_lost_property);
  ADD ("/driver/dropping", test_dropping);
  ADD_LEGACY ("/driver/period", test_period);
  ADD_LEGACY ("/driver/idle", test_idle);
  return g_test_run ();
}
