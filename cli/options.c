/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The common options, for GOption.
 */
#include "cli/options.h"

#include "cli/exit-status.h"
#include "cli/words.h"

static const Word json_words[] = {
  { "auto", OPTIONS_JSON_AUTO },
  { "pretty", OPTIONS_JSON_PRETTY },
  { "short", OPTIONS_JSON_SHORT },
  { "off", OPTIONS_JSON_OFF },
};

static const Word color_words[] = {
  { "auto", COLOR_AUTO },
  { "always", COLOR_ALWAYS },
  { "never", COLOR_NEVER },
};

static gboolean
on_json (const char *name, const char *value, gpointer data, GError **error)
{
  Options *self = data;
  int json;

  if (!words_find (json_words, G_N_ELEMENTS (json_words), name, value, &json, error))
    return FALSE;
  self->json = (OptionsJson) json;
  return TRUE;
}

static gboolean
on_color (const char *name, const char *value, gpointer data, GError **error)
{
  Options *self = data;
  int color;

  if (!words_find (color_words, G_N_ELEMENTS (color_words), name, value, &color, error))
    return FALSE;
  self->color = (ColorMode) color;
  return TRUE;
}

static void
add_common (Options *self, GOptionContext *context)
{
  GOptionGroup *group = g_option_group_new ("common", "", "", self, NULL);
  const GOptionEntry entries[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &self->wants_help, "Show this help", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &self->wants_version, "Show the version", NULL },
    { "host", 'H', 0, G_OPTION_ARG_STRING, &self->host, "Act on another host, over ssh",
      "[USER@]HOST[:PORT]" },
    { "user", 0, 0, G_OPTION_ARG_NONE, &self->is_user, "Talk to the daemon of the user's session",
      NULL },
    { "json", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_json,
      "JSON instead of tables; without a value pretty on a terminal", "pretty|short" },
    { "no-pager", 0, 0, G_OPTION_ARG_NONE, &self->no_pager, "Do not start a pager", NULL },
    { "no-legend", 0, 0, G_OPTION_ARG_NONE, &self->no_legend, "No headers and no last line", NULL },
    { "color", 0, 0, G_OPTION_ARG_CALLBACK, (gpointer) on_color, "Whether there are colours",
      "auto|always|never" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->arguments, NULL, NULL },
    { NULL },
  };

  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
}

GOptionContext *
options_new_context (Options *self, const char *usage, const GOptionEntry *more)
{
  GOptionContext *context = g_option_context_new (usage);

  /* GOption would print its help and exit. */
  g_option_context_set_help_enabled (context, FALSE);
  add_common (self, context);
  if (more != NULL) {
    GOptionGroup *group = g_option_group_new ("verb", "Options of this verb:", "", NULL, NULL);

    g_option_group_add_entries (group, more);
    g_option_context_add_group (context, group);
  }
  return context;
}

void
options_prepare (char **arguments)
{
  for (gsize i = 0; arguments[i] != NULL && !g_str_equal (arguments[i], "--"); i++) {
    if (!g_str_equal (arguments[i], "--json"))
      continue;
    g_free (arguments[i]);
    arguments[i] = g_strdup ("--json=auto");
  }
}

gboolean
options_check (const Options *self, GError **error)
{
  const char *wrong = NULL;

  if (self->host != NULL && self->is_user)
    wrong = "--user and --host do not go together: over ssh it is the system bus";
  else if (self->host != NULL && (self->host[0] == '\0' || self->host[0] == '-'))
    wrong = "--host takes the name of a host";
  if (wrong != NULL)
    g_set_error_literal (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, wrong);
  return wrong == NULL;
}

void
options_clear (Options *self)
{
  g_clear_pointer (&self->host, g_free);
  g_clear_pointer (&self->arguments, g_strfreev);
}
