/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl metrics.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POD(uid) "/machine.slice/machine-besteffort.slice/machine-besteffort-pod" uid ".slice"

#define LABEL "[a-z_]+=\"(?:[^\"\\\\\n]|\\\\[\"\\\\n])*\""
#define SAMPLE "^(([a-z_]+)(?:\\{" LABEL "(?:," LABEL ")*\\})?) [0-9]+(?:\\.[0-9]+)?$"
#define HEAD "^# (?:HELP [a-z_]+ [^\\\\\"]+\\.|TYPE ([a-z_]+) (?:gauge|counter|histogram))$"

/* (transfer full) (nullable): a group of the match */
static char *
match (const char *pattern, const char *line, int group)
{
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) found = NULL;

  g_assert_nonnull (regex);
  return g_regex_match (regex, line, 0, &found) ? g_match_info_fetch (found, group) : NULL;
}

/* Those of a histogram have an end of their own. */
static gboolean
is_of_family (const char *name, const char *family)
{
  static const char *const ends[] = { "", "_bucket", "_count", "_sum", NULL };

  return g_str_has_prefix (name, family) && g_strv_contains (ends, name + strlen (family));
}

/* The text format 0.0.4: heads before the samples of their family, which are together, and no
 * series twice. */
static void
assert_grammar (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *family = NULL;

  for (gsize i = 0; lines[i + 1] != NULL; i++) {
    g_autofree char *head = match (HEAD, lines[i], 1);
    g_autofree char *name = match (SAMPLE, lines[i], 2);

    if (head == NULL && name == NULL)
      g_error ("\"%s\" is neither a head nor a sample", lines[i]);
    if (head != NULL && head[0] != '\0') {
      g_free (family);
      family = g_steal_pointer (&head);
      g_assert_true (g_hash_table_add (seen, g_strconcat ("family ", family, NULL)));
    } else if (name != NULL) {
      g_assert_true (is_of_family (name, family));
      g_assert_true (g_hash_table_add (seen, match (SAMPLE, lines[i], 1)));
    }
  }
  g_assert_cmpuint (g_hash_table_size (seen), >, 50);
}

static void
test_text (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *a = fixture_must_create (fixture, "a", "{'PidsLimit': <'10'>}");

  fake_kernel_write (fixture->kernel, POD ("a"), "memory.current", "1536");
  fake_kernel_write (fixture->kernel, "/system.slice", "memory.current", "4096");
  cli_run (cli, 0, "metrics");
  assert_grammar (cli->output);
  cli_assert_outputs (cli, "\nnodecgroups_up 1\n",
                      "\nnodecgroups_build_info{version=\"" VERSION "\",driver=\"systemd\",",
                      "\nnodecgroups_node_condition{condition=\"Systemd\"} 1\n",
                      "\nnodecgroups_pods{qos=\"BestEffort\",state=\"active\"} 1\n");
  cli_assert_output (cli,
                     "\nnodecgroups_pod_memory_usage_bytes{uid=\"a\",qos=\"BestEffort\"} 1536\n");
  cli_assert_outputs (cli, "\nnodecgroups_pod_pids_limit{uid=\"a\",qos=\"BestEffort\"} 10\n",
                      "\nnodecgroups_part_memory_usage_bytes{part=\"system\"} 4096\n",
                      "\nnodecgroups_drift_changes_total 0\n",
                      "\nnodecgroups_operation_duration_seconds_count{operation=\"CreatePod\"} 1\n",
                      "\nnodecgroups_systemd_call_duration_seconds_bucket{method="
                      "\"StopUnit\",le=\"+Inf\"} 0\n");
  cli_assert_no_output (cli, "# EOF");
  cli_run (cli, 0, "metrics --format=openmetrics");
  cli_assert_output (cli, "\n# TYPE nodecgroups_drift_changes counter\n");
  g_assert_true (g_str_has_suffix (cli->output, "\n# EOF\n"));
}

static void
test_pods (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *a = fixture_must_create (fixture, "a", "{}");

  fake_kernel_write (fixture->kernel, POD ("a"), "memory.current", "1536");
  cli_run (cli, 0, "metrics --pods=sum");
  cli_assert_output (cli, "\nnodecgroups_qos_memory_usage_bytes{qos=\"BestEffort\"} 1536\n");
  cli_assert_no_output (cli, "uid=");
  cli_run (cli, 0, "metrics --pods=none");
  cli_assert_output (cli, "\nnodecgroups_pods{qos=\"BestEffort\",state=\"active\"} 1\n");
  cli_assert_no_output (cli, "nodecgroups_qos");
  cli_run (cli, 2, "metrics --pods=some");
  cli_assert_errors (cli, "--pods takes one of auto, none, sum, each, not \"some\"");
  cli_run (cli, 2, "metrics --format=xml");
  cli_assert_errors (cli, "--format takes one of prometheus, openmetrics, not \"xml\"");
}

/* As others make them, which costs no call. */
static void
make_many (Fixture *fixture, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf (POD ("p%u"), i);

    fake_kernel_make_cgroup (fixture->kernel, path);
  }
  fixture_wait (fixture_count_pods (fixture) == n);
}

/* What nodecgroupsctl(1) says of how many series there are at most. */
#define SERIES_MOST 500
#define SERIES_OF_POD_MOST 11

static guint
count_series (const Cli *cli)
{
  g_auto (GStrv) lines = g_strsplit (cli->output, "\n", -1);
  guint n = 0;

  for (gsize i = 0; lines[i] != NULL; i++)
    n += lines[i][0] != '#' && lines[i][0] != '\0';
  return n;
}

