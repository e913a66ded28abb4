/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The start of the daemon: what it makes of a machine, what it says of it, and how it stands with
 * systemd.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const struct {
  const char *name;
  const char *file;
  const char *wanted;
  const char *other; /* what the machine has before */
} sysctls[] = {
  { "vm.overcommit_memory", "/proc/sys/vm/overcommit_memory", "1", "0" },
  { "vm.panic_on_oom", "/proc/sys/vm/panic_on_oom", "0", "1" },
  { "kernel.panic", "/proc/sys/kernel/panic", "10", "5" },
  { "kernel.panic_on_oops", "/proc/sys/kernel/panic_on_oops", "1", "0" },
  { "kernel.keys.root_maxkeys", "/proc/sys/kernel/keys/root_maxkeys", "1000000", "200" },
  { "kernel.keys.root_maxbytes", "/proc/sys/kernel/keys/root_maxbytes", "25000000", "20000" },
};

static void
write_sysctl (gsize i, const char *value)
{
  g_free (machine_run ("echo %s >%s", value, sysctls[i].file));
}

static void
assert_sysctl (gsize i)
{
  g_autofree char *actual = machine_run ("cat %s", sysctls[i].file);

  if (!g_str_equal (actual, sysctls[i].wanted))
    machine_fail ("%s should be %s, and is %s", sysctls[i].name, sysctls[i].wanted, actual);
}

static char *
get_text (const char *interface, const char *property)
{
  g_autoptr (GVariant) value = client_get (CLIENT_PATH, interface, property);

  return g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_dup_string (value, NULL)
                                                             : g_variant_print (value, FALSE);
}

static void
assert_text (const char *interface, const char *property, const char *wanted)
{
  g_autofree char *actual = get_text (interface, property);

  if (!g_str_equal (actual, wanted))
    machine_fail ("%s should be '%s', and is '%s'", property, wanted, actual);
}

/* @wanted: the strings, separated by blanks */
static void
assert_strings (const char *interface, const char *property, const char *wanted)
{
  g_autoptr (GVariant) value = client_get (CLIENT_PATH, interface, property);
  g_autofree const char **strings = g_variant_get_strv (value, NULL);
  g_autofree char *actual = g_strjoinv (" ", (char **) strings);

  g_assert_cmpstr (actual, ==, wanted);
}

static gboolean
is_state (const char *wanted)
{
  g_autofree char *state = get_text (CLIENT_NODE, "State");

  return g_str_equal (state, wanted);
}

/* (transfer full) (nullable): the message of a condition; NULL if there is no such condition */
static char *
get_condition (const char *name, gboolean *ret_holds)
{
  g_autoptr (GVariant) all = client_get (CLIENT_PATH, CLIENT_NODE, "Conditions");
  GVariantIter iter;
  const char *key, *message;
  gboolean holds;

  g_variant_iter_init (&iter, all);
  while (g_variant_iter_next (&iter, "(&sb&s)", &key, &holds, &message))
    if (g_str_equal (key, name)) {
      *ret_holds = holds;
      return g_strdup (message);
    }
  return NULL;
}

static void
test_conditions (void)
{
  static const char *const names[] = {
    "Systemd",
    "UnifiedHierarchy",
    "SystemSlice",
    "DaemonsSlice",
    "PodsSlice",
    "BurstableSlice",
    "BestEffortSlice",
    "Sysctl:vm.overcommit_memory",
    "Sysctl:vm.panic_on_oom",
    "Sysctl:kernel.panic",
    "Sysctl:kernel.panic_on_oops",
    "Sysctl:kernel.keys.root_maxkeys",
    "Sysctl:kernel.keys.root_maxbytes",
  };

  daemon_stop ();
  for (gsize i = 0; i < G_N_ELEMENTS (sysctls); i++)
    write_sysctl (i, sysctls[i].other);
  daemon_start ();
  assert_text (CLIENT_NODE, "State", "ready");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    gboolean holds = FALSE;
    g_autofree char *message = get_condition (names[i], &holds);

    if (message == NULL || message[0] == '\0' || !holds)
      machine_fail ("condition %s should hold: %s", names[i], message ? message : "missing");
  }
}

static void
assert_controllers (const char *cgroup, const char *const *wanted)
{
  g_autofree char *text = machine_read (cgroup, "cgroup.controllers");
  g_auto (GStrv) actual = g_strsplit (text, " ", -1);

  for (; *wanted != NULL; wanted++)
    if (!g_strv_contains ((const char *const *) actual, *wanted))
      machine_fail ("%s has the controllers %s, and not %s", cgroup, text, *wanted);
}

