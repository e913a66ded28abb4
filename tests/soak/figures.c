/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures.
 */
#include "tests/soak/figures.h"

#include "tests/soak/report.h"

#include <stdlib.h>
#include <string.h>

#define KIB 1024
#define MIB (1024 * KIB)

/* What was begun ends, and pools of threads shrink. */
#define REST_USEC (2 * G_USEC_PER_SEC)

#define FDS_MORE 4
#define THREADS_MORE 1
#define MEMORY_MORE_BYTES (2 * MIB)

static guint64
read_status (const char *status, const char *key)
{
  const char *line = strstr (status, key);

  return line != NULL ? g_ascii_strtoull (line + strlen (key), NULL, 10) : 0;
}

static guint
count_fds (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/fd", (int) pid);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

Figures
figures_read (void)
{
  Figures figures = { 0 };
  g_autofree char *pid = NULL;
  g_autofree char *path = NULL;
  g_autofree char *status = NULL;

  g_usleep (REST_USEC);
  pid = report_run (FALSE, "systemctl show -P MainPID nodecgroupsd.service");
  figures.pid = atoi (pid);
  path = g_strdup_printf ("/proc/%d/status", (int) figures.pid);
  if (!g_file_get_contents (path, &status, NULL, NULL)) {
    report_fail ("the daemon has no figures");
    return figures;
  }
  figures.rss_bytes = read_status (status, "VmRSS:") * KIB;
  figures.n_threads = (guint) read_status (status, "Threads:");
  figures.n_fds = count_fds (figures.pid);
  return figures;
}

void
figures_print (const char *when, const Figures *figures)
{
  report_note ("%s: daemon %d has %.1f MiB, %u descriptors, %u threads", when, (int) figures->pid,
               (double) figures->rss_bytes / MIB, figures->n_fds, figures->n_threads);
}

void
figures_compare (const Figures *before, const Figures *after, gboolean skips_memory)
{
  if (before->pid != after->pid)
    report_fail ("the daemon was started again, though nobody had killed it");
  if (after->n_fds > before->n_fds + FDS_MORE)
    report_fail ("the daemon has %u descriptors instead of %u", after->n_fds, before->n_fds);
  if (after->n_threads > before->n_threads + THREADS_MORE)
    report_fail ("the daemon has %u threads instead of %u", after->n_threads, before->n_threads);
  if (!skips_memory &&
      after->rss_bytes > before->rss_bytes + before->rss_bytes / 10 + MEMORY_MORE_BYTES)
    report_fail ("the daemon has %" G_GUINT64_FORMAT " KiB of memory instead of %" G_GUINT64_FORMAT,
                 after->rss_bytes / KIB, before->rss_bytes / KIB);
}
