/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is ours to write where systemd leaves whole trees to us, and moves no processes there.
 */
#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/own-rig.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>

/* CPUs are systemd's, memory is on v2, and CPU sets are nobody's. */
#define HYBRID                                                                                     \
  "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"                                    \
  "32 22 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define UNIFIED "sys/fs/cgroup/unified/"
#define CPUSET "sys/fs/cgroup/cpuset/"

static void
become_hybrid (OwnRig *rig)
{
  ncg_own_files_free (rig->own);
  ncg_hierarchy_free (rig->hierarchy);
  temp_dir_write (rig->root, UNIFIED "cgroup.controllers", "memory\n");
  temp_dir_write (rig->root, UNIFIED "cgroup.subtree_control", "");
  temp_dir_make (rig->root, UNIFIED "a.slice/c.scope");
  temp_dir_write (rig->root, UNIFIED "a.slice/memory.max", "max\n");
  temp_dir_write (rig->root, CPUSET "cgroup.procs", "");
  for (guint i = 0; i < 2; i++) {
    g_autofree char *path = g_strconcat (CPUSET, i == 0 ? "" : "a.slice/", NULL);
    g_autofree char *cpus = g_strconcat (path, "cpuset.cpus", NULL);
    g_autofree char *mems = g_strconcat (path, "cpuset.mems", NULL);

    temp_dir_write (rig->root, cpus, "1\n");
    temp_dir_write (rig->root, mems, "0\n");
  }
  own_rig_detect (rig, HYBRID);
  g_ptr_array_add (rig->foreign, (gpointer) ncg_hierarchy_find_tree (rig->hierarchy, "cpuset"));
  rig->own = ncg_own_files_new (rig->hierarchy, rig->foreign, rig->proc, FALSE);
}

/* Where there is v1, systemd enables no controller of v2. */
static void
test_hybrid_v2 (OwnRig *rig, gconstpointer data)
{
  NcgResources resources = { 0 };
  g_autoptr (GError) error = NULL;

  become_hybrid (rig);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_MAX, 1 << 20);
  own_rig_write (rig, &resources, &error);
  g_assert_no_error (error);
  own_rig_assert_file (rig, UNIFIED "cgroup.subtree_control", "+memory");
  own_rig_assert_file (rig, UNIFIED "a.slice/memory.max", "1048576");
}

/* A scope ends when it wants; what is made for it then would stay for ever. */
static void
test_ended (OwnRig *rig, gconstpointer data)
{
  g_autofree char *made = g_build_filename (rig->root, CPUSET "a.slice/ended.scope", NULL);
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  become_hybrid (rig);
  resources.cpus = ncg_cpuset_parse ("0", NULL);
  ncg_own_files_write_async (rig->own, "ended.scope", "/a.slice/ended.scope", &resources,
                             own_rig_on_written, rig);
  g_assert_false (own_rig_finish (rig, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (made, G_FILE_TEST_EXISTS));
}

/* And where there is nothing else, nobody else does. */
static void
test_unified (OwnRig *rig, gconstpointer data)
{
  temp_dir_write (rig->root, "sys/fs/cgroup/cgroup.subtree_control", "");
  g_assert_true (own_rig_write_group (rig, "/a.slice", 1, NULL));
  own_rig_assert_file (rig, "sys/fs/cgroup/cgroup.subtree_control", "");
}

/* A process of the scope in a.slice, that is in the root of cpuset */
static pid_t
start_member (const OwnRig *rig)
{
  pid_t pid = child_start ();
  g_autofree char *stat = g_strdup_printf ("proc/%d/stat", (int) pid);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) pid);
  g_autofree char *number = g_strdup_printf ("%d\n", (int) pid);

  temp_dir_write (rig->root, stat, "1 (child) S 1 1 1 0 -1 0 0\n");
  temp_dir_write (rig->root, cgroup, "2:cpuset:/\n1:cpu:/\n0::/a.slice/c.scope\n");
  temp_dir_write (rig->root, UNIFIED "a.slice/c.scope/cgroup.procs", number);
  temp_dir_write (rig->root, CPUSET "a.slice/c.scope/cgroup.procs", "");
  temp_dir_write (rig->root, CPUSET "a.slice/c.scope/cpuset.cpus", "1\n");
  temp_dir_write (rig->root, CPUSET "a.slice/c.scope/cpuset.mems", "0\n");
  return pid;
}

