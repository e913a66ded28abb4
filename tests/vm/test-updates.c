/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Changing pods while they live: only what is said changes, and all of it or nothing.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define MIB (1024 * 1024)
#define SLICE "machine-burstable-podp.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

/* One key: set, and taken away again. */
static const struct {
  const char *set;
  const char *files;
  const char *shown;
  const char *unset;
  const char *files_after;
  const char *shown_after;
} rows[] = {
  { "{'CPULimit': <'750m'>}", "cpu.max=75000 100000;cpu.weight=10", "CPUQuotaPerSecUSec=750ms",
    "{'CPULimit': <'max'>}", "cpu.max=max 100000", "CPUQuotaPerSecUSec=infinity" },
  { "{'CPULimit': <uint64 1000>, 'CPUPeriodUSec': <uint64 20000>}", "cpu.max=20000 20000",
    "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=20ms",
    "{'CPULimit': <'max'>, 'CPUPeriodUSec': <uint64 100000>}", "cpu.max=max 100000",
    "CPUQuotaPerSecUSec=infinity CPUQuotaPeriodUSec=100ms" },
  { "{'CPURequest': <'200m'>}", "cpu.weight=20", "CPUWeight=20", "{'CPURequest': <'100m'>}",
    "cpu.weight=10", "CPUWeight=10" },
  { "{'MemoryLimit': <'64Mi'>}", "memory.max=67108864", "MemoryMax=67108864",
    "{'MemoryLimit': <'max'>}", "memory.max=max", "MemoryMax=infinity" },
  { "{'MemoryHigh': <'32Mi'>}", "memory.high=33554432", "MemoryHigh=33554432",
    "{'MemoryHigh': <'max'>}", "memory.high=max", "MemoryHigh=infinity" },
  { "{'MemoryLow': <'8Mi'>}", "memory.low=8388608", "MemoryLow=8388608",
    "{'MemoryLow': <uint64 0>}", "memory.low=0", "MemoryLow=0" },
  { "{'MemoryMin': <'4Mi'>}", "memory.min=4194304", "MemoryMin=4194304",
    "{'MemoryMin': <uint64 0>}", "memory.min=0", "MemoryMin=0" },
  { "{'MemorySwapLimit': <uint64 0>}", "memory.swap.max=0", "MemorySwapMax=0",
    "{'MemorySwapLimit': <'max'>}", "memory.swap.max=max", "MemorySwapMax=infinity" },
  { "{'PidsLimit': <uint64 12>}", "pids.max=12", "TasksMax=12", "{'PidsLimit': <'max'>}",
    "pids.max=max", "TasksMax=infinity" },
  { "{'CPUSet': <'0'>}", "cpuset.cpus=0", "AllowedCPUs=0", "{'CPUSet': <''>}", "cpuset.cpus=0-1",
    "AllowedCPUs=0-1" },
  { "{'MemoryNodes': <'0'>}", "cpuset.mems=0", "AllowedMemoryNodes=0", "{'MemoryNodes': <''>}",
    "cpuset.mems=0", "AllowedMemoryNodes=0" },
};

static const char all[] =
    "{'CPULimit': <'1'>, 'CPURequest': <'500m'>, 'CPUPeriodUSec': <uint64 50000>, "
    "'MemoryLimit': <'96Mi'>, 'MemoryRequest': <'16Mi'>, 'MemoryHigh': <'64Mi'>, "
    "'MemoryLow': <'8Mi'>, 'MemoryMin': <'4Mi'>, 'MemorySwapLimit': <'32Mi'>, "
    "'PidsLimit': <uint64 100>, 'CPUSet': <'1'>, 'MemoryNodes': <'0'>, 'Labels': <{'a': '1'}>}";
static const char all_files[] =
    "cpu.max=50000 50000;cpu.weight=50;memory.max=100663296;memory.high=67108864;"
    "memory.low=8388608;memory.min=4194304;memory.swap.max=33554432;pids.max=100;cpuset.cpus=1;"
    "cpuset.mems=0";
static const char all_shown[] =
    "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=50ms CPUWeight=50 MemoryMax=100663296 "
    "MemoryHigh=67108864 MemoryLow=8388608 MemoryMin=4194304 MemorySwapMax=33554432 TasksMax=100 "
    "AllowedCPUs=1 AllowedMemoryNodes=0";

