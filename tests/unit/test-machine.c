/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the machine has, read below a directory that stands for its root.
 */
#include "lib/machine.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

typedef struct {
  char *root;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->root);
}

static void
write_file (Fixture *fixture, const char *path, const char *text)
{
  temp_dir_write (fixture->root, path, text);
}

static void
test_page_sizes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) none = ncg_machine_list_page_sizes (fixture->root);
  g_autoptr (GArray) sizes = NULL;

  g_assert_cmpuint (none->len, ==, 0);
  write_file (fixture, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
  write_file (fixture, "sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "0\n");
  write_file (fixture, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
  write_file (fixture, "sys/kernel/mm/hugepages/other/nr_hugepages", "3\n");
  sizes = ncg_machine_list_page_sizes (fixture->root);
  g_assert_cmpuint (sizes->len, ==, 3);
  g_assert_cmpuint (g_array_index (sizes, guint64, 0), ==, 65536);
  g_assert_cmpuint (g_array_index (sizes, guint64, 1), ==, 2097152);
  g_assert_cmpuint (g_array_index (sizes, guint64, 2), ==, 1073741824);
}

static void
test_capacity_of_pages (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) capacity = NULL;
  guint64 number = 0;

  write_file (fixture, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
  write_file (fixture, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
  capacity = ncg_machine_read_capacity (fixture->root);
  g_assert_true (g_variant_lookup (capacity, "hugepages-2Mi", "t", &number));
  g_assert_cmpuint (number, ==, 6291456);
  g_assert_true (g_variant_lookup (capacity, "hugepages-1Gi", "t", &number));
  g_assert_cmpuint (number, ==, 0);
}

/* What a file has, and the number that comes of it; 0 is no such key. Rule: the kubelet,
 * pkg/kubelet/cadvisor/util.go and pkg/kubelet/stats/pidlimit/pidlimit_linux.go. */
static const struct {
  const char *file;
  const char *text;
  const char *key;
  guint64 value;
} capacity_cases[] = {
  { "sys/devices/system/cpu/online", "0\n", "cpu", 1000 },
  { "sys/devices/system/cpu/online", "0-3,6,8-9\n", "cpu", 7000 },
  { "sys/devices/system/cpu/online", "nonsense\n", "cpu", 0 },
  { "sys/devices/system/cpu/online", "", "cpu", 0 },
  { "proc/meminfo", "MemTotal:       16318428 kB\nMemFree: 1 kB\n", "memory",
    G_GUINT64_CONSTANT (16710070272) },
  { "proc/meminfo", "MemFree: 1 kB\nMemTotal: 2 kB\n", "memory", 2048 },
  { "proc/meminfo", "MemFree: 1 kB\n", "memory", 0 },
  { "proc/sys/kernel/pid_max", "32768\n", "pid", 32768 },
  { "proc/sys/kernel/threads-max", "63488\n", "pid", 63488 },
  { "proc/sys/kernel/threads-max", "many\n", "pid", 0 },
  { "sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "16\n", "hugepages-64Ki", 1048576 },
  { "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n", "hugepages-2Mi", 1073741824 },
  { "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "x\n", "hugepages-2Mi", 0 },
  { "sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "1\n", "hugepages-2Mi", 0 },
};

static void
test_capacity_of_files (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (capacity_cases); i++) {
    char *root = temp_dir_new ();
    g_autoptr (GVariant) capacity = NULL;
    guint64 value = 0;

    g_test_message ("%s: %s", capacity_cases[i].file, capacity_cases[i].text);
    temp_dir_write (root, capacity_cases[i].file, capacity_cases[i].text);
    capacity = ncg_machine_read_capacity (root);
    g_assert_cmpint (g_variant_lookup (capacity, capacity_cases[i].key, "t", &value), ==,
                     capacity_cases[i].value != 0);
    g_assert_cmpuint (value, ==, capacity_cases[i].value);
    /* The disk is always there. */
    g_assert_true (g_variant_lookup (capacity, "ephemeral-storage", "t", &value));
    temp_dir_free (root);
  }
}

static void
test_capacity_of_pids (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) capacity = NULL;
  guint64 value = 0;

  write_file (fixture, "proc/sys/kernel/pid_max", "4194304\n");
  write_file (fixture, "proc/sys/kernel/threads-max", "63488\n");
  capacity = ncg_machine_read_capacity (fixture->root);
  g_assert_true (g_variant_lookup (capacity, "pid", "t", &value));
  g_assert_cmpuint (value, ==, 63488);
}

static void
assert_device (
    Fixture *fixture, const char *device, guint major, guint minor, gboolean is_whole_disk)
{
  g_autoptr (GError) error = NULL;
  guint major_found = 0, minor_found = 0;
  gboolean is_whole = !is_whole_disk;

  ncg_machine_find_block_device (fixture->root, device, &major_found, &minor_found, &is_whole,
                                 &error);
  g_assert_no_error (error);
  g_assert_cmpuint (major_found, ==, major);
  g_assert_cmpuint (minor_found, ==, minor);
  g_assert_cmpint (is_whole, ==, is_whole_disk);
}

static void
assert_none (Fixture *fixture, const char *device)
{
  g_autoptr (GError) error = NULL;
  guint major, minor;
  gboolean is_whole;

  g_assert_false (
      ncg_machine_find_block_device (fixture->root, device, &major, &minor, &is_whole, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, device));
}

static void
test_numbers (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "sys/dev/block/8:0/size", "1\n");
  temp_dir_make (fixture->root, "sys/dev/block/8:0/slaves");
  write_file (fixture, "sys/dev/block/8:1/partition", "1\n");
  write_file (fixture, "sys/dev/block/253:0/dm/name", "luks\n");
  write_file (fixture, "sys/dev/block/9:0/slaves/sda1/size", "1\n");
  write_file (fixture, "sys/dev/block/7:0/loop/backing_file", "/a\n");
  assert_device (fixture, "8:0", 8, 0, TRUE);
  assert_device (fixture, "8:1", 8, 1, FALSE);
  assert_device (fixture, "253:0", 253, 0, FALSE);
  assert_device (fixture, "9:0", 9, 0, FALSE);
  assert_device (fixture, "7:0", 7, 0, TRUE);
  assert_none (fixture, "8:2");
  assert_none (fixture, "8");
  assert_none (fixture, "8:0:0");
  assert_none (fixture, "a:0");
}

/* Only root may make one. */
static void
test_path (Fixture *fixture, gconstpointer data)
{
  g_autofree char *node = g_build_filename (fixture->root, "dev", "sda", NULL);
  g_autofree char *link = g_build_filename (fixture->root, "dev", "by-id", NULL);

  write_file (fixture, "dev/file", "");
  assert_none (fixture, "/dev/file");
  assert_none (fixture, "/dev/sda");
  if (mknod (node, S_IFBLK | 0600, makedev (8, 16)) < 0)
    return;
  g_assert_cmpint (symlink ("sda", link), ==, 0);
  /* Nothing is known of it. */
  assert_device (fixture, "/dev/sda", 8, 16, FALSE);
  write_file (fixture, "sys/dev/block/8:16/size", "1\n");
  assert_device (fixture, "/dev/sda", 8, 16, TRUE);
  assert_device (fixture, "/dev/by-id", 8, 16, TRUE);
}

/* Links are followed as long as they stay there. */
static void
test_links (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dev = g_build_filename (fixture->root, "dev", NULL);
  g_autofree char *node = g_build_filename (dev, "sda", NULL);
  g_autofree char *outside = g_build_filename (fixture->root, "outside", NULL);
  static const struct {
    const char *name;
    const char *target;
    gboolean leads_there;
  } links[] = {
    { "disk/by-id/good", "../../sda", TRUE },
    { "disk/twice", "by-id/good", TRUE },
    { "disk/by-id/dots", "../.././disk/../sda", TRUE },
    { "disk/absolute", "/dev/sda", FALSE },
    { "disk/out", "../../outside", FALSE },
    { "disk/and-in", "../../dev/sda", FALSE },
    { "disk/loop", "loop", FALSE },
    { "disk/none", "../sdb", FALSE },
    { "disk/through", "../sda/sda", FALSE },
    { "disk/directory", "../disk", FALSE },
  };

  temp_dir_make (fixture->root, "dev/disk/by-id");
  if (mknod (node, S_IFBLK | 0600, makedev (8, 16)) < 0)
    return;
  g_assert_cmpint (mknod (outside, S_IFBLK | 0600, makedev (8, 16)), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++) {
    g_autofree char *path = g_build_filename (dev, links[i].name, NULL);
    g_autofree char *device = g_strconcat ("/dev/", links[i].name, NULL);

    g_assert_cmpint (symlink (links[i].target, path), ==, 0);
    if (links[i].leads_there)
      assert_device (fixture, device, 8, 16, FALSE);
    else
      assert_none (fixture, device);
  }
  assert_none (fixture, "/dev/");
  assert_none (fixture, "/dev/../outside");
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

static void
test_online (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCpuset) cpus = NULL;
  g_autoptr (NcgCpuset) nodes = NULL;

  temp_dir_write (fixture->root, "sys/devices/system/cpu/online", "0-3,7\n");
  cpus = ncg_machine_read_online (fixture->root, "cpu", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ncg_cpuset_count (cpus), ==, 5);

  nodes = ncg_machine_read_online (fixture->root, "node", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ncg_cpuset_count (nodes), ==, 1);
}

static void
test_online_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) wrong = NULL;

  g_assert_null (ncg_machine_read_online (fixture->root, "cpu", &missing));
  g_assert_error (missing, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  temp_dir_write (fixture->root, "sys/devices/system/cpu/online", "all\n");
  g_assert_null (ncg_machine_read_online (fixture->root, "cpu", &wrong));
  g_assert_error (wrong, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

static void
test_capacity (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) capacity = NULL;
  guint64 value;

  temp_dir_write (fixture->root, "sys/devices/system/cpu/online", "0-3\n");
  temp_dir_write (fixture->root, "proc/meminfo", "MemTotal:       2048 kB\nMemFree: 1 kB\n");
  temp_dir_write (fixture->root, "proc/sys/kernel/pid_max", "4194304\n");
  temp_dir_write (fixture->root, "proc/sys/kernel/threads-max", "1000\n");
  temp_dir_write (fixture->root, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n");
  temp_dir_write (fixture->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");

  capacity = ncg_machine_read_capacity (fixture->root);
  g_assert_true (g_variant_lookup (capacity, "cpu", "t", &value));
  g_assert_cmpuint (value, ==, 4000);
  g_assert_true (g_variant_lookup (capacity, "memory", "t", &value));
  g_assert_cmpuint (value, ==, 2048 * 1024);
  g_assert_true (g_variant_lookup (capacity, "pid", "t", &value));
  g_assert_cmpuint (value, ==, 1000);
  g_assert_true (g_variant_lookup (capacity, "hugepages-2Mi", "t", &value));
  g_assert_cmpuint (value, ==, 3 * 2048 * 1024);
  g_assert_true (g_variant_lookup (capacity, "hugepages-1Gi", "t", &value));
  g_assert_cmpuint (value, ==, 0);
  g_assert_true (g_variant_lookup (capacity, "ephemeral-storage", "t", &value));
  g_assert_cmpuint (value, >, 0);
}

static void
test_capacity_of_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) capacity = ncg_machine_read_capacity (fixture->root);

  g_assert_cmpuint (g_variant_n_children (capacity), ==, 1);
  g_assert_true (g_variant_lookup (capacity, "ephemeral-storage", "t", NULL));
}

static void
test_sysctl (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) unwritable = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  temp_dir_write (fixture->root, "proc/sys/vm/panic_on_oom", "1\n");
  before = ncg_machine_read_sysctl (fixture->root, "vm.panic_on_oom", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (before, ==, "1");
  g_assert_true (ncg_machine_write_sysctl (fixture->root, "vm.panic_on_oom", "0", &error));
  g_assert_no_error (error);
  after = ncg_machine_read_sysctl (fixture->root, "vm.panic_on_oom", &error);
  g_assert_cmpstr (after, ==, "0");

  g_assert_null (ncg_machine_read_sysctl (fixture->root, "vm.none", &missing));
  g_assert_error (missing, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_false (ncg_machine_write_sysctl (fixture->root, "vm.none", "0", &unwritable));
  g_assert_error (unwritable, NCG_ERROR, NCG_ERROR_FAILED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/machine/page-sizes", test_page_sizes);
  ADD ("/machine/capacity-of-pages", test_capacity_of_pages);
  ADD ("/machine/capacity-of-pids", test_capacity_of_pids);
  g_test_add_func ("/machine/capacity-of-files", test_capacity_of_files);
  ADD ("/machine/numbers", test_numbers);
  ADD ("/machine/path", test_path);
  ADD ("/machine/path/links", test_links);
  ADD ("/machine/online", test_online);
  ADD ("/machine/online-errors", test_online_errors);
  ADD ("/machine/capacity", test_capacity);
  ADD ("/machine/capacity-of-nothing", test_capacity_of_nothing);
  ADD ("/machine/sysctl", test_sysctl);
  return g_test_run ();
}
