/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A terminal, which is tmux's: what is typed in it, and what it shows. In it is a shell without a
 * prompt, in which nodecgroupsctl is found. Whatever fails ends the test.
 */
#pragma once

#include "tests/dbus/cli.h"

typedef struct Tmux Tmux;

/* @cli: with whose environment */
Tmux *tmux_new (Cli *cli, guint columns, guint rows);
void tmux_free (Tmux *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tmux, tmux_free)

void tmux_resize (Tmux *self, guint columns, guint rows);

/* A key by tmux's name: "q", "C-c", "Down". */
void tmux_press (Tmux *self, const char *key);

/* A line for the shell. */
void tmux_type (Tmux *self, const char *line);

/* Clears it, by the shell. */
void tmux_clear (Tmux *self);

/* (transfer full): what there is to see, without empty lines at the end. @has_colors: with the
 * sequences for colours in it */
char *tmux_capture (Tmux *self, gboolean has_colors);

/* Whether there is @text to see; for fixture_wait(). */
gboolean tmux_shows (Tmux *self, const char *text);

/* (transfer full): one of tmux's variables: "alternate_on" */
char *tmux_get (Tmux *self, const char *variable);

/* Clears the terminal and runs nodecgroupsctl, which ends with that status. Returns: (transfer
 * full): what there is to see then */
char *tmux_run (Tmux *self, int status, const char *line, gboolean has_colors);
