/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enforcement: what the node's slices get for each configuration, as systemd shows it and as the
 * kernel has it, what is said of it, and that all of it is taken back. On cgroup v1, too.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include "lib/resources.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)
#define PAGE 4096
#define V1_UNLIMITED "9223372036854771712"
#define RESERVED                                                                                   \
  "systemReserved: {cpu: 500m, memory: 256Mi, pid: '2000', ephemeral-storage: 16Mi}\n"             \
  "kubeReserved: {cpu: 250m, memory: 96Mi}\n"
#define SYSTEM_BYTES (256 * MIB)
#define KUBE_BYTES (96 * MIB)

/* What a slice has; all zero but for the names: nothing, and so the defaults. */
typedef struct {
  const char *unit;
  const char *cgroup;
  guint weight;
  guint64 min;   /* bytes; not to be had on cgroup v1 */
  guint64 max;   /* bytes */
  guint64 tasks; /* processes */
} Slice;

static gboolean
is_unified (void)
{
  return machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED;
}

static guint64
read_number (const char *line)
{
  g_autofree char *text = machine_run ("%s", line);

  return g_ascii_strtoull (text, NULL, 10);
}

/* The machine's own numbers, and not those of the daemon. */

static guint64
get_memory (void)
{
  return read_number ("awk '/^MemTotal:/ { print $2 }' /proc/meminfo") * 1024;
}

static guint64
get_pids (void)
{
  return MIN (read_number ("cat /proc/sys/kernel/pid_max"),
              read_number ("cat /proc/sys/kernel/threads-max"));
}

static guint64
get_millicores (void)
{
  return (guint64) sysconf (_SC_NPROCESSORS_ONLN) * 1000;
}

static void
assert_shown (const Slice *slice)
{
  g_autoptr (GString) wanted = g_string_new ("ActiveState=active");

  if (slice->weight != 0)
    g_string_append_printf (wanted, " CPUWeight=%u", slice->weight);
  g_string_append_printf (wanted, " MemoryMin=%" G_GUINT64_FORMAT, is_unified () ? slice->min : 0);
  if (slice->max != 0)
    g_string_append_printf (wanted, " MemoryMax=%" G_GUINT64_FORMAT, slice->max);
  else
    g_string_append (wanted, " MemoryMax=infinity");
  if (slice->tasks != 0)
    g_string_append_printf (wanted, " TasksMax=%" G_GUINT64_FORMAT, slice->tasks);
  else
    g_string_append (wanted, " TasksMax=infinity");
  machine_assert_shown (NULL, slice->unit, wanted->str);
}

static void
assert_file (const char *cgroup, const char *file, guint64 value, const char *unlimited)
{
  g_autofree char *actual = machine_read (cgroup, file);
  g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, value);
  const char *wanted = unlimited != NULL && value == 0 ? unlimited : number;

  /* systemd enables a controller only where something is set; then nothing limits. */
  if (actual == NULL && unlimited != NULL && value == 0)
    return;
  if (g_strcmp0 (actual, wanted) != 0)
    machine_fail ("%s of %s should be %s, and is %s", file, cgroup, wanted,
                  actual != NULL ? actual : "missing");
}

static void
assert_in_kernel (const Slice *slice)
{
  guint64 weight = slice->weight != 0 ? slice->weight : 100;
  guint64 max = slice->max / PAGE * PAGE;

  assert_file (slice->cgroup, "pids.max", slice->tasks, "max");
  if (is_unified ()) {
    assert_file (slice->cgroup, "cpu.weight", weight, NULL);
    assert_file (slice->cgroup, "memory.min", slice->min / PAGE * PAGE, NULL);
    assert_file (slice->cgroup, "memory.max", max, "max");
  } else {
    assert_file (slice->cgroup, "cpu.shares", weight * 1024 / 100, NULL);
    assert_file (slice->cgroup, "memory.limit_in_bytes", max, V1_UNLIMITED);
  }
}

static void
assert_slice (Slice slice)
{
  assert_shown (&slice);
  assert_in_kernel (&slice);
}

/* The three slices of a machine as it is out of the box. */
static void
assert_slices (Slice system, Slice kube, Slice pods)
{
  system.unit = "system.slice";
  system.cgroup = "/system.slice";
  kube.unit = "kubernetes.slice";
  kube.cgroup = "/kubernetes.slice";
  pods.unit = "machine.slice";
  pods.cgroup = "/machine.slice";
  assert_slice (system);
  assert_slice (kube);
  assert_slice (pods);
}

