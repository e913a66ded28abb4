/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl config: the configuration that the files make, with where each value is from. The
 * daemon has no call for it, so that it is what the daemon's own program says (--show-config).
 *
 * JSON: an object with the keys of the configuration, as docs/configuration.md has them. Each value
 * is an object: Value and Origin ("FILE:LINE", "--option" or "default", "" of what has none); a map
 * has these for each of its keys, and a list is an array of them. Amounts are strings.
 */
#include "cli/effective.h"
#include "cli/ssh.h"
#include "cli/verbs.h"

static char *program;

static const GOptionEntry entries[] = {
  { "daemon", 0, 0, G_OPTION_ARG_FILENAME, &program,
    "Which nodecgroupsd to ask (default: " NCG_DAEMON ")", "PROGRAM" },
  { NULL },
};

/* (transfer full) */
static char **
make_command (const Call *call)
{
  g_autoptr (GPtrArray) command = g_ptr_array_new ();

  g_ptr_array_add (command, program != NULL ? program : (char *) NCG_DAEMON);
  g_ptr_array_add (command, (char *) "--show-config");
  if (call->options->is_user)
    g_ptr_array_add (command, (char *) "--user");
  for (guint i = 0; i < call->n_arguments; i++)
    g_ptr_array_add (command, call->arguments[i]);
  g_ptr_array_add (command, NULL);
  if (call->options->host != NULL)
    return ssh_make_command (call->options->host, (const char *const *) command->pdata);
  return g_strdupv ((char **) command->pdata);
}

/* All that is wrong with it is the message. */
static gboolean
check_status (const Call *call, GSubprocess *process, const char *errors, GError **error)
{
  int status = g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : -1;

  if (status == 0)
    return TRUE;
  if (status == SSH_FAILED && call->options->host != NULL)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE, "there is no way to %s: %s",
                 call->options->host, errors);
  else
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED,
                 "nodecgroupsd --show-config has failed:\n%s", errors);
  return FALSE;
}

/* (transfer full): what the daemon prints */
static char *
ask (const Call *call, GError **error)
{
  g_auto (GStrv) command = make_command (call);
  g_autoptr (GError) reason = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GSubprocess) process =
      g_subprocess_newv ((const char *const *) command,
                         G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &reason);

  if (process == NULL ||
      !g_subprocess_communicate_utf8 (process, NULL, NULL, &text, &errors, &reason)) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_UNREACHABLE, "%s cannot be asked: %s",
                 command[0], reason->message);
    return NULL;
  }
  if (!check_status (call, process, g_strchomp (errors), error))
    return NULL;
  return g_steal_pointer (&text);
}

/* The daemon has options and their values, and no arguments. */
static gboolean
check_arguments (const Call *call, GError **error)
{
  if (call->n_arguments == 0 || call->arguments[0][0] == '-')
    return TRUE;
  g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "config takes %s, and not \"%s\"",
               verb_config.arguments, call->arguments[0]);
  return FALSE;
}

static gboolean
run (Call *call, GError **error)
{
  g_autofree char *text = check_arguments (call, error) ? ask (call, error) : NULL;
  g_autofree char *shown = NULL;
  g_autoptr (GVariant) value = NULL;

  if (text == NULL)
    return FALSE;
  if (!call_wants_json (call)) {
    shown = effective_format (text, call->terminal->has_colors);
    call_show (call, shown);
    return TRUE;
  }
  value = effective_describe (text, error);
  if (value != NULL)
    call_show_json (call, value);
  return value != NULL;
}

const Verb verb_config = {
  .name = "config",
  .arguments = "[-- DAEMON-OPTION…]",
  .max_arguments = G_MAXUINT,
  .group = VERB_GROUP_SEE,
  .help = "Show the configuration, with where each value is from",
  .options = entries,
  .more =
      "It is what the files say now. The daemon goes on with what they said when it started or was "
      "last\nreloaded: nodecgroupsctl reload makes it so. If its unit gives it options of its own "
      "(--config=FILE,\n--system-reserved=…), give them here, too, behind \"--\".",
  .run = run,
};
