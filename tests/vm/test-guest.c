/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * That the machine is what its line in tests/vm/machines says:
 *   test-guest MODE SYSTEMD [CONTROLLERS]
 * MODE is unified, hybrid or legacy; SYSTEMD the version of systemd, or "none" where another
 * program is PID 1. CONTROLLERS, separated by commas, are all that are mounted; without them there
 * are at least those that the daemon uses everywhere, where systemd would mount them.
 */
#include "lib/hierarchy.h"
#include "tests/vm/client.h"
#include "tests/vm/machine.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const usual_controllers[] = { "cpu", "cpuset", "memory", "pids", NULL };

/* A file that a v1 hierarchy with the controller gives every cgroup. */
static const struct {
  const char *controller;
  const char *file;
} v1_files[] = {
  { "cpu", "cpu.cfs_quota_us" },
  { "cpuset", "cpuset.cpus" },
  { "memory", "memory.limit_in_bytes" },
  { "pids", "pids.max" },
};

static const char *wanted_mode, *wanted_systemd, *wanted_controllers;

static void
test_init (void)
{
  g_autofree char *name = machine_run ("cat /proc/1/comm");

  if (g_str_equal (wanted_systemd, "none")) {
    g_assert_cmpstr (name, !=, "systemd");
    g_assert_false (machine_has_systemd ());
  } else {
    g_autofree char *version = machine_run ("systemctl --version | awk '{ print $2; exit }'");

    g_assert_cmpstr (name, ==, "systemd");
    g_assert_true (machine_has_systemd ());
    g_assert_cmpstr (version, ==, wanted_systemd);
  }
}

static void
test_mode (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();

  g_assert_cmpstr (ncg_hierarchy_mode_to_string (hierarchy->mode), ==, wanted_mode);
  if (hierarchy->mode == NCG_HIERARCHY_UNIFIED)
    g_assert_cmpstr (hierarchy->unified_mount, ==, "/sys/fs/cgroup");
  if (hierarchy->mode == NCG_HIERARCHY_HYBRID)
    g_assert_cmpstr (hierarchy->unified_mount, ==, "/sys/fs/cgroup/unified");
}

static void
assert_usual_place (const char *controller)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  const char *mount = g_hash_table_lookup (hierarchy->v1_mounts, controller);
  g_autofree char *link = g_build_filename ("/sys/fs/cgroup", controller, NULL);
  struct stat is, usual;

  if (hierarchy->mode == NCG_HIERARCHY_UNIFIED) {
    g_assert_null (mount);
    return;
  }
  if (mount == NULL)
    machine_fail ("%s is not mounted as v1", controller);
  g_assert_cmpint (stat (mount, &is), ==, 0);
  g_assert_cmpint (stat (link, &usual), ==, 0);
  g_assert_cmpuint (is.st_dev, ==, usual.st_dev);
}

static void
test_controllers (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();
  g_autofree char *controllers = g_strjoinv (",", hierarchy->controllers);

  if (wanted_controllers != NULL) {
    g_assert_cmpstr (controllers, ==, wanted_controllers);
    return;
  }
  for (guint i = 0; usual_controllers[i] != NULL; i++) {
    if (!ncg_hierarchy_has_controller (hierarchy, usual_controllers[i]))
      machine_fail ("there is no %s, only %s", usual_controllers[i], controllers);
    assert_usual_place (usual_controllers[i]);
  }
}

/* On v1 a cgroup can be made beside what systemd has, and has the files of its controller. */
static void
test_v1_files (void)
{
  const NcgHierarchy *hierarchy = machine_get_hierarchy ();

  for (gsize i = 0; i < G_N_ELEMENTS (v1_files); i++) {
    const char *mount = g_hash_table_lookup (hierarchy->v1_mounts, v1_files[i].controller);
    g_autofree char *cgroup = NULL;
    g_autofree char *text = NULL;

    if (mount == NULL)
      continue;
    cgroup = g_build_filename (mount, "test-guest", NULL);
    g_assert_cmpint (mkdir (cgroup, 0755), ==, 0);
    text = machine_read ("/test-guest", v1_files[i].file);
    g_assert_cmpint (rmdir (cgroup), ==, 0);
    if (text == NULL)
      machine_fail ("%s has no %s", cgroup, v1_files[i].file);
  }
}

/* The bus is there, and its policy lets root have the daemon's name. */
static void
test_bus (void)
{
  const char *bus = "org.freedesktop.DBus";
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      client_get_bus (), bus, "/org/freedesktop/DBus", bus, "RequestName",
      g_variant_new ("(su)", CLIENT_NAME, 4), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
  g_clear_pointer (&reply, g_variant_unref);
  reply = g_dbus_connection_call_sync (client_get_bus (), bus, "/org/freedesktop/DBus", bus,
                                       "ReleaseName", g_variant_new ("(s)", CLIENT_NAME), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  if (argc < 3 || argc > 4)
    machine_fail ("usage: test-guest MODE SYSTEMD [CONTROLLERS]");
  wanted_mode = argv[1];
  wanted_systemd = argv[2];
  wanted_controllers = argv[3];
  machine_init (1, argv);
  g_test_add_func ("/guest/init", test_init);
  g_test_add_func ("/guest/mode", test_mode);
  g_test_add_func ("/guest/controllers", test_controllers);
  g_test_add_func ("/guest/v1-files", test_v1_files);
  g_test_add_func ("/guest/bus", test_bus);
  return g_test_run ();
}