static void
test_slices (void)
{
  static const char *const controllers[] = { "cpu", "memory", NULL };
  static const struct {
    const char *unit;
    const char *cgroup;
    const char *shown;
    const char *files;
  } slices[] = {
    { "kubernetes.slice", "/kubernetes.slice", "Transient=no", "cgroup.type=domain" },
    { "machine.slice", "/machine.slice", "CPUWeight=100", "cpu.weight=100" },
    { "machine-burstable.slice", "/machine.slice/machine-burstable.slice",
      "Transient=yes FragmentPath=/run/systemd/transient/machine-burstable.slice CPUWeight=1 "
      "MemoryMax=infinity TasksMax=infinity CPUQuotaPerSecUSec=infinity",
      "cpu.weight=1;cpu.max=max 100000;memory.max=max;memory.min=0;pids.max=max" },
    { "machine-besteffort.slice", "/machine.slice/machine-besteffort.slice",
      "Transient=yes FragmentPath=/run/systemd/transient/machine-besteffort.slice CPUWeight=1 "
      "MemoryMax=infinity TasksMax=infinity CPUQuotaPerSecUSec=infinity",
      "cpu.weight=1;cpu.max=max 100000;memory.max=max;memory.min=0;pids.max=max" },
  };

  assert_controllers ("/system.slice", controllers);
  for (gsize i = 0; i < G_N_ELEMENTS (slices); i++) {
    g_autofree char *cgroup = g_strconcat ("ControlGroup=", slices[i].cgroup, NULL);

    machine_assert_shown (NULL, slices[i].unit, "LoadState=loaded ActiveState=active");
    machine_assert_shown (NULL, slices[i].unit, cgroup);
    machine_assert_shown (NULL, slices[i].unit, slices[i].shown);
    machine_assert_files (slices[i].cgroup, slices[i].files);
    assert_controllers (slices[i].cgroup, controllers);
  }
}

static void
test_sysctls (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sysctls); i++)
    assert_sysctl (i);
}

static guint64
read_number (const char *line)
{
  g_autofree char *text = machine_run ("%s", line);

  return g_ascii_strtoull (text, NULL, 10);
}

/* A capacity as the kernel's own files have it. */
static void
assert_capacity (GVariant *capacity, const char *key, guint64 wanted)
{
  guint64 actual;

  if (!g_variant_lookup (capacity, key, "t", &actual) || actual != wanted)
    machine_fail ("the capacity %s should be %" G_GUINT64_FORMAT, key, wanted);
}

static void
test_capacity (void)
{
  g_autoptr (GVariant) capacity = client_get (CLIENT_PATH, CLIENT_NODE, "Capacity");
  guint64 pid_max = read_number ("cat /proc/sys/kernel/pid_max");
  guint64 threads_max = read_number ("cat /proc/sys/kernel/threads-max");
  guint64 huge = read_number ("cat /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
  struct statvfs disk;

  assert_capacity (capacity, "cpu", (guint64) sysconf (_SC_NPROCESSORS_ONLN) * 1000);
  assert_capacity (capacity, "memory",
                   read_number ("awk '/^MemTotal:/ { print $2 }' /proc/meminfo") * 1024);
  assert_capacity (capacity, "pid", MIN (pid_max, threads_max));
  assert_capacity (capacity, "hugepages-2Mi", huge * 2048 * 1024);
  g_assert_cmpint (statvfs ("/", &disk), ==, 0);
  assert_capacity (capacity, "ephemeral-storage", (guint64) disk.f_blocks * disk.f_frsize);
}

static void
test_verify (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sysctls); i++) {
    g_autofree char *fine = client_verify_node ();
    g_autofree char *bad = NULL;
    g_autofree char *wanted = g_strdup_printf ("sysctl %s: %s, not %s", sysctls[i].name,
                                               sysctls[i].other, sysctls[i].wanted);

    g_assert_cmpstr (fine, ==, "");
    write_sysctl (i, sysctls[i].other);
    bad = client_verify_node ();
    g_assert_cmpstr (bad, ==, wanted);
    write_sysctl (i, sysctls[i].wanted);
  }
}

