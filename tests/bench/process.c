/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What other processes cost.
 */
#include "tests/bench/process.h"

#include "tests/bench/fail.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What PID 1 uses while nobody wants anything of it is far less than one unit's share. */
#define IDLE_WINDOW_USEC 50000
#define IDLE_NSEC 100000
#define IDLE_TRIES 100

static char *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    fail ("%s", error->message);
  return text;
}

/* The numbers behind all lines that begin with @key. */
static guint64
sum_lines (const char *text, const char *key)
{
  guint64 sum = 0;

  for (const char *line = text; line != NULL; line = strchr (line, '\n')) {
    line += *line == '\n';
    if (g_str_has_prefix (line, key))
      sum += g_ascii_strtoull (line + strlen (key), NULL, 10);
  }
  return sum;
}

void
process_read_memory (pid_t pid, ProcessMemory *ret_memory)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/smaps_rollup", (int) pid);
  g_autofree char *text = read_file (path);

  ret_memory->rss_mib = (double) sum_lines (text, "Rss:") / 1024;
  ret_memory->pss_mib = (double) sum_lines (text, "Pss:") / 1024;
  ret_memory->private_mib =
      (double) (sum_lines (text, "Private_Clean:") + sum_lines (text, "Private_Dirty:")) / 1024;
}

gint64
process_get_cpu_nsec (pid_t pid)
{
  struct timespec time;
  clockid_t clock;
  int r = clock_getcpuclockid (pid, &clock);

  if (r != 0 || clock_gettime (clock, &time) < 0)
    fail ("the CPU time of process %d: %s", (int) pid, g_strerror (r != 0 ? r : errno));
  return (gint64) time.tv_sec * 1000000000 + time.tv_nsec;
}

guint64
process_count_switches (pid_t pid)
{
  g_autofree char *directory = g_strdup_printf ("/proc/%d/task", (int) pid);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) tasks = g_dir_open (directory, 0, &error);
  const char *name;
  guint64 sum = 0;

  if (tasks == NULL)
    fail ("%s", error->message);
  while ((name = g_dir_read_name (tasks)) != NULL) {
    g_autofree char *path = g_build_filename (directory, name, "status", NULL);
    g_autofree char *text = read_file (path);

    sum += sum_lines (text, "voluntary_ctxt_switches:");
    sum += sum_lines (text, "nonvoluntary_ctxt_switches:");
  }
  return sum;
}

void
process_wait_for_idle_systemd (void)
{
  for (guint i = 0; i < IDLE_TRIES; i++) {
    gint64 before = process_get_cpu_nsec (1);

    g_usleep (IDLE_WINDOW_USEC);
    if (process_get_cpu_nsec (1) - before < IDLE_NSEC)
      return;
  }
}
