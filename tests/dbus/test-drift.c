/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enforcement and continual validation: what the slices get, what happens when something else
 * changes it, and how it is taken back.
 */
#include "tests/dbus/drift-rig.h"

#include <string.h>

#define N_RIGHT_AFTER 100

static const char protect[] =
    DRIFT_RIG_HEAD "systemReserved: {cpu: 500m, memory: 1Gi, pid: 1000}\n"
                   "kubeReserved: {cpu: 250m, memory: 512Mi}\n"
                   "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n";

static void
assert_property (DriftRig *self, const char *name, const char *expected)
{
  g_autoptr (GVariant) value =
      fixture_get_property (&self->base, MANAGER_PATH, NODE_INTERFACE, name);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static gboolean reload (DriftRig *self, const char *config, GError **error);

/* Four CPUs, 8 GiB. */
static void
test_protect (DriftRig *self, gconstpointer data)
{
  drift_rig_assert_file (self, "/system.slice", "cpu.weight", "50");
  drift_rig_assert_file (self, "/system.slice", "memory.min", "1073741824");
  drift_rig_assert_file (self, "/system.slice", "memory.max", "max");
  drift_rig_assert_file (self, "/kubernetes.slice", "cpu.weight", "25");
  drift_rig_assert_file (self, "/kubernetes.slice", "memory.min", "536870912");
  drift_rig_assert_file (self, "/machine.slice", "cpu.weight", "325");
  drift_rig_assert_file (self, "/machine.slice", "memory.max", "6979321856");
  drift_rig_assert_file (self, "/machine.slice", "pids.max", "62000");
  assert_property (self, "Enforced", "['pods', 'system-reserved', 'kube-reserved']");
  assert_property (self, "SystemReserved", "{'cpu': 500, 'memory': 1073741824, 'pid': 1000}");
  assert_property (self, "KubeReserved", "{'cpu': 250, 'memory': 536870912}");
  assert_property (self, "EvictionHard", "{}");
}

/* Each change is seen, set again and told once. */
static void
test_changed (DriftRig *self, gconstpointer data)
{
  fake_kernel_write (self->base.kernel, "/system.slice", "cpu.weight", "300");
  drift_rig_assert_told (self, "/system.slice cpu.weight 50 300 repaired");
  drift_rig_assert_file (self, "/system.slice", "cpu.weight", "50");
  fake_kernel_write (self->base.kernel, "/machine.slice", "memory.max", "max");
  drift_rig_assert_told (self, "/machine.slice memory.max 6979321856 max repaired");
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "3\n");
  drift_rig_assert_told (self, "sysctl kernel.panic 10 3 repaired");
  assert_property (self, "DriftCount", "3");
}

static void
test_pod (DriftRig *self, gconstpointer data)
{
  static const char cgroup[] =
      "/machine.slice/machine-burstable.slice/machine-burstable-poda.slice";
  g_autofree char *slice = fixture_must_create (&self->base, "a", "{'MemoryLimit': <'64Mi'>}");
  g_autofree char *expected = g_strdup_printf ("%s memory.max 67108864 1048576 repaired", cgroup);

  fake_kernel_write (self->base.kernel, cgroup, "memory.max", "1048576");
  drift_rig_assert_told (self, expected);
  drift_rig_assert_file (self, cgroup, "memory.max", "67108864");
  /* Not ours to judge any more. */
  fixture_must_remove (&self->base, "a");
  g_assert_cmpuint (self->told->len, ==, 0);
}

/* Pods are watched after the reply: what is changed between the two is seen all the same. */
static void
test_right_after (DriftRig *self, gconstpointer data)
{
  for (guint i = 0; i < N_RIGHT_AFTER; i++) {
    g_autofree char *uid = g_strdup_printf ("r%u", i);
    g_autofree char *slice = fixture_must_create (&self->base, uid, "{'PidsLimit': <uint64 9>}");
    g_autofree char *cgroup = g_strconcat ("/machine.slice/machine-besteffort.slice/", slice, NULL);

    fake_kernel_write (self->base.kernel, cgroup, "pids.max", "7");
    fixture_wait (drift_rig_has (self, cgroup, "pids.max", "9"));
  }
}

