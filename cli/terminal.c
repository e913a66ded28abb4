/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The variables are those of systemd's tools (systemctl(1), Environment), and NO_COLOR
 * (no-color.org).
 */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_DEFAULT 80
#define LESS_DEFAULT "FRSXMK"

static gboolean
has_variable (const char *name)
{
  const char *value = g_getenv (name);

  return value != NULL && value[0] != '\0';
}

static guint
find_columns (void)
{
  struct winsize size = { 0 };
  guint64 columns = 0;

  /* As with systemd's tools, it is for who wants another width than the terminal's. */
  if (has_variable ("COLUMNS") &&
      g_ascii_string_to_unsigned (g_getenv ("COLUMNS"), 10, 1, 10000, &columns, NULL))
    return (guint) columns;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  return COLUMNS_DEFAULT;
}

static gboolean
find_colors (ColorMode colors, gboolean is_terminal)
{
  if (colors != COLOR_AUTO)
    return colors == COLOR_ALWAYS;
  return is_terminal && !has_variable ("NO_COLOR") && has_variable ("TERM") &&
         !g_str_equal (g_getenv ("TERM"), "dumb");
}

/* An empty one and cat are none; one that cannot be split counts as none, too. */
static char **
find_pager (void)
{
  const char *pager = g_getenv ("SYSTEMD_PAGER");
  char **command = NULL;

  if (pager == NULL)
    pager = g_getenv ("PAGER");
  if (pager == NULL)
    pager = "less";
  if (pager[0] == '\0' || g_str_equal (pager, "cat") ||
      !g_shell_parse_argv (pager, NULL, &command, NULL))
    return NULL;
  return command;
}

Terminal *
terminal_find (ColorMode colors)
{
  Terminal *self = g_new0 (Terminal, 1);

  self->is_terminal = isatty (STDOUT_FILENO) == 1;
  self->has_colors = find_colors (colors, self->is_terminal);
  self->is_utf8 = g_get_charset (NULL);
  self->columns = self->is_terminal ? find_columns () : 0;
  self->pager = find_pager ();
  self->less = g_strdup (has_variable ("SYSTEMD_LESS") ? g_getenv ("SYSTEMD_LESS") : LESS_DEFAULT);
  return self;
}

void
terminal_free (Terminal *self)
{
  g_strfreev (self->pager);
  g_free (self->less);
  g_free (self);
}
