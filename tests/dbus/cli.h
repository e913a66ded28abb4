/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The real nodecgroupsctl against the daemon of a fixture. Whatever fails ends the test.
 */
#pragma once

#include "tests/dbus/fixture.h"

typedef struct {
  Fixture *fixture;
  char **environment;
  char *output; /* of the last that ended */
  char *errors;
} Cli;

Cli *cli_new (Fixture *fixture);
void cli_free (Cli *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cli, cli_free)

/* For those that are run from now on. @value: (nullable): NULL takes it away */
void cli_setenv (Cli *self, const char *name, const char *value);

/* Runs nodecgroupsctl with the arguments of @line, which is split as a shell would, and waits for
 * its end, which has to have that status. */
void cli_run (Cli *self, int status, const char *line);

/* The same with a terminal of so many columns as its standard output; and no standard error. */
void cli_run_on_terminal (Cli *self, int status, guint columns, const char *line);

/* (transfer full): one that goes on; its output is a pipe */
GSubprocess *cli_start (Cli *self, const char *line);

/* The same in two steps: (transfer full): one that has begun; and the wait for its end. */
GSubprocess *cli_start_to_finish (Cli *self, const char *line);
void cli_finish (Cli *self, int status, GSubprocess *process);

/* (transfer none): where it is, for a shell */
const char *cli_get_program (void);

/* (transfer none): and where the daemon's program is */
const char *cli_get_daemon (void);

/* What was printed has, or does not have, @text in it. */
void cli_assert_output (const Cli *self, const char *text);
void cli_assert_no_output (const Cli *self, const char *text);

/* Each of these texts is in it. */
#define cli_assert_outputs(self, ...)                                                              \
  cli_assert_output_list (self, (const char *const[]){ __VA_ARGS__, NULL })
void cli_assert_output_list (const Cli *self, const char *const *texts);
void cli_assert_errors (const Cli *self, const char *text);

/* The output is one JSON document, and in it is that: see json-query.h. */
void cli_assert_json (const Cli *self, const char *path, const char *expected);

/* Each of these is in it: { path, expected }. */
typedef struct {
  const char *path;
  const char *expected;
} CliJson;
#define cli_assert_jsons(self, ...)                                                                \
  cli_assert_json_list (self, (const CliJson[]){ __VA_ARGS__, { NULL, NULL } })
void cli_assert_json_list (const Cli *self, const CliJson *rows);

void cli_assert_json_count (const Cli *self, const char *path, guint expected);
