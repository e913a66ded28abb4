/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Continual validation: what others change behind the daemon's back is found, told once, and set
 * again; who keeps changing it is not fought with. On cgroup v1, too.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/disk.h"
#include "tests/vm/drifts.h"
#include "tests/vm/machine.h"

#include <string.h>

/* Weights are 50, 25 and 125 of 2 CPUs. A slice of our own, which can be stopped without the
 * daemon, is where Kubernetes' daemons would be. */
#define CONFIG                                                                                     \
  "systemReserved: {cpu: 500m, memory: 256Mi}\nkubeReserved: {cpu: 250m, memory: 96Mi}\n"          \
  "kubeReservedCgroup: /daemons\n"                                                                 \
  "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n"
#define POD "{'CPURequest': <'200m'>, 'MemoryLimit': <'64Mi'>}"
#define POD_CGROUP "/machine.slice/machine-burstable.slice/machine-burstable-podp.slice"

/* A setting of a slice that is there on both kinds of cgroups: what the kernel's file reads. */
typedef struct {
  const char *file;
  const char *system; /* that system.slice has */
  const char *daemons;
  const char *other; /* that somebody writes instead */
} Weight;

static const Weight *
get_weight (void)
{
  static const Weight unified = { "cpu.weight", "50", "25", "77" };
  static const Weight v1 = { "cpu.shares", "512", "256", "788" };

  return machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED ? &unified : &v1;
}

static gboolean
reads (const char *cgroup, const char *file, const char *wanted)
{
  g_autofree char *actual = machine_read (cgroup, file);

  return g_strcmp0 (actual, wanted) == 0;
}

/* What was set before ended with the daemon, and with it who fought for what. */
static Drifts *
begin (void)
{
  daemon_configure (CONFIG);
  return drifts_new ();
}

/* A pod that was removed may change the slices still. */
static gboolean
is_verified (void)
{
  g_autofree char *bad = client_verify_node ();

  return bad[0] == '\0';
}

/* Nothing was found but what the test did, and all is as it should be. */
static void
end (const Drifts *drifts, guint wanted)
{
  g_autofree char *all = drifts_print (drifts);

  if (drifts_count (drifts, NULL, FALSE) != wanted)
    machine_fail ("there should be %u drifts, and there are: %s", wanted, all);
  machine_wait_until (is_verified ());
}

static void
test_set_property (void)
{
  g_autoptr (Drifts) drifts = begin ();
  const Weight *weight = get_weight ();

  g_free (machine_run ("systemctl set-property --runtime system.slice CPUWeight=77"));
  drifts_assert_one (drifts, "/system.slice", weight->file, weight->system, weight->other);
  machine_wait_until (reads ("/system.slice", weight->file, weight->system));
  machine_assert_shown (NULL, "system.slice", "CPUWeight=50");
  end (drifts, 1);
}

/* One that is not the weight, and lasting: the drop-in in /etc is there, and the later one wins. */
static void
test_persistent (void)
{
  g_autoptr (Drifts) drifts = begin ();
  gboolean is_unified = machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED;
  const char *file = is_unified ? "memory.max" : "memory.limit_in_bytes";
  g_autofree char *wanted = machine_read ("/machine.slice", file);

  g_free (machine_run ("systemctl set-property machine.slice MemoryMax=64M"));
  drifts_assert_one (drifts, "/machine.slice", file, wanted, "67108864");
  machine_wait_until (reads ("/machine.slice", file, wanted));
  end (drifts, 1);
  g_free (machine_run ("rm -r /etc/systemd/system.control/machine.slice.d"));
}

static void
test_kernel_file (void)
{
  g_autoptr (Drifts) drifts = begin ();
  const Weight *weight = get_weight ();

  machine_write ("/system.slice", weight->file, weight->other);
  drifts_assert_one (drifts, "/system.slice", weight->file, weight->system, weight->other);
  machine_assert_files ("/daemons.slice",
                        get_weight ()->file[4] == 'w' ? "cpu.weight=25" : "cpu.shares=256");
  machine_wait_until (reads ("/system.slice", weight->file, weight->system));
  end (drifts, 1);
}

static gboolean
is_told (const Drifts *drifts, guint *n_writes)
{
  const Weight *weight = get_weight ();

  machine_write ("/daemons.slice", weight->file, weight->other);
  (*n_writes)++;
  machine_wait_until (reads ("/daemons.slice", weight->file, weight->daemons));
  return drifts_count (drifts, "/daemons.slice", TRUE) > 0;
}

/* systemd keeps what it was told, so that there is nothing to find. The daemon applies all anew:
 * what somebody writes meanwhile may be overwritten without being seen, and it is seen after that.
 */
static void
test_systemd_again (gconstpointer data)
{
  void (*again) (void) = (void (*) (void)) data;
  g_autoptr (Drifts) drifts = begin ();
  const Weight *weight = get_weight ();
  guint n_writes = 0;

  g_free (client_create_pod ("p", POD));
  again ();
  machine_wait_until (reads ("/system.slice", weight->file, weight->system));
  end (drifts, 0);
  machine_wait_until (is_told (drifts, &n_writes));
  client_remove_pod ("p");
  g_assert_cmpuint (drifts_count (drifts, NULL, FALSE), <=, n_writes);
}

