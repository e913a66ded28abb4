/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ncurses, in the main loop: keys when there is something to read, signals from a pipe, since what
 * ncurses would do in its handlers is not for a program with threads.
 */
#include "cli/screen.h"

#include "cli/exit-status.h"
#include "cli/signals.h"
#include "cli/style.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_NOMACROS
#include <curses.h>

#define KEY_REDRAW ('L' & 0x1f)

/* What comes behind an Escape at once is a key of its own, not so what comes later. */
#define ESCAPE_MSEC 25

struct Screen {
  SCREEN *curses;
  gboolean is_colored;
  Signals *signals;
  guint source;
  const ScreenEvents *events;
  gpointer user_data;
};

static const struct {
  int curses;
  ScreenKey key;
} keys[] = {
  { KEY_UP, SCREEN_KEY_UP },         { KEY_DOWN, SCREEN_KEY_DOWN },
  { KEY_PPAGE, SCREEN_KEY_PAGE_UP }, { KEY_NPAGE, SCREEN_KEY_PAGE_DOWN },
  { KEY_HOME, SCREEN_KEY_HOME },     { KEY_END, SCREEN_KEY_END },
};

/* Pairs of colours go by the style that they are for; pair 0 is the terminal's own. */
static const struct {
  attr_t attributes;
  int color; /* -1: the terminal's own */
} looks[] = {
  [STYLE_PLAIN] = { A_NORMAL, -1 },
  [STYLE_HEAD] = { A_BOLD, -1 },
  [STYLE_DIM] = { A_DIM, -1 },
  [STYLE_GOOD] = { A_NORMAL, COLOR_GREEN },
  [STYLE_WARN] = { A_NORMAL, COLOR_YELLOW },
  [STYLE_BAD] = { A_BOLD, COLOR_RED },
};
G_STATIC_ASSERT (G_N_ELEMENTS (looks) == STYLE_N);

static int
translate (int key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    if (keys[i].curses == key)
      return (int) keys[i].key;
  return key < SCREEN_KEY_UP ? key : SCREEN_KEY_OTHER;
}

static gboolean
on_input (int fd, GIOCondition condition, gpointer user_data)
{
  Screen *self = user_data;
  int key;

  /* Nobody is there any more. */
  if ((condition & (G_IO_HUP | G_IO_ERR)) != 0) {
    self->events->ended (self->user_data);
    self->source = 0;
    return G_SOURCE_REMOVE;
  }
  while ((key = getch ()) != ERR) {
    if (key == KEY_REDRAW)
      clearok (curscr, TRUE);
    self->events->pressed (translate (key), self->user_data);
  }
  return G_SOURCE_CONTINUE;
}

static void
measure (void)
{
  struct winsize size = { 0 };

  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
    resizeterm (size.ws_row, size.ws_col);
}

/* As at the beginning: somebody else has had the terminal. */
static void
resume (Screen *self)
{
  reset_prog_mode ();
  clearok (curscr, TRUE);
  measure ();
  self->events->resized (self->user_data);
}

static void
on_signal (int number, gpointer user_data)
{
  Screen *self = user_data;

  switch (number) {
  case SIGWINCH:
    measure ();
    self->events->resized (self->user_data);
    return;
  case SIGTSTP:
    endwin ();
    signals_suffer (self->signals, number);
    resume (self);
    return;
  case SIGCONT:
    resume (self);
    return;
  default:
    self->events->ended (self->user_data);
  }
}

static gboolean
catch_signals (Screen *self, GError **error)
{
  static const int numbers[] = {
    SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT, 0,
  };

  self->signals = signals_new (numbers, on_signal, self, error);
  return self->signals != NULL;
}

static void
set_up_colors (Screen *self)
{
  if (!self->is_colored || !has_colors ())
    return;
  start_color ();
  use_default_colors ();
  for (Style style = 0; style < STYLE_N; style++)
    if (looks[style].color >= 0)
      init_pair ((short) style, (short) looks[style].color, -1);
}

static void
set_up (Screen *self)
{
  cbreak ();
  noecho ();
  keypad (stdscr, TRUE);
  nodelay (stdscr, TRUE);
  set_escdelay (ESCAPE_MSEC);
  curs_set (0);
  set_up_colors (self);
  measure ();
}

/* What there is no such capability for is NULL, and what is no text -1. */
static gboolean
can_move (void)
{
  const char *sequence = tigetstr ((char *) "cup");

  return sequence != NULL && sequence != (const char *) -1;
}

/* The terminal as a screen: NULL if it cannot be one. */
static SCREEN *
open_curses (void)
{
  SCREEN *curses = newterm (NULL, stdout, stdin);

  if (curses == NULL)
    return NULL;
  set_term (curses);
  if (can_move ())
    return curses;
  endwin ();
  delscreen (curses);
  return NULL;
}

Screen *
screen_new (gboolean has_colors, const ScreenEvents *events, gpointer user_data, GError **error)
{
  SCREEN *curses = open_curses ();
  g_autoptr (Screen) self = NULL;

  if (curses == NULL) {
    g_set_error_literal (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED,
                         "this terminal, of which TERM tells, cannot be a screen");
    return NULL;
  }
  self = g_new0 (Screen, 1);
  self->curses = curses;
  self->is_colored = has_colors;
  self->events = events;
  self->user_data = user_data;
  set_up (self);
  if (!catch_signals (self, error))
    return NULL;
  self->source = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, self);
  return g_steal_pointer (&self);
}

void
screen_free (Screen *self)
{
  if (self->source != 0)
    g_source_remove (self->source);
  endwin ();
  g_clear_pointer (&self->signals, signals_free);
  delscreen (self->curses);
  g_free (self);
}

guint
screen_get_rows (const Screen *self)
{
  return (guint) MAX (getmaxy (stdscr), 0);
}

guint
screen_get_columns (const Screen *self)
{
  return (guint) MAX (getmaxx (stdscr), 0);
}

static void
show_line (const Screen *self, const char *line)
{
  const char *piece;
  gsize length;
  Style style;

  while (style_split (&line, &style, &piece, &length)) {
    if (self->is_colored)
      attr_set (looks[style].attributes, looks[style].color >= 0 ? (short) style : 0, NULL);
    addnstr (piece, (int) length);
  }
  attr_set (A_NORMAL, 0, NULL);
}

void
screen_show (Screen *self, const GPtrArray *lines)
{
  guint n_lines = MIN (lines->len, screen_get_rows (self));

  /* A line that is too long goes on in the next one, which is cleared. */
  erase ();
  for (guint i = 0; i < n_lines; i++) {
    move ((int) i, 0);
    clrtoeol ();
    show_line (self, g_ptr_array_index (lines, i));
  }
  if (move ((int) n_lines, 0) != ERR)
    clrtobot ();
  refresh ();
}