/* A slice that somebody stopped is made again. */
static void
test_removed (DriftRig *self, gconstpointer data)
{
  fake_systemd_stop_unit (self->base.systemd, "kubernetes.slice");
  drift_rig_assert_told (self, "/kubernetes.slice cgroup present missing repaired");
  g_assert_true (fake_systemd_has_unit (self->base.systemd, "kubernetes.slice"));
  drift_rig_assert_file (self, "/kubernetes.slice", "memory.min", "536870912");
  /* And watched again. */
  fake_kernel_write (self->base.kernel, "/kubernetes.slice", "cpu.weight", "7");
  drift_rig_assert_told (self, "/kubernetes.slice cpu.weight 25 7 repaired");
}

/* Whoever keeps writing is left alone for longer and longer. */
static void
test_contested (DriftRig *self, gconstpointer data)
{
  g_autofree char *message = NULL;
  gboolean holds = TRUE;

  for (int i = 0; i < 5; i++) {
    fake_kernel_write (self->base.kernel, "/system.slice", "cpu.weight", "7");
    drift_rig_assert_told (self, "/system.slice cpu.weight 50 7 repaired");
  }
  message = drift_rig_find_condition (self, "Contested:/system.slice", &holds);
  g_assert_false (holds);
  g_assert_nonnull (strstr (message, "cpu.weight of /system.slice, to 7 instead of 50"));
  fake_kernel_write (self->base.kernel, "/system.slice", "cpu.weight", "8");
  drift_rig_assert_told (self, "/system.slice cpu.weight 50 8 left");
  drift_rig_assert_file (self, "/system.slice", "cpu.weight", "8");
  /* Others are not in it. */
  fake_kernel_write (self->base.kernel, "/kubernetes.slice", "cpu.weight", "7");
  drift_rig_assert_told (self, "/kubernetes.slice cpu.weight 25 7 repaired");
  /* After the pause, and that is no news. */
  fixture_wait (drift_rig_has (self, "/system.slice", "cpu.weight", "50"));
  g_assert_cmpuint (self->told->len, ==, 0);
}

/* A slice that is made again before anybody saw that it was gone. */
static void
test_removed_and_reloaded (DriftRig *self, gconstpointer data)
{
  fake_systemd_stop_unit (self->base.systemd, "kubernetes.slice");
  fake_systemd_reload (self->base.systemd);
  drift_rig_assert_told (self, "/kubernetes.slice cgroup present missing repaired");
  fixture_wait (drift_rig_has (self, "/kubernetes.slice", "cpu.weight", "25"));
  fake_kernel_write (self->base.kernel, "/kubernetes.slice", "cpu.weight", "7");
  drift_rig_assert_told (self, "/kubernetes.slice cpu.weight 25 7 repaired");
}

/* What the kernel refused in part is taken back as a whole, and tried again meanwhile. */
static void
test_leftover (DriftRig *self, gconstpointer data)
{
  static const char limit[] = DRIFT_RIG_HEAD "enforcementPolicy: limit\n"
                                             "systemReserved: {cpu: 500m, memory: 1Gi, pid: 1000}\n"
                                             "enforceNodeAllocatable: [system-reserved]\n";
  g_autoptr (GError) error = NULL;

  fake_kernel_ignore_writes (self->base.kernel, "system.slice", "pids.max");
  g_assert_true (reload (self, limit, &error));
  g_assert_no_error (error);
  drift_rig_assert_file (self, "/system.slice", "memory.max", "1073741824");
  g_assert_false (drift_rig_condition_holds (self, "Enforced:system-reserved"));
  g_assert_true (reload (self, protect, &error));
  g_assert_no_error (error);
  drift_rig_assert_file (self, "/system.slice", "memory.max", "max");
  g_assert_true (reload (self, limit, &error));
  fake_kernel_take_writes (self->base.kernel, "system.slice", "pids.max");
  fixture_wait (drift_rig_has (self, "/system.slice", "pids.max", "1000"));
  fixture_wait (drift_rig_condition_holds (self, "Enforced:system-reserved"));
}

static gboolean
reload (DriftRig *self, const char *config, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG, config);
  reply = fixture_call_object (&self->base, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, error);
  return reply != NULL;
}