/* @part: NULL, or what the message says */
static void
assert_condition (const char *name, gboolean wanted, const char *part)
{
  gboolean holds = FALSE;
  g_autofree char *message = client_get_condition (name, &holds);

  if (message == NULL || holds != wanted || (part != NULL && strstr (message, part) == NULL))
    machine_fail ("condition %s should be %d, with '%s', and is %d: %s", name, wanted,
                  part != NULL ? part : "", holds, message != NULL ? message : "missing");
}

static void
assert_no_condition (const char *name)
{
  gboolean holds;
  g_autofree char *message = client_get_condition (name, &holds);

  if (message != NULL)
    machine_fail ("there should be no condition %s, but it says: %s", name, message);
}

/* @wanted: the keys, separated by blanks */
static void
assert_enforced (const char *wanted)
{
  g_autoptr (GVariant) value = client_get (CLIENT_PATH, CLIENT_NODE, "Enforced");
  g_autofree const char **keys = g_variant_get_strv (value, NULL);
  g_autofree char *actual = g_strjoinv (" ", (char **) keys);

  g_assert_cmpstr (actual, ==, wanted);
}

static gboolean
is_verified (void)
{
  g_autofree char *bad = client_verify_node ();

  if (bad[0] != '\0')
    g_printerr ("%s\n", bad);
  return bad[0] == '\0';
}

/* The kernel has all that the daemon thinks it has; pods that were removed may change it still. */
static void
assert_verified (void)
{
  machine_wait_until (is_verified ());
}

/* Nothing reserved: pods are held to the whole machine, and nobody else has anything. */
static void
test_defaults (void)
{
  daemon_configure (NULL);
  assert_slices ((Slice){ 0 }, (Slice){ 0 },
                 (Slice){ .weight = 100, .max = get_memory (), .tasks = get_pids () });
  assert_enforced ("pods");
  assert_condition ("Enforced:pods", TRUE, "/machine");
  assert_no_condition ("Enforced:system-reserved");
  assert_no_condition ("MemoryProtection");
  assert_no_condition ("ReservedSystemCPUs");
  assert_verified ();
}

/* 100 is one CPU; of 2 CPUs 750m are reserved. */
static guint
get_rest_weight (void)
{
  return (guint) ((get_millicores () - 750) / 10);
}

static void
test_protect (void)
{
  daemon_configure (RESERVED "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n");
  assert_slices ((Slice){ .weight = 50, .min = SYSTEM_BYTES },
                 (Slice){ .weight = 25, .min = KUBE_BYTES },
                 (Slice){ .weight = get_rest_weight (),
                          .max = get_memory () - SYSTEM_BYTES - KUBE_BYTES,
                          .tasks = get_pids () - 2000 });
  assert_condition ("Enforced:pods", TRUE, "protect");
  if (is_unified ()) {
    assert_enforced ("pods system-reserved kube-reserved");
    assert_condition ("Enforced:system-reserved", TRUE, "/system (protect)");
    assert_condition ("Enforced:kube-reserved", TRUE, "/kubernetes (protect)");
    assert_condition ("MemoryProtection", TRUE, "in full");
  } else {
    assert_enforced ("pods");
    assert_condition ("Enforced:system-reserved", FALSE, "cgroup v1");
    assert_condition ("Enforced:kube-reserved", FALSE, "MemoryMin of /kubernetes");
    assert_no_condition ("MemoryProtection");
  }
  assert_verified ();
}

static void
test_limit (void)
{
  daemon_configure (RESERVED "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n"
                             "enforcementPolicy: limit\n");
  assert_slices ((Slice){ .weight = 50, .max = SYSTEM_BYTES, .tasks = 2000 },
                 (Slice){ .weight = 25, .max = KUBE_BYTES },
                 (Slice){ .weight = get_rest_weight (),
                          .max = get_memory () - SYSTEM_BYTES - KUBE_BYTES,
                          .tasks = get_pids () - 2000 });
  assert_enforced ("pods system-reserved kube-reserved");
  assert_condition ("Enforced:system-reserved", TRUE, "/system (limit)");
  assert_condition ("Enforced:kube-reserved", TRUE, "/kubernetes (limit)");
  assert_no_condition ("MemoryProtection");
  assert_verified ();
}

/* Of the reservations the weights alone, whatever the policy. */
static void
test_compressible (gconstpointer policy)
{
  g_autofree char *config =
      g_strconcat (RESERVED "enforceNodeAllocatable: [system-reserved-compressible, "
                            "kube-reserved-compressible]\nenforcementPolicy: ",
                   (const char *) policy, "\n", NULL);

  daemon_configure (config);
  assert_slices ((Slice){ .weight = 50 }, (Slice){ .weight = 25 },
                 (Slice){ .weight = get_rest_weight () });
  assert_enforced ("system-reserved-compressible kube-reserved-compressible");
  assert_condition ("Enforced:system-reserved-compressible", TRUE, "/system");
  assert_condition ("Enforced:kube-reserved-compressible", TRUE, "/kubernetes");
  assert_no_condition ("Enforced:pods");
  assert_no_condition ("MemoryProtection");
  assert_verified ();
}

