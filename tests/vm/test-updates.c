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

#define NO_V1_LIMIT "9223372036854771712"

/* One key: set, and taken away again. */
#define NEW_PROPERTIES "<[('IPAccounting', <true>), ('DeviceAllow', <[('/dev/null', 'r')]>)]>"

typedef struct {
  const char *set;
  const char *files;
  const char *shown;
  const char *unset;
  const char *files_after;
  const char *shown_after;
} Row;

static const Row rows_v2[] = {
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
    "cpuset.mems=0-1", "AllowedMemoryNodes=0-1" },
};

/* Without what v1 does not have; what systemd has no property for is not shown. */
static const Row rows_v1[] = {
  { "{'CPULimit': <'750m'>}", "cpu.cfs_quota_us=75000;cpu.cfs_period_us=100000;cpu.shares=102",
    "CPUQuotaPerSecUSec=750ms", "{'CPULimit': <'max'>}", "cpu.cfs_quota_us=-1",
    "CPUQuotaPerSecUSec=infinity" },
  { "{'CPULimit': <uint64 1000>, 'CPUPeriodUSec': <uint64 20000>}",
    "cpu.cfs_quota_us=20000;cpu.cfs_period_us=20000",
    "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=20ms",
    "{'CPULimit': <'max'>, 'CPUPeriodUSec': <uint64 100000>}", "cpu.cfs_quota_us=-1",
    "CPUQuotaPerSecUSec=infinity CPUQuotaPeriodUSec=100ms" },
  { "{'CPURequest': <'200m'>}", "cpu.shares=204", "CPUWeight=20", "{'CPURequest': <'100m'>}",
    "cpu.shares=102", "CPUWeight=10" },
  { "{'MemoryLimit': <'64Mi'>}", "memory.limit_in_bytes=67108864", "MemoryMax=67108864",
    "{'MemoryLimit': <'max'>}", "memory.limit_in_bytes=" NO_V1_LIMIT, "MemoryMax=infinity" },
  { "{'MemoryLow': <'8Mi'>}", "memory.soft_limit_in_bytes=8388608", "", "{'MemoryLow': <uint64 0>}",
    "memory.soft_limit_in_bytes=" NO_V1_LIMIT, "" },
  { "{'MemoryLimit': <'64Mi'>, 'MemorySwapLimit': <uint64 0>}",
    "memory.limit_in_bytes=67108864;memory.memsw.limit_in_bytes=67108864", "",
    "{'MemoryLimit': <'max'>, 'MemorySwapLimit': <'max'>}",
    "memory.limit_in_bytes=" NO_V1_LIMIT ";memory.memsw.limit_in_bytes=" NO_V1_LIMIT, "" },
  { "{'PidsLimit': <uint64 12>}", "pids.max=12", "TasksMax=12", "{'PidsLimit': <'max'>}",
    "pids.max=max", "TasksMax=infinity" },
  { "{'CPUSet': <'0'>}", "cpuset.cpus=0", "", "{'CPUSet': <''>}", "cpuset.cpus=0-1", "" },
  { "{'MemoryNodes': <'0'>}", "cpuset.mems=0", "", "{'MemoryNodes': <''>}", "cpuset.mems=0-1", "" },
};

/* What the tests say in a kind of hierarchy. In "other" every one is another, some larger and some
 * smaller. */
typedef struct {
  const Row *rows;
  gsize n_rows;
  const char *all;
  const char *all_files;
  const char *all_shown;
  const char *other;
  const char *other_files;
  const char *other_shown;
  const char *weights[3]; /* half a CPU, one, and 77 */
  const char *half;       /* more than fits is in use */
  const char *limit;      /* a file, and where it counts: */
  const char *usage;
  const char *events;
  const char *broken; /* a file of systemd's that cannot be written */
  const char *break_it;
  const char *new_files;         /* those that it names for the first time, as they were */
  const char *broken_numbers[2]; /* before, and in vain */
  const char *mended;
  const char *mended_files;
} Words;