static void
assert_defaults (DriftRig *self)
{
  drift_rig_assert_file (self, "/system.slice", "cpu.weight", "100");
  drift_rig_assert_file (self, "/system.slice", "memory.min", "0");
  drift_rig_assert_file (self, "/kubernetes.slice", "memory.min", "0");
  drift_rig_assert_file (self, "/machine.slice", "cpu.weight", "100");
  drift_rig_assert_file (self, "/machine.slice", "memory.max", "max");
  drift_rig_assert_file (self, "/machine.slice", "pids.max", "max");
  assert_property (self, "Enforced", "[]");
}

static void
on_properties_changed (GDBusConnection *connection,
                       const char *sender,
                       const char *path,
                       const char *interface,
                       const char *signal,
                       GVariant *arguments,
                       gpointer user_data)
{
  DriftRig *self = user_data;
  g_autoptr (GVariant) changed = g_variant_get_child_value (arguments, 1);
  static const char *const names[] = { "Capacity", "Allocatable" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GVariant) list =
        g_variant_lookup_value (changed, names[i], G_VARIANT_TYPE ("a{st}"));
    guint64 memory = 0;

    if (list != NULL && g_variant_lookup (list, "memory", "t", &memory))
      g_ptr_array_add (self->told, g_strdup_printf ("%s %" G_GUINT64_FORMAT, names[i], memory));
  }
}

static gboolean
is_told (DriftRig *self, const char *wanted)
{
  for (guint i = 0; i < self->told->len; i++)
    if (g_str_equal (g_ptr_array_index (self->told, i), wanted))
      return TRUE;
  return FALSE;
}

/* Memory that came is told of, and is for pods. */
static void
test_capacity (DriftRig *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint id = g_dbus_connection_signal_subscribe (
      self->base.connection, NULL, "org.freedesktop.DBus.Properties", "PropertiesChanged",
      MANAGER_PATH, NODE_INTERFACE, G_DBUS_SIGNAL_FLAGS_NONE, on_properties_changed, self, NULL);

  fake_kernel_write_file (self->base.kernel, "/proc/meminfo", "MemTotal:        16777216 kB\n");
  g_assert_true (reload (self, protect, &error));
  g_assert_no_error (error);
  fixture_wait (is_told (self, "Capacity 17179869184"));
  fixture_wait (is_told (self, "Allocatable 15569256448"));
  drift_rig_assert_file (self, "/machine.slice", "memory.max", "15569256448");
  g_dbus_connection_signal_unsubscribe (self->base.connection, id);
}

#define N_PODS 20

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n_created = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  g_assert_no_error (error);
  ++*n_created;
}

/* The weight of the Burstable slice follows the sum of the requests, not each of them. */
static void
test_coalesced (DriftRig *self, gconstpointer data)
{
  guint n_created = 0;
  guint n_calls;

  fake_systemd_forget_calls (self->base.systemd);
  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    g_dbus_connection_call (self->base.connection, "org.example.NodeCgroups", MANAGER_PATH,
                            MANAGER_INTERFACE, "CreatePod",
                            g_variant_new_parsed ("(%s, {'CPURequest': <'100m'>})", uid), NULL,
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_created, &n_created);
  }
  fixture_wait (n_created == N_PODS);
  drift_rig_assert_file (self, "/machine.slice/machine-burstable.slice", "cpu.weight", "200");
  n_calls =
      fake_systemd_count_calls (self->base.systemd, "SetUnitProperties", "machine-burstable.slice");
  g_test_message ("%u calls", n_calls);
  g_assert_cmpuint (n_calls, >, 0);
  g_assert_cmpuint (n_calls, <, N_PODS);
}

/* What is not enforced any more is as if it had never been; pods are not touched. */
static void
test_reload (DriftRig *self, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (&self->base, "a", "{'MemoryLimit': <'64Mi'>}");
  g_autoptr (GError) error = NULL;

  fake_systemd_forget_calls (self->base.systemd);
  g_assert_true (reload (self, DRIFT_RIG_HEAD "enforceNodeAllocatable: []\n", &error));
  g_assert_no_error (error);
  assert_defaults (self);
  assert_property (self, "SystemReserved", "{}");
  g_assert_cmpuint (fake_systemd_count_calls (self->base.systemd, "SetUnitProperties", slice), ==,
                    0);
  g_assert_true (reload (self, protect, &error));
  g_assert_no_error (error);
  test_protect (self, NULL);
  g_assert_cmpuint (self->told->len, ==, 0);
}