/* Every one is another, some larger and some smaller. */
static const char other[] =
    "{'CPULimit': <'600m'>, 'CPURequest': <'600m'>, 'CPUPeriodUSec': <uint64 100000>, "
    "'MemoryLimit': <'48Mi'>, 'MemoryRequest': <'48Mi'>, 'MemoryHigh': <'max'>, "
    "'MemoryLow': <'16Mi'>, 'MemoryMin': <'12Mi'>, 'MemorySwapLimit': <uint64 0>, "
    "'PidsLimit': <uint64 1000>, 'CPUSet': <'0-1'>, 'Labels': <{'b': '2'}>}";
static const char other_files[] =
    "cpu.max=60000 100000;cpu.weight=60;memory.max=50331648;memory.high=max;memory.low=16777216;"
    "memory.min=12582912;memory.swap.max=0;pids.max=1000;cpuset.cpus=0-1;cpuset.mems=0";
static const char other_shown[] =
    "CPUQuotaPerSecUSec=600ms CPUQuotaPeriodUSec=100ms CPUWeight=60 MemoryMax=50331648 "
    "MemoryHigh=infinity MemoryLow=16777216 MemoryMin=12582912 MemorySwapMax=0 TasksMax=1000 "
    "AllowedCPUs=0-1";

static void
set_up (void)
{
  g_free (client_create_pod ("p", "{'QosClass': <'Burstable'>, 'CPURequest': <'100m'>}"));
}

static void
assert_is (const char *files, const char *shown)
{
  g_autofree char *bad = client_verify_pod ("p");

  machine_assert_files (CGROUP, files);
  machine_assert_shown (NULL, SLICE, shown);
  g_assert_cmpstr (bad, ==, "");
}

static void
test_each_key (void)
{
  set_up ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    client_update_pod ("p", rows[i].set);
    assert_is (rows[i].files, rows[i].shown);
    client_update_pod ("p", rows[i].unset);
    assert_is (rows[i].files_after, rows[i].shown_after);
  }
  /* What was taken away does not come back. */
  machine_reload_systemd ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_is (rows[i].files_after, rows[i].shown_after);
  daemon_crash ();
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    assert_is (rows[i].files_after, rows[i].shown_after);
  client_remove_pod ("p");
}

static void
test_all_keys (void)
{
  g_autofree char *labels = NULL;

  set_up ();
  client_update_pod ("p", all);
  assert_is (all_files, all_shown);
  machine_reload_systemd ();
  assert_is (all_files, all_shown);
  daemon_crash ();
  assert_is (all_files, all_shown);

  client_update_pod ("p", other);
  assert_is (other_files, other_shown);
  labels = client_get_of_pod ("p", "Spec");
  g_assert_nonnull (strstr (labels, "{'b': '2'}"));
  g_assert_null (strstr (labels, "'a'"));
  machine_reexecute_systemd ();
  assert_is (other_files, other_shown);
  daemon_crash ();
  assert_is (other_files, other_shown);

  client_update_pod ("p", "{}");
  assert_is (other_files, other_shown);
  client_remove_pod ("p");
}

/* The same while processes are in the pod and in a container of it. */
static void
test_with_processes (void)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = NULL;

  set_up ();
  leaf = client_join_pod ("p", "main", workload->pid, "{}");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    client_update_pod ("p", rows[i].set);
    assert_is (rows[i].files, rows[i].shown);
    client_update_pod ("p", rows[i].unset);
    assert_is (rows[i].files_after, rows[i].shown_after);
  }
  client_update_pod ("p", all);
  client_update_pod ("p", other);
  assert_is (other_files, other_shown);
  machine_assert_process_in (workload->pid, leaf);
  client_remove_pod ("p");
}

/* A request that was left out is its limit, also when that changes. */
static void
test_request_follows (void)
{
  g_free (client_create_pod ("p", "{'CPULimit': <'500m'>}"));
  assert_is ("cpu.weight=50", "CPUWeight=50");
  client_update_pod ("p", "{'CPULimit': <'1'>}");
  assert_is ("cpu.weight=100;cpu.max=100000 100000", "CPUWeight=100");
  client_update_pod ("p", "{'CPUWeight': <uint64 77>}");
  client_update_pod ("p", "{'CPULimit': <'900m'>}");
  assert_is ("cpu.weight=77;cpu.max=90000 100000", "CPUWeight=77");
  client_remove_pod ("p");
}

