/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's uevents.
 */
#include "lib/uevents.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

/* UEVENT_BUFFER_SIZE is 2048; the header comes before that. */
#define BUFFER_SIZE 8192

/* 1 is the kernel, 2 is udev. */
#define KERNEL_GROUP 1

struct NcgUevents {
  NcgFd fd;
  GSource *source;
  const char *const *subsystems;
  NcgUeventsHappened happened;
  gpointer user_data;
};

static const char *const actions[] = { "add", "remove", "online", "offline", NULL };

static void
take_field (const char *field, NcgUevent *event)
{
  const struct {
    const char *prefix;
    const char **value;
  } fields[] = {
    { "ACTION=", &event->action },
    { "DEVPATH=", &event->devpath },
    { "SUBSYSTEM=", &event->subsystem },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (g_str_has_prefix (field, fields[i].prefix))
      *fields[i].value = field + strlen (fields[i].prefix);
}

/* "ACTION@DEVPATH" */
static gboolean
is_header_of (const char *header, const NcgUevent *event)
{
  gsize length = strlen (event->action);

  return strncmp (header, event->action, length) == 0 && header[length] == '@' &&
         g_str_equal (header + length + 1, event->devpath);
}

gboolean
ncg_uevent_parse (const char *message, gsize length, NcgUevent *ret_event)
{
  NcgUevent event = { NULL };

  if (length == 0 || message[length - 1] != '\0')
    return FALSE;
  for (gsize at = strlen (message) + 1; at < length; at += strlen (message + at) + 1)
    take_field (message + at, &event);
  if (event.action == NULL || event.devpath == NULL || event.subsystem == NULL ||
      !is_header_of (message, &event))
    return FALSE;
  *ret_event = event;
  return TRUE;
}

static gboolean
is_wanted (const NcgUevents *self, const char *message, gsize length)
{
  NcgUevent event;

  return ncg_uevent_parse (message, length, &event) &&
         g_strv_contains (self->subsystems, event.subsystem) &&
         g_strv_contains (actions, event.action);
}

/* Returns: whether there was a message */
static gboolean
receive (NcgUevents *self, gboolean *happened)
{
  char buffer[BUFFER_SIZE];
  struct sockaddr_nl sender = { 0 };
  struct iovec part = { buffer, sizeof buffer };
  struct msghdr header = {
    .msg_name = &sender,
    .msg_namelen = sizeof sender,
    .msg_iov = &part,
    .msg_iovlen = 1,
  };
  ssize_t length = TEMP_FAILURE_RETRY (recvmsg (self->fd, &header, MSG_DONTWAIT));

  /* There were more than the socket could take: any may have been of ours. */
  if (length < 0 && errno == ENOBUFS) {
    *happened = TRUE;
    return TRUE;
  }
  if (length < 0)
    return FALSE;
  /* The kernel sets the sender's port, and has 0 for its own. */
  if (header.msg_namelen == sizeof sender && sender.nl_pid == 0 &&
      (header.msg_flags & MSG_TRUNC) == 0 && is_wanted (self, buffer, (gsize) length))
    *happened = TRUE;
  return TRUE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  NcgUevents *self = user_data;
  gboolean happened = FALSE;

  while (receive (self, &happened))
    continue;
  if (happened)
    self->happened (self->user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
set_socket_error (int errsv, GError **error)
{
  g_set_error (error, NCG_ERROR,
               errsv == EAFNOSUPPORT || errsv == EPROTONOSUPPORT || errsv == EPERM ||
                       errsv == EACCES || errsv == ENOSYS
                   ? NCG_ERROR_NOT_SUPPORTED
                   : NCG_ERROR_FAILED,
               "the kernel gives no socket for its device events (%s); does "
               "RestrictAddressFamilies= of the unit allow AF_NETLINK?",
               g_strerror (errsv));
  return FALSE;
}

static gboolean
open_socket (NcgUevents *self, GError **error)
{
  struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };

  self->fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
  if (self->fd < 0 || bind (self->fd, (struct sockaddr *) &address, sizeof address) < 0)
    return set_socket_error (errno, error);
  return TRUE;
}

NcgUevents *
ncg_uevents_new (const char *const *subsystems,
                 NcgUeventsHappened happened,
                 gpointer user_data,
                 GError **error)
{
  g_autoptr (NcgUevents) self = g_new0 (NcgUevents, 1);

  self->subsystems = subsystems;
  self->happened = happened;
  self->user_data = user_data;
  if (!open_socket (self, error))
    return NULL;
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return g_steal_pointer (&self);
}

void
ncg_uevents_free (NcgUevents *self)
{
  if (self == NULL)
    return;
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  ncg_file_close (self->fd);
  g_free (self);
}

guint32
ncg_uevents_get_port (const NcgUevents *self)
{
  struct sockaddr_nl address = { 0 };
  socklen_t length = sizeof address;

  getsockname (self->fd, (struct sockaddr *) &address, &length);
  return address.nl_pid;
}
