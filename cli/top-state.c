/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One table of keys.
 */
#include "cli/top-state.h"

#include "cli/screen.h"
#include "cli/words.h"

/* In the order of TopSort. */
static const Word sort_words[] = {
  { "cpu", TOP_SORT_CPU }, { "memory", TOP_SORT_MEMORY }, { "pids", TOP_SORT_PIDS },
  { "io", TOP_SORT_IO },   { "name", TOP_SORT_NAME },
};
G_STATIC_ASSERT (G_N_ELEMENTS (sort_words) == TOP_SORT_N);

static const char *const sort_titles[] = {
  [TOP_SORT_CPU] = "CPU", [TOP_SORT_MEMORY] = "memory", [TOP_SORT_PIDS] = "processes",
  [TOP_SORT_IO] = "I/O",  [TOP_SORT_NAME] = "name",
};
G_STATIC_ASSERT (G_N_ELEMENTS (sort_titles) == TOP_SORT_N);

static const guint64 delays_usec[] = {
  100 * G_TIME_SPAN_MILLISECOND,
  250 * G_TIME_SPAN_MILLISECOND,
  500 * G_TIME_SPAN_MILLISECOND,
  G_TIME_SPAN_SECOND,
  2 * G_TIME_SPAN_SECOND,
  5 * G_TIME_SPAN_SECOND,
  10 * G_TIME_SPAN_SECOND,
  30 * G_TIME_SPAN_SECOND,
  G_TIME_SPAN_MINUTE,
};

typedef struct {
  guint page;
  guint n_rows;
} Place;

typedef TopEffect (*Act) (TopState *self, int argument, const Place *place);

static TopEffect
act_end (TopState *self, int argument, const Place *place)
{
  self->is_ended = TRUE;
  return TOP_EFFECT_NONE;
}

static TopEffect
act_help (TopState *self, int argument, const Place *place)
{
  self->shows_help = TRUE;
  return TOP_EFFECT_SHOW;
}

static TopEffect
act_sort (TopState *self, int argument, const Place *place)
{
  self->sort = (TopSort) argument;
  self->is_reversed = FALSE;
  self->first = 0;
  return TOP_EFFECT_SHOW;
}

static TopEffect
act_reverse (TopState *self, int argument, const Place *place)
{
  self->is_reversed = !self->is_reversed;
  return TOP_EFFECT_SHOW;
}

static TopEffect
act_pause (TopState *self, int argument, const Place *place)
{
  self->is_paused = !self->is_paused;
  return self->is_paused ? TOP_EFFECT_SHOW : TOP_EFFECT_ASK;
}

static TopEffect
act_containers (TopState *self, int argument, const Place *place)
{
  self->has_containers = !self->has_containers;
  return TOP_EFFECT_ASK;
}

static TopEffect
act_parts (TopState *self, int argument, const Place *place)
{
  self->has_parts = !self->has_parts;
  return TOP_EFFECT_ASK;
}

/* @argument: 1: the next longer delay, -1: the next shorter one */
static TopEffect
act_delay (TopState *self, int argument, const Place *place)
{
  const int last = (int) G_N_ELEMENTS (delays_usec) - 1;
  int i = argument > 0 ? 0 : last;

  while (i >= 0 && i <= last &&
         (argument > 0 ? delays_usec[i] <= self->delay_usec : delays_usec[i] >= self->delay_usec))
    i += argument;
  if (i < 0 || i > last)
    return TOP_EFFECT_NONE;
  self->delay_usec = delays_usec[i];
  return TOP_EFFECT_SCHEDULE;
}

static TopEffect
scroll (TopState *self, gint64 first, const Place *place)
{
  const guint before = self->first;

  self->first = (guint) CLAMP (first, 0, (gint64) place->n_rows);
  top_state_fit (self, place->page, place->n_rows);
  return self->first != before ? TOP_EFFECT_SHOW : TOP_EFFECT_NONE;
}

static TopEffect
act_line (TopState *self, int argument, const Place *place)
{
  return scroll (self, (gint64) self->first + argument, place);
}

