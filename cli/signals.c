/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The handler writes the number into a pipe, which is all that it may do.
 */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

struct Signals {
  int ends[2];
  guint source;
  GArray *numbers; /* (element-type int): those that are handled */
  GArray *before;  /* (element-type struct sigaction) */
  SignalsCame came;
  gpointer user_data;
};

/* A handler is given nothing to find it by. */
static int write_end = -1;

static void
handle (int number)
{
  const int errsv = errno;
  const guint8 byte = (guint8) number;

  /* In a pipe that is full there is enough to do. */
  if (write (write_end, &byte, 1) < 0)
    errno = errsv;
  errno = errsv;
}

static void
set_handler (int number)
{
  struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };

  sigaction (number, &action, NULL);
}

static gboolean
on_bytes (int fd, GIOCondition condition, gpointer user_data)
{
  Signals *self = user_data;
  guint8 byte;

  while (read (fd, &byte, 1) == 1)
    self->came (byte, self->user_data);
  return G_SOURCE_CONTINUE;
}

static void
take (Signals *self, int number)
{
  struct sigaction before;

  sigaction (number, NULL, &before);
  if (before.sa_handler == SIG_IGN)
    return;
  g_array_append_val (self->numbers, number);
  g_array_append_val (self->before, before);
  set_handler (number);
}

Signals *
signals_new (const int *numbers, SignalsCame came, gpointer user_data, GError **error)
{
  int ends[2];
  Signals *self;

  if (!g_unix_open_pipe (ends, FD_CLOEXEC, error))
    return NULL;
  g_unix_set_fd_nonblocking (ends[0], TRUE, NULL);
  g_unix_set_fd_nonblocking (ends[1], TRUE, NULL);
  self = g_new0 (Signals, 1);
  self->ends[0] = ends[0];
  self->ends[1] = write_end = ends[1];
  self->numbers = g_array_new (FALSE, FALSE, sizeof (int));
  self->before = g_array_new (FALSE, FALSE, sizeof (struct sigaction));
  self->came = came;
  self->user_data = user_data;
  self->source = g_unix_fd_add (self->ends[0], G_IO_IN, on_bytes, self);
  for (gsize i = 0; numbers[i] != 0; i++)
    take (self, numbers[i]);
  return self;
}

void
signals_free (Signals *self)
{
  for (guint i = 0; i < self->numbers->len; i++)
    sigaction (g_array_index (self->numbers, int, i),
               &g_array_index (self->before, struct sigaction, i), NULL);
  g_array_unref (self->numbers);
  g_array_unref (self->before);
  g_source_remove (self->source);
  write_end = -1;
  close (self->ends[0]);
  close (self->ends[1]);
  g_free (self);
}

void
signals_suffer (const Signals *self, int number)
{
  signal (number, SIG_DFL);
  /* To this thread: it has come to its end when this returns. */
  raise (number);
  set_handler (number);
}
