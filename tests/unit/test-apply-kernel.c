/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writing settings to the running kernel: what it couples, and how it is set back. A test exists
 * where its controller is, and we may make a cgroup in the root of its hierarchy.
 */
#include "lib/apply.h"

#include "lib/cgroup-tree.h"
#include "lib/error.h"
#include "lib/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static NcgHierarchy *hierarchy;
static char *work_path;

static char *
directory_of (const char *controller)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, controller);

  return tree != NULL ? g_strconcat (tree->mount, work_path, NULL) : NULL;
}

/* On v2 the root has to give its children the controller. */
static gboolean
has_controller (const char *controller)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, controller);
  g_autofree char *path = g_build_filename (tree->mount, "cgroup.subtree_control", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (tree->is_v1)
    return TRUE;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return FALSE;
  words = g_strsplit_set (text, " \n", -1);
  return g_strv_contains ((const char *const *) words, controller);
}

static gboolean
may_work (const char *controller)
{
  g_autofree char *directory = directory_of (controller);

  return directory != NULL && mkdir (directory, 0755) == 0 && rmdir (directory) == 0 &&
         has_controller (controller);
}

/* Several controllers may be in one hierarchy. */
static void
make_cgroups (const char *const *controllers)
{
  for (guint i = 0; controllers[i] != NULL; i++) {
    g_autofree char *directory = directory_of (controllers[i]);

    g_assert_true (mkdir (directory, 0755) == 0 || errno == EEXIST);
  }
}

static void
remove_cgroups (const char *const *controllers)
{
  for (guint i = 0; controllers[i] != NULL; i++) {
    g_autofree char *directory = directory_of (controllers[i]);

    for (guint j = 0; j < 1000 && rmdir (directory) < 0 && errno == EBUSY; j++)
      g_usleep (5000);
    g_assert_cmpint (access (directory, F_OK), ==, -1);
  }
}

static gboolean
has_file (const char *controller, const char *file)
{
  g_autofree char *directory = directory_of (controller);
  g_autofree char *path = g_build_filename (directory, file, NULL);

  return access (path, F_OK) == 0;
}

static void
assert_file (const char *controller, const char *file, const char *wanted)
{
  g_autofree char *directory = directory_of (controller);
  g_autofree char *path = g_build_filename (directory, file, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, wanted);
}

static void
apply (const NcgResources *resources)
{
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, hierarchy);
  g_autoptr (GError) error = NULL;

  ncg_apply_write (work_path, settings, &error);
  g_assert_no_error (error);
  ncg_verify_read_settings (work_path, settings);
  for (guint i = 0; i < settings->len; i++)
    g_assert_true (((const NcgFileSetting *) settings->pdata[i])->ok);
}

static void
assert_fails (const NcgResources *resources, NcgError code, const char *text)
{
  g_autoptr (GPtrArray) settings = ncg_file_settings_list (resources, hierarchy);
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_apply_write (work_path, settings, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static const char *const memory_controllers[] = { "memory", NULL };
static const char *const cpu_controllers[] = { "cpu", NULL };

static void
set_memory (guint64 limit, guint64 swap)
{
  g_auto (NcgResources) resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, limit);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, swap);
  apply (&resources);
}

/* Up and down, each to each: the limit is never above memory and swap together. */
static void
test_memory (void)
{
  static const guint64 limits[] = { NCG_UNLIMITED, 8 << 20, 256 << 20, 64 << 20, 65 << 20 };
  static const guint64 swaps[] = { NCG_UNLIMITED, 0, 64 << 20, 300 << 20 };
  const guint n_swaps = G_N_ELEMENTS (swaps);
  const guint n = G_N_ELEMENTS (limits) * n_swaps;

  make_cgroups (memory_controllers);
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < n; j++) {
      /* Only v2 can limit swap alone. */
      if ((limits[i / n_swaps] == NCG_UNLIMITED && swaps[i % n_swaps] != NCG_UNLIMITED) ||
          (limits[j / n_swaps] == NCG_UNLIMITED && swaps[j % n_swaps] != NCG_UNLIMITED))
        continue;
      set_memory (limits[i / n_swaps], swaps[i % n_swaps]);
      set_memory (limits[j / n_swaps], swaps[j % n_swaps]);
    }
  remove_cgroups (memory_controllers);
}

static void
set_cpu (guint64 quota, guint64 period)
{
  g_auto (NcgResources) resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, quota);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, period);
  apply (&resources);
}

/* Up and down, each to each, below a parent and above a child of the same and of each share in
 * between: on v1 the kernel refuses what would be above the one or below the other. */
