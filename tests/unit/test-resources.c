/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resource model.
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
test_unset (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_auto (NcgResources) nothing = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, 5);
  ncg_resources_set_unified (&resources, "cpu.max.burst", "7", &error);
  g_assert_no_error (error);
  ncg_resources_unset (&resources, NCG_SETTING_MEMORY_SWAP_MAX);
  g_assert_false (ncg_resources_is_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX));
  g_assert_false (ncg_resources_equal (&resources, &nothing));
  ncg_resources_unset_unified (&resources, "cpu.max.burst");
  ncg_resources_unset_unified (&resources, "cpu.max.burst");
  g_assert_true (ncg_resources_equal (&resources, &nothing));
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

static void
set_device (NcgResources *resources, guint major, guint minor, guint32 set, guint64 value)
{
  NcgDeviceLimits limits = {
    .path = (char *) "/dev/a", .major = major, .minor = minor, .set = set
  };

  for (int i = 0; i < NCG_N_IO_LIMITS; i++)
    limits.limits[i] = value;
  ncg_resources_set_device (resources, &limits);
}

static const NcgDeviceLimits *
get_device (const NcgResources *resources, guint i)
{
  g_assert_cmpuint (i, <, resources->devices->len);
  return resources->devices->pdata[i];
}

static void
test_hugepages (void)
{
  g_auto (NcgResources) resources = { 0 };
  const NcgHugepageLimit *limits;

  ncg_resources_set_hugepages (&resources, 1073741824, 7);
  ncg_resources_set_hugepages (&resources, 65536, NCG_UNLIMITED);
  ncg_resources_set_hugepages (&resources, 2097152, 5);
  ncg_resources_set_hugepages (&resources, 1073741824, 0);
  g_assert_cmpuint (resources.hugepages->len, ==, 3);
  limits = (const NcgHugepageLimit *) resources.hugepages->data;
  g_assert_cmpuint (limits[0].page_bytes, ==, 65536);
  g_assert_cmpuint (limits[0].limit_bytes, ==, NCG_UNLIMITED);
  g_assert_cmpuint (limits[1].page_bytes, ==, 2097152);
  g_assert_cmpuint (limits[2].limit_bytes, ==, 0);
}

/* By number, each once; what is not said again stays. */
static void
test_devices (void)
{
  g_auto (NcgResources) resources = { 0 };

  set_device (&resources, 8, 16, 1u << NCG_IO_LIMIT_READ_BANDWIDTH, 10);
  set_device (&resources, 8, 0, 1u << NCG_IO_LIMIT_READ_BANDWIDTH, 20);
  set_device (&resources, 7, 99, 1u << NCG_IO_LIMIT_READ_BANDWIDTH, 30);
  set_device (&resources, 8, 16, 1u << NCG_IO_LIMIT_WRITE_IOPS, NCG_UNLIMITED);
  g_assert_cmpuint (resources.devices->len, ==, 3);
  g_assert_cmpuint (get_device (&resources, 0)->major, ==, 7);
  g_assert_cmpuint (get_device (&resources, 1)->minor, ==, 0);
  g_assert_cmpuint (get_device (&resources, 2)->minor, ==, 16);
  g_assert_cmpuint (get_device (&resources, 2)->set, ==,
                    (1u << NCG_IO_LIMIT_READ_BANDWIDTH) | (1u << NCG_IO_LIMIT_WRITE_IOPS));
  g_assert_cmpuint (get_device (&resources, 2)->limits[NCG_IO_LIMIT_READ_BANDWIDTH], ==, 10);
  g_assert_cmpuint (get_device (&resources, 2)->limits[NCG_IO_LIMIT_WRITE_IOPS], ==, NCG_UNLIMITED);
}

typedef void (*Change) (NcgResources *resources);

static void
change_hugepages (NcgResources *resources)
{
  ncg_resources_set_hugepages (resources, 2097152, 0);
}

static void
change_device (NcgResources *resources)
{
  set_device (resources, 8, 0, 1u << NCG_IO_LIMIT_READ_BANDWIDTH, 10);
}

static void
change_unified (NcgResources *resources)
{
  g_assert_true (ncg_resources_set_unified (resources, "cpu.max.burst", "1", NULL));
}

static void
change_properties (NcgResources *resources)
{
  resources->properties =
      g_variant_ref_sink (g_variant_new_parsed ("[('ManagedOOMSwap', <'kill'>)]"));
}

/* What is set in one way only is another thing; a copy of it is not, and has its own. */
static void
test_lists (void)
{
  static const Change changes[] = { change_hugepages, change_device, change_unified,
                                    change_properties };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_auto (NcgResources) none = { 0 };
    g_auto (NcgResources) copy = { 0 };
    g_auto (NcgResources) again = { 0 };

    {
      g_auto (NcgResources) resources = { 0 };

      changes[i](&resources);
      g_assert_false (ncg_resources_equal (&resources, &none));
      g_assert_false (ncg_resources_equal (&none, &resources));
      ncg_resources_copy (&resources, &copy);
      g_assert_true (ncg_resources_equal (&resources, &copy));
    }
    changes[i](&again);
    g_assert_true (ncg_resources_equal (&again, &copy));
    ncg_resources_clear (&copy);
    g_assert_true (ncg_resources_equal (&none, &copy));
  }
}