static TopEffect
act_page (TopState *self, int argument, const Place *place)
{
  return scroll (self, (gint64) self->first + argument * (gint64) place->page, place);
}

static TopEffect
act_edge (TopState *self, int argument, const Place *place)
{
  return scroll (self, argument > 0 ? (gint64) place->n_rows : 0, place);
}

static const struct {
  int key;
  Act act;
  int argument;
  const char *shown; /* (nullable): NULL for another key to the same end */
  const char *brief; /* (nullable): in the line that reminds */
  const char *help;
} keys[] = {
  { 'q', act_end, 0, "q", "quit", "end" },
  { 'h', act_help, 0, "h, ?", "help", "show the keys" },
  { '?', act_help, 0, NULL, NULL, NULL },
  { 'c', act_sort, TOP_SORT_CPU, "c", "CPU", "sort by CPU, the most first" },
  { 'm', act_sort, TOP_SORT_MEMORY, "m", "memory", "sort by memory" },
  { 'p', act_sort, TOP_SORT_PIDS, "p", "pids", "sort by processes" },
  { 'i', act_sort, TOP_SORT_IO, "i", "I/O", "sort by what is read and written in a second" },
  { 'n', act_sort, TOP_SORT_NAME, "n", "name", "sort by name" },
  { 'r', act_reverse, 0, "r", "reverse", "the other way round" },
  { '1', act_parts, 0, "1", "node", "show the parts of the node, or hide them" },
  { '2', act_containers, 0, "2", "containers", "show the containers of pods, or hide them" },
  { ' ', act_pause, 0, "space", NULL, "pause, and go on" },
  { '+', act_delay, 1, "+", NULL, "look less often" },
  { '=', act_delay, 1, NULL, NULL, NULL },
  { '-', act_delay, -1, "-", NULL, "look more often" },
  { SCREEN_KEY_UP, act_line, -1, "Up, Down", NULL, "a line up or down; also k and j" },
  { SCREEN_KEY_DOWN, act_line, 1, NULL, NULL, NULL },
  { 'k', act_line, -1, NULL, NULL, NULL },
  { 'j', act_line, 1, NULL, NULL, NULL },
  { SCREEN_KEY_PAGE_UP, act_page, -1, "PgUp, PgDn", NULL, "a page up or down" },
  { SCREEN_KEY_PAGE_DOWN, act_page, 1, NULL, NULL, NULL },
  { SCREEN_KEY_HOME, act_edge, -1, "Home, End", NULL, "to the first, or the last" },
  { SCREEN_KEY_END, act_edge, 1, NULL, NULL, NULL },
};

const char *
top_sort_get_title (TopSort sort)
{
  return sort_titles[sort];
}

gboolean
top_sort_find (const char *option, const char *word, TopSort *ret_sort, GError **error)
{
  int sort;

  if (!words_find (sort_words, G_N_ELEMENTS (sort_words), option, word, &sort, error))
    return FALSE;
  *ret_sort = (TopSort) sort;
  return TRUE;
}

TopEffect
top_state_press (TopState *self, int key, guint page, guint n_rows)
{
  const Place place = { page, n_rows };

  /* From the help any key leads back. */
  if (self->shows_help) {
    self->shows_help = FALSE;
    return TOP_EFFECT_SHOW;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].key == key)
      return keys[i].act (self, keys[i].argument, &place);
  return TOP_EFFECT_NONE;
}

void
top_state_fit (TopState *self, guint page, guint n_rows)
{
  self->first = MIN (self->first, n_rows > page ? n_rows - page : 0);
}

char *
top_state_remind (guint columns)
{
  GString *line = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    const gsize length = line->len;

    if (keys[i].brief == NULL)
      continue;
    g_string_append_printf (line, "%s%c %s", length > 0 ? "  " : "", keys[i].key, keys[i].brief);
    if (line->len > columns) {
      g_string_truncate (line, length);
      break;
    }
  }
  return g_string_free (line, FALSE);
}

GPtrArray *
top_state_explain (void)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].shown != NULL)
      g_ptr_array_add (lines, g_strdup_printf ("  %-10s  %s", keys[i].shown, keys[i].help));
  return lines;
}
