/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparing with what the kernel has.
 */
#include "lib/verify.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define UNIFIED "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define HYBRID                                                                                     \
  "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"                            \
  "32 22 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
  NcgResources resources;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mountinfo)
{
  gboolean is_unified = strcmp (mountinfo, UNIFIED) == 0;
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  temp_dir_write (fixture->root,
                  is_unified ? "sys/fs/cgroup/cgroup.controllers"
                             : "sys/fs/cgroup/unified/cgroup.controllers",
                  is_unified ? "cpu cpuset io memory pids\n" : "pids\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_MAX, 65536);
  ncg_resources_set (&fixture->resources, NCG_SETTING_PIDS_MAX, 7);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_hierarchy_free (fixture->hierarchy);
  ncg_resources_clear (&fixture->resources);
  temp_dir_free (fixture->root);
}

static void
write_file (Fixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_strconcat ("sys/fs/cgroup/", file, NULL);

  temp_dir_write (fixture->root, path, text);
}

static void
assert_right (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ncg_verify_cgroup (fixture->hierarchy, "/a.slice", &fixture->resources, &error));
  g_assert_no_error (error);
}

static void
assert_wrong (Fixture *fixture, NcgError code, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_verify_cgroup (fixture->hierarchy, "/a.slice", &fixture->resources, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_unified (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "a.slice/memory.max", "65536\n");
  write_file (fixture, "a.slice/pids.max", "7\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/pids.max", "max\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "pids.max = 'max' instead of '7'");
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) checks = NULL;
  const NcgFileSetting *memory, *pids;

  write_file (fixture, "a.slice/memory.max", "4096\n");
  checks = ncg_verify_read (fixture->hierarchy, "/a.slice", &fixture->resources);
  g_assert_cmpuint (checks->len, ==, 2);
  memory = checks->pdata[0];
  pids = checks->pdata[1];
  g_assert_cmpstr (memory->wanted, ==, "65536");
  g_assert_cmpstr (memory->actual, ==, "4096");
  g_assert_false (memory->ok);
  g_assert_null (pids->actual);
  g_assert_false (pids->ok);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  assert_wrong (fixture, NCG_ERROR_NOT_FOUND, "/a.slice");
  write_file (fixture, "a.slice/memory.max", "65536\n");
  assert_wrong (fixture, NCG_ERROR_NOT_SUPPORTED, "pids.max");
  /* No limit is what there is without the controller. */
  ncg_resources_set (&fixture->resources, NCG_SETTING_PIDS_MAX, NCG_UNLIMITED);
  assert_right (fixture);
  write_file (fixture, "a.slice/pids.max", "7\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "pids.max");
}

/* The kernel writes lists in its own way. */
static void
test_sets (Fixture *fixture, gconstpointer data)
{
  fixture->resources.set = 0;
  fixture->resources.cpus = ncg_cpuset_parse ("0,1,3", NULL);
  write_file (fixture, "a.slice/cpuset.cpus", "0-1,3\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/cpuset.cpus", "0-3\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "cpuset.cpus");
  write_file (fixture, "a.slice/cpuset.cpus", "\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "cpuset.cpus");
  write_file (fixture, "a.slice/cpuset.cpus", "garbage\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "garbage");
}

/* Each setting where its controller is. */
static void
test_hybrid (Fixture *fixture, gconstpointer data)
{
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_WEIGHT, 200);
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  write_file (fixture, "unified/a.slice/pids.max", "7\n");
  write_file (fixture, "memory/a.slice/memory.limit_in_bytes", "65536\n");
  write_file (fixture, "cpu/a.slice/cpu.shares", "2048\n");
  write_file (fixture, "cpu/a.slice/cpu.cfs_quota_us", "50000\n");
  write_file (fixture, "cpu/a.slice/cpu.cfs_period_us", "100000\n");
  assert_right (fixture);
  write_file (fixture, "cpu/a.slice/cpu.shares", "1024\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "cpu.shares = '1024' instead of '2048'");
}

/* What v1 cannot. */
static void
test_hybrid_missing (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "unified/a.slice/pids.max", "7\n");
  write_file (fixture, "memory/a.slice/memory.limit_in_bytes", "65536\n");
  assert_right (fixture);
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_HIGH, 4096);
  assert_wrong (fixture, NCG_ERROR_NOT_SUPPORTED, "memory.high");
}

static void
test_hybrid_no_limit (Fixture *fixture, gconstpointer data)
{
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);
  write_file (fixture, "unified/a.slice/pids.max", "7\n");
  write_file (fixture, "memory/a.slice/memory.limit_in_bytes", "9223372036854771712\n");
  assert_right (fixture);
  write_file (fixture, "memory/a.slice/memory.limit_in_bytes", "65536\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "memory.limit_in_bytes");
}

/* What systemd does not do it cannot be blamed for. */
static void
test_ours (Fixture *fixture, gconstpointer data)
{
  fixture->resources.set = 0;
  ncg_resources_set (&fixture->resources, NCG_SETTING_OOM_GROUP, 1);
  write_file (fixture, "a.slice/memory.oom.group", "1\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/memory.oom.group", "0\n");
  assert_wrong (fixture, NCG_ERROR_FAILED, "memory.oom.group = '0' instead of '1'");
}

/* Several lines and fields of one file are told apart. */
static void
test_device (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) settings = NULL;

  fixture->resources.set = 0;
  g_assert_true (ncg_resources_set_unified (&fixture->resources, "io.max",
                                            "8:0 rbps=10 wiops=20\n8:16 rbps=30", NULL));
  write_file (fixture, "a.slice/io.max",
              "8:16 rbps=30 wbps=max riops=max wiops=max\n"
              "8:0 rbps=10 wbps=max riops=max wiops=20\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/io.max", "8:0 rbps=10 wbps=max riops=max wiops=20\n");
  assert_wrong (fixture, NCG_ERROR_FAILED, "io.max 8:16 = 'rbps=max' instead of 'rbps=30'");
  settings = ncg_verify_read (fixture->hierarchy, "/a.slice", &fixture->resources);
  g_assert_cmpuint (settings->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (((const NcgFileSetting *) settings->pdata[i])->ok, ==, i < 2);
}

/* Which of the two files is there depends on the kernel; one of them has to be. */
static void
test_weights (Fixture *fixture, gconstpointer data)
{
  fixture->resources.set = 0;
  ncg_resources_set (&fixture->resources, NCG_SETTING_IO_WEIGHT, 300);
  temp_dir_make (fixture->root, "sys/fs/cgroup/a.slice");
  assert_wrong (fixture, NCG_ERROR_NOT_SUPPORTED, "io.weight");
  write_file (fixture, "a.slice/io.bfq.weight", "default 118\n8:0 5\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/io.bfq.weight", "30\n");
  assert_right (fixture);
  write_file (fixture, "a.slice/io.weight", "default 100\n");
  assert_wrong (fixture, NCG_ERROR_SYSTEMD_FAILED, "io.weight = '100' instead of '300'");
  write_file (fixture, "a.slice/io.weight", "default 300\n");
  assert_right (fixture);
}

static void
add (const char *path, const char *mountinfo, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, mountinfo, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/verify/unified", UNIFIED, test_unified);
  add ("/verify/read", UNIFIED, test_read);
  add ("/verify/missing", UNIFIED, test_missing);
  add ("/verify/sets", UNIFIED, test_sets);
  add ("/verify/ours", UNIFIED, test_ours);
  add ("/verify/device", UNIFIED, test_device);
  add ("/verify/weights", UNIFIED, test_weights);
  add ("/verify/hybrid", HYBRID, test_hybrid);
  add ("/verify/hybrid-missing", HYBRID, test_hybrid_missing);
  add ("/verify/hybrid-no-limit", HYBRID, test_hybrid_no_limit);
  return g_test_run ();
}