/* After a call that failed everything is as it was. */
static void
assert_nothing_changed (const char *spec_before)
{
  g_autofree char *spec = client_get_of_pod ("p", "Spec");
  g_autofree char *state = client_get_of_pod ("p", "State");
  g_autofree char *files = machine_list_pod_files ();

  assert_is (all_files, all_shown);
  g_assert_cmpstr (spec, ==, spec_before);
  g_assert_cmpstr (state, ==, "active");
  g_assert_cmpstr (files, ==, "p.pod");
}

static void
test_refused (void)
{
  static const char *const changes[] = {
    "{'PidsLimit': <uint64 7>, 'Nonsense': <uint64 1>}",
    "{'PidsLimit': <uint64 7>, 'MemoryHigh': <true>}",
    "{'PidsLimit': <uint64 7>, 'MemoryHigh': <'12Zi'>}",
    "{'PidsLimit': <uint64 7>, 'MemoryHigh': <uint64 0>}",
    "{'PidsLimit': <uint64 7>, 'CPURequest': <'2'>}",
    "{'PidsLimit': <uint64 7>, 'CPUSet': <'0-7'>}",
    "{'PidsLimit': <uint64 7>, 'QosClass': <'BestEffort'>}",
  };
  g_autofree char *spec = NULL;

  set_up ();
  client_update_pod ("p", all);
  spec = client_get_of_pod ("p", "Spec");
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_free (client_fail ("InvalidArgument", "UpdatePod", "('p', %s)", changes[i]));
    assert_nothing_changed (spec);
  }
  client_remove_pod ("p");
}

/* A limit below what cannot be reclaimed would kill, and is refused. */
static void
assert_busy (const char *command)
{
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *spec = NULL;
  g_autofree char *message = NULL;

  set_up ();
  client_update_pod ("p", all);
  spec = client_get_of_pod ("p", "Spec");
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  g_free (workload_ask (workload, "%s %d", command, 40 * MIB));

  message = client_fail ("Busy", "UpdatePod",
                         "('p', {'PidsLimit': <uint64 7>, 'MemoryLimit': <'24Mi'>, "
                         "'MemoryHigh': <'20Mi'>, 'MemoryRequest': <'1Mi'>})");
  g_assert_nonnull (strstr (message, "25165824"));
  g_assert_true (workload_is_alive (workload));
  assert_nothing_changed (spec);
  g_assert_cmpuint (machine_read_key (CGROUP, "memory.events", "oom_kill"), ==, 0);

  /* One that it fits into is set. */
  client_update_pod ("p", "{'MemoryLimit': <'56Mi'>}");
  machine_assert_files (CGROUP, "memory.max=58720256");
  g_assert_true (workload_is_alive (workload));
  client_remove_pod ("p");
}

static void
test_busy (void)
{
  assert_busy ("grow");
}

/* To the kernel that is a file, but one that only swap could take. */
static void
test_busy_with_shared_memory (void)
{
  assert_busy ("share");
}

/* What is only cache is given back. */
static void
test_cache_is_reclaimed (void)
{
  g_autoptr (Workload) workload = workload_start ();

  g_free (machine_run ("modprobe brd rd_nr=1 rd_size=65536 && mkfs.ext4 -q /dev/ram0 && "
                       "mkdir -p /tmp/disk && mount /dev/ram0 /tmp/disk"));
  set_up ();
  g_free (machine_run ("systemd-run -q --scope --slice=%s dd if=/dev/zero of=/tmp/disk/file "
                       "bs=1M count=24 2>/dev/null && sync",
                       SLICE));
  g_assert_cmpuint (machine_read_number (CGROUP, "memory.current"), >, 16 * MIB);
  client_update_pod ("p", "{'MemoryLimit': <'8Mi'>}");
  machine_assert_files (CGROUP, "memory.max=8388608");
  /* At once, or when somebody needs it: systemd 262 does not wait for it. */
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  g_free (workload_ask (workload, "grow %d", 4 * MIB));
  g_assert_cmpuint (machine_read_number (CGROUP, "memory.current"), <=, 8 * MIB);
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
  g_free (machine_run ("umount /tmp/disk && rmmod brd"));
}

/* systemd says yes, and the kernel does not take the value: a file system that is only read stands
 * in for the kernel. The limits that it took are set back. */