/* Who is not enforced on has 100, and the others are as much as they reserved beside that. */
static void
test_scales (void)
{
  guint rest = (guint) (get_millicores () - 750);

  daemon_configure (RESERVED "enforceNodeAllocatable: [system-reserved-compressible]\n");
  assert_slices ((Slice){ .weight = 500 * 100 / 250 }, (Slice){ 0 },
                 (Slice){ .weight = (rest * 100 + 125) / 250 });
  daemon_configure (RESERVED "enforceNodeAllocatable: [pods]\n");
  assert_slices ((Slice){ 0 }, (Slice){ 0 },
                 (Slice){ .weight = (rest * 200 + 375) / 750,
                          .max = get_memory () - SYSTEM_BYTES - KUBE_BYTES,
                          .tasks = get_pids () - 2000 });
  daemon_configure (RESERVED "enforceNodeAllocatable: [none]\n");
  assert_slices ((Slice){ 0 }, (Slice){ 0 }, (Slice){ 0 });
  assert_enforced ("");
}

/* More than the cap: each is protected in proportion. */
static void
test_cap (void)
{
  guint64 cap = get_memory () / 4;
  guint64 system_bytes = (guint64) (384 * MIB * (double) cap / (512 * MIB));
  guint64 kube_bytes = (guint64) (128 * MIB * (double) cap / (512 * MIB));

  daemon_configure ("systemReserved: {memory: 384Mi}\nkubeReserved: {memory: 128Mi}\n"
                    "enforceNodeAllocatable: [system-reserved, kube-reserved]\n"
                    "memoryProtectionCap: 25%\n");
  assert_slices ((Slice){ .min = system_bytes }, (Slice){ .min = kube_bytes }, (Slice){ 0 });
  assert_condition ("MemoryProtection", FALSE, "25 %");
  assert_verified ();
}

static gboolean
has_minimum (const char *unit, guint64 bytes)
{
  g_autofree char *actual = machine_show (unit, "MemoryMin");

  return g_ascii_strtoull (actual, NULL, 10) == bytes;
}

/* What is above them has the sum of them, and that of the pods. */
static void
test_nested (void)
{
  guint64 sum = SYSTEM_BYTES + KUBE_BYTES;
  guint weight = get_rest_weight ();

  daemon_configure (RESERVED "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n"
                             "cgroupRoot: /a/b\nsystemReservedCgroup: /a/c\n"
                             "kubeReservedCgroup: /a/d\n");
  assert_slice ((Slice){ "a.slice", "/a.slice", 75 + weight, sum, 0, 0 });
  assert_slice ((Slice){ "a-b.slice", "/a.slice/a-b.slice", weight, 0, get_memory () - sum,
                         get_pids () - 2000 });
  assert_slice ((Slice){ "a-c.slice", "/a.slice/a-c.slice", 50, SYSTEM_BYTES, 0, 0 });
  assert_slice ((Slice){ "a-d.slice", "/a.slice/a-d.slice", 25, KUBE_BYTES, 0, 0 });
  assert_condition ("Slice:/a", TRUE, "/a.slice");
  /* Those that were the node's before have nothing any more. */
  assert_slices ((Slice){ 0 }, (Slice){ 0 }, (Slice){ 0 });
  g_free (client_create_pod ("nested", is_unified () ? "{'MemoryMin': <'8Mi'>}" : "{}"));
  if (is_unified ()) {
    machine_assert_files ("/a.slice/a-b.slice", "memory.min=8388608");
    machine_wait_until (has_minimum ("a.slice", sum + 8 * MIB));
  }
  assert_verified ();
  client_remove_pod ("nested");
  if (is_unified ())
    machine_wait_until (has_minimum ("a.slice", sum));
}

/* As the kubelet has it. */
static void
test_root (void)
{
  g_autoptr (GVariant) root = NULL;
  g_autofree char *cgroup = NULL;

  daemon_configure (RESERVED "cgroupRoot: /\n");
  root = client_get (CLIENT_PATH, CLIENT_NAME, "CgroupRoot");
  g_assert_cmpstr (g_variant_get_string (root, NULL), ==, "/kubepods");
  assert_shown (&(Slice){ .unit = "kubepods.slice",
                          .max = get_memory () - SYSTEM_BYTES - KUBE_BYTES,
                          .tasks = get_pids () - 2000 });
  assert_condition ("PodsSlice", TRUE, "/kubepods.slice");
  cgroup = client_create_pod ("rooted", "{'CPURequest': <'100m'>}");
  g_assert_true (g_str_has_prefix (cgroup, "/kubepods.slice/kubepods-burstable.slice/"));
  g_assert_true (machine_has_cgroup (cgroup));
  client_remove_pod ("rooted");
  assert_verified ();
}