static void
test_properties (void)
{
  g_autofree char *version = machine_run ("/usr/sbin/nodecgroupsd --version");
  g_autofree char *systemd = machine_run ("systemctl --version | awk 'NR == 1 { print $2 }'");
  g_autofree char *controllers = machine_run (
      "tr ' ' '\\n' </sys/fs/cgroup/cgroup.controllers | LC_ALL=C sort | paste -sd ' '");
  g_autofree char *features = get_text (CLIENT_NAME, "Features");

  g_assert_true (g_str_has_prefix (version, "nodecgroupsd "));
  assert_text (CLIENT_NAME, "Version", version + strlen ("nodecgroupsd "));
  assert_text (CLIENT_NAME, "Driver", "systemd");
  assert_text (CLIENT_NAME, "Hierarchy", "unified");
  assert_text (CLIENT_NAME, "SystemdVersion", systemd);
  assert_strings (CLIENT_NAME, "Controllers", controllers);
  assert_text (CLIENT_NAME, "CgroupRoot", "/machine");
  assert_text (CLIENT_NAME, "PodCount", "0");
  /* Every systemd that this project supports has these. */
  g_assert_nonnull (strstr (features, "'cpu-quota-period'"));
  g_assert_nonnull (strstr (features, "'cpuset'"));
  g_assert_nonnull (strstr (features, "'memory-min'"));
}

static void
test_stays_out (void)
{
  machine_assert_process_in (daemon_get_pid (), "/kubernetes.slice/nodecgroupsd.service");
}

static void
test_status (void)
{
  g_free (client_create_pod ("counted", "{}"));
  assert_text (CLIENT_NAME, "PodCount", "1");
  machine_wait_until (
      machine_try ("systemctl show -P StatusText " DAEMON_UNIT " | grep -q '^ready, 1 pod'"));
  client_remove_pod ("counted");
  assert_text (CLIENT_NAME, "PodCount", "0");
  machine_wait_until (
      machine_try ("systemctl show -P StatusText " DAEMON_UNIT " | grep -q '^ready, 0 pods'"));
}

static gboolean
is_unit_active (void)
{
  return machine_try ("systemctl -q is-active " DAEMON_UNIT);
}

static guint32
request_name (const char *method, const char *format, guint flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      client_get_bus (), "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
      method, g_variant_new (format, CLIENT_NAME, flags), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
      &error);
  guint32 result;

  g_assert_no_error (error);
  g_variant_get (reply, "(u)", &result);
  return result;
}

/* While somebody else owns the name the unit does not become active, and once it is active the name
 * is owned. */
static void
test_notify (void)
{
  machine_assert_shown (NULL, DAEMON_UNIT, "Type=notify");
  daemon_stop ();
  g_assert_cmpint (daemon_get_pid (), ==, 0);
  g_assert_cmpuint (request_name ("RequestName", "(su)", 4), ==, 1);
  machine_try ("systemctl start " DAEMON_UNIT);
  g_assert_false (is_unit_active ());
  g_assert_cmpuint (request_name ("ReleaseName", "(s)", 0), ==, 1);
  daemon_start ();
  g_assert_cmpint (daemon_get_pid (), >, 0);
  g_assert_true (is_unit_active ());
}

/* The first call to the name starts the daemon, if its unit is enabled. */
static void
test_activation (void)
{
  g_free (machine_run ("systemctl enable " DAEMON_UNIT));
  daemon_stop ();
  g_free (machine_run ("busctl call " CLIENT_NAME " " CLIENT_PATH " " CLIENT_NAME " ListPods"));
  g_assert_true (is_unit_active ());
  g_free (machine_run ("systemctl disable " DAEMON_UNIT));
}

static void
test_watchdog (void)
{
  const char *drop_in = "/run/systemd/system/" DAEMON_UNIT ".d";
  pid_t pid;

  machine_assert_shown (NULL, DAEMON_UNIT, "WatchdogUSec=1min");
  g_free (machine_run ("mkdir -p %s && printf '[Service]\\nWatchdogSec=5\\n' >%s/watchdog.conf",
                       drop_in, drop_in));
  machine_reload_systemd ();
  daemon_restart ();
  machine_assert_shown (NULL, DAEMON_UNIT, "WatchdogUSec=5s");
  g_free (client_create_pod ("watched", "{'CPURequest': <'100m'>}"));
  pid = daemon_get_pid ();
  g_usleep (15 * G_USEC_PER_SEC);
  g_assert_cmpint (daemon_get_pid (), ==, pid);

  /* One that hangs is noticed, and started again. */
  g_assert_cmpint (kill (pid, SIGSTOP), ==, 0);
  machine_wait_until (daemon_get_pid () != pid);
  machine_wait_until (daemon_get_pid () != 0);
  client_wait_for ("watched", "State", "active");
  client_remove_pod ("watched");

  g_free (machine_run ("rm -r %s", drop_in));
  machine_reload_systemd ();
  daemon_restart ();
}

