/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The systemd driver by itself, as a program that uses the library has it: what it remembers of
 * what systemd was told, and the files that it writes itself.
 */
#include "lib/driver.h"
#include "lib/error.h"
#include "lib/systemd-start.h"
#include "lib/systemd.h"
#include "tests/dbus/fake-systemd.h"
#include "tests/unit/child.h"

#include <gio/gunixsocketaddress.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE "machine-x.slice"
#define CGROUP "/machine.slice/" SLICE
#define LEAF "podx-db.service"
#define LEAF_CGROUP CGROUP "/" LEAF
#define OOM_GROUP "memory.oom.group"
#define LATER_USEC (10 * G_USEC_PER_SEC)
/* No descriptor of this process. */
#define NO_FD 100000

typedef struct {
  FakeKernel *kernel;
  FakeSystemd *systemd;
  NcgHierarchy *hierarchy;
  NcgDriver *driver;
  GAsyncResult *result;
  guint n_connected;
} Rig;

#define wait_until(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 wait_end = g_get_monotonic_time () + 2 * LATER_USEC;                                    \
    guint wait_tick = g_timeout_add (10, on_tick, NULL);                                           \
    while (!(condition)) {                                                                         \
      g_assert_cmpint (g_get_monotonic_time (), <, wait_end);                                      \
      g_main_context_iteration (NULL, TRUE);                                                       \
    }                                                                                              \
    g_source_remove (wait_tick);                                                                   \
  }                                                                                                \
  G_STMT_END

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
on_connected (gpointer user_data)
{
  Rig *rig = user_data;

  rig->n_connected++;
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Rig *rig = user_data;

  rig->result = g_object_ref (result);
}

static GAsyncResult *
wait_result (Rig *rig)
{
  wait_until (rig->result != NULL);
  return g_steal_pointer (&rig->result);
}

static void
set_up (Rig *rig, gconstpointer data)
{
  NcgDriverListener listener = { .connected = on_connected };
  NcgDriverConfig config = { 0 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  rig->kernel = fake_kernel_new ();
  rig->systemd = fake_systemd_new (rig->kernel);
  config.root = fake_kernel_get_root (rig->kernel);
  rig->hierarchy = ncg_hierarchy_detect (config.root, &error);
  g_assert_no_error (error);
  config.hierarchy = rig->hierarchy;
  rig->driver = ncg_driver_new ("systemd", &config, &listener, rig, &error);
  g_assert_no_error (error);
  ncg_driver_probe_async (rig->driver, g_get_monotonic_time () + LATER_USEC, on_result, rig);
  result = wait_result (rig);
  ncg_driver_probe_finish (result, &error);
  g_assert_no_error (error);
}

static void
tear_down (Rig *rig, gconstpointer data)
{
  ncg_driver_free (rig->driver);
  while (g_main_context_iteration (NULL, FALSE)) {
  }
  ncg_hierarchy_free (rig->hierarchy);
  fake_systemd_free (rig->systemd);
  fake_kernel_free (rig->kernel);
}

static NcgResources
make_resources (guint64 pids)
{
  NcgResources resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, pids);
  ncg_resources_set (&resources, NCG_SETTING_OOM_GROUP, 1);
  return resources;
}