static guint64
look_up (GVariant *list, const char *key)
{
  guint64 value;

  if (!g_variant_lookup (list, key, "t", &value))
    machine_fail ("there is no %s", key);
  return value;
}

static void
assert_text (const char *property, const char *wanted)
{
  g_autoptr (GVariant) value = client_get (CLIENT_PATH, CLIENT_NODE, property);
  g_autoptr (GVariant) other = g_variant_parse (G_VARIANT_TYPE ("a{st}"), wanted, NULL, NULL, NULL);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpuint (g_variant_n_children (value), ==, g_variant_n_children (other));
  for (gsize i = 0; i < g_variant_n_children (other); i++) {
    const char *key;
    guint64 amount;

    g_variant_get_child (other, i, "{&st}", &key, &amount);
    if (look_up (value, key) != amount)
      machine_fail ("%s should be %s, and is %s", property, wanted, text);
  }
}

static void
test_properties (void)
{
  g_autoptr (GVariant) left = NULL;
  g_autofree char *eviction = NULL;
  guint64 disk_bytes, memory_threshold = get_memory () * 5 / 100;
  struct statvfs disk;

  daemon_configure (RESERVED "evictionHard: {memory.available: 5%, nodefs.available: 1Mi, "
                             "imagefs.available: 15%}\n");
  g_assert_cmpint (statvfs ("/", &disk), ==, 0);
  disk_bytes = (guint64) disk.f_blocks * disk.f_frsize;
  assert_text ("SystemReserved", "{'cpu': 500, 'memory': 268435456, 'pid': 2000, "
                                 "'ephemeral-storage': 16777216}");
  assert_text ("KubeReserved", "{'cpu': 250, 'memory': 100663296}");
  eviction = g_strdup_printf ("{'memory': %" G_GUINT64_FORMAT ", 'ephemeral-storage': 1048576}",
                              memory_threshold);
  assert_text ("EvictionHard", eviction);
  left = client_get (CLIENT_PATH, CLIENT_NODE, "Allocatable");
  g_assert_cmpuint (look_up (left, "cpu"), ==, get_millicores () - 750);
  g_assert_cmpuint (look_up (left, "memory"), ==,
                    get_memory () - SYSTEM_BYTES - KUBE_BYTES - memory_threshold);
  g_assert_cmpuint (look_up (left, "pid"), ==, get_pids () - 2000);
  g_assert_cmpuint (look_up (left, "ephemeral-storage"), ==,
                    disk_bytes > 17 * MIB ? disk_bytes - 17 * MIB : 0);
  /* The thresholds are for evicting before anybody is killed, and are not taken off the limit. */
  machine_assert_shown (NULL, "machine.slice", "MemoryMin=0");
  assert_file ("/machine.slice", is_unified () ? "memory.max" : "memory.limit_in_bytes",
               get_memory () - SYSTEM_BYTES - KUBE_BYTES, NULL);
}

static void
assert_cpus (const char *unit, const char *cgroup, const char *shown, const char *effective)
{
  g_autofree char *wanted = g_strconcat ("AllowedCPUs=", shown, NULL);
  g_autofree char *file = g_strconcat ("cpuset.cpus.effective=", effective, NULL);

  machine_assert_shown (NULL, unit, wanted);
  machine_assert_files (cgroup, file);
}

/* The CPUs that the kernel lets a process of the system's have. */
static gboolean
has_system_cpus (const char *wanted)
{
  g_autofree char *actual =
      machine_run ("awk '/^Cpus_allowed_list:/ { print $2 }' "
                   "/proc/$(systemctl show -P MainPID systemd-journald)/status");

  return g_str_equal (actual, wanted);
}

