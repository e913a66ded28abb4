/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * inotify on the main loop.
 */
#include "lib/file-watch.h"

#include "lib/file.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_MODIFY | IN_DELETE_SELF)
#define CHILD_EVENTS (IN_CREATE | IN_DELETE)

struct NcgFileWatch {
  NcgFd fd;
  GSource *source; /* (nullable): of the descriptor, or of the pause after what was told */
  guint interval_msec;
  GHashTable *keys;        /* watch descriptor → key, of the other table */
  GHashTable *descriptors; /* key → GArray of its watch descriptors */
  NcgFileWatchChanged changed;
  NcgFileWatchChild child; /* (nullable) */
  gpointer user_data;
};

/* Instead of the name of a child: it is told as changed. */
#define CHANGED ""

/* The kernel writes these itself, or what is written to them sets nothing. */
static gboolean
is_setting (const char *name)
{
  return (!g_str_has_prefix (name, "cgroup.") || g_str_has_prefix (name, "cgroup.max.")) &&
         strstr (name, ".events") == NULL && !g_str_has_suffix (name, ".pressure") &&
         !g_str_has_suffix (name, ".reclaim");
}

/* Of children only cgroups count. */
static gboolean
is_told (const struct inotify_event *event)
{
  if ((event->mask & CHILD_EVENTS) != 0)
    return (event->mask & IN_ISDIR) != 0;
  return event->len == 0 || is_setting (event->name);
}

static void
forget_descriptor (NcgFileWatch *self, int descriptor)
{
  const char *key = g_hash_table_lookup (self->keys, GINT_TO_POINTER (descriptor));
  GArray *descriptors = key != NULL ? g_hash_table_lookup (self->descriptors, key) : NULL;

  g_hash_table_remove (self->keys, GINT_TO_POINTER (descriptor));
  for (guint i = 0; descriptors != NULL && i < descriptors->len; i++) {
    if (g_array_index (descriptors, int, i) != descriptor)
      continue;
    g_array_remove_index_fast (descriptors, i);
    break;
  }
  if (descriptors != NULL && descriptors->len == 0)
    g_hash_table_remove (self->descriptors, key);
}

/* @keys: key → set of names */
static void
note (GHashTable *keys, const char *key, const char *name)
{
  GHashTable *names = g_hash_table_lookup (keys, key);

  if (names == NULL) {
    names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_insert (keys, g_strdup (key), names);
  }
  g_hash_table_add (names, g_strdup (name));
}

static void
collect_all (NcgFileWatch *self, GHashTable *keys)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->descriptors);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    note (keys, key, CHANGED);
}

/* The keys of what is to be read; each once. */
static void
collect (NcgFileWatch *self, const char *buffer, gssize length, GHashTable *keys)
{
  for (gssize at = 0; at + (gssize) sizeof (struct inotify_event) <= length;) {
    const struct inotify_event *event = (const struct inotify_event *) (buffer + at);
    const char *key = g_hash_table_lookup (self->keys, GINT_TO_POINTER (event->wd));

    gboolean is_child = self->child != NULL && (event->mask & CHILD_EVENTS) != 0 && event->len > 0;

    if (key != NULL && is_told (event))
      note (keys, key, is_child ? event->name : CHANGED);
    /* More happened than the kernel remembers: it may have been anything. */
    if ((event->mask & IN_Q_OVERFLOW) != 0)
      collect_all (self, keys);
    /* The kernel has dropped the watch, and may give its number to another. */
    if ((event->mask & IN_IGNORED) != 0)
      forget_descriptor (self, event->wd);
    at += (gssize) sizeof *event + event->len;
  }
}

static void listen_for_events (NcgFileWatch *self);

