/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl top without a terminal. What it does with one is in test-cli-terminal.
 */
#include "tests/dbus/join.h"
#include "tests/dbus/watcher.h"

#include <signal.h>
#include <string.h>

#define B_POD "/machine.slice/machine-besteffort.slice/machine-besteffort-podb.slice"

static void
set (Fixture *fixture, const char *cgroup, const char *file, const char *value)
{
  fake_kernel_write (fixture->kernel, cgroup, file, value);
}

/* "a" of join.h with a container uses the most memory, "b" has the most processes. */
static Cli *
start (Fixture *fixture)
{
  g_autofree char *b = fixture_must_create (fixture, "b", "{'PidsLimit': <'10'>}");
  g_autofree char *gone = fixture_must_create (fixture, "gone", "{}");

  join_one (fixture, "app", join_start_process (fixture), "{'MemoryLimit': <'64Mi'>}");
  set (fixture, JOIN_POD, "memory.current", "134217728");
  set (fixture, JOIN_POD "/" JOIN_APP, "memory.current", "62914560");
  set (fixture, B_POD, "memory.current", "1536");
  set (fixture, B_POD, "pids.current", "8");
  fixture_stop_pod (fixture, "gone", gone);
  return cli_new (fixture);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_run (cli, 0, "top -d 0.1 -n 2 --sort=memory");
  cli_assert_outputs (cli, "  3 pods: CPU 0m, memory 128.0M, pids 9; every 0.1s by memory\nNAME ",
                      "\na                Burstable      0m of 1.00  ░░░░░░░░░░ ",
                      " 8 of 10        0B        0B\ngone (vanished)  BestEffort ", "\n\n");
  cli_assert_no_output (cli, "app");
  cli_run (cli, 0, "top --batch --delay=0.1 --iterations=1 --no-legend --sort=pids -r -c");
  g_assert_true (g_str_has_prefix (cli->output, "a  "));
  cli_assert_outputs (cli, "\n└─app  ", "60.0M of 64.0M", "\nb  ");
  cli_assert_no_output (cli, "NAME");
  cli_run (cli, 0, "top -d 0.1 -n 1 --parts");
  cli_assert_output (cli, "\nsystem ");
  cli_assert_output (cli, "\n\na  ");
}

/* The only line of the output. */
static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_run (cli, 0, "top --json -d 0.1 -n 1 --sort=memory --containers --parts");
  g_assert_true (strchr (cli->output, '\n') == strrchr (cli->output, '\n'));
  cli_assert_json_count (cli, "$.TimestampUSec", 1);
  cli_assert_json_count (cli, "$.Pods[*]", 3);
  cli_assert_jsons (
      cli, { "$.Pods[0].Uid", "\"a\"" }, { "$.Pods[0].QosClass", "\"Burstable\"" },
      { "$.Pods[0].State", "\"active\"" }, { "$.Pods[0].MilliCPU", "0" },
      { "$.Pods[0].MilliCPULimit", "1000" }, { "$.Pods[0].MemoryWorkingSetBytes", "134217728" },
      { "$.Pods[0].ReadBytesPerSecond", "0" }, { "$.Pods[0].WriteBytesPerSecond", "0" },
      { "$.Pods[0].Containers[0].Name", "\"app\"" },
      { "$.Pods[0].Containers[0].MemoryLimitBytes", "67108864" }, { "$.Pods[1].Uid", "\"b\"" },
      { "$.Pods[1].PidsLimit", "10" }, { "$.Pods[2].State", "\"vanished\"" });
  cli_assert_json_count (cli, "$.Pods[2].MilliCPU", 0);
  cli_assert_json (cli, "$.Parts[0].Name", "\"node\"");
  cli_assert_json (cli, "$.Parts[0].MilliCPULimit", "4000");
  cli_run (cli, 0, "top --json -d 0.1 -n 1");
  cli_assert_json_count (cli, "$.Pods[0].Containers", 0);
  cli_assert_json_count (cli, "$.Parts", 0);
}

