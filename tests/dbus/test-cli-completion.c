/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The completions of the shells, against the daemon.
 */
#include "tests/dbus/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* (transfer full): what a shell prints for @script, with the words of @line behind it */
static char *
run_shell (Cli *cli, const char *shell, const char *script, const char *line)
{
  g_autofree char *directory = g_path_get_dirname (cli_get_program ());
  g_autofree char *path = g_strconcat (directory, ":", g_getenv ("PATH"), NULL);
  g_autofree char *command = g_strdup_printf ("%s -c '%s' %s", shell, script, line);
  g_auto (GStrv) arguments = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int status;

  cli_setenv (cli, "PATH", path);
  g_assert_true (g_shell_parse_argv (command, NULL, &arguments, NULL));
  g_spawn_sync (NULL, arguments, cli->environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &output,
                &errors, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (errors, ==, "");
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  return output;
}

/* Completes the last word of @line, which is divided as bash does it. */
static void
assert_completions (Cli *cli, const char *line, const char *expected)
{
  g_autofree char *output =
      run_shell (cli, "bash",
                 "source " COMPLETION "/nodecgroupsctl.bash; COMP_WORDS=(\"$0\" \"$@\"); "
                 "COMP_CWORD=$#; _nodecgroupsctl; echo \"${COMPREPLY[*]}\"",
                 line);

  g_test_message ("%s: %s", line, output);
  g_strchomp (output);
  g_assert_cmpstr (output, ==, expected);
}

static void
test_bash (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "create ab");
  cli_run (cli, 0, "create ac");
  cli_run (cli, 0, "create b");
  cli_run (cli, 0, "create ac/web");
  assert_completions (cli, "nodecgroupsctl po", "pods pod");
  assert_completions (cli, "nodecgroupsctl help up", "update");
  assert_completions (cli, "nodecgroupsctl pod a", "ab ac");
  assert_completions (cli, "nodecgroupsctl pod ab ''", "ab ac b");
  assert_completions (cli, "nodecgroupsctl --no-pager pod a", "ab ac");
  assert_completions (cli, "nodecgroupsctl --color = never pod a", "ab ac");
  assert_completions (cli, "nodecgroupsctl remove ac", "ac ac/web");
  assert_completions (cli, "nodecgroupsctl update ac/", "ac/web");
  assert_completions (cli, "nodecgroupsctl update ab MemoryL", "MemoryLimit= MemoryLow=");
  assert_completions (cli, "nodecgroupsctl update ab MemoryLimit = 1", "");
  assert_completions (cli, "nodecgroupsctl verify --a", "--all");
  assert_completions (cli, "nodecgroupsctl top --so", "--sort=");
  assert_completions (cli, "nodecgroupsctl --no", "--no-pager --no-legend");
  assert_completions (cli, "nodecgroupsctl remove --gr", "--grace=");
  assert_completions (cli, "nodecgroupsctl usage ''", "");
  assert_completions (cli, "nodecgroupsctl --user pod a", "");
}

/* Without a daemon there are no pods, and no complaint; and it is not started. */
static void
test_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  assert_completions (cli, "nodecgroupsctl pod ''", "");
  assert_completions (cli, "nodecgroupsctl verif", "verify");
  cli_run (cli, 5, "pods --quiet");
  cli_assert_errors (cli, "nodecgroupsd does not run, and is not started for this: ");
}

static void
test_quiet (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "pods --quiet");
  g_assert_cmpstr (cli->output, ==, "");
  cli_run (cli, 0, "create b");
  cli_run (cli, 0, "create a");
  cli_run (cli, 0, "create b/c");
  cli_run (cli, 0, "pods --quiet");
  g_assert_cmpstr (cli->output, ==, "a\nb\n");
  cli_run (cli, 0, "pods -q --containers");
  g_assert_cmpstr (cli->output, ==, "a\nb\nb/c\n");
  cli_run (cli, 2, "pods --containers");
  cli_assert_errors (cli, "--containers goes with --quiet; ");
  cli_run (cli, 0, "pods -q --json");
  g_assert_cmpstr (cli->output, ==, "[\"a\",\"b\"]\n");
  cli_run (cli, 0, "help verbs");
  cli_assert_output (cli,
                     "\nremove\tUID[/CONTAINER]…\tEnd all processes in them, and remove them\n");
  cli_run (cli, 0, "help keys");
  cli_assert_output (cli, "\nMemoryLimit\n");
  cli_assert_output (cli, "\nSubgroup\n");
}

static int
compare_offered (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* What is offered, in the order of the alphabet. */
static void
assert_offered (Cli *cli, const char *shell, const char *script, const char *line, const char *all)
{
  g_autofree char *output = run_shell (cli, shell, script, line);
  g_autofree char *sorted = NULL;
  g_auto (GStrv) offered = g_strsplit (g_strchomp (output), "\n", -1);
  GString *text = g_string_new (NULL);

  qsort (offered, g_strv_length (offered), sizeof *offered, compare_offered);
  for (gsize i = 0; offered[i] != NULL; i++)
    g_string_append_printf (text, "%s%.*s", i > 0 ? " " : "", (int) strcspn (offered[i], "\t"),
                            offered[i]);
  sorted = g_string_free (text, FALSE);
  g_test_message ("%s: %s: %s", shell, line, sorted);
  g_assert_cmpstr (sorted, ==, all);
}

/* fish completes the line itself. */
#define FISH                                                                                       \
  "source " COMPLETION "/nodecgroupsctl.fish; complete -C \"nodecgroupsctl \"(string join -- "     \
  "\" \" $argv)"

/* zsh does so within a line that is edited only. So we are what it has for completions. */
#define ZSH                                                                                        \
  "compadd () { while (($#)) && [[ $1 != -- ]]; do shift; done; shift; local -a all=(\"$@\"); "    \
  "all=(${(M)all:#${words[CURRENT]}*}); (($#all == 0)) || print -rl -- $all; }; "                  \
  "_describe () { local -a all=(\"${(@P)2}\"); compadd -- ${all%%:*}; }; "                         \
  "compset () { return 1; }; _files () { print -- a-file; }; "                                     \
  "words=(nodecgroupsctl \"$0\" \"$@\"); CURRENT=$#words; source " COMPLETION "/_nodecgroupsctl"

static void
test_others (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *line;
    const char *all;
    const char *of_fish; /* (nullable): if not the same, for "=" is part of what it offers */
  } rows[] = {
    { "po", "pod pods" },
    { "help up", "update" },
    { "pod a", "a-b.c ac" },
    { "pod a-b.c a", "a-b.c ac" },
    { "--json pod a", "a-b.c ac" },
    { "remove ac", "ac ac/web" },
    { "update ac/", "ac/web" },
    { "update ac MemoryL", "MemoryLimit MemoryLow", "MemoryLimit= MemoryLow=" },
    { "verify --a", "--all" },
    { "top --so", "--sort=" },
    { "--user pod a", "" },
  };
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "create a-b.c");
  cli_run (cli, 0, "create ac");
  cli_run (cli, 0, "create ac/web");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *line = g_strconcat ("-- ", rows[i].line, NULL);
    const char *of_fish = rows[i].of_fish != NULL ? rows[i].of_fish : rows[i].all;

    assert_offered (cli, "zsh -f", ZSH, rows[i].line, rows[i].all);
    assert_offered (cli, "fish --no-config", FISH, line, of_fish);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli-completion/bash", test_bash);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-completion/down", test_down);
  FIXTURE_TEST ("/cli-completion/quiet", test_quiet);
  FIXTURE_TEST ("/cli-completion/others", test_others);
  return g_test_run ();
}
