/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * States and their styles.
 */
#include "cli/states.h"

static const struct {
  const char *state;
  Style style;
} states[] = {
  { "active", STYLE_GOOD }, { "foreign", STYLE_DIM },  { "vanished", STYLE_BAD },
  { "ready", STYLE_GOOD },  { "degraded", STYLE_BAD },
};

Style
states_get_style (const char *state)
{
  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    if (g_str_equal (states[i].state, state))
      return states[i].style;
  return STYLE_WARN;
}