static void
drop_source (NcgFileWatch *self)
{
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static gboolean
on_pause_over (gpointer user_data)
{
  NcgFileWatch *self = user_data;

  drop_source (self);
  listen_for_events (self);
  return G_SOURCE_REMOVE;
}

/* The kernel keeps what happens meanwhile. */
static void
pause_listening (NcgFileWatch *self)
{
  drop_source (self);
  self->source = g_timeout_source_new (self->interval_msec);
  g_source_set_callback (self->source, on_pause_over, self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

static void
tell (NcgFileWatch *self, const char *key, GHashTable *names)
{
  GHashTableIter iter;
  gpointer name;

  if (g_hash_table_contains (names, CHANGED)) {
    self->changed (key, self->user_data);
    return;
  }
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    self->child (key, name, self->user_data);
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  NcgFileWatch *self = user_data;
  g_autoptr (GHashTable) keys =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  char buffer[4096] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  GHashTableIter iter;
  gpointer key, names;
  gssize length;

  while ((length = read (fd, buffer, sizeof buffer)) > 0)
    collect (self, buffer, length, keys);
  if (self->interval_msec > 0)
    pause_listening (self);
  g_hash_table_iter_init (&iter, keys);
  while (g_hash_table_iter_next (&iter, &key, &names))
    tell (self, key, names);
  return G_SOURCE_CONTINUE;
}

static void
listen_for_events (NcgFileWatch *self)
{
  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_readable), self, NULL);
  /* As in lib/sd-bus-source: no need to take it out of the poll(2) meanwhile. */
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, g_main_context_get_thread_default ());
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
  self->keys = g_hash_table_new (NULL, NULL);
  self->descriptors =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  listen_for_events (self);
  return self;
}

void
ncg_file_watch_set_interval (NcgFileWatch *self, guint msec)
{
  self->interval_msec = msec;
}

void
ncg_file_watch_set_child (NcgFileWatch *self, NcgFileWatchChild child)
{
  self->child = child;
}

void
ncg_file_watch_free (NcgFileWatch *self)
{
  if (self == NULL)
    return;
  drop_source (self);
  g_hash_table_unref (self->keys);
  g_hash_table_unref (self->descriptors);
  ncg_file_close (self->fd);
  g_free (self);
}

/* What is not there, or is no directory, needs no watch. */
static gboolean
add (NcgFileWatch *self, const char *key, const char *path, guint32 events)
{
  int descriptor = inotify_add_watch (self->fd, path, events);
  gpointer known;
  GArray *descriptors;

  if (descriptor < 0)
    return errno == ENOENT || errno == ENOTDIR;
  if (g_strcmp0 (g_hash_table_lookup (self->keys, GINT_TO_POINTER (descriptor)), key) == 0)
    return TRUE;
  forget_descriptor (self, descriptor);
  if (!g_hash_table_lookup_extended (self->descriptors, key, &known, (gpointer *) &descriptors)) {
    known = g_strdup (key);
    descriptors = g_array_new (FALSE, FALSE, sizeof (int));
    g_hash_table_insert (self->descriptors, known, descriptors);
  }
  g_array_append_val (descriptors, descriptor);
  g_hash_table_insert (self->keys, GINT_TO_POINTER (descriptor), known);
  return TRUE;
}

void
ncg_file_watch_add (NcgFileWatch *self, const char *key, const char *path)
{
  add (self, key, path, EVENTS);
}

gboolean
ncg_file_watch_add_cgroup (NcgFileWatch *self, const char *key, const char *path)
{
  return add (self, key, path, EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW);
}

void
ncg_file_watch_add_children (NcgFileWatch *self, const char *key, const char *path)
{
  add (self, key, path, CHILD_EVENTS | IN_DELETE_SELF | IN_ONLYDIR);
}

void
ncg_file_watch_remove (NcgFileWatch *self, const char *key)
{
  GArray *descriptors = g_hash_table_lookup (self->descriptors, key);

  for (guint i = 0; descriptors != NULL && i < descriptors->len; i++) {
    int descriptor = g_array_index (descriptors, int, i);

    inotify_rm_watch (self->fd, descriptor);
    g_hash_table_remove (self->keys, GINT_TO_POINTER (descriptor));
  }
  g_hash_table_remove (self->descriptors, key);
}
