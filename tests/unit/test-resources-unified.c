/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of cgroup v2 that become settings, or are kept.
 */
#include "lib/error.h"
#include "lib/resources.h"

#include <string.h>

/* All that is set: "SETTING=NUMBER … c=CPUS m=NODES h=SIZE:LIMIT d=MAJ:MIN:SET:LIMITS FILE=VALUE".
 */
static char *
print (const NcgResources *resources)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *cpus = resources->cpus != NULL ? ncg_cpuset_format (resources->cpus) : NULL;
  g_autofree char *nodes =
      resources->memory_nodes != NULL ? ncg_cpuset_format (resources->memory_nodes) : NULL;

  for (int i = 0; i < NCG_N_SETTINGS; i++)
    if (ncg_resources_is_set (resources, (NcgSetting) i))
      g_string_append_printf (text, "%d=%" G_GINT64_FORMAT " ", i, (gint64) resources->numbers[i]);
  if (cpus != NULL)
    g_string_append_printf (text, "c=%s ", cpus);
  if (nodes != NULL)
    g_string_append_printf (text, "m=%s ", nodes);
  for (guint i = 0; resources->hugepages != NULL && i < resources->hugepages->len; i++) {
    const NcgHugepageLimit *limit = &g_array_index (resources->hugepages, NcgHugepageLimit, i);

    g_string_append_printf (text, "h=%" G_GUINT64_FORMAT ":%" G_GINT64_FORMAT " ",
                            limit->page_bytes, (gint64) limit->limit_bytes);
  }
  for (guint i = 0; resources->devices != NULL && i < resources->devices->len; i++) {
    const NcgDeviceLimits *device = resources->devices->pdata[i];

    g_assert_false (device->is_whole_disk);
    g_string_append_printf (text, "d=%s:%u:%u", device->path, device->major, device->minor);
    for (int j = 0; j < NCG_N_IO_LIMITS; j++)
      if ((device->set & (1u << j)) != 0)
        g_string_append_printf (text, ":%d=%" G_GINT64_FORMAT, j, (gint64) device->limits[j]);
    g_string_append_c (text, ' ');
  }
  for (guint i = 0; resources->unified != NULL && i < resources->unified->len; i++) {
    const NcgUnifiedFile *file = resources->unified->pdata[i];

    g_string_append_printf (text, "%s=%s ", file->file, file->value);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static const struct {
  const char *file;
  const char *value;
  const char *result;
} good[] = {
  { "cpu.weight", "1", "0=1 " },
  { "cpu.weight", "10000\n", "0=10000 " },
  { "cpu.idle", "1", "0=0 " },
  { "cpu.idle", "0", "" },
  { "cpu.max", "max", "1=-1 2=100000 " },
  { "cpu.max", "max 50000", "1=-1 2=50000 " },
  { "cpu.max", "50000", "1=500000 2=100000 " },
  { "cpu.max", "25000 50000", "1=500000 2=50000 " },
  { "cpu.max", "1000 1000000", "1=10000 2=1000000 " },
  { "cpu.max", "5130 100000", "1=60000 2=100000 " },
  { "cpuset.cpus", "3,0-1", "c=0-1,3 " },
  { "cpuset.cpus", "", "" },
  { "cpuset.mems", " 0 ", "m=0 " },
  { "memory.min", "0", "3=0 " },
  { "memory.low", "max", "4=-1 " },
  { "memory.high", "1", "5=1 " },
  { "memory.max", "512M", "6=536870912 " },
  { "memory.max", "max", "6=-1 " },
  { "memory.swap.max", "0", "7=0 " },
  { "memory.oom.group", "1", "10=1 " },
  { "pids.max", "max", "8=-1 " },
  { "pids.max", "4194304", "8=4194304 " },
  { "io.weight", "200", "9=200 " },
  { "io.weight", "default 200", "9=200 " },
  { "io.weight", "8:0 200", "io.weight=8:0 200 " },
  { "io.weight", "default 50\n8:0 200\n8:16 default\n", "9=50 io.weight=8:0 200\n8:16 default " },
  { "io.bfq.weight", "1", "9=1 " },
  { "io.bfq.weight", "default 200", "9=1200 " },
  { "io.bfq.weight", "1000\n8:0 50\n8:16 default", "9=10000 io.bfq.weight=8:0 50\n8:16 default " },
  { "io.max", "8:0 rbps=1048576", "d=8:0:8:0:0=1048576 " },
  { "io.max", "8:16 wiops=120 rbps=max\n259:0 riops=2 wbps=3\n",
    "d=8:16:8:16:0=-1:3=120 d=259:0:259:0:1=3:2=2 " },
  { "hugetlb.2MB.max", "4M", "h=2097152:4194304 " },
  { "hugetlb.1GB.max", "max", "h=1073741824:-1 " },
  { "hugetlb.2MB.rsvd.max", "0", "hugetlb.2MB.rsvd.max=0 " },
  { "cpu.max.burst", "10000", "cpu.max.burst=10000 " },
  { "cpu.uclamp.min", "20.5", "cpu.uclamp.min=20.5 " },
  { "memory.zswap.max", "max", "memory.zswap.max=max " },
  { "memory.zswap.max", "1G", "memory.zswap.max=1G " },
  { "memory.zswap.writeback", "0", "memory.zswap.writeback=0 " },
  { "io.latency", "8:0 target=1000", "io.latency=8:0 target=1000 " },
  { "rdma.max", "mlx5_0 hca_handle=2\nmlx5_1 hca_handle=3",
    "rdma.max=mlx5_0 hca_handle=2\nmlx5_1 hca_handle=3 " },
  { "cgroup.max.depth", "3", "cgroup.max.depth=3 " },
  { "cgroup.max.descendants", "max", "cgroup.max.descendants=max " },
  { "cgroup.pressure", "0", "cgroup.pressure=0 " },
};

static void
test_set (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autoptr (GError) error = NULL;
    g_autofree char *text = NULL;

    ncg_resources_set_unified (&resources, good[i].file, good[i].value, &error);
    g_assert_no_error (error);
    text = print (&resources);
    g_assert_cmpstr (text, ==, good[i].result);
    /* Again, it is the same. */
    g_assert_true (ncg_resources_set_unified (&resources, good[i].file, good[i].value, NULL));
    g_clear_pointer (&text, g_free);
    text = print (&resources);
    g_assert_cmpstr (text, ==, good[i].result);
  }
}

