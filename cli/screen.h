/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The terminal as a screen, with keys, by ncurses. It is left as it was whenever the program ends
 * or is stopped, by whatever signal that can be handled.
 */
#pragma once

#include <glib.h>

/* Keys that are no characters; those that are, are themselves. */
typedef enum {
  SCREEN_KEY_UP = 0x100,
  SCREEN_KEY_DOWN,
  SCREEN_KEY_PAGE_UP,
  SCREEN_KEY_PAGE_DOWN,
  SCREEN_KEY_HOME,
  SCREEN_KEY_END,
  SCREEN_KEY_OTHER,
} ScreenKey;

typedef struct {
  void (*pressed) (int key, gpointer user_data);
  void (*resized) (gpointer user_data); /* to be shown anew */
  void (*ended) (gpointer user_data);   /* the user, or somebody else, wants it to end */
} ScreenEvents;

typedef struct Screen Screen;

/* Standard output is a terminal, and standard input is the keyboard. The events come from the main
 * loop. Else %EXIT_STATUS_FAILED. */
Screen *
screen_new (gboolean has_colors, const ScreenEvents *events, gpointer user_data, GError **error);
void screen_free (Screen *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Screen, screen_free)

guint screen_get_rows (const Screen *self);
guint screen_get_columns (const Screen *self);

/* @lines: (element-type utf8): from the top on, with style.h's styles in them; what does not fit is
 * cut */
void screen_show (Screen *self, const GPtrArray *lines);
