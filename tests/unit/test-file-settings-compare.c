/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file says, against what is wanted of it.
 */
#include "lib/file-settings.h"
#include "tests/unit/temp-dir.h"

#define UNIFIED "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define V1(controller)                                                                             \
  "31 22 0:27 / /sys/fs/cgroup/" controller " rw - cgroup cgroup rw," controller "\n"
#define LEGACY V1 ("cpu") V1 ("memory") V1 ("blkio")

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer mountinfo)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers",
                  "cpu cpuset hugetlb io memory misc rdma\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_free (fixture->root);
}

static void
set_unified (NcgResources *resources, const char *file, const char *value)
{
  g_autoptr (GError) error = NULL;

  ncg_resources_set_unified (resources, file, value, &error);
  g_assert_no_error (error);
}

/* One setting, the text of its file, what is taken from it, and whether it is right. */
static const struct {
  const char *file;
  const char *value;
  const char *text;
  const char *actual;
  gboolean ok;
} texts[] = {
  { "cpu.weight", "100", "100\n", "100", TRUE },
  { "cpu.weight", "100", "1000\n", "1000", FALSE },
  { "cpu.max", "50000 100000", "50000 100000\n", "50000 100000", TRUE },
  { "cpu.max", "50000 100000", "max 100000\n", "max 100000", FALSE },
  { "cpu.max", "max", "max 100000\n", "max 100000", TRUE },
  { "memory.max", "4097", "4096\n", "4096", TRUE },
  { "memory.max", "4097", "8192\n", "8192", FALSE },
  { "memory.max", "max", "max\n", "max", TRUE },
  { "memory.max", "max", "4096\n", "4096", FALSE },
  { "memory.max", "4096", "max\n", "max", FALSE },
  { "memory.oom.group", "1", "0\n", "0", FALSE },
  { "cpuset.cpus", "0,1,3", "0-1,3\n", "0-1,3", TRUE },
  { "cpuset.cpus", "0,1,3", "0-3\n", "0-3", FALSE },
  { "cpuset.cpus", "0", "\n", "", FALSE },
  { "cpuset.cpus", "0", "garbage\n", "garbage", FALSE },
  { "cpuset.cpus.exclusive", "0,1", "0-1\n", "0-1", TRUE },
  { "cpuset.cpus.partition", "root", "root invalid (Parent is not a partition root)\n",
    "root invalid (Parent is not a partition root)", FALSE },
  { "hugetlb.2MB.max", "3M", "2097152\n", "2097152", TRUE },
  { "hugetlb.2MB.max", "max", "max\n", "max", TRUE },
  { "hugetlb.2MB.max", "max", "9223372036854771712\n", "9223372036854771712", TRUE },
  { "hugetlb.2MB.max", "max", "0\n", "0", FALSE },
  { "io.weight", "200", "default 200\n8:0 300\n", "200", TRUE },
  { "io.weight", "200", "default 100\n8:0 200\n", "100", FALSE },
  { "io.weight", "8:0 200", "default 100\n8:0 200\n", "200", TRUE },
  { "io.weight", "8:0 200", "default 100\n8:01 200\n", "default", FALSE },
  { "io.weight", "8:0 default", "default 100\n", "default", TRUE },
  { "io.bfq.weight", "200", "default 200\n8:0 300\n", "200", TRUE },
  { "io.bfq.weight", "200", "default 100\n8:0 200\n", "100", FALSE },
  { "io.bfq.weight", "8:0 200", "default 100\n8:0 200\n", "200", TRUE },
  { "io.bfq.weight", "8:0 200", "default 100\n", "default", FALSE },
  { "io.bfq.weight", "8:0 default", "default 100\n", "default", TRUE },
  { "io.max", "8:0 rbps=2", "8:0 rbps=2 wbps=max riops=max wiops=max\n", "rbps=2", TRUE },
  { "io.max", "8:0 rbps=2", "8:0 rbps=20 wbps=2 riops=max wiops=max\n", "rbps=20", FALSE },
  { "io.max", "8:0 rbps=2", "8:16 rbps=2 wbps=max riops=max wiops=max\n", "rbps=max", FALSE },
  { "io.max", "8:0 wiops=max", "", "wiops=max", TRUE },
  { "io.max", "8:0 wiops=max", "8:0 rbps=2 wbps=max riops=max wiops=7\n", "wiops=7", FALSE },
  { "io.latency", "8:0 target=0", "8:16 target=75\n", "target=0", TRUE },
  { "io.latency", "8:0 target=max", "", "target=max", TRUE },
  { "io.latency", "8:0 target=75", "8:0 target=75\n", "target=75", TRUE },
  { "io.latency", "8:0 target=75", "", "target=0", FALSE },
  { "io.cost.qos", "8:0 enable=1 ctrl=user",
    "8:0 enable=1 ctrl=user rpct=95.00 rlat=75000 wpct=95.00\n", "enable=1 ctrl=user", TRUE },
  { "io.cost.qos", "8:0 enable=1 rpct=95", "8:0 enable=1 ctrl=user rpct=95.00\n",
    "enable=1 rpct=95.00", TRUE },
  { "rdma.max", "mlx5_0 hca_object=3 hca_handle=max", "mlx5_0 hca_handle=max hca_object=3\n",
    "hca_object=3 hca_handle=max", TRUE },
  { "rdma.max", "mlx5_0 hca_handle=2", "mlx5_0 hca_handle=max hca_object=3\n", "hca_handle=max",
    FALSE },
  { "rdma.max", "mlx5_0 hca_handle=2", "mlx5_1 hca_handle=2 hca_object=3\n", "hca_handle=", FALSE },
  { "misc.max", "sev 3", "sev_es max\nsev 3\n", "3", TRUE },
  { "misc.max", "sev 3", "sev max\n", "max", FALSE },
  { "misc.max", "sev 3", "", "", FALSE },
  { "misc.max", "sev max", "", "max", TRUE },
  { "cpu.uclamp.min", "20", "20.00\n", "20.00", TRUE },
  { "cpu.uclamp.min", "20.5", "20.51\n", "20.51", FALSE },
  { "cpu.uclamp.max", "max", "max\n", "max", TRUE },
  { "memory.zswap.max", "1000000", "999424\n", "999424", TRUE },
  { "memory.zswap.max", "1G", "1073741824\n", "1073741824", TRUE },
  { "memory.zswap.max", "1G", "max\n", "max", FALSE },
  { "memory.zswap.max", "1K", "1024\n", "1024", TRUE },
  { "memory.zswap.writeback", "1", "0\n", "0", FALSE },
  { "cpu.max.burst", "8192", "8191\n", "8191", FALSE },
};

