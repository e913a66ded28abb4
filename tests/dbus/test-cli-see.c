/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl pod, verify, usage.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

static Cli *
create (Fixture *fixture)
{
  Cli *cli = cli_new (fixture);

  cli_run (cli, 0,
           "create a CPURequest=500m CPULimit=1 MemoryLimit=256Mi PidsLimit=100 Labels=app:web");
  cli_run (cli, 0, "create a/db MemoryLimit=64Mi");
  fake_kernel_write (fixture->kernel, CGROUP, "memory.current", "134217728");
  fake_kernel_write (fixture->kernel, CGROUP, "pids.current", "95");
  return cli;
}

/* As if somebody had written it, in a file that systemd's fake does not set again. */
static void
spoil (Fixture *fixture)
{
  fake_kernel_write (fixture->kernel, CGROUP, "memory.max", "4096");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.max");
}

static void
test_pod (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  cli_run (cli, 0, "pod a");
  g_assert_true (g_str_has_prefix (cli->output, "a (Burstable)\n"));
  cli_assert_outputs (
      cli, "\n      State: active, created ", "\n      Slice: " SLICE "\n     Cgroup: " CGROUP "\n",
      "\n       Spec: CPURequest=500m\n             CPULimit=1\n", " Labels=app:web\n",
      "\n     Memory: 128.0M of 256.0M  ██████████░░░░░░░░░░  50%\n",
      "\n       Pids: 95 of 100  ███████████████████░  95%\n", "\nCONTAINER  STATE ",
      "\ndb         active ", "\n.                memory.max       268435456      268435456\n",
      "\npoda-db.service  memory.max       67108864       67108864\n");
  cli_assert_no_output (cli, "differ");
  cli_assert_no_output (cli, "Killed");
  fake_kernel_count_kills (fixture->kernel, CGROUP, 2);
  cli_run (cli, 0, "pod a --color=always");
  cli_assert_output (cli, "\n     Killed: \033[1;31m2 for want of memory\033[0m\n");
  cli_assert_output (cli, "\033[1;31m███████████████████░\033[0m  95%");
}

static void
test_pod_differs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  spoil (fixture);
  cli_run (cli, 0, "pod a --color=always");
  cli_assert_outputs (cli, "268435456      \033[1;31m4096\033[0m\n", "\n1 of ",
                      " settings differ.\n");
}

static void
test_pod_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  cli_run (cli, 0, "pod a --json");
  cli_assert_jsons (cli, { "$.Uid", "\"a\"" }, { "$.Object", "\"/org/example/NodeCgroups/pod/a\"" },
                    { "$.State", "\"active\"" }, { "$.ControlGroup", "\"" CGROUP "\"" },
                    { "$.Spec.MemoryLimit", "268435456" }, { "$.Spec.Labels.app", "\"web\"" },
                    { "$.Containers[0].Name", "\"db\"" }, { "$.Containers[0].State", "\"active\"" },
                    { "$.Stats.PidsCurrent", "95" }, { "$.Stats.Containers.db.PidsCurrent", "0" },
                    { "$.Settings[0].Setting", "\"cgroup\"" },
                    { "$.Settings[0].Wanted", "\"present\"" }, { "$.Settings[0].Ok", "true" });
}

/* Several are one after the other, in JSON each as a document. */
static void
test_pods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);
  g_auto (GStrv) lines = NULL;

  cli_run (cli, 0, "create b");
  cli_run (cli, 0, "pod b a");
  g_assert_true (g_str_has_prefix (cli->output, "b (BestEffort)\n"));
  cli_assert_output (cli, "\n\na (Burstable)\n");
  cli_run (cli, 0, "pod b a --json=short");
  lines = g_strsplit (cli->output, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  cli_run (cli, 3, "pod none");
  cli_assert_errors (cli, "\nTry: nodecgroupsctl pods");
  cli_run (cli, 2, "pod");
}