/* The same, with the daemon away meanwhile. */
static void
test_restart (DriftRig *self, gconstpointer data)
{
  fixture_kill_daemon (&self->base);
  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG,
                          DRIFT_RIG_HEAD "enforceNodeAllocatable: []\n");
  fixture_start_daemon (&self->base);
  assert_defaults (self);
}

static void
test_hangup (DriftRig *self, gconstpointer data)
{
  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG,
                          DRIFT_RIG_HEAD "enforceNodeAllocatable: []\n");
  g_subprocess_send_signal (self->base.daemon, SIGHUP);
  fixture_wait (drift_rig_has (self, "/system.slice", "memory.min", "0"));
}

static void
test_bad_reload (DriftRig *self, gconstpointer data)
{
  static const struct {
    const char *config;
    const char *error;
    const char *text;
  } rows[] = {
    { DRIFT_RIG_HEAD "podPidsLimit: many\nsystemReserved: {memory: 1GB}\n", "InvalidArgument",
      "config.yaml:3:15: podPidsLimit" },
    { DRIFT_RIG_HEAD "podPidsLimit: many\nsystemReserved: {memory: 1GB}\n", "InvalidArgument",
      "config.yaml:4:26: systemReserved.memory" },
    { DRIFT_RIG_HEAD "systemReserved: {memory: 6Gi}\nkubeReserved: {memory: 4Gi}\n",
      "InvalidArgument",
      "memory: a reservation of 10Gi (systemReserved 6Gi and kubeReserved 4Gi) but a capacity of "
      "8Gi" },
    { DRIFT_RIG_HEAD "cgroupRoot: /other\n", "InvalidArgument", "cgroupRoot" },
    { DRIFT_RIG_HEAD "reservedSystemCPUs: 0-3\n", "InvalidArgument", "reservedSystemCPUs is 0-3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (reload (self, rows[i].config, &error));
    g_test_message ("%s", error->message);
    fixture_assert_error (&error, rows[i].error, rows[i].text);
    test_protect (self, NULL);
  }
}

static void
test_limit (DriftRig *self, gconstpointer data)
{
  drift_rig_assert_file (self, "/kubernetes.slice", "memory.max", "536870912");
  drift_rig_assert_file (self, "/kubernetes.slice", "pids.max", "100");
  drift_rig_assert_file (self, "/kubernetes.slice", "memory.min", "0");
  drift_rig_assert_file (self, "/system.slice", "memory.max", "max");
}

static void
test_cpus (DriftRig *self, gconstpointer data)
{
  drift_rig_assert_file (self, "/system.slice", "cpuset.cpus", "0-1");
  drift_rig_assert_file (self, "/kubernetes.slice", "cpuset.cpus", "0-1");
  drift_rig_assert_file (self, "/user.slice", "cpuset.cpus", "0-1");
  drift_rig_assert_file (self, "/machine.slice", "cpuset.cpus", "2-3");
}

/* A node with pods goes on with a configuration that it cannot have; one without does not start. */
static void
test_impossible (DriftRig *self, gconstpointer data)
{
  static const char config[] = DRIFT_RIG_HEAD "protectKernelDefaults: true\n";
  const char *const arguments[] = { "--root", self->base.root, "--bus-address",
                                    self->base.bus_address, NULL };
  g_autoptr (GSubprocess) other = NULL;
  g_autofree char *output = NULL;
  g_autofree char *slice = NULL;
  g_autoptr (GError) error = NULL;

  fixture_stop_daemon (&self->base);
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "3\n");
  fake_kernel_write_file (self->base.kernel, "/proc/sys/vm/panic_on_oom", "1\n");
  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG, config);
  other = fixture_spawn_daemon (arguments);
  g_subprocess_communicate_utf8 (other, NULL, NULL, NULL, &output, &error);
  g_assert_no_error (error);
  g_assert_false (g_subprocess_get_successful (other));
  g_test_message ("%s", output);
  g_assert_nonnull (strstr (output, "vm.panic_on_oom, expected value: 0, actual value: 1; "));
  g_assert_nonnull (strstr (output, "kernel.panic, expected value: 10, actual value: 3"));
  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG, DRIFT_RIG_HEAD);
  fixture_start_daemon (&self->base);
  slice = fixture_must_create (&self->base, "a", "{}");
  fixture_stop_daemon (&self->base);
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "3\n");
  fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG, config);
  fixture_start_daemon (&self->base);
  g_assert_true (fixture_has_pod_state (&self->base, "a", "active"));
}

