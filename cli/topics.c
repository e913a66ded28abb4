/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists, from the tables that everything else has them from.
 */
#include "cli/topics.h"

#include "cli/spec-arguments.h"
#include "cli/verbs.h"

static char *
format_verbs (void)
{
  const Verb *const *verbs = verbs_list ();
  GString *out = g_string_new (NULL);

  for (gsize i = 0; verbs[i] != NULL; i++)
    g_string_append_printf (out, "%s\t%s\t%s\n", verbs[i]->name, verbs[i]->arguments,
                            verbs[i]->help);
  return g_string_free (out, FALSE);
}

static char *
format_keys (void)
{
  g_autofree char *lines = g_strjoinv ("\n", (char **) spec_arguments_list_keys ());

  return g_strconcat (lines, "\n", NULL);
}

char *
topics_format (const char *name)
{
  static const struct {
    const char *name;
    char *(*format) (void);
  } topics[] = {
    { "verbs", format_verbs },
    { "keys", format_keys },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (topics); i++)
    if (g_str_equal (topics[i].name, name))
      return topics[i].format ();
  return NULL;
}
