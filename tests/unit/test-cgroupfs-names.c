/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups and leaves as paths.
 */
#include "lib/cgroupfs-names.h"

#include "lib/error.h"

static void
test_check_path (void)
{
  static const char *const good[] = { "/machine", "/machine/burstable/pod1", "/a.b", "/_", NULL };
  static const char *const bad[] = {
    "",      "/",      "a",          "/a/",   "//a",       "/a//b",         "/.",
    "/a/..", "/tasks", "/a/cpu.max", "/a\nb", "/cgroup.x", "/irq.pressure", NULL
  };
  g_autofree char *name = g_strnfill (256, 'x');
  g_autofree char *longest = g_strconcat ("/", name + 1, NULL);
  g_autofree char *too_long = g_strconcat ("/", name, NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; good[i] != NULL; i++)
    g_assert_true (ncg_cgroupfs_check_path (good[i], NULL));
  for (guint i = 0; bad[i] != NULL; i++)
    g_assert_false (ncg_cgroupfs_check_path (bad[i], NULL));
  g_assert_true (ncg_cgroupfs_check_path (longest, NULL));
  g_assert_false (ncg_cgroupfs_check_path (too_long, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

static void
test_containers (void)
{
  static const struct {
    const char *name;
    const char *path;
  } rows[] = {
    { "web", "/p/web" },
    { "web.1", "/p/web.1" },
    { "memory", "/p/memory" },
    { "memory.max", "/p/_memory.max" },
    { "cgroup.procs", "/p/_cgroup.procs" },
    { "tasks", "/p/_tasks" },
    { "net_cls.classid", "/p/_net_cls.classid" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *path = ncg_cgroupfs_path_from_container ("/p", rows[i].name, NULL);
    g_autofree char *name = ncg_cgroupfs_container_from_path (rows[i].path);

    g_assert_cmpstr (path, ==, rows[i].path);
    g_assert_cmpstr (name, ==, rows[i].name);
  }
}

static void
test_no_containers (void)
{
  static const char *const paths[] = { "/p/_web", "/p/", "/p/a b", "/p/tasks", "/p/-x", NULL };
  static const char *const names[] = { "", "a/b", "_web", "..", NULL };
  g_autofree char *too_long = g_strnfill (255, 'x');

  for (guint i = 0; paths[i] != NULL; i++)
    g_assert_null (ncg_cgroupfs_container_from_path (paths[i]));
  for (guint i = 0; names[i] != NULL; i++)
    g_assert_null (ncg_cgroupfs_path_from_container ("/p", names[i], NULL));
  g_assert_null (ncg_cgroupfs_path_from_container ("/p", too_long, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cgroupfs-names/check-path", test_check_path);
  g_test_add_func ("/cgroupfs-names/containers", test_containers);
  g_test_add_func ("/cgroupfs-names/no-containers", test_no_containers);
  return g_test_run ();
}