static gboolean
matches (Watcher *watcher, const char *pattern)
{
  return g_regex_match_simple (pattern, watcher_get_output (watcher), 0, 0);
}

/* Rates are of what was used between two looks. */
static void
test_rates (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  Watcher *watcher = watcher_new (cli, "top --json -d 0.1 --sort=cpu");

  fixture_wait (matches (watcher, "\"MilliCPU\":0"));
  g_assert_false (matches (watcher, "\"(MilliCPU|ReadBytesPerSecond)\":[1-9]"));
  set (fixture, B_POD, "cpu.stat", "usage_usec 900000000\nuser_usec 1\nsystem_usec 1\n");
  set (fixture, B_POD, "io.stat", "8:0 rbytes=50000000000 wbytes=0\n");
  fixture_wait (matches (watcher, "\"Pods\":\\[\\{[^}]*\"MilliCPU\":[1-9]"));
  fixture_wait (matches (watcher, "\"ReadBytesPerSecond\":[1-9]"));
  watcher_end (watcher, SIGTERM);
}

static void
test_comings (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  Watcher *watcher = watcher_new (cli, "top -d 0.1 --no-legend");
  g_autofree char *slice = NULL;

  fixture_wait (watcher_says (watcher, "gone (vanished)"));
  slice = fixture_must_create (fixture, "new", "{'CPULimit': <'3'>}");
  fixture_wait (watcher_says (watcher, "\nnew "));
  fixture_wait (watcher_says (watcher, "0m of 3.00"));
  fixture_must_remove (fixture, "new");
  watcher_end (watcher, SIGINT);
}

/* It is not started again: who has stopped it has had a reason. */
static void
test_daemon_goes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  Watcher *watcher = watcher_new (cli, "top -d 30");
  Watcher *json = watcher_new (cli, "top -d 0.2 --json");

  fixture_wait (watcher_says (watcher, "3 pods: ") && watcher_says (json, "\"Pods\":"));
  fixture_stop_daemon (fixture);
  fixture_wait (watcher_says (watcher, "nodecgroupsd does not run"));
  fixture_wait (watcher_says (json, "{\"Error\":\"nodecgroupsd does not run"));
  fixture_start_daemon (fixture);
  fixture_wait (watcher_says (watcher, "\nnodecgroupsd answers again\n"));
  watcher_end (watcher, SIGINT);
  watcher_end (json, SIGINT);
}

static void
test_no_daemon (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 5, "top -d 0.1");
  cli_assert_errors (cli, "nodecgroupsd does not run and cannot be started: ");
}

/* The end of the bus is the end of it. */
static void
test_bus_goes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (GSubprocess) process = cli_start (cli, "top -d 0.1");
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, NULL);

  g_assert_nonnull (line);
  fixture_stop_bus (fixture);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 5);
  fixture_start_bus (fixture);
}

static void
test_options (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  static const struct {
    const char *line;
    const char *says;
  } rows[] = {
    { "top --delay=0", "takes seconds, from 0.1 to 3600, not \"0\"" },
    { "top --delay=nan", "takes seconds" },
    { "top --delay=2s", "takes seconds" },
    { "top --delay=4000", "takes seconds" },
    { "top --iterations=0", "takes a number from 1 on, not \"0\"" },
    { "top --sort=size", "takes one of cpu, memory, pids, io, name, not \"size\"" },
    { "top a", "top takes no argument" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    cli_run (cli, 2, rows[i].line);
    cli_assert_errors (cli, rows[i].says);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/cli/top/human", test_human);
  JOIN_TEST ("/cli/top/json", test_json);
  JOIN_TEST ("/cli/top/rates", test_rates);
  JOIN_TEST ("/cli/top/comings", test_comings);
  JOIN_TEST ("/cli/top/daemon-goes", test_daemon_goes);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/top/no-daemon", test_no_daemon);
  JOIN_TEST ("/cli/top/bus-goes", test_bus_goes);
  FIXTURE_TEST ("/cli/top/options", test_options);
  return g_test_run ();
}
