/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl: asks nodecgroupsd over the bus, and says what it answers.
 */
#include "cli/command-line.h"
#include "cli/failure.h"

#include <locale.h>
#include <stdio.h>

static ExitStatus
run_verb (const CommandLine *line)
{
  g_autoptr (Terminal) terminal = terminal_find (line->options.color);
  g_autoptr (Bus) bus = NULL;
  g_autoptr (GError) error = NULL;
  Call call = {
    .verb = line->verb->name,
    .options = &line->options,
    .terminal = terminal,
    .arguments = line->arguments,
    .n_arguments = g_strv_length (line->arguments),
    .command = line->command,
    .status = EXIT_STATUS_OK,
  };

  if (line->verb->needs_bus)
    bus = call.bus = bus_open (&line->options, &error);
  if (error == NULL && line->verb->run (&call, &error))
    return call.status;
  /* What there is comes before what is wrong. */
  fflush (stdout);
  return failure_report (error, call.verb);
}

static ExitStatus
run (const char *const *argv)
{
  g_auto (CommandLine) line = { 0 };
  g_autoptr (GError) error = NULL;

  if (!command_line_parse (&line, argv, &error))
    return failure_report (error, line.verb != NULL ? line.verb->name : NULL);
  if (line.options.wants_help) {
    g_autofree char *help =
        line.topic != NULL ? g_strdup (line.topic) : command_line_help (line.verb);

    fputs (help, stdout);
    return EXIT_STATUS_OK;
  }
  if (line.options.wants_version) {
    puts ("nodecgroupsctl " NCG_VERSION);
    return EXIT_STATUS_OK;
  }
  return run_verb (&line);
}

int
main (int argc, char **argv)
{
  ExitStatus status;

  setlocale (LC_ALL, "");
  g_set_prgname ("nodecgroupsctl");
  status = run ((const char *const *) argv);
  if (fflush (stdout) != 0 || ferror (stdout)) {
    fputs ("nodecgroupsctl: the output could not be written\n", stderr);
    return EXIT_STATUS_FAILED;
  }
  return status;
}
