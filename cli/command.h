/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command that is a process already, and has not begun: it does when it is told to. It has our
 * terminal, and the signals that we get. To be started before there is any other thread.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* As a shell ends for what is not there, and for what cannot be executed. */
#define COMMAND_STATUS_NOT_FOUND 127
#define COMMAND_STATUS_NOT_EXECUTABLE 126

typedef struct Command Command;

/* Called once, when the process has ended, with what a shell would have as its status: its own, or
 * 128 and the signal. */
typedef void (*CommandEnded) (int status, gpointer user_data);

/**
 * command_start:
 * @ret_pid: the process, which is kept until it was waited for
 *
 * Forks, and returns in both processes: in the child with the pid 0, in which the only thing to do
 * is command_be(). From now on our signals are blocked, and go to the child in the main loop.
 */
Command *command_start (pid_t *ret_pid, GError **error);

/* If it has not been released, it ends without having begun. */
void command_free (Command *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Command, command_free)

/**
 * command_be:
 * @arguments: (array zero-terminated=1): the program, which is looked for in PATH, and its
 * arguments
 * @ret_status: how we have to end then
 *
 * For the child: waits, and becomes the command. Only returns if it does not: %TRUE if it was not
 * released, or the error, which is %EXIT_STATUS_ERROR with COMMAND_STATUS_….
 */
gboolean command_be (Command *self, char **arguments, int *ret_status, GError **error);

/* For the parent. */
void command_watch (Command *self, CommandEnded ended, gpointer user_data);
void command_release (Command *self);