static const struct {
  const char *file;
  const char *value;
  const char *message; /* in it */
} bad[] = {
  { "cpu.weight", "0", "1 to 10000" },
  { "cpu.weight", "10001", "1 to 10000" },
  { "cpu.weight", "max", "1 to 10000" },
  { "cpu.weight", "1K", "1 to 10000" },
  { "cpu.weight", "", "cpu.weight" },
  { "cpu.idle", "2", "0 or 1" },
  { "cpu.max", "", "QUOTA" },
  { "cpu.max", "999", "1000 or more" },
  { "cpu.max", "1000 999", "1000 to 1000000" },
  { "cpu.max", "1000 1000001", "1000 to 1000000" },
  { "cpu.max", "-1", "cpu.max" },
  { "cpu.max", "max max", "cpu.max" },
  { "cpuset.cpus", "3-1", "'3-1'" },
  { "cpuset.mems", "a", "cpuset.mems" },
  { "memory.max", "0", "1 or more" },
  { "memory.high", "0", "1 or more" },
  { "memory.max", "-1", "memory.max" },
  { "memory.max", "9223372036854775808", "memory.max" },
  { "memory.low", "1.5G", "suffixes K to E" },
  { "memory.zswap.max", "-1", "suffixes K to E" },
  { "memory.zswap.writeback", "2", "0 or 1" },
  { "memory.oom.group", "2", "0 or 1" },
  { "memory.oom.group", "max", "0 or 1" },
  { "pids.max", "0", "1 to 4194304" },
  { "pids.max", "4194305", "1 to 4194304" },
  { "io.weight", "0", "'1' to '10000'" },
  { "io.weight", "default", "io.weight" },
  { "io.weight", "8:0 10001", "io.weight" },
  { "io.weight", "sda 100", "io.weight" },
  { "io.bfq.weight", "0", "'1' to '1000'" },
  { "io.bfq.weight", "1001", "'1' to '1000'" },
  { "io.bfq.weight", "default", "io.bfq.weight" },
  { "io.bfq.weight", "8:0 1001", "io.bfq.weight" },
  { "io.max", "rbps=1", "MAJ:MIN" },
  { "io.max", "8:0", "MAJ:MIN" },
  { "io.max", "8:0 rbps=1", "2 or more" },
  { "io.max", "8:0 rbps=", "2 or more" },
  { "io.max", "8:0 wiops=4294967296", "io.max" },
  { "io.max", "8:0 bps=5", "io.max" },
  { "io.max", "8:0 rbps=5\n8:x rbps=5", "'8:x rbps=5'" },
  { "hugetlb.2MB.max", "2Mi", "hugetlb.2MB.max" },
  { "cpu.max.burst", "", "cpu.max.burst" },
  { "cpu.max.burst", "1\n\n2", "not nothing" },
  { "io.latency", "8:0\ttarget=1", "printable" },
  { "misc.max", "\303\244 1", "printable" },
  { "cgroup.procs", "1", "cgroup.procs" },
  { "cgroup.freeze", "1", "cgroup.max.depth" },
  { "cgroup.kill", "1", "cgroup.max.depth" },
  { "cgroup.subtree_control", "+cpu", "cgroup.max.depth" },
  { "cgroup.max.depth", "-1", "2147483647" },
  { "cgroup.max.descendants", "2147483648", "2147483647" },
  { "cgroup.pressure", "max", "0 or 1" },
  { "memory.reclaim", "1G", "once" },
  { "memory.pressure", "some 1 2", "triggers" },
  { "cpu.weight.nice", "0", "cpu.weight" },
  { "memory", "1", "CONTROLLER.NAME" },
  { ".max", "1", "CONTROLLER.NAME" },
  { "memory.", "1", "CONTROLLER.NAME" },
  { "../memory.max", "1", "CONTROLLER.NAME" },
  { "a.slice/memory.max", "1", "CONTROLLER.NAME" },
  { "memory.\nmax", "1", "CONTROLLER.NAME" },
  { "", "1", "CONTROLLER.NAME" },
};

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autoptr (GError) error = NULL;

    g_assert_false (ncg_resources_set_unified (&resources, bad[i].file, bad[i].value, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, bad[i].message));
  }
}