static void
test_bandwidth (void)
{
  static const guint64 quotas[] = { 200000, 500000, 1000000, NCG_UNLIMITED };
  static const guint64 periods[] = { 10000, 100000, 1000000 };
  const guint n_periods = G_N_ELEMENTS (periods);
  const guint n = G_N_ELEMENTS (quotas) * n_periods;
  char *outer = work_path;
  g_autofree char *middle = g_strconcat (outer, "/middle", NULL);
  g_autofree char *inner = g_strconcat (middle, "/inner", NULL);
  char *const paths[] = { outer, middle, inner };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    work_path = paths[i];
    make_cgroups (cpu_controllers);
    if (i == 0)
      set_cpu (1000000, 100000);
  }
  set_cpu (200000, 100000);
  work_path = middle;
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < n; j++) {
      set_cpu (quotas[i / n_periods], periods[i % n_periods]);
      set_cpu (quotas[j / n_periods], periods[j % n_periods]);
    }
  for (guint i = G_N_ELEMENTS (paths); i > 0; i--) {
    work_path = paths[i - 1];
    remove_cgroups (cpu_controllers);
  }
  work_path = outer;
}

static void
set_burst (guint64 quota, const char *burst)
{
  g_auto (NcgResources) resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, quota);
  g_assert_true (ncg_resources_set_unified (&resources, "cpu.max.burst", burst, NULL));
  apply (&resources);
}

static void
test_burst (void)
{
  static const struct {
    guint64 quota;
    const char *burst;
  } cases[] = {
    { 200000, "20000" }, { 1000000, "100000" }, { 100000, "0" },   { 500000, "50000" },
    { 500000, "10000" }, { 100000, "10000" },   { 10000, "1000" },
  };

  make_cgroups (cpu_controllers);
  if (has_file ("cpu", "cpu.cfs_burst_us") || has_file ("cpu", "cpu.max.burst"))
    for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
      for (guint j = 0; j < G_N_ELEMENTS (cases); j++) {
        set_burst (cases[i].quota, cases[i].burst);
        set_burst (cases[j].quota, cases[j].burst);
      }
  remove_cgroups (cpu_controllers);
}

static void
set_weight (guint64 weight)
{
  g_auto (NcgResources) resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, weight);
  apply (&resources);
}

/* The kernel takes no weight of what is idle. */
static void
test_idle (void)
{
  gboolean is_v1 = ncg_hierarchy_find_tree (hierarchy, "cpu")->is_v1;

  make_cgroups (cpu_controllers);
  if (has_file ("cpu", "cpu.idle")) {
    g_auto (NcgResources) resources = { 0 };

    set_weight (50);
    set_weight (0);
    assert_file ("cpu", "cpu.idle", "1");
    set_weight (200);
    assert_file ("cpu", "cpu.idle", "0");
    assert_file ("cpu", is_v1 ? "cpu.shares" : "cpu.weight", is_v1 ? "2048" : "200");
    set_weight (0);
    /* The last is refused, and it is idle again. */
    ncg_resources_set (&resources, NCG_SETTING_CPU_WEIGHT, 300);
    g_assert_true (ncg_resources_set_unified (&resources, "cpu.uclamp.max", "many", NULL));
    if (has_file ("cpu", "cpu.uclamp.max"))
      assert_fails (&resources, NCG_ERROR_INVALID_ARGUMENT, "cpu.uclamp.max");
    assert_file ("cpu", "cpu.idle", "1");
  }
  remove_cgroups (cpu_controllers);
}

static const char *const all_controllers[] = { "cpu", "memory", "pids", NULL };

static gpointer
add_setting (GPtrArray *settings, const char *controller, const char *file, const char *value)
{
  NcgFileSetting *setting = ncg_file_setting_new (ncg_hierarchy_find_tree (hierarchy, controller),
                                                  controller, file, value);

  g_ptr_array_add (settings, setting);
  return setting;
}