static void
end_member (pid_t pid)
{
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
}

/* A file of which nothing is wanted is not missed, but its cgroup is made all the same. */
static void
test_no_file (OwnRig *rig, gconstpointer data)
{
  g_autofree char *made = g_build_filename (rig->root, "sys/fs/cgroup/memory/a.slice", NULL);
  NcgResources resources = { 0 };

  become_hybrid (rig);
  ncg_own_files_free (rig->own);
  ncg_hierarchy_free (rig->hierarchy);
  temp_dir_make (rig->root, "sys/fs/cgroup/memory");
  own_rig_detect (rig, HYBRID "33 22 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
  g_ptr_array_set_size (rig->foreign, 0);
  rig->own = ncg_own_files_new (rig->hierarchy, rig->foreign, rig->proc, FALSE);
  ncg_resources_set (&resources, NCG_SETTING_MEMORY_SWAP_MAX, NCG_UNLIMITED);
  g_assert_true (own_rig_write (rig, &resources, NULL));
  g_assert_true (g_file_test (made, G_FILE_TEST_IS_DIR));
}

/* The processes come first; one that cannot be moved, as none can here, leaves the values alone. */
static void
test_members (OwnRig *rig, gconstpointer data)
{
  g_autofree char *number = NULL;
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;
  pid_t pid;

  become_hybrid (rig);
  pid = start_member (rig);
  number = g_strdup_printf ("%d", (int) pid);
  /* Also where the values are as they should be. */
  resources.cpus = ncg_cpuset_parse ("1", NULL);
  g_assert_false (own_rig_write (rig, &resources, NULL));
  ncg_cpuset_free (resources.cpus);
  resources.cpus = ncg_cpuset_parse ("0-1", NULL);
  g_assert_false (own_rig_write (rig, &resources, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "moved it elsewhere"));
  own_rig_assert_file (rig, CPUSET "a.slice/c.scope/cgroup.procs", number);
  own_rig_assert_file (rig, CPUSET "a.slice/cpuset.cpus", "1");
  end_member (pid);
  g_clear_error (&error);
  own_rig_write (rig, &resources, &error);
  g_assert_no_error (error);
  own_rig_assert_file (rig, CPUSET "a.slice/cpuset.cpus", "0-1");
}

/* Of one that is remembered from before they are moved, and nothing is written. */
static void
test_gather (OwnRig *rig, gconstpointer data)
{
  g_autofree char *number = NULL;
  g_auto (NcgResources) resources = { 0 };
  pid_t pid;

  become_hybrid (rig);
  pid = start_member (rig);
  number = g_strdup_printf ("%d", (int) pid);
  g_free (rig->file);
  rig->file = g_build_filename (rig->root, CPUSET "a.slice/c.scope/cgroup.procs", NULL);
  resources.cpus = ncg_cpuset_parse ("0-1", NULL);
  ncg_own_files_gather (rig->own, "a.slice");
  ncg_own_files_keep (rig->own, "a.slice", "/a.slice", &resources);
  g_assert_false (own_rig_becomes (rig, number, G_USEC_PER_SEC / 4));
  ncg_own_files_gather (rig->own, "a.slice");
  g_assert_true (own_rig_becomes (rig, number, OWN_RIG_PATIENCE_USEC));
  own_rig_wait_a_moment ();
  own_rig_assert_file (rig, CPUSET "a.slice/cpuset.cpus", "1");
  end_member (pid);
}

#define ADD(name, function)                                                                        \
  g_test_add (name, OwnRig, NULL, own_rig_set_up, function, own_rig_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/own-files-hybrid/v2", test_hybrid_v2);
  ADD ("/own-files-hybrid/unified", test_unified);
  ADD ("/own-files-hybrid/ended", test_ended);
  ADD ("/own-files-hybrid/no-file", test_no_file);
  ADD ("/own-files-hybrid/members", test_members);
  ADD ("/own-files-hybrid/gather", test_gather);
  return g_test_run ();
}