static void
test_cpus (void)
{
  g_autofree char *cgroup = NULL;

  if (get_millicores () != 2000) {
    g_test_skip ("this machine does not have two CPUs");
    return;
  }
  daemon_configure (RESERVED "reservedSystemCPUs: '0'\n");
  assert_text ("SystemReserved", "{'cpu': 1000, 'memory': 268435456, 'pid': 2000, "
                                 "'ephemeral-storage': 16777216}");
  assert_text ("KubeReserved", "{'memory': 100663296}");
  cgroup = client_create_pod ("kept-off", "{'CPURequest': <'100m'>}");
  if (is_unified ()) {
    assert_condition ("ReservedSystemCPUs", TRUE, "CPUs 0,");
    assert_condition ("Slice:/user", TRUE, "/user.slice");
    machine_wait_until (has_system_cpus ("0"));
    assert_cpus ("system.slice", "/system.slice", "0", "0");
    assert_cpus ("kubernetes.slice", "/kubernetes.slice", "0", "0");
    assert_cpus ("user.slice", "/user.slice", "0", "0");
    assert_cpus ("machine.slice", "/machine.slice", "1", "1");
  } else {
    assert_condition ("ReservedSystemCPUs", FALSE, "cgroup v1");
    machine_assert_files ("/machine.slice", "cpuset.cpus=1");
  }
  client_remove_pod ("kept-off");
  assert_verified ();
}

/* Also while a pod needs the controller, so that it does not just go. */
static void
take_cpus_back (gboolean with_pod)
{
  static const char *const units[] = { "system.slice", "kubernetes.slice", "machine.slice",
                                       "user.slice" };

  test_cpus ();
  if (with_pod)
    g_free (client_create_pod ("pinned", "{'CPUSet': <'1'>}"));
  daemon_configure (NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autofree char *cpus = machine_show (units[i], "AllowedCPUs");

    g_assert_cmpstr (cpus, ==, "");
  }
  machine_wait_until (has_system_cpus ("0-1"));
  if (!is_unified ())
    machine_assert_files ("/machine.slice", "cpuset.cpus=0-1");
  if (with_pod)
    client_remove_pod ("pinned");
}

/* From everything to nothing: as if it had never been. */
static void
test_taken_back (void)
{
  take_cpus_back (FALSE);
  take_cpus_back (TRUE);
  test_protect ();
  test_limit ();
  daemon_configure ("enforceNodeAllocatable: [none]\n");
  assert_slices ((Slice){ .weight = 100 }, (Slice){ .weight = 100 }, (Slice){ .weight = 100 });
  assert_enforced ("");
  assert_no_condition ("Enforced:system-reserved");
  assert_verified ();
  /* The next one has nothing to take back. */
  daemon_restart ();
  assert_slices ((Slice){ .weight = 100 }, (Slice){ .weight = 100 }, (Slice){ .weight = 100 });
}

/* systemd-container has a machine.slice, which may have been started before. */
static void
test_adopted (void)
{
  static const char unit[] = "/run/systemd/system/machine.slice";

  daemon_stop ();
  g_free (machine_run ("systemctl stop machine.slice"));
  g_free (machine_run ("printf '[Unit]\\nDescription=Virtual Machine and Container Slice\\n"
                       "Before=slices.target\\n' >%s",
                       unit));
  machine_reload_systemd ();
  g_free (machine_run ("systemctl start machine.slice"));
  test_protect ();
  machine_assert_shown (NULL, "machine.slice", "FragmentPath=/run/systemd/system/machine.slice");
  g_assert_true (machine_try ("systemctl show -P Description machine.slice | "
                              "grep -qx 'Virtual Machine and Container Slice'"));
  assert_condition ("PodsSlice", TRUE, "/machine.slice");
  daemon_stop ();
  g_free (machine_run ("systemctl stop machine.slice; rm %s", unit));
  machine_reload_systemd ();
}

/* The daemon leaves the slices of other configurations where they are. */
static void
remove_slices (void)
{
  daemon_stop ();
  g_free (machine_run ("systemctl stop kubepods.slice a.slice"));
}

int
main (int argc, char **argv)
{
  int status;

  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/enforce/defaults", test_defaults);
  g_test_add_func ("/enforce/protect", test_protect);
  g_test_add_func ("/enforce/limit", test_limit);
  g_test_add_data_func ("/enforce/compressible/protect", "protect", test_compressible);
  g_test_add_data_func ("/enforce/compressible/limit", "limit", test_compressible);
  g_test_add_func ("/enforce/scales", test_scales);
  /* cgroup v1 protects no memory. */
  if (is_unified ())
    g_test_add_func ("/enforce/cap", test_cap);
  g_test_add_func ("/enforce/nested", test_nested);
  g_test_add_func ("/enforce/root", test_root);
  g_test_add_func ("/enforce/properties", test_properties);
  g_test_add_func ("/enforce/cpus", test_cpus);
  g_test_add_func ("/enforce/taken-back", test_taken_back);
  g_test_add_func ("/enforce/adopted", test_adopted);
  status = g_test_run ();
  remove_slices ();
  return status;
}
