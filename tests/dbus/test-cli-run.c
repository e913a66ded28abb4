/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl run.
 *
 * The fake machine has to know of the process before the daemon looks for it: the daemon stands
 * still until then.
 */
#include "tests/dbus/cli.h"
#include "tests/dbus/join.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define APP_CGROUP JOIN_POD "/" JOIN_APP

/* One whose command has not begun. */
typedef struct {
  Fixture *fixture;
  Cli *cli;
  GSubprocess *process;
  pid_t pid;
  pid_t child;
} Run;

/* (transfer full): "stat" of a process from its state on; NULL if there is none */
static char *
read_stat (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return NULL;
  return g_strdup (strrchr (text, ')') + 2);
}

static gboolean
is_child_of (pid_t pid, pid_t parent)
{
  g_autofree char *stat = read_stat (pid);

  return stat != NULL && g_ascii_strtoll (stat + 2, NULL, 10) == parent;
}

static gboolean
has_state (pid_t pid, char state)
{
  g_autofree char *stat = read_stat (pid);

  return stat != NULL && stat[0] == state;
}

/* 0 if there is none yet */
static pid_t
find_child (pid_t parent)
{
  g_autoptr (GDir) proc = g_dir_open ("/proc", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (proc)) != NULL) {
    pid_t pid = (pid_t) g_ascii_strtoll (name, NULL, 10);

    if (pid > 0 && is_child_of (pid, parent))
      return pid;
  }
  return 0;
}

static void
hold_daemon (Fixture *fixture)
{
  pid_t pid = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (fixture->daemon), NULL, 10);

  g_subprocess_send_signal (fixture->daemon, SIGSTOP);
  fixture_wait (has_state (pid, 'T'));
}

static Run
start (Fixture *fixture, const char *line)
{
  Run self = { .fixture = fixture, .cli = cli_new (fixture) };

  hold_daemon (fixture);
  self.process = cli_start_to_finish (self.cli, line);
  self.pid = (pid_t) g_ascii_strtoll (g_subprocess_get_identifier (self.process), NULL, 10);
  fixture_wait ((self.child = find_child (self.pid)) != 0);
  fake_processes_add (fake_kernel_get_processes (fixture->kernel), self.child, JOIN_OUTSIDE);
  return self;
}

static void
go_on (Run *self)
{
  g_subprocess_send_signal (self->fixture->daemon, SIGCONT);
}

/* Its output is in self->cli then. */
static void
finish (Run *self, int status)
{
  cli_finish (self->cli, status, self->process);
  go_on (self);
}

static void
run_clear (Run *self)
{
  cli_free (self->cli);
  g_object_unref (self->process);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* What its first act is says in which cgroup it begins. */
static void
test_first (Fixture *fixture, gconstpointer data)
{
  g_autofree char *line = g_strdup_printf (
      "run a/app PidsLimit=9 -- sh -c 'cat %s/proc/$$/cgroup; exit 7'", fixture->root);
  g_auto (Run) run = start (fixture, line);

  go_on (&run);
  finish (&run, 7);
  g_assert_cmpstr (run.cli->output, ==, "0::" APP_CGROUP "\n");
  g_assert_cmpstr (run.cli->errors, ==, "");
}

/* The container's name, if none is given; and the command's own options, which are not ours. */
static void
test_name (Fixture *fixture, gconstpointer data)
{
  g_auto (Run) run = start (fixture, "run a --no-pager -- printf %s --json");
  g_autoptr (GPtrArray) calls = NULL;
  const char *unit;

  go_on (&run);
  finish (&run, 0);
  g_assert_cmpstr (run.cli->output, ==, "--json");
  calls = fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", NULL);
  g_assert_cmpuint (calls->len, ==, 1);
  g_variant_get_child (calls->pdata[0], 0, "&s", &unit);
  g_assert_true (g_regex_match_simple ("^poda-run-[0-9a-f]{8}\\.scope$", unit, 0, 0));
}

static const struct {
  const char *command;
  int status;
  const char *complaint; /* (nullable) */
} ends[] = {
  { "true", 0, NULL },
  { "sh -c 'kill -9 $$'", 128 + 9, NULL },
  { "no-such-command", 127, "nodecgroupsctl: no-such-command cannot be executed: No such file" },
  { "/dev/null", 126, "nodecgroupsctl: /dev/null cannot be executed: Permission denied\n" },
};

static void
test_ends (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree char *line = g_strdup_printf ("run a/app%u -- %s", (guint) i, ends[i].command);
    g_auto (Run) run = start (fixture, line);

    go_on (&run);
    finish (&run, ends[i].status);
    if (ends[i].complaint != NULL)
      cli_assert_errors (run.cli, ends[i].complaint);
  }
}