/* Somebody takes the drop-ins away, and has systemd read what is left. */
static void
test_lost_files (void)
{
  g_autoptr (Drifts) drifts = begin ();
  const Weight *weight = get_weight ();

  g_free (machine_run ("rm $(systemctl show -P DropInPaths system.slice)"));
  machine_reload_systemd ();
  g_free (machine_run ("systemctl set-property --runtime system.slice TasksMax=infinity"));
  machine_wait_until (reads ("/system.slice", weight->file, weight->system));
  machine_wait_until (machine_try ("systemctl show -P CPUWeight system.slice | grep -qx 50"));
  g_assert_cmpuint (drifts_count (drifts, "/system.slice", TRUE), ==,
                    drifts_count (drifts, NULL, FALSE));
}

static void
test_pod (void)
{
  g_autoptr (Drifts) drifts = begin ();
  gboolean is_unified = machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED;
  const char *file = is_unified ? "memory.max" : "memory.limit_in_bytes";
  g_autofree char *bad = NULL;

  g_free (client_create_pod ("p", POD));
  machine_write (POD_CGROUP, file, "134217728");
  drifts_assert_one (drifts, POD_CGROUP, file, "67108864", "134217728");
  machine_wait_until (reads (POD_CGROUP, file, "67108864"));
  bad = client_verify_pod ("p");
  g_assert_cmpstr (bad, ==, "");
  end (drifts, 1);
  client_remove_pod ("p");
  end (drifts, 1);
}

/* What systemd has no property for: on v1 the CPUs. */
static void
test_own_file (void)
{
  g_autoptr (Drifts) drifts = begin ();
  gboolean is_unified = machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED;
  const char *file = is_unified ? "cgroup.max.descendants" : "cpuset.cpus";
  const char *wanted = is_unified ? "100" : "0";
  const char *other = is_unified ? "7" : "0-1";

  g_free (client_create_pod ("p", is_unified ? "{'CPURequest': <'200m'>, "
                                               "'Unified': <{'cgroup.max.descendants': '100'}>}"
                                             : "{'CPURequest': <'200m'>, 'CPUSet': <'0'>}"));
  machine_write (POD_CGROUP, file, other);
  drifts_assert_one (drifts, POD_CGROUP, file, wanted, other);
  machine_wait_until (reads (POD_CGROUP, file, wanted));
  client_remove_pod ("p");
  end (drifts, 1);
}

/* The limit of zswap, where this kernel has one. */
static gboolean
has_zswap (void)
{
  g_autofree char *text = machine_read ("/machine.slice", "memory.zswap.max");

  return text != NULL;
}

static char *
describe_set_back (const char *bfq)
{
  return g_strdup_printf ("{'CPURequest': <'200m'>, 'OOMGroup': <true>, 'IOWeight': <uint64 60>, "
                          "'Unified': <{'io.bfq.weight': '%s 300'%s}>}",
                          bfq, has_zswap () ? ", 'memory.zswap.max': '1M'" : "");
}

static gboolean
has_all (const char *weights)
{
  return reads (POD_CGROUP, "memory.oom.group", "1") &&
         reads (POD_CGROUP, "io.bfq.weight", weights) &&
         (!has_zswap () || reads (POD_CGROUP, "memory.zswap.max", "1048576"));
}

/* systemd knows nothing of a file, or sets it to its default, or the kernel does when systemd
 * writes another, whenever systemd applies the unit; which is nobody's change. */
static void
test_set_back (void)
{
  g_autoptr (Drifts) drifts = begin ();
  g_autofree char *spec = describe_set_back (disk_get_bfq ());
  g_autofree char *weights = g_strdup_printf ("default 60\n%s 300", disk_get_bfq ());

  g_free (client_create_pod ("p", spec));
  for (guint i = 0; i < 10; i++) {
    g_free (machine_run ("systemctl set-property --runtime machine-burstable-podp.slice "
                         "IOAccounting=%s",
                         i % 2 == 0 ? "yes" : "no"));
    machine_wait_until (has_all (weights));
  }
  client_remove_pod ("p");
  end (drifts, 0);
  disk_remove_all ();
}

static gboolean
is_active (const char *unit)
{
  return machine_try ("systemctl -q is-active %s", unit);
}

/* A slice that somebody stops is made again, with all that it had. */
static void
test_stopped (void)
{
  g_autoptr (Drifts) drifts = begin ();
  const Weight *weight = get_weight ();

  g_free (machine_run ("systemctl stop daemons.slice"));
  drifts_assert_one (drifts, "/daemons.slice", "cgroup", "present", "missing");
  machine_wait_until (is_active ("daemons.slice"));
  machine_wait_until (reads ("/daemons.slice", weight->file, weight->daemons));
  /* The new one is watched as the old one was. */
  machine_write ("/daemons.slice", weight->file, weight->other);
  drifts_assert_one (drifts, "/daemons.slice", weight->file, weight->daemons, weight->other);
  machine_wait_until (reads ("/daemons.slice", weight->file, weight->daemons));
  end (drifts, 2);

  g_free (machine_run ("systemctl stop machine-besteffort.slice"));
  drifts_assert_one (drifts, "/machine.slice/machine-besteffort.slice", "cgroup", "present",
                     "missing");
  machine_wait_until (is_active ("machine-besteffort.slice"));
  end (drifts, 3);
}

