/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user of top has chosen, by options and by keys; and the keys, from where help and the
 * line that reminds of them have them.
 */
#pragma once

#include "cli/top-rows.h"

typedef struct {
  TopSort sort;
  gboolean is_reversed;
  gboolean has_containers;
  gboolean has_parts;
  gboolean is_paused;
  gboolean shows_help;
  gboolean is_ended;
  guint64 delay_usec;
  guint first; /* of the rows, the one that is shown on top */
} TopState;

typedef enum {
  TOP_EFFECT_NONE,
  TOP_EFFECT_SHOW,     /* to be shown anew */
  TOP_EFFECT_ASK,      /* something else is to be asked for, at once */
  TOP_EFFECT_SCHEDULE, /* the next look is at another time */
} TopEffect;

#define TOP_DELAY_LEAST_USEC (100 * G_TIME_SPAN_MILLISECOND)
#define TOP_DELAY_MOST_USEC G_TIME_SPAN_HOUR

/* "CPU"; and by the word of an option: "cpu" */
const char *top_sort_get_title (TopSort sort);
gboolean top_sort_find (const char *option, const char *word, TopSort *ret_sort, GError **error);

/* A key of screen.h. @page: how many rows are shown at a time @n_rows: of as many */
TopEffect top_state_press (TopState *self, int key, guint page, guint n_rows);

/* The first row becomes one with which no place is left empty. */
void top_state_fit (TopState *self, guint page, guint n_rows);

/* (transfer full): the keys that one needs first, as many as a line of @columns has place for */
char *top_state_remind (guint columns);

/* (transfer full) (element-type utf8): all keys, a line each */
GPtrArray *top_state_explain (void);
