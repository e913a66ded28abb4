/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl: its command line, its ways to the daemon, and what it says where there is none.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>

/* Without a bus. */
static const struct {
  const char *line;
  int status;
  const char *text; /* of the output, or of what it complains about */
} cases[] = {
  { "--help", 0, "Exit status:\n  0  " },
  { "help", 0, "\n  pods  " },
  { "pods --help", 0, "nodecgroupsctl [OPTION…] pods\n\nList the pods" },
  { "help pods", 0, "nodecgroupsctl [OPTION…] pods\n\nList the pods" },
  { "pods -h", 0, "List the pods" },
  { "--version", 0, "nodecgroupsctl " VERSION "\n" },
  { "podds", 2, "there is no verb \"podds\"; pods is one\nTry: nodecgroupsctl --help\n" },
  { "help podds", 2, "there is no verb" },
  { "frobnicate", 2, "there is no verb \"frobnicate\"\n" },
  { "pods a", 2, "pods takes no argument\nTry: nodecgroupsctl pods --help\n" },
  { "pods -- --json", 2, "pods takes no argument" },
  { "--frobnicate", 2, "--frobnicate" },
  { "pods --frobnicate", 2, "--frobnicate\nTry: nodecgroupsctl pods --help\n" },
  { "pods --json=xml", 2, "--json takes one of auto, pretty, short, off, not \"xml\"" },
  { "pods --color=red", 2, "--color takes one of auto, always, never, not \"red\"" },
  { "-H a --user pods", 2, "--user and --host" },
  { "-H -oProxyCommand=false pods", 2, "--host takes the name of a host" },
  { "--host= pods", 2, "--host takes the name of a host" },
};

static void
test_command_line (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_setenv (cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    cli_run (cli, cases[i].status, cases[i].line);
    if (cases[i].status == 0)
      cli_assert_output (cli, cases[i].text);
    else
      cli_assert_errors (cli, cases[i].text);
  }
}

/* Common options may stand anywhere, and --json takes nothing that is not its own. */
static void
test_places (Fixture *fixture, gconstpointer data)
{
  static const char *const lines[] = {
    "--json pods",    "pods --json", "--json=short --no-pager pods", "--no-pager pods --json --",
    "-- pods --json", NULL,
  };
  g_autoptr (Cli) cli = cli_new (fixture);

  for (gsize i = 0; lines[i] != NULL; i++) {
    cli_run (cli, 0, lines[i]);
    g_assert_cmpstr (cli->output, ==, "[]\n");
  }
}

static void
test_no_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_setenv (cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_run (cli, 5, "pods");
  cli_assert_errors (cli, "nodecgroupsctl: there is no way to the bus of the system: ");
  cli_assert_errors (cli, "\nTry: systemctl status dbus nodecgroupsd");
  g_assert_cmpstr (cli->output, ==, "");
}

static void
test_no_daemon (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 5, "");
  cli_assert_errors (cli, "nodecgroupsctl: nodecgroupsd does not run and cannot be started: ");
  cli_assert_errors (cli, "\nTry: systemctl start nodecgroupsd; ");
}

/* --user is the session's bus. */
static void
test_user (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_setenv (cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_setenv (cli, "DBUS_SESSION_BUS_ADDRESS", fixture->bus_address);
  cli_run (cli, 0, "--user --json pods");
  cli_setenv (cli, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_run (cli, 5, "--user --json pods");
  cli_assert_errors (cli, "the bus of the session");
}

/* An ssh that writes down its arguments, and is on the host already; one that finds no host. */
#define SSH                                                                                        \
  "#!/bin/sh\nprintf '%s ' \"$@\" >\"${0%/*}/arguments\"\n"                                        \
  "exec systemd-stdio-bridge --bus-path=\"$BRIDGED\"\n"
#define NO_SSH "#!/bin/sh\necho 'no such host' >&2\nexit 255\n"

/* (transfer full): the directory it is in */
static char *
make_ssh (Cli *cli, const char *text)
{
  char *directory = temp_dir_new ();
  g_autofree char *program = g_build_filename (directory, "ssh", NULL);
  g_autofree char *path = g_strconcat (directory, ":", g_getenv ("PATH"), NULL);

  temp_dir_write (directory, "ssh", text);
  g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  cli_setenv (cli, "PATH", path);
  return directory;
}

static void
assert_arguments (const char *directory, const char *expected)
{
  g_autofree char *path = g_build_filename (directory, "arguments", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static void
test_host (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");
  char *directory = make_ssh (cli, SSH);

  cli_setenv (cli, "BRIDGED", fixture->bus_address);
  cli_setenv (cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_run (cli, 0, "-H root@node-1 --json pods");
  cli_assert_json (cli, "$[0].Uid", "\"a\"");
  assert_arguments (directory, "-xT -- root@node-1 systemd-stdio-bridge ");
  cli_run (cli, 0, "pods --host=node-1:2222");
  assert_arguments (directory, "-xT -p 2222 -- node-1 systemd-stdio-bridge ");
  cli_run (cli, 0, "pods --host=fe80::1");
  assert_arguments (directory, "-xT -- fe80::1 systemd-stdio-bridge ");
  temp_dir_free (directory);
}

static void
test_no_host (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  char *directory = make_ssh (cli, NO_SSH);

  cli_run (cli, 5, "-H node-1 pods");
  cli_assert_errors (cli, "no such host\nnodecgroupsctl: there is no way to the bus of node-1: ");
  cli_setenv (cli, "PATH", "/nonexistent");
  cli_run (cli, 5, "-H node-1 pods");
  cli_assert_errors (cli, "ssh");
  temp_dir_free (directory);
}

/* (transfer full): what is complained about */
static char *
run_in_shell (Cli *cli, const char *command, int *ret_status)
{
  const char *const arguments[] = { "bash", "-c", command, cli_get_program (), NULL };
  g_autoptr (GError) error = NULL;
  char *errors = NULL;

  g_spawn_sync (NULL, (char **) arguments, cli->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                &errors, ret_status, &error);
  g_assert_no_error (error);
  return errors;
}

static void
test_output (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  int status;
  g_autofree char *full = run_in_shell (cli, "exec \"$0\" pods --json >/dev/full", &status);
  g_autofree char *closed = NULL;

  g_assert_cmpstr (full, ==, "nodecgroupsctl: the output could not be written\n");
  g_assert_cmpint (WEXITSTATUS (status), ==, 1);
  /* Whose reader has gone ends as any tool does, and says nothing. */
  closed =
      run_in_shell (cli, "(sleep 0.3; exec \"$0\" pods) | true; exit ${PIPESTATUS[0]}", &status);
  g_assert_cmpstr (closed, ==, "");
  g_assert_cmpint (WEXITSTATUS (status), ==, 128 + SIGPIPE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/command-line", test_command_line);
  FIXTURE_TEST ("/cli/places", test_places);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/no-bus", test_no_bus);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli/no-daemon", test_no_daemon);
  FIXTURE_TEST ("/cli/user", test_user);
  FIXTURE_TEST ("/cli/host", test_host);
  FIXTURE_TEST ("/cli/no-host", test_no_host);
  FIXTURE_TEST ("/cli/output", test_output);
  return g_test_run ();
}
