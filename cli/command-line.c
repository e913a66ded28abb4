/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two steps: up to the verb, and with the options that it has besides from there on.
 */
#include "cli/command-line.h"

#include "cli/topics.h"
#include "cli/width.h"

/* Of a verb and its arguments, in the help; what is longer pushes the rest to the right. */
#define USAGE_WIDTH 34

static const char *const group_titles[] = {
  [VERB_GROUP_SEE] = "What there is",
  [VERB_GROUP_CHANGE] = "What changes something",
};
G_STATIC_ASSERT (G_N_ELEMENTS (group_titles) == VERB_GROUP_N);

/* (transfer full): the arguments from the verb on, which may be none. Options before it are parsed;
 * one that is not known there may be the verb's, but whether it has a value only the verb knows. */
static char **
parse_up_to_verb (CommandLine *self, const char *const *argv, GError **error)
{
  g_autoptr (GOptionContext) context = options_new_context (&self->options, NULL, NULL);
  g_auto (GStrv) arguments = g_strdupv ((char **) argv);
  char **rest;

  options_prepare (arguments);
  g_option_context_set_strict_posix (context, TRUE);
  if (!g_option_context_parse_strv (context, &arguments, error))
    return NULL;
  rest = self->options.arguments != NULL ? g_steal_pointer (&self->options.arguments)
                                         : g_new0 (char *, 1);
  return rest;
}

/* (transfer full) (nullable): what is behind "--", which ends @arguments then */
static char **
cut_command (char **arguments)
{
  for (gsize i = 0; arguments[i] != NULL; i++) {
    char **command;

    if (!g_str_equal (arguments[i], "--"))
      continue;
    command = g_strdupv (arguments + i + 1);
    while (arguments[i] != NULL) {
      g_free (arguments[i]);
      arguments[i++] = NULL;
    }
    return command;
  }
  return NULL;
}

/* @arguments: from the verb on, which stands where GOption expects the program */
static gboolean
parse_from_verb (CommandLine *self, char ***arguments, GError **error)
{
  g_autoptr (GOptionContext) context =
      options_new_context (&self->options, NULL, self->verb->options);

  if (self->verb->takes_command)
    self->command = cut_command (*arguments);
  /* Of those behind a "--" before the verb it was not done. */
  options_prepare (*arguments);
  if (!g_option_context_parse_strv (context, arguments, error))
    return FALSE;
  self->arguments = self->options.arguments != NULL ? g_steal_pointer (&self->options.arguments)
                                                    : g_new0 (char *, 1);
  return TRUE;
}

static gboolean
check_encoding (char **arguments, GError **error)
{
  for (gsize i = 0; arguments[i] != NULL; i++) {
    g_autofree char *shown = NULL;

    if (g_utf8_validate (arguments[i], -1, NULL))
      continue;
    shown = g_utf8_make_valid (arguments[i], -1);
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "\"%s\" is not valid UTF-8", shown);
    return FALSE;
  }
  return TRUE;
}

gboolean
command_line_parse (CommandLine *self, const char *const *argv, GError **error)
{
  g_auto (GStrv) rest = NULL;
  const char *name;

  *self = (CommandLine){ 0 };
  rest = parse_up_to_verb (self, argv, error);
  if (rest == NULL)
    return FALSE;
  if (rest[0] == NULL && (self->options.wants_help || self->options.wants_version))
    return TRUE;
  name = rest[0] != NULL ? rest[0] : VERB_DEFAULT;
  /* "help VERB" is how others spell "VERB --help". */
  if (g_str_equal (name, "help")) {
    self->options.wants_help = TRUE;
    self->topic = rest[1] != NULL ? topics_format (rest[1]) : NULL;
    if (rest[1] != NULL && self->topic == NULL)
      self->verb = verbs_find (rest[1], error);
    return rest[1] == NULL || self->topic != NULL || self->verb != NULL;
  }
  self->verb = verbs_find (name, error);
  if (self->verb == NULL || (rest[0] != NULL && !parse_from_verb (self, &rest, error)))
    return FALSE;
  if (self->options.wants_help || self->options.wants_version)
    return TRUE;
  if (self->arguments == NULL)
    self->arguments = g_new0 (char *, 1);
  return options_check (&self->options, error) && check_encoding (self->arguments, error) &&
         verbs_check_arguments (self->verb, g_strv_length (self->arguments),
                                self->command != NULL && self->command[0] != NULL, error);
}

void
command_line_clear (CommandLine *self)
{
  options_clear (&self->options);
  g_clear_pointer (&self->topic, g_free);
  g_clear_pointer (&self->arguments, g_strfreev);
  g_clear_pointer (&self->command, g_strfreev);
}

/* (transfer full): "pod UID…" */
static char *
describe_usage (const Verb *verb)
{
  return g_strjoin (verb->arguments[0] != '\0' ? " " : "", verb->name, verb->arguments, NULL);
}

static void
append_group (GString *out, VerbGroup group)
{
  const Verb *const *verbs = verbs_list ();

  g_string_append_printf (out, "%s:\n", group_titles[group]);
  for (gsize i = 0; verbs[i] != NULL; i++) {
    g_autofree char *usage = describe_usage (verbs[i]);
    guint width = width_of (usage);

    if (verbs[i]->group != group)
      continue;
    g_string_append_printf (out, "  %s%*s  %s\n", usage,
                            width < USAGE_WIDTH ? (int) (USAGE_WIDTH - width) : 0, "",
                            verbs[i]->help);
  }
  g_string_append_c (out, '\n');
}

/* (transfer full) */
static char *
describe_all (void)
{
  GString *out = g_string_new (NULL);

  for (VerbGroup group = 0; group < VERB_GROUP_N; group++)
    append_group (out, group);
  g_string_append (out, "nodecgroupsctl alone is nodecgroupsctl " VERB_DEFAULT
                        ". More of a verb: nodecgroupsctl VERB --help\n\nExit status:\n");
  for (ExitStatus status = 0; status < EXIT_STATUS_N; status++)
    g_string_append_printf (out, "  %d  %s%s", status, exit_status_describe (status),
                            status + 1 < EXIT_STATUS_N ? "\n" : "");
  return g_string_free (out, FALSE);
}

char *
command_line_help (const Verb *verb)
{
  Options options = { 0 };
  g_autofree char *usage = verb != NULL ? describe_usage (verb) : g_strdup ("VERB [ARGUMENT…]");
  g_autoptr (GOptionContext) context =
      options_new_context (&options, usage, verb != NULL ? verb->options : NULL);
  g_autofree char *all = verb == NULL ? describe_all () : NULL;
  g_autofree char *summary = verb != NULL ? g_strconcat (verb->help, ".", NULL) : NULL;

  g_option_context_set_summary (context, verb != NULL ? summary
                                                      : "Manages the cgroups of this node "
                                                        "through nodecgroupsd.");
  g_option_context_set_description (context, verb != NULL ? verb->more : all);
  return g_option_context_get_help (context, FALSE, NULL);
}