/* What is sent to us the command gets, and nothing it was not sent. */
static void
test_signals (Fixture *fixture, gconstpointer data)
{
  static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++) {
    g_autofree char *line = g_strdup_printf ("run a/app%u -- sleep 60", (guint) i);
    g_auto (Run) run = start (fixture, line);

    go_on (&run);
    g_subprocess_send_signal (run.process, signals[i]);
    finish (&run, 128 + signals[i]);
  }
}

/* A trap that the command sets is the last word. */
static void
test_trap (Fixture *fixture, gconstpointer data)
{
  g_auto (Run) run =
      start (fixture, "run a/app -- sh -c 'trap \"exit 5\" TERM; echo >&2; while :; do sleep "
                      "0.05; done'");
  char byte;

  go_on (&run);
  g_assert_cmpint (
      g_input_stream_read (g_subprocess_get_stderr_pipe (run.process), &byte, 1, NULL, NULL), ==,
      1);
  g_subprocess_send_signal (run.process, SIGTERM);
  finish (&run, 5);
}

/* Where it stands still, so do we, and go on with it. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  g_auto (Run) run = start (fixture, "run a/app -- sh -c 'kill -STOP $$; exit 3'");

  go_on (&run);
  fixture_wait (has_state (run.pid, 'T'));
  g_assert_true (has_state (run.child, 'T'));
  g_subprocess_send_signal (run.process, SIGCONT);
  finish (&run, 3);
}

/* As by Ctrl-C, while the daemon does not answer: the process ends, and so do we. */
static void
test_interrupted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, "touched", NULL);
  g_autofree char *line = g_strdup_printf ("run a/app -- touch %s", file);
  g_auto (Run) run = start (fixture, line);

  g_subprocess_send_signal (run.process, SIGINT);
  finish (&run, 128 + SIGINT);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
}

/* What is not joined never runs, and leaves no process behind. */
static void
test_not_joined (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *file = g_build_filename (fixture->root, "touched", NULL);
  g_autofree char *no_pod = g_strdup_printf ("run none -- touch %s", file);
  g_autofree char *no_process = g_strdup_printf ("run a -- touch %s", file);
  g_autofree char *no_bus = g_strdup_printf ("run --user a -- touch %s", file);

  cli_run (cli, 3, no_pod);
  cli_assert_errors (cli, "pod 'none'");
  cli_assert_errors (cli, "\nTry: nodecgroupsctl pods");
  /* The fake machine has none of that number. */
  cli_run (cli, 3, no_process);
  cli_setenv (cli, "DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
  cli_run (cli, 5, no_bus);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
  g_assert_true (join_has_containers (fixture, "[]"));
}

static void
test_killed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->root, "touched", NULL);
  g_autofree char *line = g_strdup_printf ("run a/app -- touch %s", file);
  g_auto (Run) run = start (fixture, line);

  /* Who does not wait for the answer any more cannot let it begin. */
  g_subprocess_send_signal (run.process, SIGKILL);
  g_assert_true (g_subprocess_wait (run.process, NULL, NULL));
  fixture_wait (kill (run.child, 0) < 0 || has_state (run.child, 'Z'));
  go_on (&run);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
}

static void
test_usage (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 2, "run a true");
  cli_assert_errors (cli, "run takes UID[/CONTAINER] [KEY=VALUE…] -- COMMAND [ARGUMENT…]\nTry: ");
  cli_run (cli, 2, "run a --");
  cli_run (cli, 2, "run -- true");
  cli_run (cli, 2, "run a/ -- true");
  cli_run (cli, 2, "run a Nonsense=1 -- true");
  cli_run (cli, 2, "run a -H node-1 -- true");
  cli_assert_errors (cli, "--host");
  cli_run (cli, 0, "run --help");
  cli_assert_output (cli, "128\nand the number of the signal");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/cli/run/first", test_first);
  JOIN_TEST ("/cli/run/name", test_name);
  JOIN_TEST ("/cli/run/ends", test_ends);
  JOIN_TEST ("/cli/run/signals", test_signals);
  JOIN_TEST ("/cli/run/trap", test_trap);
  JOIN_TEST ("/cli/run/stopped", test_stopped);
  JOIN_TEST ("/cli/run/interrupted", test_interrupted);
  JOIN_TEST ("/cli/run/not-joined", test_not_joined);
  JOIN_TEST ("/cli/run/killed", test_killed);
  JOIN_TEST ("/cli/run/usage", test_usage);
  return g_test_run ();
}