static void
test_too_long (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *value = g_strnfill (4096, '1');
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_resources_set_unified (&resources, "misc.max", value, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

/* What was derived before is asked for now, so that it may not be missing. */
static void
test_asked_for (void)
{
  g_auto (NcgResources) resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 1);
  resources.optional = 1u << NCG_SETTING_CPU_WEIGHT;
  g_assert_true (ncg_resources_set_unified (&resources, "pids.max", "5", NULL));
  g_assert_cmpuint (resources.optional, ==, 1u << NCG_SETTING_CPU_WEIGHT);
  g_assert_true (ncg_resources_set_unified (&resources, "cpu.weight", "1", NULL));
  g_assert_cmpuint (resources.optional, ==, 0);
}

/* The period that is there holds; idle ends; sets are replaced; files are in order. */
static void
test_over_others (void)
{
  static const struct {
    const char *file;
    const char *value;
  } steps[] = {
    { "cpu.idle", "1" },         { "cpu.idle", "0" },    { "cpu.max", "1000" },
    { "cpuset.cpus", "0-3" },    { "cpuset.cpus", "1" }, { "cpuset.mems", "0" },
    { "cpuset.mems", "" },       { "misc.max", "b 1" },  { "cpu.max.burst", "1" },
    { "memory.zswap.max", "3" }, { "misc.max", "a 2" },
  };
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 7);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 10000);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_true (ncg_resources_set_unified (&resources, steps[i].file, steps[i].value, NULL));
  text = print (&resources);
  g_assert_cmpstr (text, ==,
                   "0=100 1=100000 2=10000 c=1 cpu.max.burst=1 memory.zswap.max=3 misc.max=a 2 ");
}

/* What is idle stays so, whatever weight is named besides, as in the kernel. */
static void
test_idle_wins (void)
{
  g_auto (NcgResources) resources = { 0 };

  g_assert_true (ncg_resources_set_unified (&resources, "cpu.idle", "1", NULL));
  g_assert_true (ncg_resources_set_unified (&resources, "cpu.weight", "50", NULL));
  g_assert_cmpuint (ncg_resources_get (&resources, NCG_SETTING_CPU_WEIGHT, 1), ==, 0);
  g_assert_false (ncg_resources_set_unified (&resources, "cpu.weight", "0", NULL));

  g_assert_true (ncg_resources_set_unified (&resources, "cpu.idle", "0", NULL));
  g_assert_true (ncg_resources_set_unified (&resources, "cpu.weight", "50", NULL));
  g_assert_cmpuint (ncg_resources_get (&resources, NCG_SETTING_CPU_WEIGHT, 1), ==, 50);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resources-unified/set", test_set);
  g_test_add_func ("/resources-unified/refused", test_refused);
  g_test_add_func ("/resources-unified/too-long", test_too_long);
  g_test_add_func ("/resources-unified/asked-for", test_asked_for);
  g_test_add_func ("/resources-unified/over-others", test_over_others);
  g_test_add_func ("/resources-unified/idle-wins", test_idle_wins);
  return g_test_run ();
}