static const Words words_v2 = {
  .rows = rows_v2,
  .n_rows = G_N_ELEMENTS (rows_v2),
  .all = "{'CPULimit': <'1'>, 'CPURequest': <'500m'>, 'CPUPeriodUSec': <uint64 50000>, "
         "'MemoryLimit': <'96Mi'>, 'MemoryRequest': <'16Mi'>, 'MemoryHigh': <'64Mi'>, "
         "'MemoryLow': <'8Mi'>, 'MemoryMin': <'4Mi'>, 'MemorySwapLimit': <'32Mi'>, "
         "'PidsLimit': <uint64 100>, 'CPUSet': <'1'>, 'MemoryNodes': <'0'>, "
         "'Labels': <{'a': '1'}>}",
  .all_files = "cpu.max=50000 50000;cpu.weight=50;memory.max=100663296;memory.high=67108864;"
               "memory.low=8388608;memory.min=4194304;memory.swap.max=33554432;pids.max=100;"
               "cpuset.cpus=1;cpuset.mems=0",
  .all_shown = "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=50ms CPUWeight=50 MemoryMax=100663296 "
               "MemoryHigh=67108864 MemoryLow=8388608 MemoryMin=4194304 MemorySwapMax=33554432 "
               "TasksMax=100 AllowedCPUs=1 AllowedMemoryNodes=0",
  .other = "{'CPULimit': <'600m'>, 'CPURequest': <'600m'>, 'CPUPeriodUSec': <uint64 100000>, "
           "'MemoryLimit': <'48Mi'>, 'MemoryRequest': <'48Mi'>, 'MemoryHigh': <'max'>, "
           "'MemoryLow': <'16Mi'>, 'MemoryMin': <'12Mi'>, 'MemorySwapLimit': <uint64 0>, "
           "'PidsLimit': <uint64 1000>, 'CPUSet': <'0-1'>, 'Labels': <{'b': '2'}>}",
  .other_files = "cpu.max=60000 100000;cpu.weight=60;memory.max=50331648;memory.high=max;"
                 "memory.low=16777216;memory.min=12582912;memory.swap.max=0;pids.max=1000;"
                 "cpuset.cpus=0-1;cpuset.mems=0",
  .other_shown = "CPUQuotaPerSecUSec=600ms CPUQuotaPeriodUSec=100ms CPUWeight=60 "
                 "MemoryMax=50331648 MemoryHigh=infinity MemoryLow=16777216 MemoryMin=12582912 "
                 "MemorySwapMax=0 TasksMax=1000 AllowedCPUs=0-1",
  .weights = { "cpu.weight=50", "cpu.weight=100;cpu.max=100000 100000",
               "cpu.weight=77;cpu.max=90000 100000" },
  .half = "{'PidsLimit': <uint64 7>, 'MemoryLimit': <'24Mi'>, 'MemoryHigh': <'20Mi'>, "
          "'MemoryRequest': <'1Mi'>}",
  .limit = "memory.max",
  .usage = "memory.current",
  .events = "memory.events",
  .broken = "memory.low",
  .break_it = "{'PidsLimit': <uint64 7>, 'CPULimit': <'800m'>, 'MemoryLow': <'9Mi'>, "
              "'MemoryMin': <'5Mi'>, "
              "'Unified': <{'hugetlb.2MB.rsvd.max': '4194304', 'memory.swap.high': '4096'}>, "
              "'SystemdProperties': " NEW_PROPERTIES "}",
  .new_files = "hugetlb.2MB.rsvd.max=max;memory.swap.high=max",
  .broken_numbers = { "8388608", "9437184" },
  .mended = "{'MemoryLow': <'9Mi'>}",
  .mended_files = "memory.low=9437184",
};

