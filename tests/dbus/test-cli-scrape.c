/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What nodecgroupsctl metrics writes, as Debian's node_exporter and promtool read it.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

/* What tests/vm/prometheus has fetched. (transfer full) (nullable): none, and the test is skipped
 */
static char *
find_tools (void)
{
  g_autofree char *output = NULL;
  int status;

  if (!g_spawn_command_line_sync (PROMETHEUS, &output, NULL, &status, NULL) || status != 0) {
    g_test_skip ("tests/vm/prometheus could not fetch node_exporter and promtool");
    return NULL;
  }
  return g_strdup (g_strchomp (output));
}

/* node_exporter with nothing but a directory of files, until it is stopped. */
typedef struct {
  GSubprocess *process;
  char *address;
} Exporter;

/* It takes any port, and says which. */
static char *
read_address (GSubprocess *process)
{
  g_autoptr (GDataInputStream) log =
      g_data_input_stream_new (g_subprocess_get_stderr_pipe (process));
  g_autoptr (GRegex) regex =
      g_regex_new ("msg=\"Listening on\" address=(127\\.0\\.0\\.1:\\d+)", 0, 0, NULL);
  char *line;

  /* It would end when it logs more. */
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (log), FALSE);
  while ((line = g_data_input_stream_read_line (log, NULL, NULL, NULL)) != NULL) {
    g_autofree char *owned = line;
    g_autoptr (GMatchInfo) match = NULL;

    g_test_message ("%s", line);
    if (g_regex_match (regex, line, 0, &match))
      return g_match_info_fetch (match, 1);
  }
  g_error ("node_exporter does not listen");
}

/* A test that fails leaves nobody behind. */
static void
end_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static void
exporter_start (Exporter *self, const char *tools, const char *directory)
{
  g_autofree char *program = g_build_filename (tools, "prometheus-node-exporter", NULL);
  g_autofree char *option = g_strconcat ("--collector.textfile.directory=", directory, NULL);
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, end_with_parent, NULL, NULL);
  self->process = g_subprocess_launcher_spawn (
      launcher, &error, program, "--collector.disable-defaults", "--collector.textfile", option,
      "--web.listen-address=127.0.0.1:0", NULL);
  g_assert_no_error (error);
  self->address = read_address (self->process);
}

static void
exporter_stop (Exporter *self)
{
  g_subprocess_force_exit (self->process);
  g_subprocess_wait (self->process, NULL, NULL);
  g_object_unref (self->process);
  g_free (self->address);
}

/* (transfer full): what Prometheus gets */
static char *
scrape (const Exporter *self)
{
  static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_to_host (client, self->address, 0, NULL, &error);
  g_autoptr (GOutputStream) reply = g_memory_output_stream_new_resizable ();
  GIOStream *stream = G_IO_STREAM (connection);

  g_assert_no_error (error);
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), request, strlen (request),
                             NULL, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_splice (reply, g_io_stream_get_input_stream (stream), G_OUTPUT_STREAM_SPLICE_NONE,
                          NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (reply, "", 1, NULL, NULL, NULL);
  g_output_stream_close (reply, NULL, NULL);
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (reply));
}

static void
assert_has (const char *text, const char *line)
{
  g_autofree char *whole = g_strconcat ("\n", line, "\n", NULL);

  if (strstr (text, whole) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", line, text);
}

static void
test_scrape (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tools = find_tools ();
  g_autoptr (Cli) cli = cli_new (fixture);
  char *directory = temp_dir_new ();
  g_autofree char *line = g_strdup_printf ("metrics --output=%s/nodecgroups.prom", directory);
  g_autofree char *up = NULL;
  g_autofree char *down = NULL;
  Exporter exporter;

  if (tools == NULL) {
    temp_dir_free (directory);
    return;
  }
  g_free (fixture_must_create (fixture, "a", "{'PidsLimit': <'10'>}"));
  cli_run (cli, 0, line);
  exporter_start (&exporter, tools, directory);
  up = scrape (&exporter);
  assert_has (up, "node_textfile_scrape_error 0");
  assert_has (up, "nodecgroups_up 1");
  assert_has (up, "nodecgroups_pods{qos=\"BestEffort\",state=\"active\"} 1");
  assert_has (up, "nodecgroups_pod_pids_limit{qos=\"BestEffort\",uid=\"a\"} 10");
  assert_has (up, "nodecgroups_node_state{state=\"degraded\"} 0");
  assert_has (up, "# TYPE nodecgroups_drift_changes_total counter");
  assert_has (up, "# TYPE nodecgroups_operation_duration_seconds histogram");
  assert_has (up,
              "nodecgroups_operation_duration_seconds_bucket{operation=\"CreatePod\",le=\"+Inf\"} "
              "1");
  assert_has (up, "nodecgroups_operation_duration_seconds_count{operation=\"CreatePod\"} 1");
  g_assert_nonnull (strstr (up, "\nnode_textfile_mtime_seconds{file=\""));
  /* And the next file is what the next scrape reads. */
  fixture_stop_daemon (fixture);
  cli_run (cli, 5, line);
  down = scrape (&exporter);
  exporter_stop (&exporter);
  assert_has (down, "node_textfile_scrape_error 0");
  assert_has (down, "nodecgroups_up 0");
  g_assert_null (strstr (down, "nodecgroups_pods"));
  temp_dir_free (directory);
}

/* Names and help as the conventions want them, and the text as the parser does. */
static void
test_promtool (Fixture *fixture, gconstpointer data)
{
  g_autofree char *tools = find_tools ();
  g_autofree char *program = g_build_filename (tools != NULL ? tools : "", "promtool", NULL);
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;

  if (tools == NULL)
    return;
  g_free (fixture_must_create (fixture, "a", "{'PidsLimit': <'10'>}"));
  cli_run (cli, 0, "metrics");
  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                                  G_SUBPROCESS_FLAGS_STDERR_MERGE,
                              &error, program, "check", "metrics", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, cli->output, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "");
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli-scrape/node-exporter", test_scrape);
  FIXTURE_TEST ("/cli-scrape/promtool", test_promtool);
  return g_test_run ();
}
