/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of options.
 */
#include "cli/words.h"

gboolean
words_find (const Word *words,
            gsize n_words,
            const char *option,
            const char *text,
            int *ret_value,
            GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (gsize i = 0; i < n_words; i++) {
    if (g_strcmp0 (words[i].name, text) == 0) {
      *ret_value = words[i].value;
      return TRUE;
    }
    g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", words[i].name);
  }
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s takes one of %s, not \"%s\"",
               option, all->str, text);
  return FALSE;
}
