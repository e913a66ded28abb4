/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waiting for a cgroup to be empty or frozen.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* A file that the kernel does not make ready is read again after this time. */
#define POLL_MSEC 1000

/* How long v1 is left alone between two looks: doubled each time, as what was killed ends soon or
 * not so soon. */
#define FIRST_PAUSE_USEC 1000
#define LONGEST_PAUSE_USEC 50000

int
ncg_cgroup_open_events (const NcgCgroup *self, GError **error)
{
  g_auto (NcgFd) fd = TEMP_FAILURE_RETRY (
      openat (ncg_cgroup_get_fd (self), "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  int errsv = errno;
  g_autofree char *shown = NULL;
  char first;

  /* One that was never read polls as changed at once. */
  if (fd >= 0 && TEMP_FAILURE_RETRY (pread (fd, &first, 1, 0)) >= 0)
    return ncg_file_steal (&fd);
  if (fd >= 0)
    errsv = errno;
  shown = ncg_error_escape_path (ncg_cgroup_get_path (self));
  g_set_error (error, NCG_ERROR,
               errsv == ENOENT || errsv == ENODEV ? NCG_ERROR_NOT_FOUND : NCG_ERROR_FAILED,
               "cannot read cgroup.events of the cgroup %s: %s", shown, g_strerror (errsv));
  return -1;
}

static gint64
usec_left (gint64 deadline_usec)
{
  return MAX (deadline_usec - g_get_monotonic_time (), 0);
}

/* Until the kernel says that the file has changed, but no longer than to the deadline. Reading it
 * arms it for the next change. */
static void
sleep_until_changed (int fd, gint64 deadline_usec)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };
  gint64 msec = (usec_left (deadline_usec) + 999) / 1000;
  char buffer[256];

  poll (&poll_fd, 1, (int) MIN (msec, POLL_MSEC));
  if (pread (fd, buffer, sizeof buffer, 0) < 0)
    return; /* the cgroup is gone, which its next reader finds, too */
}

gboolean
ncg_cgroup_wait_event (const NcgCgroup *self,
                       const char *key,
                       guint64 value,
                       gint64 deadline_usec,
                       gboolean *ret_reached,
                       GError **error)
{
  g_auto (NcgFd) fd = ncg_cgroup_open_events (self, error);
  guint64 actual = 0;

  if (fd < 0)
    return FALSE;
  for (;;) {
    if (!ncg_cgroup_read_key (self, "cgroup.events", key, &actual, error))
      return FALSE;
    if (actual == value || usec_left (deadline_usec) == 0)
      break;
    sleep_until_changed (fd, deadline_usec);
  }
  *ret_reached = actual == value;
  return TRUE;
}

static gboolean
wait_empty_v1 (const NcgCgroup *self, gint64 deadline_usec, gboolean *ret_empty, GError **error)
{
  gint64 pause_usec = FIRST_PAUSE_USEC;
  gboolean populated;

  for (;;) {
    gint64 left_usec = usec_left (deadline_usec);

    if (!ncg_cgroup_is_populated (self, &populated, error))
      return FALSE;
    if (!populated || left_usec == 0)
      break;
    g_usleep ((gulong) MIN (pause_usec, left_usec));
    pause_usec = MIN (2 * pause_usec, LONGEST_PAUSE_USEC);
  }
  *ret_empty = !populated;
  return TRUE;
}

gboolean
ncg_cgroup_wait_empty (const NcgCgroup *self,
                       gint64 deadline_usec,
                       gboolean *ret_empty,
                       GError **error)
{
  g_autoptr (GError) local = NULL;

  if (ncg_cgroup_is_v1 (self))
    return wait_empty_v1 (self, deadline_usec, ret_empty, error);
  if (ncg_cgroup_wait_event (self, "populated", 0, deadline_usec, ret_empty, &local))
    return TRUE;
  if (!g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *ret_empty = TRUE;
  return TRUE;
}
