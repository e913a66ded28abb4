/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inotify on the main loop.
 */
#include "lib/file-watch.h"

#include "lib/file.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_MODIFY | IN_DELETE_SELF)

struct NcgFileWatch {
  NcgFd fd;
  GSource *source;
  GHashTable *keys; /* watch descriptor → key */
  NcgFileWatchChanged changed;
  gpointer user_data;
};

/* The keys of what is to be read; each once. */
static void
collect (NcgFileWatch *self, const char *buffer, gssize length, GHashTable *keys)
{
  for (gssize at = 0; at + (gssize) sizeof (struct inotify_event) <= length;) {
    const struct inotify_event *event = (const struct inotify_event *) (buffer + at);
    const char *key = g_hash_table_lookup (self->keys, GINT_TO_POINTER (event->wd));

    if (key != NULL)
      g_hash_table_add (keys, g_strdup (key));
    /* The kernel has dropped the watch, and may give its number to another. */
    if ((event->mask & IN_IGNORED) != 0)
      g_hash_table_remove (self->keys, GINT_TO_POINTER (event->wd));
    at += (gssize) sizeof *event + event->len;
  }
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  NcgFileWatch *self = user_data;
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char buffer[4096] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  GHashTableIter iter;
  gpointer key;
  gssize length;

  while ((length = read (fd, buffer, sizeof buffer)) > 0)
    collect (self, buffer, length, keys);
  g_hash_table_iter_init (&iter, keys);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    self->changed (key, self->user_data);
  return G_SOURCE_CONTINUE;
}

NcgFileWatch *
ncg_file_watch_new (NcgFileWatchChanged changed, gpointer user_data)
{
  NcgFileWatch *self;
  int fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);

  if (fd < 0)
    return NULL;
  self = g_new0 (NcgFileWatch, 1);
  self->fd = fd;
  self->changed = changed;
  self->user_data = user_data;
  self->keys = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
  return self;
}

void
ncg_file_watch_free (NcgFileWatch *self)
{
  if (self == NULL)
    return;
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_hash_table_unref (self->keys);
  ncg_file_close (self->fd);
  g_free (self);
}

void
ncg_file_watch_add (NcgFileWatch *self, const char *key, const char *path)
{
  int descriptor = inotify_add_watch (self->fd, path, EVENTS);

  if (descriptor >= 0)
    g_hash_table_replace (self->keys, GINT_TO_POINTER (descriptor), g_strdup (key));
}

void
ncg_file_watch_remove (NcgFileWatch *self, const char *key)
{
  GHashTableIter iter;
  gpointer descriptor, value;

  g_hash_table_iter_init (&iter, self->keys);
  while (g_hash_table_iter_next (&iter, &descriptor, &value)) {
    if (!g_str_equal (value, key))
      continue;
    inotify_rm_watch (self->fd, GPOINTER_TO_INT (descriptor));
    g_hash_table_iter_remove (&iter);
  }
}
