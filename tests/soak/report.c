/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports.
 */
#include "tests/soak/report.h"

#include <stdio.h>
#include <string.h>

#define FAILURES_MAX 20

static int n_failures; /* atomic */
static gint64 begun_usec;
static char *first_failure; /* its first line */
static GMutex lock;

static void
print (const char *mark, const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&lock);
  if (begun_usec == 0)
    begun_usec = now;
  for (char **line = lines; *line != NULL; line++)
    printf ("# %6.1f %s%s\n", (double) (now - begun_usec) / G_USEC_PER_SEC, mark, *line);
  fflush (stdout);
  g_mutex_unlock (&lock);
}

void
report_note (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  print ("", text);
}

void
report_fail (const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (g_atomic_int_add (&n_failures, 1) >= FAILURES_MAX)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  print ("FAILED: ", text);
  g_mutex_lock (&lock);
  if (first_failure == NULL)
    first_failure = g_strndup (text, strcspn (text, "\n"));
  g_mutex_unlock (&lock);
}

gboolean
report_has_failed (void)
{
  return g_atomic_int_get (&n_failures) > 0;
}

void
report_result (gint64 seed)
{
  g_autofree char *failure = NULL;

  g_mutex_lock (&lock);
  if (first_failure != NULL) {
    failure = g_strdelimit (g_strdup (first_failure), "#", ' ');
    printf ("not ok 1 /soak: %s # seed %" G_GINT64_FORMAT "\n1..1\n", failure, seed);
  } else {
    printf ("ok 1 /soak # seed %" G_GINT64_FORMAT "\n1..1\n", seed);
  }
  g_mutex_unlock (&lock);
}

char *
report_run (gboolean may_fail, const char *format, ...)
{
  g_autofree char *line = NULL;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { "/bin/sh", "-c", NULL, NULL };
  int status = 0;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  argv[2] = line;
  if (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_CLOEXEC_PIPES, NULL, NULL, &output, &errors,
                    &status, &error) &&
      status == 0)
    return g_strchomp (g_steal_pointer (&output));
  if (!may_fail)
    report_fail ("'%s' failed: %s", line, error != NULL ? error->message : errors);
  return g_strdup ("");
}

void
report_output (const char *line)
{
  g_autofree char *output = report_run (TRUE, "%s", line);
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);

  g_mutex_lock (&lock);
  for (char **each = lines; *each != NULL; each++)
    printf ("# | %s\n", *each);
  fflush (stdout);
  g_mutex_unlock (&lock);
}
