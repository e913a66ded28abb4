/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl pods.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/cli.h"

#include <string.h>

#define N_PODS 1000

/* A second is what it may take; sanitizers and a busy machine take several times as long. */
#define MOST_USEC (20 * G_USEC_PER_SEC)

#define POD(uid) "/machine.slice/machine-besteffort.slice/machine-besteffort-pod" uid ".slice"

static void
create_two (Fixture *fixture)
{
  g_autofree char *b = fixture_must_create (fixture, "b", "{'PidsLimit': <'10'>}");
  g_autofree char *a =
      fixture_must_create (fixture, "a", "{'CPULimit': <'500m'>, 'MemoryLimit': <'256Mi'>}");

  fake_kernel_write (fixture->kernel, POD ("b"), "memory.current", "1536");
  fake_kernel_write (fixture->kernel, POD ("b"), "pids.current", "8");
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  create_two (fixture);
  cli_run (cli, 0, "pods");
  g_assert_true (g_str_has_prefix (cli->output, "UID  QOS         STATE "));
  cli_assert_outputs (cli, "\na    Guaranteed  active ", " of 256.0M ",
                      "\nb    BestEffort  active ",
                      " 1.5K  8 of 10  machine-besteffort-podb.slice\n", "\n\n2 pods listed.\n");
  cli_run (cli, 0, "--no-legend pods");
  cli_assert_no_output (cli, "UID");
  cli_assert_no_output (cli, "listed");
  cli_assert_output (cli, "\nb  BestEffort  active ");
}

static void
test_colors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  create_two (fixture);
  cli_run (cli, 0, "pods");
  cli_assert_no_output (cli, "\033");
  cli_run (cli, 0, "pods --color=always");
  cli_assert_output (cli, "\033[32mactive\033[0m");
  cli_assert_output (cli, "\033[33m8 of 10\033[0m");
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  create_two (fixture);
  cli_run (cli, 0, "--json pods");
  cli_assert_json_count (cli, "$[*]", 2);
  cli_assert_jsons (cli, { "$[0].Uid", "\"a\"" }, { "$[0].QosClass", "\"Guaranteed\"" },
                    { "$[0].Stats.MemoryLimitBytes", "268435456" },
                    { "$[1].Slice", "\"machine-besteffort-podb.slice\"" },
                    { "$[1].State", "\"active\"" },
                    { "$[1].Object", "\"/org/example/NodeCgroups/pod/b\"" },
                    { "$[1].Stats.MemoryUsageBytes", "1536" });
  cli_assert_json_count (cli, "$[1].Stats.MemoryLimitBytes", 0);
  /* One line, and as many as it has. */
  g_assert_cmpstr (strchr (cli->output, '\n'), ==, "\n");
  cli_run (cli, 0, "pods --json=pretty");
  cli_assert_output (cli, "\n    \"Uid\": \"a\",\n");
  cli_assert_json (cli, "$[1].Stats.PidsLimit", "10");
}

static void
test_none (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "pods");
  cli_assert_output (cli, "0 pods listed.\nTry: nodecgroupsctl create ");
  cli_run (cli, 0, "pods --json");
  g_assert_cmpstr (cli->output, ==, "[]\n");
  cli_run (cli, 0, "pods --no-legend");
  g_assert_cmpstr (cli->output, ==, "");
}

/* What has no cgroup has no figures, and is listed. */
static void
test_vanished (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  create_two (fixture);
  fixture_stop_pod (fixture, "b", "machine-besteffort-podb.slice");
  cli_run (cli, 0, "pods");
  cli_assert_output (cli, "\nb    BestEffort  vanished    -  ");
  cli_run (cli, 0, "pods --color=always");
  cli_assert_output (cli, "\033[1;31mvanished\033[0m");
  cli_run (cli, 0, "pods --json");
  cli_assert_json_count (cli, "$[*].Stats", 1);
}

