/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A nodecgroupsctl that goes on, and tells what happens. Whatever fails ends the test.
 */
#pragma once

#include "tests/dbus/cli.h"

typedef struct Watcher Watcher;

/* @line: its arguments, as for cli_run() */
Watcher *watcher_new (Cli *cli, const char *line);

/* Whether it has printed that so far; for fixture_wait(). */
gboolean watcher_says (Watcher *self, const char *text);

/* What it has printed so far. */
const char *watcher_get_output (const Watcher *self);

/* Sends it the signal, unless that is 0, by which it ends well; and frees it. */
void watcher_end (Watcher *self, int signal);