/* The slice that the daemon itself is in: it ends with it, and makes it again at its next start. */
static void
test_stopped_below (void)
{
  daemon_configure ("kubeReserved: {cpu: 250m, memory: 96Mi}\n"
                    "enforceNodeAllocatable: [kube-reserved]\n");
  g_free (machine_run ("systemctl stop kubernetes.slice"));
  g_assert_cmpint (daemon_get_pid (), ==, 0);
  daemon_start ();
  machine_assert_files ("/kubernetes.slice",
                        get_weight ()->file[4] == 'w' ? "cpu.weight=25" : "cpu.shares=256");
}

static gboolean
is_sysctl (const char *file, const char *wanted)
{
  g_autofree char *actual = machine_run ("cat %s", file);

  return g_str_equal (actual, wanted);
}

/* The kernel tells of writes to /proc/sys as of those to any file. */
static void
test_sysctl (void)
{
  g_autoptr (Drifts) drifts = begin ();

  g_free (machine_run ("sysctl -w kernel.panic=3"));
  drifts_assert_one (drifts, "sysctl", "kernel.panic", "10", "3");
  g_assert_true (is_sysctl ("/proc/sys/kernel/panic", "10"));
  end (drifts, 1);
}

/* Two writers */

typedef struct {
  const Weight *weight;
  guint n_left;
} Writer;

static gboolean
on_write (gpointer user_data)
{
  Writer *writer = user_data;

  machine_write ("/system.slice", writer->weight->file, writer->weight->other);
  return --writer->n_left > 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gboolean
is_contested (const char *part)
{
  gboolean holds = TRUE;
  g_autofree char *message = client_get_condition ("Contested:/system.slice", &holds);

  return message != NULL && !holds && strstr (message, part) != NULL;
}

/* Twenty times a second for four seconds: five repairs at once, then one after 1, 3 and 7 s at the
 * earliest. Writes are by timer, so that on a slow machine there are fewer and not later ones. */
static void
test_contested (void)
{
  g_autoptr (Drifts) drifts = begin ();
  Writer writer = { get_weight (), 80 };
  gint64 start = g_get_monotonic_time ();
  guint at_once;
  gint64 sec;

  g_timeout_add (50, on_write, &writer);
  machine_wait_until (is_contested (writer.weight->file));
  at_once = drifts_count (drifts, "/system.slice", TRUE);
  g_assert_cmpuint (at_once, <=, 6);

  /* Who is not fought over is repaired as ever. */
  g_assert_cmpuint (writer.n_left, >, 0);
  machine_write ("/daemons.slice", writer.weight->file, writer.weight->other);
  drifts_assert_one (drifts, "/daemons.slice", writer.weight->file, writer.weight->daemons,
                     writer.weight->other);

  machine_wait_until (writer.n_left == 0);
  /* In the end it is as it should be: after the pause that is on. */
  machine_wait_until (reads ("/system.slice", writer.weight->file, writer.weight->system));
  sec = (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
  /* The pauses end at 1, 3, 7, 15 … s. */
  g_assert_cmpuint (drifts_count (drifts, "/system.slice", TRUE), <=,
                    5 + g_bit_storage ((gulong) sec + 1));
  g_assert_cmpuint (drifts_count (drifts, "/system.slice", FALSE), <=,
                    5 + 2 * g_bit_storage ((gulong) sec + 1));
  g_assert_true (is_contested ("set-property"));
  /* It is not over yet, but it is not forgotten with the daemon either. */
  daemon_restart ();
  g_assert_false (is_contested (""));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/drift/set-property", test_set_property);
  g_test_add_func ("/drift/persistent", test_persistent);
  g_test_add_func ("/drift/kernel-file", test_kernel_file);
  g_test_add_data_func ("/drift/daemon-reload", (gconstpointer) machine_reload_systemd,
                        test_systemd_again);
  g_test_add_data_func ("/drift/daemon-reexec", (gconstpointer) machine_reexecute_systemd,
                        test_systemd_again);
  g_test_add_func ("/drift/lost-files", test_lost_files);
  g_test_add_func ("/drift/pod", test_pod);
  g_test_add_func ("/drift/own-file", test_own_file);
  if (machine_get_hierarchy ()->mode == NCG_HIERARCHY_UNIFIED)
    g_test_add_func ("/drift/set-back", test_set_back);
  g_test_add_func ("/drift/stopped", test_stopped);
  g_test_add_func ("/drift/stopped-below", test_stopped_below);
  g_test_add_func ("/drift/sysctl", test_sysctl);
  g_test_add_func ("/drift/contested", test_contested);
  return g_test_run ();
}
