/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl monitor.
 */
#include "tests/dbus/watcher.h"

#include <signal.h>
#include <string.h>

#define POD "/machine.slice/machine-besteffort.slice/machine-besteffort-poda_b.slice"

/* It listens when it tells of something. */
static Watcher *
start (Fixture *fixture, Cli *cli, const char *line)
{
  Watcher *self = watcher_new (cli, line);

  for (guint i = 0; !watcher_says (self, "first"); i++) {
    g_autofree char *slice = fixture_must_create (fixture, "first", "{}");

    fixture_must_remove (fixture, "first");
    g_usleep (20000);
    fixture_iterate ();
    g_assert_cmpuint (i, <, 500);
  }
  return self;
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = start (fixture, cli, "monitor");
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{'PidsLimit': <'10'>}");

  fixture_wait (watcher_says (watcher, "UTC  pod a-b was added\n"));
  fixture_wait (watcher_says (watcher, "UTC  pod a-b is active\n"));
  fake_kernel_write (fixture->kernel, POD, "pids.max", "11");
  fixture_wait (
      watcher_says (watcher, POD ": pids.max was 11 and should be 10; it was set again\n"));
  fake_kernel_count_kills (fixture->kernel, POD, 2);
  fixture_wait (watcher_says (watcher, "2 processes of pod a-b killed for want of memory\n"));
  fixture_must_remove (fixture, "a-b");
  fixture_wait (watcher_says (watcher, "pod a-b was removed\n"));
  watcher_end (watcher, SIGINT);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = start (fixture, cli, "monitor --json");
  const char *output;
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{'PidsLimit': <'10'>}");

  fixture_wait (watcher_says (watcher, "\"Event\":\"PodAdded\""));
  fixture_wait (watcher_says (watcher, "\"Uid\":\"a-b\""));
  fixture_wait (watcher_says (watcher, "\"Event\":\"PodState\""));
  fake_kernel_write (fixture->kernel, POD, "pids.max", "11");
  fixture_wait (watcher_says (watcher, "\"Event\":\"Drift\""));
  fixture_wait (watcher_says (watcher, "\"Repaired\":true"));
  fake_kernel_count_kills (fixture->kernel, POD, 2);
  fixture_wait (watcher_says (watcher, "\"Kills\":2"));
  fixture_must_remove (fixture, "a-b");
  fixture_wait (watcher_says (watcher, "\"Event\":\"PodRemoved\""));
  g_free (cli->output);
  /* Each line is a document. */
  output = watcher_get_output (watcher);
  cli->output = g_strndup (output, strcspn (output, "\n"));
  cli_assert_json_count (cli, "$.Event", 1);
  cli_assert_json_count (cli, "$.TimestampUSec", 1);
  watcher_end (watcher, SIGTERM);
}

/* A condition that does not hold any more. */
static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = start (fixture, cli, "monitor");

  g_assert_false (watcher_says (watcher, "condition"));
  fake_systemd_stop_listening (fixture->systemd);
  fixture_wait (watcher_says (watcher, "condition Systemd does not hold: "));
  fixture_wait (watcher_says (watcher, "the node is degraded\n"));
  fake_systemd_listen (fixture->systemd);
  fixture_wait (watcher_says (watcher, "condition Systemd holds"));
  watcher_end (watcher, SIGINT);
}

static void
test_daemon_goes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = start (fixture, cli, "monitor");

  fixture_stop_daemon (fixture);
  fixture_wait (watcher_says (watcher, "nodecgroupsd does not run\n"));
  g_assert_false (watcher_says (watcher, "nodecgroupsd is there\n"));
  fixture_start_daemon (fixture);
  fixture_wait (watcher_says (watcher, "nodecgroupsd is there\n"));
  watcher_end (watcher, SIGINT);
}

static void
test_no_daemon (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (GSubprocess) process = cli_start (cli, "monitor --json");
  g_autoptr (GDataInputStream) output =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));
  g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, NULL);

  g_assert_nonnull (line);
  g_assert_nonnull (strstr (line, "\"Event\":\"DaemonVanished\""));
  /* The end of the bus is the end of it. */
  fixture_stop_bus (fixture);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 5);
  fixture_start_bus (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli/monitor/human", test_human);
  FIXTURE_TEST ("/cli/monitor/json", test_json);
  FIXTURE_TEST ("/cli/monitor/conditions", test_conditions);
  FIXTURE_TEST ("/cli/monitor/daemon-goes", test_daemon_goes);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/monitor/no-daemon", test_no_daemon);
  return g_test_run ();
}