/* Of the same length, and different. */
static void
test_lists_differ (void)
{
  g_auto (NcgResources) a = { 0 };
  g_auto (NcgResources) b = { 0 };

  change_device (&a);
  set_device (&b, 8, 0, 1u << NCG_IO_LIMIT_READ_BANDWIDTH, 11);
  g_assert_false (ncg_resources_equal (&a, &b));
  change_device (&b);
  g_assert_true (ncg_resources_equal (&a, &b));
  change_hugepages (&a);
  ncg_resources_set_hugepages (&b, 2097152, NCG_UNLIMITED);
  g_assert_false (ncg_resources_equal (&a, &b));
  change_hugepages (&b);
  change_unified (&a);
  g_assert_true (ncg_resources_set_unified (&b, "cpu.max.burst", "2", NULL));
  g_assert_false (ncg_resources_equal (&a, &b));
  change_unified (&b);
  g_assert_true (ncg_resources_equal (&a, &b));
}

/* What was set for the first time is as the kernel has it; what was set before stays. */
static void
test_defaults (void)
{
  g_auto (NcgResources) before = { 0 };
  g_auto (NcgResources) after = { 0 };

  ncg_resources_set (&before, NCG_SETTING_MEMORY_MAX, 4096);
  ncg_resources_set_hugepages (&before, 65536, 7);
  set_device (&before, 8, 0, 1u << NCG_IO_LIMIT_READ_IOPS, 5);
  ncg_resources_set (&after, NCG_SETTING_MEMORY_MAX, 8192);
  ncg_resources_set (&after, NCG_SETTING_IO_WEIGHT, 7);
  ncg_resources_set_hugepages (&after, 65536, 8);
  change_hugepages (&after);
  set_device (&after, 8, 0, 3u << NCG_IO_LIMIT_READ_IOPS, 6);
  set_device (&after, 8, 16, 1u << NCG_IO_LIMIT_READ_IOPS, 6);
  change_unified (&after);
  change_properties (&after);
  ncg_resources_add_defaults (&before, &after);

  g_assert_cmpuint (ncg_resources_get (&before, NCG_SETTING_MEMORY_MAX, 0), ==, 4096);
  g_assert_cmpuint (ncg_resources_get (&before, NCG_SETTING_IO_WEIGHT, 0), ==, 100);
  g_assert_false (ncg_resources_is_set (&before, NCG_SETTING_OOM_GROUP));
  g_assert_cmpuint (g_array_index (before.hugepages, NcgHugepageLimit, 0).limit_bytes, ==, 7);
  g_assert_cmpuint (g_array_index (before.hugepages, NcgHugepageLimit, 1).limit_bytes, ==,
                    NCG_UNLIMITED);
  g_assert_cmpuint (get_device (&before, 0)->limits[NCG_IO_LIMIT_READ_IOPS], ==, 5);
  g_assert_cmpuint (get_device (&before, 0)->limits[NCG_IO_LIMIT_WRITE_IOPS], ==, NCG_UNLIMITED);
  g_assert_cmpuint (get_device (&before, 1)->limits[NCG_IO_LIMIT_READ_IOPS], ==, NCG_UNLIMITED);
  g_assert_cmpuint (before.unified->len, ==, 1);
  g_assert_cmpstr (((const NcgUnifiedFile *) before.unified->pdata[0])->value, ==, "0");
  g_assert_null (before.properties);
}

static const struct {
  const char *file;
  const char *before; /* (nullable) */
  const char *other;
  const char *wanted; /* (nullable) */
} file_defaults[] = {
  { "cpuset.cpus.partition", NULL, "root", "member" },
  { "cpuset.cpus.partition", "isolated", "root", "isolated" },
  { "cpuset.cpus.exclusive", NULL, "0-3", "" },
  { "hugetlb.2MB.rsvd.max", NULL, "4096", "max" },
  { "io.latency", NULL, "8:0 target=75", "8:0 target=0" },
  { "io.latency", "8:0 target=5", "8:0 target=75\n8:16 target=7", "8:0 target=5\n8:16 target=0" },
  { "io.weight", NULL, "8:0 200", "8:0 default" },
  { "misc.max", "res_a 5", "res_b 7\nres_a 7", "res_a 5\nres_b max" },
  { "rdma.max", NULL, "a hca_handle=2 hca_object=5", "a hca_handle=max hca_object=max" },
  { "dmem.min", NULL, "a 5", "a 0" },
  { "misc.max", NULL, "odd", NULL },
  { "other.file", NULL, "1", NULL },
};

/* Of a file with many lines those that were not there before. */
static void
test_file_defaults (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_defaults); i++) {
    g_auto (NcgResources) before = { 0 };
    g_auto (NcgResources) other = { 0 };
    const char *file = file_defaults[i].file;
    const char *value = NULL;

    if (file_defaults[i].before != NULL)
      g_assert_true (ncg_resources_set_unified (&before, file, file_defaults[i].before, NULL));
    g_assert_true (ncg_resources_set_unified (&other, file, file_defaults[i].other, NULL));
    ncg_resources_add_defaults (&before, &other);
    if (before.unified != NULL)
      value = ((const NcgUnifiedFile *) before.unified->pdata[0])->value;
    g_assert_cmpstr (value, ==, file_defaults[i].wanted);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resources/set", test_set);
  g_test_add_func ("/resources/unset", test_unset);
  g_test_add_func ("/resources/equal", test_equal);
  g_test_add_func ("/resources/copy", test_copy);
  g_test_add_func ("/resources/hugepages", test_hugepages);
  g_test_add_func ("/resources/devices", test_devices);
  g_test_add_func ("/resources/defaults", test_defaults);
  g_test_add_func ("/resources/file-defaults", test_file_defaults);
  g_test_add_func ("/resources/lists", test_lists);
  g_test_add_func ("/resources/lists-differ", test_lists_differ);
  return g_test_run ();
}
