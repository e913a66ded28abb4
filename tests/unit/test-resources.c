/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resource model, and the kernel's files that it stands for.
 */
#include "lib/resources.h"

static void
test_set (void)
{
  g_auto (NcgResources) resources = { 0 };

  g_assert_false (ncg_resources_is_set (&resources, NCG_SETTING_MEMORY_MAX));
  g_assert_cmpuint (ncg_resources_get (&resources, NCG_SETTING_MEMORY_MAX, 7), ==, 7);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 0);
  g_assert_true (ncg_resources_is_set (&resources, NCG_SETTING_MEMORY_MAX));
  g_assert_false (ncg_resources_is_set (&resources, NCG_SETTING_MEMORY_MIN));
  g_assert_cmpuint (ncg_resources_get (&resources, NCG_SETTING_MEMORY_MAX, 7), ==, 0);
}

static void
fill (NcgResources *resources)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 100);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 4096);
  resources->cpus = ncg_cpuset_parse ("0-3", NULL);
  resources->memory_nodes = ncg_cpuset_parse ("0", NULL);
}

static void
test_equal (void)
{
  g_auto (NcgResources) a = { 0 };
  g_auto (NcgResources) b = { 0 };

  g_assert_true (ncg_resources_equal (&a, &b));
  fill (&a);
  g_assert_false (ncg_resources_equal (&a, &b));
  fill (&b);
  g_assert_true (ncg_resources_equal (&a, &b));
  ncg_resources_set (&b, NCG_SETTING_MEMORY_MAX, 8192);
  g_assert_false (ncg_resources_equal (&a, &b));
  ncg_resources_set (&b, NCG_SETTING_MEMORY_MAX, 4096);
  g_clear_pointer (&b.memory_nodes, ncg_cpuset_free);
  g_assert_false (ncg_resources_equal (&a, &b));
  b.memory_nodes = ncg_cpuset_parse ("1", NULL);
  g_assert_false (ncg_resources_equal (&a, &b));
}

/* The copy has its own sets. */
static void
test_copy (void)
{
  g_auto (NcgResources) copy = { 0 };

  {
    g_auto (NcgResources) original = { 0 };

    fill (&original);
    ncg_resources_copy (&original, &copy);
    g_assert_true (ncg_resources_equal (&original, &copy));
  }
  g_assert_cmpuint (ncg_cpuset_count (copy.cpus), ==, 4);
  g_assert_cmpuint (ncg_resources_get (&copy, NCG_SETTING_MEMORY_MAX, 0), ==, 4096);
}

/* "FILE=WANTED " of each check, with a "?" where the file may be missing. */
static char *
print (GPtrArray *checks)
{
  g_autoptr (GPtrArray) owned = checks;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < owned->len; i++) {
    const NcgCheck *check = g_ptr_array_index (owned, i);

    g_assert_null (check->actual);
    g_assert_false (check->ok);
    g_string_append_printf (text, "%s=%s%s ", check->file, check->wanted,
                            check->is_optional ? "?" : "");
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
set_all (NcgResources *resources)
{
  ncg_resources_set (resources, NCG_SETTING_CPU_WEIGHT, 25);
  ncg_resources_set (resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (resources, NCG_SETTING_CPU_PERIOD_USEC, 50000);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MIN, 4095);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_LOW, NCG_UNLIMITED);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_HIGH, 1024 * 1024);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_MAX, 1024 * 1024 + 1);
  ncg_resources_set (resources, NCG_SETTING_MEMORY_SWAP_MAX, 0);
  ncg_resources_set (resources, NCG_SETTING_PIDS_MAX, 7);
  resources->cpus = ncg_cpuset_parse ("3,0-1", NULL);
  resources->memory_nodes = ncg_cpuset_parse ("0", NULL);
}

static void
test_expect (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  set_all (&resources);
  text = print (ncg_resources_expect (&resources));
  g_assert_cmpstr (text, ==,
                   "cpu.weight=25 memory.min=0 memory.low=max memory.high=1048576 "
                   "memory.max=1048576 memory.swap.max=0 pids.max=7 cpu.max=25000 50000 "
                   "cpuset.cpus=0-1,3 cpuset.mems=0 ");
}

/* Without the controller there is no limit either. */
static void
test_expect_no_limits (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *none = print (ncg_resources_expect (&resources));
  g_autofree char *text = NULL;

  g_assert_cmpstr (none, ==, "");
  for (int i = 0; i < NCG_N_SETTINGS; i++)
    ncg_resources_set (&resources, (NcgSetting) i, NCG_UNLIMITED);
  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 100);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 1000);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MIN, 0);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_LOW, 0);
  text = print (ncg_resources_expect (&resources));
  g_assert_cmpstr (text, ==,
                   "cpu.weight=100? memory.min=0? memory.low=0? memory.high=max? memory.max=max? "
                   "memory.swap.max=max? pids.max=max? cpu.max=max 100000? ");
}

static void
test_optional (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 1);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 1);
  resources.optional = 1u << NCG_SETTING_CPU_WEIGHT;
  text = print (ncg_resources_expect (&resources));
  g_assert_cmpstr (text, ==, "cpu.weight=1? pids.max=1 ");
}

static void
test_expect_v1 (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *text = NULL;

  set_all (&resources);
  text = print (ncg_resources_expect_v1 (&resources));
  g_assert_cmpstr (text, ==,
                   "cpu.shares=256 cpu.cfs_quota_us=25000 cpu.cfs_period_us=50000 "
                   "memory.limit_in_bytes=1048576 memory.min=4095 memory.low=max "
                   "memory.high=1048576 memory.swap.max=0 pids.max=7 cpuset.cpus=0-1,3 "
                   "cpuset.mems=0 ");
}

static void
test_shares (void)
{
  static const struct {
    guint64 weight;
    const char *text;
  } cases[] = {
    { 1, "cpu.shares=10 " },
    { 100, "cpu.shares=1024? " },
    { 10000, "cpu.shares=102400 " },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (NcgResources) resources = { 0 };
    g_autofree char *text = NULL;

    ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, cases[i].weight);
    text = print (ncg_resources_expect_v1 (&resources));
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resources/set", test_set);
  g_test_add_func ("/resources/equal", test_equal);
  g_test_add_func ("/resources/copy", test_copy);
  g_test_add_func ("/resources/expect", test_expect);
  g_test_add_func ("/resources/expect-no-limits", test_expect_no_limits);
  g_test_add_func ("/resources/optional", test_optional);
  g_test_add_func ("/resources/expect-v1", test_expect_v1);
  g_test_add_func ("/resources/shares", test_shares);
  return g_test_run ();
}