static NcgFileSetting *
find (const GPtrArray *settings, const char *file)
{
  for (guint i = 0; i < settings->len; i++)
    if (g_str_equal (((const NcgFileSetting *) settings->pdata[i])->file, file))
      return settings->pdata[i];
  g_assert_not_reached ();
}

static void
test_compare (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autoptr (GPtrArray) settings = NULL;
    NcgFileSetting *setting;

    set_unified (&resources, texts[i].file, texts[i].value);
    settings = ncg_file_settings_list (&resources, fixture->hierarchy);
    setting = find (settings, texts[i].file);
    g_test_message ("%s: %s, %s", texts[i].file, texts[i].value, texts[i].text);
    ncg_file_setting_compare (setting, texts[i].text);
    g_assert_cmpstr (setting->actual, ==, texts[i].actual);
    g_assert_cmpint (setting->ok, ==, texts[i].ok);
  }
}

/* As v1 prints them, and as versions of systemd convert them. */
static void
test_compare_legacy (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *file;
    const char *text;
    gboolean ok;
  } cases[] = {
    { "cpu.shares", "102400\n", TRUE },
    { "cpu.shares", "1024\n", FALSE },
    { "cpu.cfs_quota_us", "-1\n", TRUE },
    { "cpu.cfs_quota_us", "50000\n", FALSE },
    { "memory.limit_in_bytes", "9223372036854771712\n", TRUE },
    { "memory.limit_in_bytes", "9223372036854710272\n", TRUE },
    { "memory.limit_in_bytes", "4096\n", FALSE },
    { "blkio.weight", "1000\n", TRUE },
    { "blkio.bfq.weight", "109\n", TRUE },
    { "blkio.bfq.weight", "181\n", TRUE },
    { "blkio.bfq.weight", "100\n", TRUE },
    { "blkio.bfq.weight", "1000\n", TRUE },
    { "blkio.bfq.weight", "110\n", FALSE },
    { "blkio.throttle.read_bps_device", "8:0 1048576\n", TRUE },
    { "blkio.throttle.read_bps_device", "8:16 1048576\n", FALSE },
    { "blkio.throttle.write_bps_device", "\n", TRUE },
    { "blkio.throttle.write_bps_device", "8:0 5\n", FALSE },
  };
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GPtrArray) settings = NULL;

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 10000);
  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, NCG_UNLIMITED);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, NCG_UNLIMITED);
  ncg_resources_set (&resources, NCG_SETTING_IO_WEIGHT, 200);
  set_unified (&resources, "io.max", "8:0 rbps=1048576 wbps=max");
  settings = ncg_file_settings_list (&resources, fixture->hierarchy);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean is_found = FALSE;

    for (guint j = 0; j < settings->len; j++) {
      NcgFileSetting *setting = g_ptr_array_index (settings, j);

      if (!g_str_equal (setting->file, cases[i].file))
        continue;
      g_test_message ("%s: %s", setting->file, cases[i].text);
      ncg_file_setting_compare (setting, cases[i].text);
      g_assert_cmpint (setting->ok, ==, cases[i].ok);
      is_found = TRUE;
    }
    g_assert_true (is_found);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/file-settings-compare/unified", Fixture, UNIFIED, set_up, test_compare, tear_down);
  g_test_add ("/file-settings-compare/legacy", Fixture, LEGACY, set_up, test_compare_legacy,
              tear_down);
  return g_test_run ();
}
