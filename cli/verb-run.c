/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl run: a command inside a pod, from its first instruction: its process is joined
 * before it becomes the command.
 *
 * The output is the command's, with and without --json, and so is the exit status.
 */
#include "cli/command.h"
#include "cli/joining.h"
#include "cli/spec-arguments.h"
#include "cli/target.h"
#include "cli/verbs.h"

typedef struct {
  Command *command;
  gboolean is_joined;
  gboolean has_ended;
  int status;
  GError *error;
} Run;

static void
on_ended (int status, gpointer user_data)
{
  Run *self = user_data;

  self->has_ended = TRUE;
  self->status = status;
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Run *self = user_data;
  g_autofree char *unit = NULL;
  g_autofree char *cgroup = NULL;

  self->is_joined = joining_finish (source, result, &unit, &cgroup, &self->error);
}

/* Also ends when the process does, as by Ctrl-C: nobody needs the answer then. The connection is
 * not kept for as long as the command runs. */
static gboolean
join (Run *self, const Options *options, const Joining *joining, GError **error)
{
  g_autoptr (Bus) bus = bus_open (options, error);

  if (bus == NULL || !joining_begin (bus, joining, on_joined, self, error))
    return FALSE;
  while (!self->is_joined && !self->has_ended && self->error == NULL)
    g_main_context_iteration (NULL, TRUE);
  /* That it cannot be joined may be because it has ended, which is to be known by now. */
  while (self->error != NULL && g_main_context_iteration (NULL, FALSE))
    ;
  if (self->has_ended)
    g_clear_error (&self->error);
  if (self->error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&self->error));
  return FALSE;
}

static gboolean
attend (Call *call, Command *command, const Joining *joining, GError **error)
{
  Run self = { .command = command };

  command_watch (command, on_ended, &self);
  if (!join (&self, call->options, joining, error))
    return FALSE;
  if (self.is_joined)
    command_release (command);
  while (!self.has_ended)
    g_main_context_iteration (NULL, TRUE);
  call->status = (ExitStatus) self.status;
  return TRUE;
}

/* @joining: but for the process */
static gboolean
start (Call *call, Joining *joining, GError **error)
{
  pid_t pid;
  g_autoptr (Command) command = command_start (&pid, error);
  int status = EXIT_STATUS_FAILED;
  gboolean ok;

  if (command == NULL)
    return FALSE;
  if (pid == 0) {
    ok = command_be (command, call->command, &status, error);
    call->status = (ExitStatus) status;
    return ok;
  }
  joining->pids = &pid;
  joining->n_pids = 1;
  return attend (call, command, joining, error);
}

static gboolean
run (Call *call, GError **error)
{
  g_auto (Target) target = { 0 };
  Joining joining = { 0 };

  if (!target_parse (&target, call->arguments[0], call->arguments + 1, error))
    return FALSE;
  if (call->options->host != NULL) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE,
                 "run starts a process of this machine, and --host is another one");
    return FALSE;
  }
  if (target.container == NULL)
    target.container = g_strdup_printf ("run-%08x", g_random_int ());
  joining.uid = target.uid;
  joining.container = target.container;
  joining.options = target.spec;
  return start (call, &joining, error);
}

const Verb verb_run = {
  .name = "run",
  .arguments = "UID[/CONTAINER] [KEY=VALUE…] -- COMMAND [ARGUMENT…]",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .takes_command = TRUE,
  .group = VERB_GROUP_CHANGE,
  .help = "Run a command inside a pod, from its first instruction",
  .more =
      "The command has this terminal and the signals that are sent here. Its exit status is that "
      "of "
      "run: 128\nand the number of the signal that killed it, 127 if it is not there, 126 if it "
      "cannot be executed. If it\ncannot be joined it is not run, and the status is one of those "
      "of "
      "all verbs.\n\nWithout CONTAINER it is in one of its own, \"run-\" and some digits. A "
      "container that is not there is\nstarted, with the keys, and ends with its last "
      "process.\n\n" SPEC_ARGUMENTS_HELP,
  .run = run,
};
