/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Programs that take all the memory that there is, in the system's slice and in a pod at once, and
 * a daemon of Kubernetes beside them: with `protect` it keeps its memory and goes on answering.
 *
 * The machine has no swap, so that what the kernel can take from the daemon is the pages of its
 * files: 64 MiB on a file system in a RAM disk, which are read all the time. Whom it kills is said
 * as in Kubernetes: hogs first, and the daemons last; this is about memory.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define MIB (1024 * 1024)
#define DATA_MIB 64
#define DATA "/run/hog/beat.data"
#define BEAT "/run/hog/beat"
#define KUBE "/kubernetes.slice/heart.service"
#define WORKLOAD "/usr/libexec/nodecgroups/tests/workload"

/*
 * How long the daemon may take for what it does every 100 ms. Reading what is in memory takes no
 * time; it is the CPU that is to be shared with the hogs and the kernel that looks for memory, on
 * two CPUs that may be emulated, forty times slower than real ones: 5 s are 125 ms there.
 */
#define LONGEST_MSEC 5000

/* How many hogs have to be killed before it is over. */
#define KILLS 2

#define CONFIG                                                                                     \
  "systemReserved: {cpu: 200m, memory: 64Mi}\nkubeReserved: {cpu: 800m, memory: 128Mi}\n"

typedef struct {
  guint64 beats;
  guint64 longest_msec;
} Beat;

static Beat
read_beat (void)
{
  g_autofree char *text = NULL;
  Beat beat = { 0, 0 };

  if (g_file_get_contents (BEAT, &text, NULL, NULL) &&
      sscanf (text, "%" G_GUINT64_FORMAT "%" G_GUINT64_FORMAT, &beat.beats, &beat.longest_msec) !=
          2)
    beat.beats = 0;
  return beat;
}

static void
make_disk (void)
{
  g_free (machine_run ("modprobe brd rd_nr=1 rd_size=%d", (DATA_MIB + 24) * 1024));
  g_free (machine_run ("mkfs.ext4 -q -O ^has_journal -m 0 /dev/ram0 && mkdir -p /run/hog && "
                       "mount /dev/ram0 /run/hog && head -c %dM /dev/zero >" DATA,
                       DATA_MIB));
  /* So that they are charged to the daemon, and not to us. */
  g_free (machine_run ("umount /run/hog && mount /dev/ram0 /run/hog"));
}

static void
start_heart (void)
{
  g_free (machine_run ("systemd-run -q --unit=heart --slice=kubernetes.slice "
                       "-p OOMScoreAdjust=-999 "
                       "/bin/sh -c 'echo beat " BEAT " | exec " WORKLOAD "'"));
  machine_wait_until (read_beat ().beats > 0);
  g_assert_cmpuint (machine_read_number (KUBE, "memory.current"), >, DATA_MIB * (guint64) MIB);
}

/* Each time that it is killed it comes again. */
static void
start_system_hog (void)
{
  g_free (machine_run ("systemd-run -q --unit=hog -p Restart=always -p RestartSec=100ms "
                       "-p StartLimitIntervalSec=0 -p OOMScoreAdjust=1000 "
                       "/bin/sh -c '{ echo grow 1200000000; sleep 600; } | exec " WORKLOAD "'"));
}

static Workload *
start_pod_hog (void)
{
  Workload *hog = workload_start ();

  g_free (machine_run ("echo 1000 >/proc/%d/oom_score_adj", (int) hog->pid));
  g_free (client_join_pod ("hog", "main", hog->pid, "{}"));
  workload_tell (hog, "grow 1200000000");
  return hog;
}

static guint64
count_kills (void)
{
  return machine_read_key ("/machine.slice", "memory.events", "oom_kill") +
         machine_read_key ("/system.slice", "memory.events", "oom_kill");
}

static gboolean
is_over (guint64 *least_bytes, Workload **hog)
{
  g_autofree char *text = machine_read (KUBE, "memory.current");

  *least_bytes = MIN (*least_bytes, text != NULL ? strtoull (text, NULL, 10) : 0);
  if (!workload_is_alive (*hog)) {
    workload_free (*hog);
    *hog = start_pod_hog ();
  }
  return count_kills () >= KILLS;
}

/* Both at once, until some were killed. Returns: the least memory that the daemon had */
static guint64
let_hogs_run (void)
{
  guint64 least_bytes = G_MAXUINT64;
  Workload *hog;

  g_free (client_create_pod ("hog", "{'CPURequest': <'100m'>}"));
  hog = start_pod_hog ();
  start_system_hog ();
  machine_wait_until (is_over (&least_bytes, &hog));
  g_free (machine_run ("systemctl stop hog.service"));
  workload_free (hog);
  client_remove_pod ("hog");
  return least_bytes;
}

static void
test_protected (void)
{
  guint64 least_bytes;
  pid_t daemon;
  Beat before, after;

  daemon_configure (CONFIG "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n");
  daemon = daemon_get_pid ();
  make_disk ();
  start_heart ();
  before = read_beat ();
  least_bytes = let_hogs_run ();
  after = read_beat ();
  machine_wait_until (read_beat ().beats > after.beats);
  g_test_message ("the daemon had %" G_GUINT64_FORMAT
                  " KiB at least, and answered %" G_GUINT64_FORMAT
                  " times within %" G_GUINT64_FORMAT " ms",
                  least_bytes / 1024, after.beats - before.beats, after.longest_msec);

  g_assert_cmpuint (least_bytes, >=, DATA_MIB * (guint64) MIB);
  g_assert_cmpuint (after.longest_msec, <, LONGEST_MSEC);
  machine_assert_shown (NULL, "heart.service", "ActiveState=active NRestarts=0");
  g_assert_cmpuint (machine_read_key ("/kubernetes.slice", "memory.events", "oom_kill"), ==, 0);
  g_assert_cmpint (daemon_get_pid (), ==, daemon);
  g_free (machine_run ("systemctl stop heart.service && umount /run/hog && rmmod brd"));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/hog/protected", test_protected);
  return g_test_run ();
}