/* Beyond 500 pods there is no series for each, unless it is asked for. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  make_many (fixture, 501);
  cli_run (cli, 0, "metrics");
  cli_assert_output (cli, "\nnodecgroups_pods{qos=\"BestEffort\",state=\"foreign\"} 501\n");
  cli_assert_no_output (cli, "uid=");
  g_assert_cmpuint (count_series (cli), <, SERIES_MOST);
  cli_run (cli, 0, "metrics --pods=each");
  cli_assert_output (cli, "uid=");
  fake_kernel_remove_cgroup (fixture->kernel, POD ("p0"));
  fixture_wait (fixture_count_pods (fixture) == 500);
  cli_run (cli, 0, "metrics");
  cli_assert_output (cli, "uid=");
  g_assert_cmpuint (count_series (cli), >, 500);
  g_assert_cmpuint (count_series (cli), <=, SERIES_MOST + 500 * SERIES_OF_POD_MOST);
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "metrics --json");
  cli_assert_jsons (cli, { "$[0].Name", "\"nodecgroups_up\"" }, { "$[0].Type", "\"gauge\"" },
                    { "$[0].Samples[0].Value", "1.0" },
                    { "$[1].Samples[0].Labels.version", "\"" VERSION "\"" });
  cli_run (cli, 2, "metrics --json --output=x");
  cli_assert_errors (cli, "do not go together");
}

/* (transfer full) */
static char *
read_output (const char *path)
{
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static char *
read_all (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  char *text = read_output (path);

  close (fd);
  return text;
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  char *directory = temp_dir_new ();
  g_autofree char *path = g_build_filename (directory, "x.prom", NULL);
  g_autofree char *line = g_strconcat ("metrics --output=", path, NULL);
  g_autofree char *up = NULL;
  g_autofree char *down = NULL;
  g_autofree char *held = NULL;
  g_autoptr (GDir) left = NULL;
  int fd;
  mode_t mask = umask (0077);
  struct stat status;

  cli_run (cli, 0, line);
  g_assert_cmpstr (cli->output, ==, "");
  up = read_output (path);
  g_assert_nonnull (strstr (up, "\nnodecgroups_up 1\n"));
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0644);
  /* It is replaced, so that who has the old one open reads that to its end. */
  fd = open (path, O_RDONLY | O_CLOEXEC);
  fixture_stop_daemon (fixture);
  cli_run (cli, 5, line);
  cli_assert_errors (cli, "nodecgroupsd does not run, and is not started for this: ");
  cli_assert_errors (cli, "\nTry: systemctl start nodecgroupsd");
  down = read_output (path);
  g_assert_true (g_str_has_suffix (down, "\nnodecgroups_up 0\n"));
  held = read_all (fd);
  g_assert_cmpstr (held, ==, up);
  left = g_dir_open (directory, 0, NULL);
  g_assert_cmpstr (g_dir_read_name (left), ==, "x.prom");
  g_assert_null (g_dir_read_name (left));
  cli_run (cli, 1, "metrics --output=/nonexistent/x.prom");
  umask (mask);
  temp_dir_free (directory);
}

/* What is no file is written to, and stays what it is. */
static void
test_output_elsewhere (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  char *directory = temp_dir_new ();
  g_autofree char *stream = g_build_filename (directory, "stream", NULL);
  g_autofree char *link = g_build_filename (directory, "link", NULL);
  g_autofree char *target = g_build_filename (directory, "target", NULL);
  g_autofree char *to_stream = g_strconcat ("metrics --output=", stream, NULL);
  g_autofree char *to_link = g_strconcat ("metrics -o ", link, NULL);
  g_autofree char *to_directory = g_strconcat ("metrics -o ", directory, NULL);
  g_autofree char *text = NULL;

  /* As /dev/stdout is. */
  g_assert_cmpint (symlink ("/proc/self/fd/1", stream), ==, 0);
  cli_run (cli, 0, to_stream);
  cli_assert_output (cli, "\nnodecgroups_up 1\n");
  g_assert_true (g_file_test (stream, G_FILE_TEST_IS_SYMLINK));
  cli_run (cli, 0, "metrics --output=-");
  cli_assert_output (cli, "\nnodecgroups_up 1\n");
  temp_dir_write (directory, "target", "old");
  g_assert_cmpint (symlink ("target", link), ==, 0);
  cli_run (cli, 0, to_link);
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  text = read_output (target);
  g_assert_nonnull (strstr (text, "\nnodecgroups_up 1\n"));
  cli_run (cli, 1, to_directory);
  cli_run (cli, 1, "metrics -o /dev/full");
  cli_assert_errors (cli, "/dev/full cannot be written: No space left");
  cli_run (cli, 2, "metrics --output=");
  cli_assert_errors (cli, "--output takes the name of a file\n");
  temp_dir_free (directory);
}

/* Without a daemon or a bus there are metrics that say so. */
static void
test_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 5, "metrics");
  cli_assert_output (cli, "\nnodecgroups_up 0\n");
  cli_setenv (cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_run (cli, 5, "metrics --json");
  cli_assert_json (cli, "$[0].Samples[0].Value", "0.0");
  cli_assert_json_count (cli, "$[*]", 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli-metrics/text", test_text);
  FIXTURE_TEST ("/cli-metrics/pods", test_pods);
  FIXTURE_TEST ("/cli-metrics/many", test_many);
  FIXTURE_TEST ("/cli-metrics/json", test_json);
  FIXTURE_TEST ("/cli-metrics/output", test_output);
  FIXTURE_TEST ("/cli-metrics/output/elsewhere", test_output_elsewhere);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-metrics/down", test_down);
  return g_test_run ();
}
