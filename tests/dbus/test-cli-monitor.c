/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl monitor.
 */
#include "tests/dbus/cli.h"

#include <signal.h>
#include <string.h>

#define POD "/machine.slice/machine-besteffort.slice/machine-besteffort-poda_b.slice"

/* One that runs, and what it has printed so far. */
typedef struct {
  GSubprocess *process;
  GString *output;
  char buffer[4096];
} Watcher;

static void read_more (Watcher *self);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Watcher *self = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (n <= 0)
    return;
  g_string_append_len (self->output, self->buffer, n);
  read_more (self);
}

static void
read_more (Watcher *self)
{
  g_input_stream_read_async (g_subprocess_get_stdout_pipe (self->process), self->buffer,
                             sizeof self->buffer, G_PRIORITY_DEFAULT, NULL, on_read, self);
}

static gboolean
says (Watcher *self, const char *text)
{
  return strstr (self->output->str, text) != NULL;
}

/* It listens when it tells of something. */
static Watcher *
watcher_new (Fixture *fixture, Cli *cli, const char *line)
{
  Watcher *self = g_new0 (Watcher, 1);

  self->process = cli_start (cli, line);
  self->output = g_string_new (NULL);
  read_more (self);
  for (guint i = 0; !says (self, "first"); i++) {
    g_autofree char *slice = fixture_must_create (fixture, "first", "{}");

    fixture_must_remove (fixture, "first");
    g_usleep (20000);
    fixture_iterate ();
    g_assert_cmpuint (i, <, 500);
  }
  return self;
}

/* By that signal it ends well. */
static void
watcher_end (Watcher *self, int signal)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (self->process, signal);
  g_subprocess_wait (self->process, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%s", self->output->str);
  g_assert_true (g_subprocess_get_if_exited (self->process));
  g_assert_cmpint (g_subprocess_get_exit_status (self->process), ==, 0);
  fixture_iterate ();
  g_object_unref (self->process);
  g_string_free (self->output, TRUE);
  g_free (self);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = watcher_new (fixture, cli, "monitor");
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{'PidsLimit': <'10'>}");

  fixture_wait (says (watcher, "UTC  pod a-b was added\n"));
  fixture_wait (says (watcher, "UTC  pod a-b is active\n"));
  fake_kernel_write (fixture->kernel, POD, "pids.max", "11");
  fixture_wait (says (watcher, POD ": pids.max was 11 and should be 10; it was set again\n"));
  fake_kernel_count_kills (fixture->kernel, POD, 2);
  fixture_wait (says (watcher, "2 processes of pod a-b killed for want of memory\n"));
  fixture_must_remove (fixture, "a-b");
  fixture_wait (says (watcher, "pod a-b was removed\n"));
  watcher_end (watcher, SIGINT);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = watcher_new (fixture, cli, "monitor --json");
  g_autofree char *slice = fixture_must_create (fixture, "a-b", "{'PidsLimit': <'10'>}");

  fixture_wait (says (watcher, "\"Event\":\"PodAdded\""));
  fixture_wait (says (watcher, "\"Uid\":\"a-b\""));
  fixture_wait (says (watcher, "\"Event\":\"PodState\""));
  fake_kernel_write (fixture->kernel, POD, "pids.max", "11");
  fixture_wait (says (watcher, "\"Event\":\"Drift\""));
  fixture_wait (says (watcher, "\"Repaired\":true"));
  fake_kernel_count_kills (fixture->kernel, POD, 2);
  fixture_wait (says (watcher, "\"Kills\":2"));
  fixture_must_remove (fixture, "a-b");
  fixture_wait (says (watcher, "\"Event\":\"PodRemoved\""));
  g_free (cli->output);
  /* Each line is a document. */
  cli->output = g_strndup (watcher->output->str,
                           (gsize) (strchr (watcher->output->str, '\n') - watcher->output->str));
  cli_assert_json_count (cli, "$.Event", 1);
  cli_assert_json_count (cli, "$.TimestampUSec", 1);
  watcher_end (watcher, SIGTERM);
}

/* A condition that does not hold any more. */
static void
test_conditions (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = watcher_new (fixture, cli, "monitor");

  g_assert_false (says (watcher, "condition"));
  fake_systemd_stop_listening (fixture->systemd);
  fixture_wait (says (watcher, "condition Systemd does not hold: "));
  fixture_wait (says (watcher, "the node is degraded\n"));
  fake_systemd_listen (fixture->systemd);
  fixture_wait (says (watcher, "condition Systemd holds"));
  watcher_end (watcher, SIGINT);
}

static void
test_daemon_goes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  Watcher *watcher = watcher_new (fixture, cli, "monitor");

  fixture_stop_daemon (fixture);
  fixture_wait (says (watcher, "nodecgroupsd does not run\n"));
  g_assert_false (says (watcher, "nodecgroupsd is there\n"));
  fixture_start_daemon (fixture);
  fixture_wait (says (watcher, "nodecgroupsd is there\n"));
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