static gboolean
has_file (DriftRig *self, const char *path, const char *expected)
{
  g_autofree char *text = fake_kernel_read_file (self->base.kernel, path);

  return g_str_equal (g_strchomp (text), expected);
}

/* One is only looked at, one is left alone. */
static void
test_sysctl_modes (DriftRig *self, gconstpointer data)
{
  gboolean holds;

  g_assert_true (has_file (self, "/proc/sys/kernel/panic", "0"));
  drift_rig_assert_condition (self, "Sysctl:kernel.panic", FALSE, "should be 10, is 0 ('sysctls'");
  g_assert_null (drift_rig_find_condition (self, "Sysctl:vm.overcommit_memory", &holds));
  g_assert_true (has_file (self, "/proc/sys/vm/overcommit_memory", "0"));
  drift_rig_assert_condition (self, "Sysctl:kernel.panic_on_oops", TRUE, "is 1");
  /* Somebody mends it by hand, and somebody else undoes it. */
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "10\n");
  fixture_wait (drift_rig_condition_holds (self, "Sysctl:kernel.panic"));
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "5\n");
  drift_rig_assert_told (self, "sysctl kernel.panic 10 5 left");
}

static void
test_sysctl_contested (DriftRig *self, gconstpointer data)
{
  for (int i = 0; i < 5; i++) {
    fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "3\n");
    drift_rig_assert_told (self, "sysctl kernel.panic 10 3 repaired");
  }
  fake_kernel_write_file (self->base.kernel, "/proc/sys/kernel/panic", "4\n");
  drift_rig_assert_told (self, "sysctl kernel.panic 10 4 left");
  drift_rig_assert_condition (self, "Sysctl:kernel.panic", FALSE,
                              "something else keeps changing it");
  drift_rig_assert_condition (self, "Contested:kernel.panic", FALSE,
                              "keeps changing the sysctl kernel.panic");
  /* After the pause, and that is no news. */
  fixture_wait (has_file (self, "/proc/sys/kernel/panic", "10"));
  g_assert_cmpuint (self->told->len, ==, 0);
}

#define TEST(path, config, function)                                                               \
  g_test_add ("/drift/" path, DriftRig, config, drift_rig_set_up, function, drift_rig_tear_down)

int
main (int argc, char **argv)
{
  static const char limit[] = DRIFT_RIG_HEAD "enforcementPolicy: limit\n"
                                             "kubeReserved: {memory: 512Mi, pid: 100}\n"
                                             "enforceNodeAllocatable: [kube-reserved]\n";
  static const char cpus[] = DRIFT_RIG_HEAD "reservedSystemCPUs: 0-1\n";

  static const char modes[] =
      DRIFT_RIG_HEAD "sysctls: {kernel.panic: warn, vm.overcommit_memory: off}\n";

  g_test_init (&argc, &argv, NULL);
  TEST ("protect", protect, test_protect);
  TEST ("changed", protect, test_changed);
  TEST ("pod", protect, test_pod);
  TEST ("right-after", NULL, test_right_after);
  TEST ("removed", protect, test_removed);
  TEST ("contested", protect, test_contested);
  TEST ("removed-and-reloaded", protect, test_removed_and_reloaded);
  TEST ("leftover", protect, test_leftover);
  TEST ("reload", protect, test_reload);
  TEST ("capacity", protect, test_capacity);
  TEST ("coalesced", protect, test_coalesced);
  TEST ("restart", protect, test_restart);
  TEST ("hangup", protect, test_hangup);
  TEST ("bad-reload", protect, test_bad_reload);
  TEST ("limit", limit, test_limit);
  TEST ("cpus", cpus, test_cpus);
  TEST ("sysctl-modes", modes, test_sysctl_modes);
  TEST ("sysctl-contested", NULL, test_sysctl_contested);
  TEST ("impossible", NULL, test_impossible);
  return g_test_run ();
}