static void
ensure (Rig *rig, guint64 pids)
{
  NcgResources resources = make_resources (pids);
  NcgGroup group = { .path = "/machine/x", .description = "x", .resources = &resources };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  ncg_driver_ensure_group_async (rig->driver, &group, g_get_monotonic_time () + LATER_USEC,
                                 on_result, rig);
  result = wait_result (rig);
  place = ncg_driver_ensure_group_finish (result, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (place->cgroup, ==, CGROUP);
}

static gboolean
set_resources (Rig *rig, const NcgResources *resources, guint msec, GError **error)
{
  NcgPlace place = { (char *) SLICE, (char *) CGROUP };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_set_resources_async (rig->driver, &place, resources,
                                  g_get_monotonic_time () + msec * 1000, on_result, rig);
  result = wait_result (rig);
  return ncg_driver_set_resources_finish (result, error);
}

static gboolean
set_pids (Rig *rig, guint64 pids, guint msec, GError **error)
{
  NcgResources resources = make_resources (pids);

  return set_resources (rig, &resources, msec, error);
}

static void
must_set_pids (Rig *rig, guint64 pids)
{
  g_autoptr (GError) error = NULL;

  set_pids (rig, pids, 10000, &error);
  g_assert_no_error (error);
}

static gboolean
reads (Rig *rig, const char *cgroup, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (rig->kernel, cgroup, file);

  return g_strcmp0 (value, expected) == 0;
}

static guint
count_set (Rig *rig)
{
  return fake_systemd_count_calls (rig->systemd, "SetUnitProperties", NULL);
}

/* systemd is told what it was not told last, or what the kernel has not. */
static void
test_told (Rig *rig, gconstpointer data)
{
  ensure (rig, 7);
  must_set_pids (rig, 7);
  g_assert_cmpuint (count_set (rig), ==, 0);
  must_set_pids (rig, 8);
  must_set_pids (rig, 8);
  g_assert_cmpuint (count_set (rig), ==, 1);
  fake_kernel_write (rig->kernel, CGROUP, "pids.max", "9");
  must_set_pids (rig, 8);
  g_assert_cmpuint (count_set (rig), ==, 2);
  g_assert_true (reads (rig, CGROUP, "pids.max", "8"));
}

/* What a call that timed out asked for may be done yet. So what was before is said again, though
 * the kernel has it, and comes after it. */
static void
test_timeout (Rig *rig, gconstpointer data)
{
  FakeFault fault = {
    .method = "SetUnitProperties", .kind = FAKE_FAULT_DELAY, .times = 2, .msec = 400
  };
  g_autoptr (GError) error = NULL;

  ensure (rig, 7);
  fake_systemd_add_fault (rig->systemd, &fault);
  g_assert_false (set_pids (rig, 8, 200, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
  g_assert_true (reads (rig, CGROUP, "pids.max", "7"));
  must_set_pids (rig, 7);
  g_assert_cmpuint (count_set (rig), ==, 2);
  g_assert_true (reads (rig, CGROUP, "pids.max", "7"));
  must_set_pids (rig, 7);
  g_assert_cmpuint (count_set (rig), ==, 2);
}

#define DESCENDANTS "cgroup.max.descendants"

/* (transfer full): what is there now in the file's place, and cannot be written: nobody knows until
 * it is tried */
static char *
spoil_descendants (Rig *rig, const char *cgroup)
{
  char *path = g_strconcat (fake_kernel_get_root (rig->kernel), "/sys/fs/cgroup", cgroup,
                            "/" DESCENDANTS, NULL);

  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (mkdir (path, 0755), ==, 0);
  return path;
}

/* Nor is it known what systemd has if it refuses what it had before, after one of our own files
 * could not be written. */
static void
test_not_set_back (Rig *rig, gconstpointer data)
{
  FakeFault faults[] = {
    { .method = "SetUnitProperties", .kind = FAKE_FAULT_DELAY, .times = 1 },
    { .method = "SetUnitProperties",
      .kind = FAKE_FAULT_ERROR,
      .times = 1,
      .text = "org.freedesktop.DBus.Error.Failed" },
  };
  g_autofree char *path = NULL;
  g_auto (NcgResources) resources = make_resources (8);
  g_autoptr (GError) error = NULL;

  ensure (rig, 7);
  g_assert_true (ncg_resources_set_unified (&resources, DESCENDANTS, "5", NULL));
  path = spoil_descendants (rig, CGROUP);
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    fake_systemd_add_fault (rig->systemd, &faults[i]);
  g_assert_false (set_resources (rig, &resources, 10000, &error));
  g_assert_nonnull (strstr (error->message, "could not be set again"));
  g_assert_cmpint (rmdir (path), ==, 0);
  fake_kernel_write (rig->kernel, CGROUP, "pids.max", "7");
  must_set_pids (rig, 7);
  g_assert_cmpuint (count_set (rig), ==, 3);
}

/* Another file takes the place of the one that is watched, which stays: nobody is told. */
static void
change_unseen (Rig *rig, const char *cgroup)
{
  g_autofree char *path = g_strconcat (fake_kernel_get_root (rig->kernel), "/sys/fs/cgroup", cgroup,
                                       "/" OOM_GROUP, NULL);
  g_autofree char *kept = g_strconcat (path, ".kept", NULL);

  g_assert_cmpint (link (path, kept), ==, 0);
  g_assert_true (g_file_set_contents (path, "0\n", -1, NULL));
  for (guint i = 0; i < 20; i++) {
    g_usleep (10000);
    while (g_main_context_iteration (NULL, FALSE)) {
    }
  }
  g_assert_true (reads (rig, cgroup, OOM_GROUP, "0"));
}

static void
test_reloaded (Rig *rig, gconstpointer data)
{
  ensure (rig, 7);
  change_unseen (rig, CGROUP);
  fake_systemd_reload (rig->systemd);
  wait_until (reads (rig, CGROUP, OOM_GROUP, "1"));
}

/* Over the private socket one that executes itself ends the connection, and tells nothing. */
static void
test_reexecuted (Rig *rig, gconstpointer data)
{
  ensure (rig, 7);
  change_unseen (rig, CGROUP);
  fake_systemd_stop_listening (rig->systemd);
  fake_systemd_listen (rig->systemd);
  wait_until (rig->n_connected > 1);
  wait_until (reads (rig, CGROUP, OOM_GROUP, "1"));
}

static gboolean
start_leaf (Rig *rig, const NcgResources *resources, GError **error)
{
  NcgLeaf leaf = {
    .parent = "/machine/x",
    .uid = "x",
    .name = "db",
    .description = "db",
    .resources = resources,
    .user = NCG_NO_USER,
  };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;

  ncg_driver_start_leaf_async (rig->driver, &leaf, g_get_monotonic_time () + LATER_USEC, on_result,
                               rig);
  result = wait_result (rig);
  place = ncg_driver_start_leaf_finish (result, error);
  return place != NULL;
}

/* A leaf that was there keeps what it had, when one in its place cannot be made. */
static void
test_leaf_was_there (Rig *rig, gconstpointer data)
{
  NcgResources had = make_resources (7);
  g_auto (NcgResources) wanted = make_resources (7);
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;

  ensure (rig, 7);
  start_leaf (rig, &had, &error);
  g_assert_no_error (error);
  path = spoil_descendants (rig, LEAF_CGROUP);
  g_assert_true (ncg_resources_set_unified (&wanted, DESCENDANTS, "5", NULL));
  g_assert_false (start_leaf (rig, &wanted, &error));
  g_assert_nonnull (strstr (error->message, DESCENDANTS));
  g_assert_true (reads (rig, LEAF_CGROUP, OOM_GROUP, "1"));
  fake_kernel_write (rig->kernel, LEAF_CGROUP, OOM_GROUP, "0");
  wait_until (reads (rig, LEAF_CGROUP, OOM_GROUP, "1"));
}

/* (transfer full): of the only unit that was started, as text */
static char *
print_pidfds (Rig *rig)
{
  g_autoptr (GPtrArray) calls =
      fake_systemd_list_calls (rig->systemd, "StartTransientUnit", "a.scope");
  g_autoptr (GVariant) properties = NULL;
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_assert_cmpuint (calls->len, ==, 1);
  properties = g_variant_get_child_value (calls->pdata[0], 2);
  g_variant_iter_init (&iter, properties);
  while (g_variant_iter_next (&iter, "(&sv)", &name, &value)) {
    g_autoptr (GVariant) owned = value;

    if (g_str_equal (name, "PIDFDs"))
      return g_variant_print (owned, FALSE);
  }
  return NULL;
}

/* A descriptor that cannot be sent takes no other's place. */
static void
test_descriptors (Rig *rig, gconstpointer data)
{
  g_autofree char *proc = g_strconcat (fake_kernel_get_root (rig->kernel), "/proc", NULL);
  g_autofree char *socket =
      g_strconcat (fake_kernel_get_root (rig->kernel), "/run/systemd/private", NULL);
  NcgSystemdConfig config = { .private_socket = socket, .window = 1 };
  g_autoptr (NcgSystemd) connection = ncg_systemd_new (&config, NULL, NULL);
  pid_t pid = fake_processes_start (fake_kernel_get_processes (rig->kernel), "/user.slice");
  g_autoptr (NcgProcess) process = ncg_process_open (proc, pid, NULL);
  g_autoptr (GPtrArray) processes = g_ptr_array_new ();
  NcgProcess lost = { .pid = pid, .fd = NO_FD };
  gboolean without_pidfds = FALSE;
  NcgSystemdStart what = {
    .unit = "a.scope",
    .description = "a",
    .properties = g_variant_new ("a(sv)", NULL),
    .fixed = g_variant_new ("a(sv)", NULL),
    .processes = processes,
    .proc = proc,
    .tree = ncg_hierarchy_get_primary (rig->hierarchy),
    .without_pidfds = &without_pidfds,
  };
  g_autofree char *expected = g_strdup_printf ("[%d]", (int) pid);
  g_autofree char *sent = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (process);
  g_ptr_array_add (processes, &lost);
  g_ptr_array_add (processes, process);
  ncg_systemd_start_async (connection, &what, g_get_monotonic_time () + LATER_USEC, on_result, rig);
  result = wait_result (rig);
  place = ncg_systemd_start_finish (result, &error);
  g_assert_no_error (error);
  sent = print_pidfds (rig);
  g_assert_cmpstr (sent, ==, expected);
  kill (pid, SIGKILL);
  child_wait_killed (pid, SIGKILL);
}

/* (transfer full): one that nobody accepts connections from */
static GSocket *
listen_at (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);
  GSocket *listening =
      g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);

  g_assert_no_error (error);
  g_assert_true (g_socket_bind (listening, address, FALSE, &error));
  g_assert_true (g_socket_listen (listening, &error));
  return listening;
}

/* Signals that systemd sends before it has accepted the connection are lost, so there is none until
 * it answers. */
static void
test_not_accepted (Rig *rig, gconstpointer data)
{
  NcgSystemdListener listener = { .connected = on_connected };
  g_autofree char *path =
      g_build_filename (fake_kernel_get_root (rig->kernel), "not-accepted", NULL);
  g_autoptr (GSocket) listening = listen_at (path);
  const NcgSystemdConfig config = { path, NULL, 1 };
  g_autoptr (NcgSystemd) connection = NULL;
  gint64 end_usec = g_get_monotonic_time () + G_USEC_PER_SEC / 2;

  rig->n_connected = 0;
  connection = ncg_systemd_new (&config, &listener, rig);
  wait_until (g_get_monotonic_time () > end_usec);
  g_assert_cmpint (g_socket_condition_check (listening, G_IO_IN), ==, G_IO_IN);
  g_assert_cmpuint (rig->n_connected, ==, 0);
  g_assert_false (ncg_systemd_is_connected (connection));
}

/* What the other driver takes for no path is none here, and "/" is the root slice. */
static void
test_paths (Rig *rig, gconstpointer data)
{
  static const char *const bad[] = { "", "a", "a/b", "//", "/a/", "/a//b", "/a/..", "/a b" };
  g_autofree char *root = ncg_driver_group_unit (rig->driver, "/", NULL);
  g_autofree char *unit = ncg_driver_group_unit (rig->driver, "/a/b-c", NULL);

  g_assert_cmpstr (root, ==, "-.slice");
  g_assert_cmpstr (unit, ==, "a-b_c.slice");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_test_message ("%s", bad[i]);
    g_assert_null (ncg_driver_group_unit (rig->driver, bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
}

#define DRIVER_TEST(path, function) g_test_add (path, Rig, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  DRIVER_TEST ("/driver/told", test_told);
  DRIVER_TEST ("/driver/timeout", test_timeout);
  DRIVER_TEST ("/driver/not-set-back", test_not_set_back);
  DRIVER_TEST ("/driver/reloaded", test_reloaded);
  DRIVER_TEST ("/driver/reexecuted", test_reexecuted);
  DRIVER_TEST ("/driver/leaf-was-there", test_leaf_was_there);
  DRIVER_TEST ("/driver/descriptors", test_descriptors);
  DRIVER_TEST ("/driver/not-accepted", test_not_accepted);
  DRIVER_TEST ("/driver/paths", test_paths);
  return g_test_run ();
}
