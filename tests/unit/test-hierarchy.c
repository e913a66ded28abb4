/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Detection of the hierarchies, from mountinfo files in a directory that stands for the root.
 */
#include "lib/hierarchy.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define TMPFS_LINE "25 22 0:22 / /sys/fs/cgroup rw shared:9 - tmpfs tmpfs rw,mode=755\n"
#define ROOT_LINE "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
#define SYSTEMD_LINE                                                                               \
  "27 25 0:24 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
#define UNIFIED_LINE "26 25 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
#define CPU_LINE "28 25 0:25 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"

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

static NcgHierarchy *
detect (const Fixture *fixture, const char *mountinfo)
{
  g_autoptr (GError) error = NULL;
  NcgHierarchy *hierarchy;

  temp_dir_write (fixture->root, "proc/self/mountinfo", mountinfo);
  hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  return hierarchy;
}

/* @path is below the fixture's root. */
static void
assert_path (const Fixture *fixture, const char *actual, const char *path)
{
  g_autofree char *whole = g_strconcat (fixture->root, path, NULL);

  g_assert_cmpstr (actual, ==, whole);
}

static void
assert_v1 (const Fixture *fixture, const NcgHierarchy *hierarchy, const char *key, const char *path)
{
  assert_path (fixture, g_hash_table_lookup (hierarchy->v1_mounts, key), path);
}

static void
assert_controllers (const NcgHierarchy *hierarchy, const char *expected)
{
  g_autofree char *joined = g_strjoinv (" ", hierarchy->controllers);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_unified (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers",
                  "cpuset cpu io memory hugetlb pids\n");
  hierarchy =
      detect (fixture, ROOT_LINE "24 23 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
                                 "rw,nsdelegate,memory_recursiveprot\n");
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_UNIFIED);
  g_assert_true (hierarchy->has_recursive_protection);
  assert_path (fixture, hierarchy->unified_mount, "/sys/fs/cgroup");
  g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), ==, 0);
  assert_controllers (hierarchy, "cpu cpuset hugetlb io memory pids");
  g_assert_true (ncg_hierarchy_has_controller (hierarchy, "memory"));
  g_assert_false (ncg_hierarchy_has_controller (hierarchy, "mem"));
  g_assert_false (ncg_hierarchy_has_controller (hierarchy, ""));
}

/* As the kernel names the files, and sorted. */
static void
test_page_sizes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) none = NULL;
  g_autoptr (NcgHierarchy) hierarchy = NULL;
  g_autofree char *sizes = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "hugetlb\n");
  none = detect (fixture, "24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  g_assert_cmpuint (g_strv_length (none->page_sizes), ==, 0);
  temp_dir_make (fixture->root, "sys/kernel/mm/hugepages/hugepages-64kB");
  temp_dir_make (fixture->root, "sys/kernel/mm/hugepages/hugepages-2048kB");
  temp_dir_make (fixture->root, "sys/kernel/mm/hugepages/hugepages-16777216kB");
  temp_dir_make (fixture->root, "sys/kernel/mm/hugepages/other");
  hierarchy = detect (fixture, "24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  sizes = g_strjoinv (" ", hierarchy->page_sizes);
  g_assert_cmpstr (sizes, ==, "16GB 2MB 64KB");
}

/* Nothing of it could be written, and no cgroup in it be used. */
static void
test_noprefix (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  hierarchy = detect (fixture, SYSTEMD_LINE CPU_LINE
                      "29 25 0:26 / /dev/cpuset rw - cgroup cgroup rw,cpuset,noprefix\n");
  assert_controllers (hierarchy, "cpu cpuacct");
  g_assert_cmpuint (hierarchy->trees->len, ==, 2);
}

static void
test_no_controllers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "\n");
  hierarchy = detect (fixture, "24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
  assert_controllers (hierarchy, "");
}

static void
test_hybrid (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/unified/cgroup.controllers", "hugetlb\n");
  hierarchy = detect (fixture, ROOT_LINE TMPFS_LINE UNIFIED_LINE SYSTEMD_LINE CPU_LINE
                      "29 25 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_HYBRID);
  assert_path (fixture, hierarchy->unified_mount, "/sys/fs/cgroup/unified");
  g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), ==, 4);
  assert_v1 (fixture, hierarchy, "cpu", "/sys/fs/cgroup/cpu,cpuacct");
  assert_v1 (fixture, hierarchy, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct");
  assert_v1 (fixture, hierarchy, "memory", "/sys/fs/cgroup/memory");
  assert_v1 (fixture, hierarchy, "name=systemd", "/sys/fs/cgroup/systemd");
  assert_controllers (hierarchy, "cpu cpuacct hugetlb memory");
}