/* Of n settings in three hierarchies each fails once, and all are as they were. */
static void
test_undo (void)
{
  g_auto (NcgResources) before = { 0 };
  g_auto (NcgResources) after = { 0 };
  guint n_settings;

  ncg_resources_set (&before, NCG_SETTING_CPU_WEIGHT, 50);
  ncg_resources_set (&before, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (&before, NCG_SETTING_MEMORY_MAX, 64 << 20);
  ncg_resources_set (&before, NCG_SETTING_MEMORY_SWAP_MAX, 32 << 20);
  ncg_resources_set (&before, NCG_SETTING_PIDS_MAX, 5);
  ncg_resources_set (&after, NCG_SETTING_CPU_WEIGHT, 70);
  ncg_resources_set (&after, NCG_SETTING_CPU_QUOTA_USEC, 700000);
  ncg_resources_set (&after, NCG_SETTING_CPU_PERIOD_USEC, 20000);
  ncg_resources_set (&after, NCG_SETTING_MEMORY_MAX, 128 << 20);
  ncg_resources_set (&after, NCG_SETTING_MEMORY_SWAP_MAX, 16 << 20);
  ncg_resources_set (&after, NCG_SETTING_PIDS_MAX, 7);
  make_cgroups (all_controllers);
  apply (&before);
  {
    g_autoptr (GPtrArray) settings = ncg_file_settings_list (&after, hierarchy);
    n_settings = settings->len;
  }
  for (guint failing = 0; failing <= n_settings; failing++) {
    g_autoptr (GPtrArray) settings = ncg_file_settings_list (&after, hierarchy);
    g_autoptr (GPtrArray) again = ncg_file_settings_list (&before, hierarchy);
    g_autoptr (GError) error = NULL;
    gpointer refused = add_setting (settings, "pids", "pids.max", "none");

    g_ptr_array_insert (settings, (int) failing,
                        g_ptr_array_steal_index (settings, settings->len - 1));
    g_assert_true (g_ptr_array_index (settings, failing) == refused);
    g_assert_false (ncg_apply_write (work_path, settings, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    ncg_verify_read_settings (work_path, again);
    for (guint i = 0; i < again->len; i++) {
      const NcgFileSetting *setting = g_ptr_array_index (again, i);

      g_test_message ("%u: %s: %s", failing, setting->file, setting->actual);
      g_assert_true (setting->ok);
    }
  }
  apply (&after);
  apply (&before);
  remove_cgroups (all_controllers);
}

static const char *const hugetlb_controllers[] = { "hugetlb", NULL };

static void
test_hugepages (void)
{
  g_auto (NcgResources) resources = { 0 };
  gboolean is_v1 = ncg_hierarchy_find_tree (hierarchy, "hugetlb")->is_v1;

  make_cgroups (hugetlb_controllers);
  if (has_file ("hugetlb", is_v1 ? "hugetlb.2MB.limit_in_bytes" : "hugetlb.2MB.max")) {
    static const guint64 limits[] = { NCG_UNLIMITED, 3000000, 0, NCG_UNLIMITED };

    for (guint i = 0; i < G_N_ELEMENTS (limits); i++) {
      ncg_resources_set_hugepages (&resources, 2097152, limits[i]);
      apply (&resources);
    }
    /* More reservations than pages, by their own file. */
    ncg_resources_set_hugepages (&resources, 2097152, 4194304);
    g_assert_true (ncg_resources_set_unified (&resources, "hugetlb.2MB.rsvd.max", "6291456", NULL));
    apply (&resources);
    assert_file ("hugetlb", is_v1 ? "hugetlb.2MB.rsvd.limit_in_bytes" : "hugetlb.2MB.rsvd.max",
                 "6291456");
    g_assert_true (ncg_resources_set_unified (&resources, "hugetlb.2MB.rsvd.max", "max", NULL));
    apply (&resources);
  }
  remove_cgroups (hugetlb_controllers);
}

static const char *const blkio_controllers[] = { "blkio", NULL };

/* (transfer full) (nullable): "MAJ:MIN" of a whole disk */
static char *
find_disk (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/sys/block", 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *path = g_build_filename ("/sys/block", name, "dev", NULL);
    char *text;

    if (g_file_get_contents (path, &text, NULL, NULL))
      return g_strchomp (text);
  }
  return NULL;
}

static void
set_io (const char *disk, const char *limits)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *line = g_strconcat (disk, " ", limits, NULL);

  g_assert_true (ncg_resources_set_unified (&resources, "io.max", line, NULL));
  ncg_resources_set (&resources, NCG_SETTING_IO_WEIGHT, 100);
  apply (&resources);
}

static void
test_io (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autofree char *disk = find_disk ();

  make_cgroups (blkio_controllers);
  if (disk != NULL) {
    set_io (disk, "rbps=1048576 wiops=100");
    set_io (disk, "rbps=max wbps=2097152");
    set_io (disk, "wbps=max wiops=max");
  }
  g_assert_true (ncg_resources_set_unified (&resources, "io.max", "4095:77 rbps=1048576", NULL));
  assert_fails (&resources, NCG_ERROR_INVALID_ARGUMENT, "4095:77");
  remove_cgroups (blkio_controllers);
}

static const char *const cpuset_controllers[] = { "cpuset", NULL };

static void
test_cpuset (void)
{
  g_auto (NcgResources) resources = { 0 };

  make_cgroups (cpuset_controllers);
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  resources.memory_nodes = ncg_cpuset_parse ("0", NULL);
  apply (&resources);
  assert_file ("cpuset", "cpuset.cpus", "0");
  ncg_cpuset_free (resources.cpus);
  resources.cpus = ncg_cpuset_parse ("0,8000", NULL);
  assert_fails (&resources, NCG_ERROR_INVALID_ARGUMENT, "cpuset.cpus");
  assert_file ("cpuset", "cpuset.cpus", "0");
  remove_cgroups (cpuset_controllers);
}

static void
set_cpus (const char *cpus, const char *nodes)
{
  g_auto (NcgResources) resources = { 0 };

  resources.cpus = ncg_cpuset_parse (cpus, NULL);
  resources.memory_nodes = ncg_cpuset_parse (nodes, NULL);
  apply (&resources);
}

static void
assert_cpus_fail (const char *cpus)
{
  g_auto (NcgResources) resources = { 0 };

  resources.cpus = ncg_cpuset_parse (cpus, NULL);
  assert_fails (&resources, NCG_ERROR_BUSY, "cpuset.cpus");
}

static void
assert_set (const char *directory, const char *wanted)
{
  g_autofree char *path = g_build_filename (directory, "cpuset.cpus", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, wanted);
}

static void
write_set (const char *directory, const char *text)
{
  g_autofree char *path = g_build_filename (directory, "cpuset.cpus", NULL);
  FILE *file = fopen (path, "we");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* On v1 a child has a set of its own, which begins as its parent's and then goes with it. */
static void
test_cpuset_followed (void)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (hierarchy, "cpuset");
  g_autofree char *child = g_strconcat (work_path, "/child", NULL);
  g_autofree char *other = g_strconcat (work_path, "/other", NULL);
  g_autofree char *of_child = g_strconcat (tree->mount, child, NULL);
  g_autofree char *of_other = g_strconcat (tree->mount, other, NULL);
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  if (!tree->is_v1 || g_get_num_processors () < 2) {
    g_test_message ("nothing to follow here");
    return;
  }
  g_ptr_array_add (trees, (gpointer) tree);
  make_cgroups (cpuset_controllers);
  set_cpus ("0-1", "0");
  ncg_cgroup_tree_make (trees, child, NULL, &error);
  g_assert_no_error (error);
  ncg_cgroup_tree_make (trees, other, NULL, &error);
  g_assert_no_error (error);
  assert_set (of_child, "0-1");
  set_cpus ("0", "0");
  assert_set (of_child, "0");
  set_cpus ("1", "0");
  assert_set (of_child, "1");
  set_cpus ("0-1", "0");
  assert_set (of_child, "0-1");

  /* One that has its own, beyond what its parent shall have: then nobody is changed. */
  write_set (of_other, "1");
  assert_cpus_fail ("0");
  assert_file ("cpuset", "cpuset.cpus", "0-1");
  assert_set (of_child, "0-1");
  assert_set (of_other, "1");
  set_cpus ("1", "0");
  assert_set (of_child, "1");
  g_assert_cmpint (rmdir (of_child), ==, 0);
  g_assert_cmpint (rmdir (of_other), ==, 0);
  remove_cgroups (cpuset_controllers);
}

static void
add (const char *name, const char *const *controllers, void (*function) (void))
{
  for (guint i = 0; controllers[i] != NULL; i++)
    if (!may_work (controllers[i]))
      return;
  g_test_add_func (name, function);
}

/* There is always one test. */
static void
test_rig (void)
{
  g_test_message ("%s",
                  hierarchy != NULL ? ncg_hierarchy_mode_to_string (hierarchy->mode) : "none");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  hierarchy = ncg_hierarchy_detect ("", NULL);
  work_path = g_strdup_printf ("/ncg-test-%d", (int) getpid ());
  g_test_add_func ("/apply-kernel/rig", test_rig);
  if (hierarchy != NULL) {
    add ("/apply-kernel/memory", memory_controllers, test_memory);
    add ("/apply-kernel/bandwidth", cpu_controllers, test_bandwidth);
    add ("/apply-kernel/burst", cpu_controllers, test_burst);
    add ("/apply-kernel/idle", cpu_controllers, test_idle);
    add ("/apply-kernel/undo", all_controllers, test_undo);
    add ("/apply-kernel/hugepages", hugetlb_controllers, test_hugepages);
    add ("/apply-kernel/io", blkio_controllers, test_io);
    add ("/apply-kernel/cpuset", cpuset_controllers, test_cpuset);
    add ("/apply-kernel/cpuset-followed", cpuset_controllers, test_cpuset_followed);
  }
  result = g_test_run ();
  g_clear_pointer (&hierarchy, ncg_hierarchy_free);
  g_free (work_path);
  return result;
}