static void
test_set_back (void)
{
  const char *file = "/sys/fs/cgroup" CGROUP "/memory.low";
  g_autofree char *spec = NULL;
  g_autofree char *message = NULL;

  set_up ();
  client_update_pod ("p", all);
  spec = client_get_of_pod ("p", "Spec");
  g_free (machine_run ("mount --bind %s %s && mount -o remount,bind,ro %s", file, file, file));
  message = client_fail ("SystemdFailed", "UpdatePod",
                         "('p', {'PidsLimit': <uint64 7>, 'CPULimit': <'800m'>, "
                         "'MemoryLow': <'9Mi'>, 'MemoryMin': <'5Mi'>})");
  g_assert_nonnull (strstr (message, "memory.low"));
  g_assert_nonnull (strstr (message, "8388608"));
  g_assert_nonnull (strstr (message, "9437184"));
  assert_nothing_changed (spec);
  g_free (machine_run ("umount %s", file));
  /* Nothing of it is left for a reload to bring. */
  machine_reload_systemd ();
  assert_nothing_changed (spec);
  client_update_pod ("p", "{'MemoryLow': <'9Mi'>}");
  machine_assert_files (CGROUP, "memory.low=9437184");
  client_remove_pod ("p");
}

#define LOOPBACK "(2, [byte 0x7f, 0x00, 0x00, 0x01], uint32 32)"

static void
assert_property (const char *property, const char *wanted)
{
  g_autofree char *value = machine_show (SLICE, property);

  g_assert_cmpstr (value, ==, wanted);
}

static void
assert_passed_on (void)
{
  g_autofree char *after = machine_show (SLICE, "After");

  assert_property ("DeviceAllow", "/dev/zero rw");
  assert_property ("IPAddressAllow", "10.0.0.0/8");
  assert_property ("CollectMode", "inactive-or-failed");
  g_assert_nonnull (strstr (after, "multi-user.target"));
}

/* What is passed on to systemd: of lists only what was named last is there, and what only a new
 * unit takes stands in no other key's way. */
static void
test_passed_on (void)
{
  g_autofree char *message = NULL;

  g_free (client_create_pod (
      "p", "{'QosClass': <'Burstable'>, 'CPURequest': <'100m'>, 'SystemdProperties': "
           "<[('CollectMode', <'inactive-or-failed'>), ('After', <['multi-user.target']>), "
           "('DeviceAllow', <[('/dev/null', 'r')]>), ('IPAddressAllow', <[" LOOPBACK "]>)]>}"));
  assert_property ("DeviceAllow", "/dev/null r");
  client_update_pod ("p", "{'PidsLimit': <uint64 12>, 'SystemdProperties': "
                          "<[('DeviceAllow', <[('/dev/zero', 'rw')]>), ('IPAddressAllow', "
                          "<[(2, [byte 10, 0, 0, 0], uint32 8)]>)]>}");
  assert_passed_on ();
  assert_is ("pids.max=12", "TasksMax=12");
  machine_write (CGROUP, "pids.max", "7");
  machine_wait_until (machine_read_number (CGROUP, "pids.max") == 12);
  machine_reload_systemd ();
  assert_passed_on ();
  daemon_crash ();
  machine_write (CGROUP, "pids.max", "7");
  machine_wait_until (machine_read_number (CGROUP, "pids.max") == 12);
  assert_passed_on ();
  message = client_fail ("NotSupported", "UpdatePod",
                         "('p', {'PidsLimit': <uint64 9>, 'SystemdProperties': "
                         "<[('CollectMode', <'inactive'>)]>})");
  g_assert_nonnull (strstr (message, "CollectMode"));
  assert_passed_on ();
  assert_is ("pids.max=12", "TasksMax=12");
  client_remove_pod ("p");
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/updates/each-key", test_each_key);
  g_test_add_func ("/updates/all-keys", test_all_keys);
  g_test_add_func ("/updates/with-processes", test_with_processes);
  g_test_add_func ("/updates/request-follows", test_request_follows);
  g_test_add_func ("/updates/refused", test_refused);
  g_test_add_func ("/updates/busy", test_busy);
  g_test_add_func ("/updates/cache-is-reclaimed", test_cache_is_reclaimed);
  g_test_add_func ("/updates/set-back", test_set_back);
  g_test_add_func ("/updates/passed-on", test_passed_on);
  g_test_add_func ("/updates/busy-with-shared-memory", test_busy_with_shared_memory);
  return g_test_run ();
}