/* systemd 232 had cgroup2 where its v1 hierarchy is otherwise. */
static void
test_hybrid_of_v232 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/systemd/cgroup.controllers", "");
  hierarchy = detect (fixture, TMPFS_LINE CPU_LINE
                      "26 25 0:23 / /sys/fs/cgroup/systemd rw - cgroup2 cgroup2 rw\n");
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_HYBRID);
  assert_path (fixture, hierarchy->unified_mount, "/sys/fs/cgroup/systemd");
}

static void
test_legacy (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = detect (fixture, TMPFS_LINE SYSTEMD_LINE CPU_LINE);

  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_LEGACY);
  g_assert_null (hierarchy->unified_mount);
  assert_controllers (hierarchy, "cpu cpuacct");
}

static void
test_systemd_alone_is_hybrid (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/unified/cgroup.controllers", "cpu memory\n");
  hierarchy = detect (fixture, TMPFS_LINE UNIFIED_LINE SYSTEMD_LINE);
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_HYBRID);
  assert_controllers (hierarchy, "cpu memory");
}

static void
test_other_named_is_unified (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/unified/cgroup.controllers", "cpu memory\n");
  hierarchy = detect (fixture, TMPFS_LINE UNIFIED_LINE
                      "27 25 0:24 / /sys/fs/cgroup/openrc rw - cgroup openrc "
                      "rw,release_agent=/sbin/cgroup-release-agent.sh,name=openrc\n");
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_UNIFIED);
  assert_path (fixture, hierarchy->unified_mount, "/sys/fs/cgroup/unified");
  g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), ==, 0);
}

static void
test_usual_place_is_unified (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
  hierarchy =
      detect (fixture, "24 23 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
                       "40 22 0:30 / /mnt/net_cls rw - cgroup none rw,net_cls\n" SYSTEMD_LINE);
  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_UNIFIED);
  g_assert_cmpuint (g_hash_table_size (hierarchy->v1_mounts), ==, 0);
  assert_controllers (hierarchy, "cpu memory");
}

static const char *const choices[] = {
  /* the usual place before a shorter path */
  "1 1 0:1 / /c rw - cgroup2 c rw\n"
  "2 1 0:1 / /sys/fs/cgroup/x rw - cgroup2 c rw\n",
  /* in either order */
  "2 1 0:1 / /sys/fs/cgroup/x rw - cgroup2 c rw\n"
  "1 1 0:1 / /c rw - cgroup2 c rw\n",
  /* the whole before a part */
  "1 1 0:1 /machine.slice /sys/fs/cgroup rw - cgroup2 c rw\n"
  "2 1 0:1 / /sys/fs/cgroup/x rw - cgroup2 c rw\n",
  /* the shorter of two at the usual place */
  "1 1 0:1 / /sys/fs/cgroup/x/y rw - cgroup2 c rw\n"
  "2 1 0:1 / /sys/fs/cgroup/x rw - cgroup2 c rw\n"
  "3 1 0:1 / /sys/fs/cgroup/longer rw - cgroup2 c rw\n",
  /* a name that only begins like the usual place */
  "1 1 0:1 / /sys/fs/cgroups rw - cgroup2 c rw\n"
  "2 1 0:1 / /sys/fs/cgroup/x rw - cgroup2 c rw\n",
};

static void
test_choice (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "sys/fs/cgroup/x/cgroup.controllers", "");
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++) {
    g_autoptr (NcgHierarchy) hierarchy = detect (fixture, choices[i]);

    g_test_message ("choice %u", i);
    assert_path (fixture, hierarchy->unified_mount, "/sys/fs/cgroup/x");
  }
}

static void
test_shortest_elsewhere (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy =
      detect (fixture, "1 1 0:1 / /long/cpu rw - cgroup c rw,cpu\n"
                       "2 1 0:1 / /cpu rw - cgroup c rw,cpu\n"
                       "3 1 0:1 / /longer/cpu rw - cgroup c rw,cpu\n");

  assert_v1 (fixture, hierarchy, "cpu", "/cpu");
}

static void
test_escapes_and_optional_fields (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  temp_dir_write (fixture->root, "my cgroup\\s\t/cgroup.controllers", "pids");
  hierarchy = detect (fixture, "1 1 0:1 / /my\\040cgroup\\134s\\011 rw shared:1 master:2 "
                               "propagate_from:3 unbindable - cgroup2  rw\n");
  assert_path (fixture, hierarchy->unified_mount, "/my cgroup\\s\t");
  assert_controllers (hierarchy, "pids");
}

/* What the kernel does not write stays as it is, and nothing is logged of it. */
static void
test_other_backslashes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = NULL;

  hierarchy = detect (fixture, "1 1 0:1 / /a\\ rw - cgroup c rw,cpu\n"
                               "1 1 0:1 / /b\\n\\04\\400\\x rw - cgroup c rw,pids\n");
  assert_v1 (fixture, hierarchy, "cpu", "/a\\");
  assert_v1 (fixture, hierarchy, "pids", "/b\\n\\04\\400\\x");
}

