/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The keys of top.
 */
#include "cli/top-state.h"

#include "cli/screen.h"

#define PAGE 10
#define N_ROWS 35

static TopEffect
press (TopState *state, int key)
{
  return top_state_press (state, key, PAGE, N_ROWS);
}

static void
test_sort (void)
{
  static const struct {
    int key;
    TopSort sort;
  } rows[] = {
    { 'm', TOP_SORT_MEMORY }, { 'p', TOP_SORT_PIDS }, { 'i', TOP_SORT_IO },
    { 'n', TOP_SORT_NAME },   { 'c', TOP_SORT_CPU },
  };
  TopState state = { .first = 7, .is_reversed = TRUE };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_cmpint (press (&state, rows[i].key), ==, TOP_EFFECT_SHOW);
    g_assert_cmpint (state.sort, ==, rows[i].sort);
    g_assert_cmpuint (state.first, ==, 0);
    g_assert_false (state.is_reversed);
  }
  g_assert_cmpint (press (&state, 'r'), ==, TOP_EFFECT_SHOW);
  g_assert_true (state.is_reversed);
}

static void
test_scroll (void)
{
  static const struct {
    int key;
    guint first;
    TopEffect effect;
  } rows[] = {
    { SCREEN_KEY_UP, 0, TOP_EFFECT_NONE },
    { SCREEN_KEY_DOWN, 1, TOP_EFFECT_SHOW },
    { 'j', 2, TOP_EFFECT_SHOW },
    { 'k', 1, TOP_EFFECT_SHOW },
    { SCREEN_KEY_PAGE_DOWN, 11, TOP_EFFECT_SHOW },
    { SCREEN_KEY_PAGE_DOWN, 21, TOP_EFFECT_SHOW },
    { SCREEN_KEY_PAGE_DOWN, 25, TOP_EFFECT_SHOW },
    { SCREEN_KEY_DOWN, 25, TOP_EFFECT_NONE },
    { SCREEN_KEY_PAGE_UP, 15, TOP_EFFECT_SHOW },
    { SCREEN_KEY_HOME, 0, TOP_EFFECT_SHOW },
    { SCREEN_KEY_END, 25, TOP_EFFECT_SHOW },
  };
  TopState state = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_assert_cmpint (press (&state, rows[i].key), ==, rows[i].effect);
    g_assert_cmpuint (state.first, ==, rows[i].first);
  }
  /* Fewer rows, or a larger screen. */
  top_state_fit (&state, 12, N_ROWS);
  g_assert_cmpuint (state.first, ==, 23);
  top_state_fit (&state, 12, 3);
  g_assert_cmpuint (state.first, ==, 0);
  g_assert_cmpint (top_state_press (&state, SCREEN_KEY_END, 12, 3), ==, TOP_EFFECT_NONE);
}

static void
test_switches (void)
{
  TopState state = { 0 };

  g_assert_cmpint (press (&state, '1'), ==, TOP_EFFECT_ASK);
  g_assert_true (state.has_parts);
  g_assert_cmpint (press (&state, '2'), ==, TOP_EFFECT_ASK);
  g_assert_true (state.has_containers);
  g_assert_cmpint (press (&state, '2'), ==, TOP_EFFECT_ASK);
  g_assert_false (state.has_containers);
  g_assert_cmpint (press (&state, ' '), ==, TOP_EFFECT_SHOW);
  g_assert_true (state.is_paused);
  g_assert_cmpint (press (&state, ' '), ==, TOP_EFFECT_ASK);
  g_assert_false (state.is_paused);
  g_assert_cmpint (press (&state, 'z'), ==, TOP_EFFECT_NONE);
  g_assert_cmpint (press (&state, SCREEN_KEY_OTHER), ==, TOP_EFFECT_NONE);
  g_assert_false (state.is_ended);
  press (&state, 'q');
  g_assert_true (state.is_ended);
}

/* From one of an option as well, which is none of the steps. */
static void
test_delay (void)
{
  TopState state = { .delay_usec = 3 * G_TIME_SPAN_SECOND };

  g_assert_cmpint (press (&state, '+'), ==, TOP_EFFECT_SCHEDULE);
  g_assert_cmpuint (state.delay_usec, ==, 5 * G_TIME_SPAN_SECOND);
  press (&state, '-');
  g_assert_cmpuint (state.delay_usec, ==, 2 * G_TIME_SPAN_SECOND);
  for (guint i = 0; i < 20; i++)
    press (&state, '-');
  g_assert_cmpuint (state.delay_usec, ==, TOP_DELAY_LEAST_USEC);
  g_assert_cmpint (press (&state, '-'), ==, TOP_EFFECT_NONE);
  for (guint i = 0; i < 20; i++)
    press (&state, '=');
  g_assert_cmpuint (state.delay_usec, ==, G_TIME_SPAN_MINUTE);
  state.delay_usec = TOP_DELAY_MOST_USEC;
  g_assert_cmpint (press (&state, '+'), ==, TOP_EFFECT_NONE);
  press (&state, '-');
  g_assert_cmpuint (state.delay_usec, ==, G_TIME_SPAN_MINUTE);
}

/* In the help a key does nothing else. */
static void
test_help (void)
{
  TopState state = { 0 };

  g_assert_cmpint (press (&state, '?'), ==, TOP_EFFECT_SHOW);
  g_assert_true (state.shows_help);
  g_assert_cmpint (press (&state, 'q'), ==, TOP_EFFECT_SHOW);
  g_assert_false (state.shows_help);
  g_assert_false (state.is_ended);
  press (&state, 'h');
  g_assert_true (state.shows_help);
}

static void
test_words (void)
{
  g_autofree char *all = top_state_remind (200);
  g_autofree char *some = top_state_remind (80);
  g_autofree char *none = top_state_remind (3);
  g_autoptr (GPtrArray) lines = top_state_explain ();
  g_autoptr (GError) error = NULL;
  TopSort sort;

  g_assert_true (g_str_has_suffix (all, "  2 containers"));
  g_assert_true (g_str_has_prefix (all, some));
  g_assert_cmpuint (g_utf8_strlen (some, -1), <=, 80);
  g_assert_true (g_str_has_suffix (some, "  1 node"));
  g_assert_cmpstr (none, ==, "");
  /* A low screen has 24 lines. */
  g_assert_cmpuint (lines->len, <=, 20);
  for (TopSort i = 0; i < TOP_SORT_N; i++)
    g_assert_nonnull (top_sort_get_title (i));
  g_assert_true (top_sort_find ("--sort", "pids", &sort, NULL));
  g_assert_cmpint (sort, ==, TOP_SORT_PIDS);
  g_assert_false (top_sort_find ("--sort", "size", &sort, &error));
  g_assert_cmpstr (error->message, ==,
                   "--sort takes one of cpu, memory, pids, io, name, not \"size\"");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/top-state/sort", test_sort);
  g_test_add_func ("/top-state/scroll", test_scroll);
  g_test_add_func ("/top-state/switches", test_switches);
  g_test_add_func ("/top-state/delay", test_delay);
  g_test_add_func ("/top-state/help", test_help);
  g_test_add_func ("/top-state/words", test_words);
  return g_test_run ();
}