/* A slice that cannot be made: the node says so, clearly, and gets well when it can be. */
static void
test_degraded (void)
{
  g_autofree char *message = NULL;
  gboolean holds = TRUE;

  daemon_stop ();
  g_free (machine_run ("systemctl stop machine-besteffort.slice"));
  g_free (machine_run ("systemctl mask --runtime machine-besteffort.slice"));
  daemon_start ();
  assert_text (CLIENT_NODE, "State", "degraded");
  message = get_condition ("BestEffortSlice", &holds);
  g_assert_false (holds);
  g_assert_nonnull (strstr (message, "machine-besteffort.slice"));
  g_assert_nonnull (strstr (message, "masked"));
  machine_wait_until (
      machine_try ("systemctl show -P StatusText " DAEMON_UNIT " | grep -q ^degraded"));
  /* What does not need it can be done. */
  g_free (client_create_pod ("fine", "{'CPURequest': <'100m'>}"));
  client_remove_pod ("fine");

  g_free (machine_run ("systemctl unmask --runtime machine-besteffort.slice"));
  machine_wait_until (is_state ("ready"));
  machine_assert_files ("/machine.slice/machine-besteffort.slice", "cpu.weight=1");
  machine_assert_shown (NULL, "machine-besteffort.slice", "ActiveState=active CPUWeight=1");
}

/* A sysctl that somebody changed is right again after the next start. */
static void
test_repairs (void)
{
  write_sysctl (0, sysctls[0].other);
  daemon_restart ();
  test_sysctls ();
  assert_text (CLIENT_NODE, "State", "ready");
}

/* What an administrator set on a slice that is not ours alone stays. */
static void
test_adopts (void)
{
  g_free (machine_run ("systemctl set-property --runtime machine.slice MemoryHigh=512M"));
  daemon_restart ();
  machine_assert_files ("/machine.slice", "memory.high=536870912;cpu.weight=100");
  machine_assert_shown (NULL, "machine.slice", "MemoryHigh=536870912 CPUWeight=100");
  assert_text (CLIENT_NODE, "State", "ready");
  g_free (machine_run ("systemctl set-property --runtime machine.slice MemoryHigh=infinity"));
}

/* Nothing to talk to but the private socket: the bus may go away and come back. */
static void
test_stop (void)
{
  g_autofree char *units = NULL;

  daemon_stop ();
  g_assert_cmpint (daemon_get_pid (), ==, 0);
  machine_assert_shown (NULL, DAEMON_UNIT, "ActiveState=inactive Result=success");
  units = machine_list_units ("machine*.slice");
  g_assert_cmpstr (units, ==, "machine-besteffort.slice machine-burstable.slice machine.slice");
}

static guint64
find_usage (GVariant *usage, const char *part, const char *key)
{
  g_autoptr (GVariant) stats = g_variant_lookup_value (usage, part, G_VARIANT_TYPE_VARDICT);
  guint64 value = 0;

  if (stats == NULL || !g_variant_lookup (stats, key, "t", &value))
    machine_fail ("%s has no %s", part, key);
  return value;
}

static void
test_usage (void)
{
  static const char *const parts[] = { "node", "system", "kube" };
  g_autoptr (GVariant) reply =
      client_call_on (client_get_bus (), CLIENT_PATH, CLIENT_NODE, "GetUsage", "()", NULL);
  g_autoptr (GVariant) usage = g_variant_get_child_value (reply, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_assert_cmpuint (find_usage (usage, parts[i], "CPUUsageNSec"), >, 0);
    g_assert_cmpuint (find_usage (usage, parts[i], "MemoryUsageBytes"), >, 0);
    g_assert_cmpuint (find_usage (usage, parts[i], "PidsCurrent"), >, 0);
    g_assert_cmpuint (find_usage (usage, "node", "CPUUsageNSec"), >=,
                      find_usage (usage, parts[i], "CPUUsageNSec"));
  }
  g_assert_cmpuint (find_usage (usage, "pods", "PidsCurrent"), ==, 0);
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/bootstrap/conditions", test_conditions);
  g_test_add_func ("/bootstrap/slices", test_slices);
  g_test_add_func ("/bootstrap/sysctls", test_sysctls);
  g_test_add_func ("/bootstrap/capacity", test_capacity);
  g_test_add_func ("/bootstrap/usage", test_usage);
  g_test_add_func ("/bootstrap/verify", test_verify);
  g_test_add_func ("/bootstrap/properties", test_properties);
  g_test_add_func ("/bootstrap/stays-out", test_stays_out);
  g_test_add_func ("/bootstrap/status", test_status);
  g_test_add_func ("/bootstrap/notify", test_notify);
  g_test_add_func ("/bootstrap/activation", test_activation);
  g_test_add_func ("/bootstrap/watchdog", test_watchdog);
  g_test_add_func ("/bootstrap/degraded", test_degraded);
  g_test_add_func ("/bootstrap/repairs", test_repairs);
  g_test_add_func ("/bootstrap/adopts", test_adopts);
  g_test_add_func ("/bootstrap/stop", test_stop);
  return g_test_run ();
}
