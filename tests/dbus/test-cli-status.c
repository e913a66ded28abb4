/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl status.
 */
#include "tests/dbus/cli.h"
#include "tests/dbus/golden.h"
#include "tests/dbus/tmux.h"
#include "tests/unit/temp-dir.h"

#define POD(uid) "/machine.slice/machine-besteffort.slice/machine-besteffort-pod" uid ".slice"
#define HEAD "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"

/* With reservations, and on a machine that uses something. */
static Cli *
start (Fixture *fixture, const char *more)
{
  g_autofree char *config = g_strconcat (
      HEAD "systemReserved: {cpu: 500m, memory: 1Gi, pid: '1000'}\nkubeReserved: {memory: 512Mi}\n"
           "evictionHard: {memory.available: 100Mi}\n",
      more, NULL);

  temp_dir_write (fixture->root, "etc/nodecgroups/config.yaml", config);
  fake_kernel_write_file (fixture->kernel, "/proc/meminfo",
                          "MemTotal: 8388608 kB\nMemFree: 1 kB\nBuffers: 10 kB\nCached: 20 kB\n"
                          "Inactive(file): 5 kB\nAnonPages: 1048571 kB\n");
  fixture_start_daemon (fixture);
  fake_kernel_write (fixture->kernel, "/system.slice", "memory.current", "996147200");
  fake_kernel_write (fixture->kernel, "/system.slice", "pids.current", "780");
  return cli_new (fixture);
}

static void
create_pods (Fixture *fixture)
{
  g_autofree char *a = fixture_must_create (fixture, "a", "{}");
  g_autofree char *b =
      fixture_must_create (fixture, "b", "{'CPULimit': <'500m'>, 'MemoryLimit': <'256Mi'>}");
  g_autofree char *gone = fixture_must_create (fixture, "gone", "{}");

  fake_kernel_write (fixture->kernel, POD ("a"), "memory.current", "134217728");
  fake_kernel_write (fixture->kernel, POD ("a"), "pids.current", "95");
  fixture_stop_pod (fixture, "gone", gone);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture, "");

  cli_run (cli, 0, "status");
  g_assert_true (g_str_has_prefix (cli->output, "● nodecgroupsd " VERSION ": ready\n"
                                                " Conditions: all of "));
  cli_assert_outputs (cli,
                      "\n     Driver: systemd, unified hierarchy\n    Systemd: version 252\n"
                      "Cgroup root: /machine\n   Enforced: pods\n       Pods: 0\n"
                      "      Drift: nothing was changed by others since the daemon started\n",
                      "\n\nRESOURCE           CAPACITY  SYSTEM    KUBE  EVICTION  ALLOCATABLE\n"
                      "cpu                    4.00    500m       -         -         3.50\n",
                      "\nhugepages-2Mi          8.0M       -       -         -         8.0M\n"
                      "memory                 8.0G    1.0G  512.0M    100.0M         6.4G\n"
                      "pid                   63000    1000       -         -        62000\n");
  cli_assert_output (cli,
                     "\nsystem  0m of 500m  ░░░░░░░░  950.0M of 1.0G  ███████▍  780 of 1000\n");
  cli_assert_no_output (cli, "Sysctl:");
  cli_run (cli, 0, "status --no-legend");
  cli_assert_no_output (cli, "RESOURCE");
  /* It is what there is without a verb, too. */
  cli_run (cli, 0, "");
  cli_assert_output (cli, VERSION ": ready\n");
  cli_run (cli, 0, "--color=always");
  cli_assert_output (cli, "\033[32m●\033[0m nodecgroupsd " VERSION ": \033[32mready\033[0m\n");
  cli_run (cli, 0, "status --all");
  cli_assert_output (cli, "\n             Sysctl:kernel.panic: ");
}

static void
test_pods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture, "");

  create_pods (fixture);
  cli_run (cli, 0, "status");
  cli_assert_output (cli, "\n       Pods: 3: 2 BestEffort, 1 Guaranteed; 2 active, 1 vanished\n");
  cli_assert_output (cli,
                     "\npods    0m of 3.50  ░░░░░░░░  128.0M of 6.4G  ▏░░░░░░░  95 of 62000\n");
  cli_assert_output (cli, "      Drift: 1 change by others since the daemon started, ");
  cli_run (cli, 0, "status --color=always");
  cli_assert_output (cli, "; \033[32m2 active\033[0m, \033[1;31m1 vanished\033[0m\n");
}

/* What does not hold is told with what to do. */
static void
test_degraded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture, "sysctls: {kernel.panic: warn}\n");

  cli_run (cli, 1, "status");
  cli_assert_output (cli, VERSION ": degraded\n");
  cli_assert_output (cli, " hold, 1 does not\n             Sysctl:kernel.panic: ");
  cli_assert_no_output (cli, "Sysctl:kernel.panic_on_oops");
  g_assert_cmpstr (cli->errors, ==, "");
  cli_run (cli, 1, "status --all --color=always");
  cli_assert_output (cli, "\033[1;31mSysctl:kernel.panic: ");
  cli_assert_output (cli, "\033[32mSysctl:kernel.panic_on_oops: ");
  cli_run (cli, 1, "status --json");
  cli_assert_json (cli, "$.State", "\"degraded\"");
  cli_assert_output (cli, "{\"Name\":\"Sysctl:kernel.panic\",\"Holds\":false,\"Message\":\"");
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture, "");

  create_pods (fixture);
  cli_run (cli, 0, "status --json");
  cli_assert_jsons (cli, { "$.State", "\"ready\"" }, { "$.Version", "\"" VERSION "\"" },
                    { "$.Driver", "\"systemd\"" }, { "$.SystemdVersion", "252" },
                    { "$.CgroupRoot", "\"/machine\"" }, { "$.Conditions[0].Name", "\"Systemd\"" },
                    { "$.Conditions[0].Holds", "true" }, { "$.Enforced[0]", "\"pods\"" },
                    { "$.Capacity.cpu", "4000" }, { "$.SystemReserved.pid", "1000" },
                    { "$.EvictionHard.memory", "104857600" }, { "$.Allocatable.cpu", "3500" },
                    { "$.DriftCount", "1" }, { "$.PodCount", "3" },
                    { "$.PodsByQosClass.BestEffort", "2" }, { "$.PodsByQosClass.Guaranteed", "1" },
                    { "$.PodsByState.vanished", "1" }, { "$.Usage.pods.PidsCurrent", "95" },
                    { "$.MilliCPU.system", "0" });
}

/* What it looks like, with as many rows as it takes. */
static void
assert_golden (Cli *cli, guint columns, const char *line, gboolean has_colors, const char *golden)
{
  g_autoptr (Tmux) tmux = tmux_new (cli, columns, 40);
  g_autofree char *screen = tmux_run (tmux, 1, line, has_colors);

  golden_assert (golden, screen);
}

static void
test_golden (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture, "sysctls: {kernel.panic: warn}\n");

  create_pods (fixture);
  cli_setenv (cli, "NO_COLOR", NULL);
  assert_golden (cli, 80, "status --no-pager --color=never", FALSE, "status-80.txt");
  assert_golden (cli, 200, "status --no-pager", TRUE, "status-200-colors.txt");
  cli_setenv (cli, "LC_ALL", "C");
  assert_golden (cli, 80, "status --no-pager --color=never", FALSE, "status-80-ascii.txt");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/status/human", test_human);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/status/pods", test_pods);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/status/degraded", test_degraded);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/status/json", test_json);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/status/golden", test_golden);
  return g_test_run ();
}