/* The uid is what somebody looks for, and it is in the slice once more. */
static void
test_narrow (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *slice =
      fixture_must_create (fixture, "0b9f5a3e-52c4-4c5e-9d0a-6f1e2d3c4b5a", "{}");

  cli_setenv (cli, "LC_ALL", "C.UTF-8");
  cli_run_on_terminal (cli, 0, 80, "pods --no-pager --no-legend --color=never");
  cli_assert_output (cli, "0b9f5a3e-52c4-4c5e-9d0a-6f1e2d3c4b5a  BestEffort  active  ");
  g_assert_cmpuint (g_utf8_strlen (g_strchomp (cli->output), -1), <=, 80);
  cli_setenv (cli, "COLUMNS", "70");
  cli_run_on_terminal (cli, 0, 200, "pods --no-pager --no-legend --color=never");
  g_assert_cmpuint (g_utf8_strlen (g_strchomp (cli->output), -1), ==, 70);
}

/* On a terminal it has colours, gives way in its last column, and goes through the pager. */
static void
test_terminal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *slice = fixture_must_create (fixture, "with-quite-a-long-uid", "{}");

  cli_setenv (cli, "SYSTEMD_PAGER", "sed 's/^/paged: /'");
  cli_setenv (cli, "NO_COLOR", NULL);
  cli_setenv (cli, "TERM", "xterm");
  cli_run_on_terminal (cli, 0, 90, "pods");
  cli_assert_outputs (cli, "paged: \033[1mUID\033[0m ",
                      "paged: with-quite-a-long-uid  BestEffort  ", "\033[32mactive\033[0m",
                      "machine-beste", "…\033[0m");
  cli_run_on_terminal (cli, 0, 200, "pods --no-pager --color=never");
  g_assert_true (g_str_has_prefix (cli->output, "UID "));
  cli_assert_output (cli, "\nwith-quite-a-long-uid  BestEffort  active ");
  cli_setenv (cli, "NO_COLOR", "1");
  cli_run_on_terminal (cli, 0, 200, "pods");
  cli_assert_no_output (cli, "\033");
  cli_setenv (cli, "LC_ALL", "C");
  cli_run_on_terminal (cli, 0, 90, "pods --no-pager");
  cli_assert_output (cli, "...\n");
  cli_run_on_terminal (cli, 0, 90, "pods --json");
  cli_assert_output (cli, "\n    \"Uid\": \"with-quite-a-long-uid\"");
  cli_assert_no_output (cli, "paged");
}

/* Each verb that goes over all of them has its answer at once. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "pods",   "pods --json",   "verify", "verify --all --json", "usage",       "pod p999",
    "status", "status --json", "tree",   "tree --full",         "tree --json", NULL,
  };
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    calls_add (calls, "CreatePod", uid, "{'PidsLimit': <'10'>}");
    /* All at once a slow machine does not make in time. */
    if (i % 50 == 0)
      calls_wait (calls);
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, N_PODS);
  for (gsize i = 0; lines[i] != NULL; i++) {
    gint64 start = g_get_monotonic_time ();

    cli_run (cli, 0, lines[i]);
    g_test_message ("%s: %d ms", lines[i], (int) ((g_get_monotonic_time () - start) / 1000));
    g_assert_cmpint (g_get_monotonic_time () - start, <, MOST_USEC);
  }
  cli_run (cli, 0, "pods --json");
  cli_assert_json_count (cli, "$[*].Stats", N_PODS);
  cli_run (cli, 0, "pods");
  cli_assert_output (cli, "\n1000 pods listed.\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli/pods/human", test_human);
  FIXTURE_TEST ("/cli/pods/colors", test_colors);
  FIXTURE_TEST ("/cli/pods/json", test_json);
  FIXTURE_TEST ("/cli/pods/none", test_none);
  FIXTURE_TEST ("/cli/pods/vanished", test_vanished);
  FIXTURE_TEST ("/cli/pods/narrow", test_narrow);
  FIXTURE_TEST ("/cli/pods/terminal", test_terminal);
  FIXTURE_TEST ("/cli/pods/many", test_many);
  return g_test_run ();
}
