/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two calls, which have the same reply.
 */
#include "cli/joining.h"

#include "cli/exit-status.h"

#include <errno.h>
#include <gio/gunixfdlist.h>
#include <sys/syscall.h>
#include <unistd.h>

/* That many dbus-daemon lets through in one message. */
#define MOST_PIDFDS 16

/* Why it cannot be held, but for its end, the daemon says as well: it refuses the number. */
static gboolean
hold (GUnixFDList *fds, pid_t pid, gboolean *ret_held, GError **error)
{
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);
  int errsv = errno;

  if (fd < 0 && errsv == ESRCH) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_NOT_FOUND, "there is no process %d",
                 (int) pid);
    return FALSE;
  }
  *ret_held = fd >= 0 && g_unix_fd_list_append (fds, fd, NULL) >= 0;
  if (fd >= 0)
    close (fd);
  return TRUE;
}

/* @ret_fds: (transfer full): NULL where the numbers have to do */
static gboolean
hold_all (const Joining *self, GUnixFDList **ret_fds, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  gboolean held = !self->is_distant && self->n_pids <= MOST_PIDFDS;

  for (guint i = 0; i < self->n_pids && held; i++)
    if (!hold (fds, self->pids[i], &held, error))
      return FALSE;
  *ret_fds = held ? g_steal_pointer (&fds) : NULL;
  return TRUE;
}

static GVariant *
make_arguments (const Joining *self, gboolean by_pidfd)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, by_pidfd ? G_VARIANT_TYPE ("ah") : G_VARIANT_TYPE ("au"));
  for (guint i = 0; i < self->n_pids; i++) {
    if (by_pidfd)
      g_variant_builder_add (&list, "h", (gint32) i);
    else
      g_variant_builder_add (&list, "u", (guint32) self->pids[i]);
  }
  return g_variant_new ("(ss@*@a{sv})", self->uid, self->container, g_variant_builder_end (&list),
                        self->options);
}

gboolean
joining_begin (
    Bus *bus, const Joining *self, GAsyncReadyCallback callback, gpointer user_data, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;

  if (!hold_all (self, &fds, error) || !bus_wake (bus, error))
    return FALSE;
  g_dbus_connection_call_with_unix_fd_list (bus_get_connection (bus), BUS_NAME, BUS_OBJECT,
                                            BUS_MANAGER, fds != NULL ? "JoinPodByPidFd" : "JoinPod",
                                            make_arguments (self, fds != NULL),
                                            G_VARIANT_TYPE ("(ss)"), G_DBUS_CALL_FLAGS_NONE,
                                            BUS_CALL_MSEC, fds, NULL, callback, user_data);
  return TRUE;
}

gboolean
joining_finish (
    GObject *source, GAsyncResult *result, char **ret_unit, char **ret_cgroup, GError **error)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, error);

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(ss)", ret_unit, ret_cgroup);
  return TRUE;
}
