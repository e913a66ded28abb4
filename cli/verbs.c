/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the verbs.
 */
#include "cli/verbs.h"

#include "lib/suggest.h"

static const Verb *const verbs[] = {
#define VERB(name) &verb_##name,
#include "cli/verb-list.h"
#undef VERB
  NULL,
};

const Verb *const *
verbs_list (void)
{
  return verbs;
}

static const Verb *
look_up (const char *name)
{
  for (gsize i = 0; verbs[i] != NULL; i++)
    if (g_str_equal (verbs[i]->name, name))
      return verbs[i];
  return NULL;
}

const Verb *
verbs_find (const char *name, GError **error)
{
  const char *names[G_N_ELEMENTS (verbs)] = { NULL };
  const Verb *verb = look_up (name);
  const char *meant;

  if (verb != NULL)
    return verb;
  for (gsize i = 0; verbs[i] != NULL; i++)
    names[i] = verbs[i]->name;
  meant = ncg_suggest_word (name, names);
  g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "there is no verb \"%s\"%s%s%s", name,
               meant != NULL ? "; " : "", meant != NULL ? meant : "",
               meant != NULL ? " is one" : "");
  return NULL;
}

gboolean
verbs_check_arguments (const Verb *verb, guint n_arguments, gboolean has_command, GError **error)
{
  if (n_arguments >= verb->min_arguments && n_arguments <= verb->max_arguments &&
      has_command == verb->takes_command)
    return TRUE;
  if (verb->arguments[0] == '\0')
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "%s takes no argument", verb->name);
  else
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "%s takes %s", verb->name,
                 verb->arguments);
  return FALSE;
}