static void
test_pod_vanished (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  fixture_stop_pod (fixture, "a", SLICE);
  cli_run (cli, 0, "pod a");
  cli_assert_output (cli, "\n      State: vanished, ");
  cli_assert_no_output (cli, "Memory:");
  cli_run (cli, 0, "pod a --json");
  cli_assert_json_count (cli, "$.Stats", 0);
  cli_run (cli, 1, "verify a --json");
  cli_assert_json (cli, "$[0].Setting", "\"cgroup\"");
}

static void
test_verify (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  cli_run (cli, 0, "create b");
  cli_run (cli, 0, "verify");
  g_assert_true (g_str_has_prefix (cli->output, "All of "));
  cli_run (cli, 0, "verify a b --json");
  g_assert_cmpstr (cli->output, ==, "[]\n");
  cli_run (cli, 0, "verify a --all");
  cli_assert_output (cli, "\n" CGROUP "  ");
  cli_assert_output (cli, "  cpu.max");
  /* All are those of the node, too. */
  cli_run (cli, 0, "verify --all --json");
  cli_assert_output (cli, "\"Object\":\"sysctl\"");
  cli_assert_output (cli, "\"Uid\":\"b\"");
  cli_run (cli, 3, "verify none");
}

static void
test_verify_differs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = create (fixture);

  cli_run (cli, 0, "create b");
  spoil (fixture);
  cli_run (cli, 1, "verify");
  cli_assert_output (cli, CGROUP "  memory.max  268435456  4096\n\n1 of ");
  cli_assert_no_output (cli, "cpu.max");
  g_assert_cmpstr (cli->errors, ==, "");
  cli_run (cli, 1, "verify a --json");
  cli_assert_json_count (cli, "$[*]", 1);
  cli_assert_jsons (cli, { "$[0].Uid", "\"a\"" }, { "$[0].Object", "\"" CGROUP "\"" },
                    { "$[0].Setting", "\"memory.max\"" }, { "$[0].Wanted", "\"268435456\"" },
                    { "$[0].Actual", "\"4096\"" }, { "$[0].Ok", "false" });
  cli_run (cli, 0, "verify b");
}

static void
test_usage (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = NULL;

  temp_dir_write (fixture->root, "etc/nodecgroups/config.yaml",
                  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
                  "systemReserved: {cpu: 500m, memory: 1Gi, pid: '1000'}\n");
  fake_kernel_write_file (fixture->kernel, "/proc/meminfo",
                          "MemTotal: 8388608 kB\nMemFree: 1 kB\nBuffers: 10 kB\nCached: 20 kB\n"
                          "Inactive(file): 5 kB\nAnonPages: 1048571 kB\n");
  fixture_start_daemon (fixture);
  cli = create (fixture);
  fake_kernel_write (fixture->kernel, "/system.slice", "memory.current", "536870912");
  fake_kernel_write (fixture->kernel, "/system.slice", "pids.current", "950");
  cli_run (cli, 0, "usage");
  cli_assert_outputs (cli, "PART ", "\nnode ", "1.0G of 8.0G  █▎░░░░░░░░ ",
                      "0m of 500m  512.0M of 1.0G  █████░░░░░  950 of 1000  reserved for");
  cli_assert_output (
      cli, "\npods    0m of 3.50  128.0M of 7.0G  ▏░░░░░░░░░  95 of 62000  allocatable\n");
  cli_run (cli, 0, "usage --json");
  cli_assert_jsons (cli, { "$.Usage.system.MemoryUsageBytes", "536870912" },
                    { "$.Usage.pods.PidsCurrent", "95" }, { "$.MilliCPU.system", "0" },
                    { "$.SystemReserved.memory", "1073741824" }, { "$.Capacity.cpu", "4000" },
                    { "$.Allocatable.cpu", "3500" });
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli/see/pod", test_pod);
  FIXTURE_TEST ("/cli/see/pod/differs", test_pod_differs);
  FIXTURE_TEST ("/cli/see/pod/json", test_pod_json);
  FIXTURE_TEST ("/cli/see/pod/several", test_pods);
  FIXTURE_TEST ("/cli/see/pod/vanished", test_pod_vanished);
  FIXTURE_TEST ("/cli/see/verify", test_verify);
  FIXTURE_TEST ("/cli/see/verify/differs", test_verify_differs);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/see/usage", test_usage);
  return g_test_run ();
}