static void
test_bytes_in_messages (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, "proc/self/mountinfo", "1 1 0:1 / /\xff rw - cgroup2 c rw\n");
  g_assert_null (ncg_hierarchy_detect (fixture->root, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_broken_lines_are_passed_over (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgHierarchy) hierarchy = detect (fixture, "\n"
                                                        "garbage\n"
                                                        "1 1 0:1 / /a rw\n"
                                                        "1 1 0:1 / /a rw -\n"
                                                        "1 1 0:1 / /a rw - cgroup2\n"
                                                        "1 1 0:1 / /a rw - cgroup2 c\n"
                                                        "- cgroup2 c rw\n"
                                                        "1 1 0:1 / /cpu rw - cgroup c rw,cpu");

  g_assert_cmpint (hierarchy->mode, ==, NCG_HIERARCHY_LEGACY);
  assert_v1 (fixture, hierarchy, "cpu", "/cpu");
}

static void
test_nothing_mounted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, "proc/self/mountinfo", ROOT_LINE TMPFS_LINE);
  g_assert_null (ncg_hierarchy_detect (fixture->root, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
}

static void
test_unreadable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) no_mountinfo = NULL;
  g_autoptr (GError) no_controllers = NULL;

  g_assert_null (ncg_hierarchy_detect (fixture->root, &no_mountinfo));
  g_assert_error (no_mountinfo, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (no_mountinfo->message, "mountinfo"));

  temp_dir_write (fixture->root, "proc/self/mountinfo", UNIFIED_LINE);
  g_assert_null (ncg_hierarchy_detect (fixture->root, &no_controllers));
  g_assert_error (no_controllers, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (no_controllers->message, "cgroup.controllers"));
}

/* Wherever this runs, "" and "/" are the same, and what is found is there. */
static void
test_this_machine (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgHierarchy) a = ncg_hierarchy_detect ("", &error);
  g_autoptr (NcgHierarchy) b = ncg_hierarchy_detect ("/", NULL);

  if (a == NULL) {
    g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
    return;
  }
  g_assert_cmpint (a->mode, ==, b->mode);
  g_assert_cmpstr (a->unified_mount, ==, b->unified_mount);
  if (a->unified_mount != NULL)
    g_assert_true (g_str_has_prefix (a->unified_mount, "/") &&
                   !g_str_has_prefix (a->unified_mount, "//"));
}

static void
test_mode_names (void)
{
  static const char *const names[] = { "legacy", "hybrid", "unified" };
  NcgHierarchyMode mode = NCG_HIERARCHY_HYBRID;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_assert_true (ncg_hierarchy_mode_from_string (names[i], &mode));
    g_assert_cmpint (mode, ==, i);
    g_assert_cmpstr (ncg_hierarchy_mode_to_string (mode), ==, names[i]);
  }
  mode = NCG_HIERARCHY_HYBRID;
  g_assert_false (ncg_hierarchy_mode_from_string ("Unified", &mode));
  g_assert_false (ncg_hierarchy_mode_from_string ("", &mode));
  g_assert_cmpint (mode, ==, NCG_HIERARCHY_HYBRID);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/hierarchy/unified", test_unified);
  ADD ("/hierarchy/page-sizes", test_page_sizes);
  ADD ("/hierarchy/noprefix", test_noprefix);
  ADD ("/hierarchy/no-controllers", test_no_controllers);
  ADD ("/hierarchy/hybrid", test_hybrid);
  ADD ("/hierarchy/hybrid/v232", test_hybrid_of_v232);
  ADD ("/hierarchy/hybrid/systemd-alone", test_systemd_alone_is_hybrid);
  ADD ("/hierarchy/legacy", test_legacy);
  ADD ("/hierarchy/unified/other-named", test_other_named_is_unified);
  ADD ("/hierarchy/unified/usual-place", test_usual_place_is_unified);
  ADD ("/hierarchy/choice", test_choice);
  ADD ("/hierarchy/choice/shortest-elsewhere", test_shortest_elsewhere);
  ADD ("/hierarchy/escapes-and-optional-fields", test_escapes_and_optional_fields);
  ADD ("/hierarchy/other-backslashes", test_other_backslashes);
  ADD ("/hierarchy/bytes-in-messages", test_bytes_in_messages);
  ADD ("/hierarchy/broken-lines", test_broken_lines_are_passed_over);
  ADD ("/hierarchy/nothing-mounted", test_nothing_mounted);
  ADD ("/hierarchy/unreadable", test_unreadable);
  g_test_add_func ("/hierarchy/this-machine", test_this_machine);
  g_test_add_func ("/hierarchy/mode-names", test_mode_names);
  return g_test_run ();
}