static const Words words_v1 = {
  .rows = rows_v1,
  .n_rows = G_N_ELEMENTS (rows_v1),
  .all = "{'CPULimit': <'1'>, 'CPURequest': <'500m'>, 'CPUPeriodUSec': <uint64 50000>, "
         "'MemoryLimit': <'96Mi'>, 'MemoryRequest': <'16Mi'>, 'MemoryLow': <'8Mi'>, "
         "'MemorySwapLimit': <'32Mi'>, 'PidsLimit': <uint64 100>, 'CPUSet': <'1'>, "
         "'MemoryNodes': <'0'>, 'Labels': <{'a': '1'}>}",
  .all_files = "cpu.cfs_quota_us=50000;cpu.cfs_period_us=50000;cpu.shares=512;"
               "memory.limit_in_bytes=100663296;memory.soft_limit_in_bytes=8388608;"
               "memory.memsw.limit_in_bytes=134217728;pids.max=100;cpuset.cpus=1;cpuset.mems=0",
  .all_shown = "CPUQuotaPerSecUSec=1s CPUQuotaPeriodUSec=50ms CPUWeight=50 MemoryMax=100663296 "
               "TasksMax=100",
  .other = "{'CPULimit': <'600m'>, 'CPURequest': <'600m'>, 'CPUPeriodUSec': <uint64 100000>, "
           "'MemoryLimit': <'48Mi'>, 'MemoryRequest': <'48Mi'>, 'MemoryLow': <'16Mi'>, "
           "'MemorySwapLimit': <uint64 0>, 'PidsLimit': <uint64 1000>, 'CPUSet': <'0-1'>, "
           "'Labels': <{'b': '2'}>}",
  .other_files = "cpu.cfs_quota_us=60000;cpu.cfs_period_us=100000;cpu.shares=614;"
                 "memory.limit_in_bytes=50331648;memory.soft_limit_in_bytes=16777216;"
                 "memory.memsw.limit_in_bytes=50331648;pids.max=1000;cpuset.cpus=0-1;"
                 "cpuset.mems=0",
  .other_shown = "CPUQuotaPerSecUSec=600ms CPUQuotaPeriodUSec=100ms CPUWeight=60 "
                 "MemoryMax=50331648 TasksMax=1000",
  .weights = { "cpu.shares=512", "cpu.shares=1024;cpu.cfs_quota_us=100000",
               "cpu.shares=788;cpu.cfs_quota_us=90000" },
  .half = "{'PidsLimit': <uint64 7>, 'MemoryLimit': <'24Mi'>, 'MemoryRequest': <'1Mi'>}",
  .limit = "memory.limit_in_bytes",
  .usage = "memory.usage_in_bytes",
  .events = "memory.oom_control",
  .broken = "memory.limit_in_bytes",
  .break_it = "{'PidsLimit': <uint64 7>, 'CPULimit': <'800m'>, 'MemoryLimit': <'92Mi'>, "
              "'SystemdProperties': " NEW_PROPERTIES "}",
  .new_files = "",
  .broken_numbers = { "100663296", "96468992" },
  .mended = "{'MemoryLimit': <'92Mi'>}",
  .mended_files = "memory.limit_in_bytes=96468992;memory.memsw.limit_in_bytes=130023424",
};

static const Words *words;

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
change_each_key (void)
{
  for (gsize i = 0; i < words->n_rows; i++) {
    const Row *row = &words->rows[i];

    client_update_pod ("p", row->set);
    assert_is (row->files, row->shown);
    client_update_pod ("p", row->unset);
    assert_is (row->files_after, row->shown_after);
  }
}

static void
assert_all_taken_away (void)
{
  for (gsize i = 0; i < words->n_rows; i++)
    assert_is (words->rows[i].files_after, words->rows[i].shown_after);
}

static void
test_each_key (void)
{
  set_up ();
  change_each_key ();
  /* What was taken away does not come back. */
  machine_reload_systemd ();
  assert_all_taken_away ();
  daemon_crash ();
  assert_all_taken_away ();
  client_remove_pod ("p");
}

static void
test_all_keys (void)
{
  g_autofree char *labels = NULL;

  set_up ();
  client_update_pod ("p", words->all);
  assert_is (words->all_files, words->all_shown);
  machine_reload_systemd ();
  assert_is (words->all_files, words->all_shown);
  daemon_crash ();
  assert_is (words->all_files, words->all_shown);

  client_update_pod ("p", words->other);
  assert_is (words->other_files, words->other_shown);
  labels = client_get_of_pod ("p", "Spec");
  g_assert_nonnull (strstr (labels, "{'b': '2'}"));
  g_assert_null (strstr (labels, "'a'"));
  machine_reexecute_systemd ();
  assert_is (words->other_files, words->other_shown);
  daemon_crash ();
  assert_is (words->other_files, words->other_shown);

  client_update_pod ("p", "{}");
  assert_is (words->other_files, words->other_shown);
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
  change_each_key ();
  client_update_pod ("p", words->all);
  client_update_pod ("p", words->other);
  assert_is (words->other_files, words->other_shown);
  machine_assert_process_in (workload->pid, leaf);
  client_remove_pod ("p");
}

