/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a benchmark that cannot go on.
 */
#include "tests/bench/fail.h"

#include <stdlib.h>

void
fail (const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("bench: %s\n", message);
  exit (EXIT_FAILURE);
}

void
fail_if_negative (int r, const char *what)
{
  if (r < 0)
    fail ("%s: %s", what, g_strerror (-r));
}