/* A request that was left out is its limit, also when that changes. */
static void
test_request_follows (void)
{
  g_free (client_create_pod ("p", "{'CPULimit': <'500m'>}"));
  assert_is (words->weights[0], "CPUWeight=50");
  client_update_pod ("p", "{'CPULimit': <'1'>}");
  assert_is (words->weights[1], "CPUWeight=100");
  client_update_pod ("p", "{'CPUWeight': <uint64 77>}");
  client_update_pod ("p", "{'CPULimit': <'900m'>}");
  assert_is (words->weights[2], "CPUWeight=77");
  client_remove_pod ("p");
}

/* After a call that failed everything is as it was. */
static void
assert_nothing_changed (const char *spec_before)
{
  g_autofree char *spec = client_get_of_pod ("p", "Spec");
  g_autofree char *state = client_get_of_pod ("p", "State");
  g_autofree char *files = machine_list_pod_files ();

  assert_is (words->all_files, words->all_shown);
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
  client_update_pod ("p", words->all);
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
  client_update_pod ("p", words->all);
  spec = client_get_of_pod ("p", "Spec");
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  g_free (workload_ask (workload, "%s %d", command, 40 * MIB));

  message = client_fail ("Busy", "UpdatePod", "('p', %s)", words->half);
  g_assert_nonnull (strstr (message, "25165824"));
  g_assert_true (workload_is_alive (workload));
  assert_nothing_changed (spec);
  g_assert_cmpuint (machine_read_key (CGROUP, words->events, "oom_kill"), ==, 0);

  /* One that it fits into is set. */
  client_update_pod ("p", "{'MemoryLimit': <'56Mi'>}");
  g_assert_cmpuint (machine_read_number (CGROUP, words->limit), ==, 56 * MIB);
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
  g_assert_cmpuint (machine_read_number (CGROUP, words->usage), >, 16 * MIB);
  client_update_pod ("p", "{'MemoryLimit': <'8Mi'>}");
  g_assert_cmpuint (machine_read_number (CGROUP, words->limit), ==, 8 * MIB);
  /* At once, or when somebody needs it: systemd 262 does not wait for it. */
  g_free (client_join_pod ("p", "main", workload->pid, "{}"));
  g_free (workload_ask (workload, "grow %d", 4 * MIB));
  g_assert_cmpuint (machine_read_number (CGROUP, words->usage), <=, 8 * MIB);
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
  g_free (machine_run ("umount /tmp/disk && rmmod brd"));
}

/* systemd says yes, and the kernel does not take the value: a file system that is only read stands
 * in for the kernel. The limits that it took are set back. */
static void
test_set_back (void)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (machine_get_hierarchy (), "memory");
  g_autofree char *file = g_strconcat (tree->mount, CGROUP "/", words->broken, NULL);
  g_autofree char *spec = NULL;
  g_autofree char *message = NULL;
  g_autofree char *devices = NULL;

  set_up ();
  client_update_pod ("p", words->all);
  spec = client_get_of_pod ("p", "Spec");
  g_free (machine_run ("mount --bind %s %s && mount -o remount,bind,ro %s", file, file, file));
  message = client_fail ("SystemdFailed", "UpdatePod", "('p', %s)", words->break_it);
  g_assert_nonnull (strstr (message, words->broken));
  g_assert_nonnull (strstr (message, words->broken_numbers[0]));
  g_assert_nonnull (strstr (message, words->broken_numbers[1]));
  assert_nothing_changed (spec);
  /* Nor what was set for the first time, of which the pod has nothing to say. */
  machine_assert_files (CGROUP, words->new_files);
  machine_assert_shown (NULL, SLICE, "IPAccounting=no");
  devices = machine_show (SLICE, "DeviceAllow");
  g_assert_cmpstr (devices, ==, "");
  g_free (machine_run ("umount %s", file));
  /* Nothing of it is left for a reload to bring. */
  machine_reload_systemd ();
  assert_nothing_changed (spec);
  client_update_pod ("p", words->mended);
  machine_assert_files (CGROUP, words->mended_files);
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
  words = machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED ? &words_v2 : &words_v1;
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
