/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watching for kills.
 */
#include "lib/oom-watch.h"

#include "lib/cgroup.h"
#include "lib/file-watch.h"
#include "lib/file.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERVAL_MSEC 200
#define INTERVAL_V1_MSEC 100
/* What comes is to be known before it can be killed. */
#define CHILDREN_V1_MSEC 20

/* How many may ring before they are heard. */
#define N_EVENTS 64

/* A cgroup of v1. */
typedef struct {
  char *key;
  guint64 id;
  int bell;               /* an eventfd, for the cgroup and those in it */
  GHashTable *registered; /* name of a cgroup in it, "." for itself → its inode */
} Group;

struct NcgOomWatch {
  const NcgTree *memory;
  NcgOomChanged changed;
  gpointer user_data;
  NcgFileWatch *events; /* v2 */
  NcgFileWatch *children;
  /* v1: */
  GHashTable *groups; /* key → Group */
  GHashTable *by_id;  /* the same by &id */
  guint64 last_id;
  int bells; /* an epoll instance, in which each bell is heard once, and then not for a pause */
  GSource *rung;
  GArray *paused; /* of guint64: ids */
  GSource *pause; /* (nullable) */
};

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
attach (GSource *source, GSourceFunc function, gpointer user_data)
{
  g_source_set_callback (source, function, user_data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

static gboolean
listen_for (const NcgOomWatch *self, const Group *group, int operation)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u64 = group->id };

  return epoll_ctl (self->bells, operation, group->bell, &event) == 0;
}

static gboolean
on_pause_over (gpointer user_data)
{
  NcgOomWatch *self = user_data;

  drop_source (&self->pause);
  for (guint i = 0; i < self->paused->len; i++) {
    const Group *group =
        g_hash_table_lookup (self->by_id, &g_array_index (self->paused, guint64, i));

    if (group != NULL)
      listen_for (self, group, EPOLL_CTL_MOD);
  }
  g_array_set_size (self->paused, 0);
  return G_SOURCE_REMOVE;
}

/* Whoever is told may remove groups. */
static void
hear (NcgOomWatch *self, guint64 id)
{
  const Group *group = g_hash_table_lookup (self->by_id, &id);
  g_autofree char *key = NULL;
  guint64 count;

  if (group == NULL || read (group->bell, &count, sizeof count) < 0)
    return;
  g_array_append_val (self->paused, id);
  if (self->pause == NULL)
    self->pause = attach (g_timeout_source_new (INTERVAL_V1_MSEC), on_pause_over, self);
  key = g_strdup (group->key);
  self->changed (key, FALSE, self->user_data);
}

static gboolean
on_rung (int fd, GIOCondition condition, gpointer user_data)
{
  NcgOomWatch *self = user_data;
  struct epoll_event events[N_EVENTS];
  int n = epoll_wait (fd, events, N_EVENTS, 0);

  for (int i = 0; i < n; i++)
    hear (self, events[i].data.u64);
  return G_SOURCE_CONTINUE;
}

static void
group_free (gpointer data)
{
  Group *group = data;

  close (group->bell);
  g_hash_table_unref (group->registered);
  g_free (group->key);
  g_free (group);
}

/* The kernel needs the file only while it is told, and forgets it with the cgroup. */
static gboolean
ring_for (const Group *group, const NcgCgroup *cgroup)
{
  g_auto (NcgFd) control =
      openat (ncg_cgroup_get_fd (cgroup), "memory.oom_control", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  g_autofree char *line = g_strdup_printf ("%d %d", group->bell, control);

  return control >= 0 && ncg_cgroup_write (cgroup, "cgroup.event_control", line, NULL);
}

/* One that was made anew is another one. */
static void
register_cgroup (Group *group, const NcgCgroup *cgroup, const char *name)
{
  struct stat status;
  gpointer inode;

  if (fstat (ncg_cgroup_get_fd (cgroup), &status) < 0)
    return;
  inode = GSIZE_TO_POINTER ((gsize) status.st_ino);
  if (g_hash_table_lookup (group->registered, name) != inode && ring_for (group, cgroup))
    g_hash_table_replace (group->registered, g_strdup (name), inode);
}

static gboolean
is_gone (gpointer name, gpointer inode, gpointer children)
{
  return !g_str_equal (name, ".") && !g_strv_contains (children, name);
}

static void
register_all (NcgOomWatch *self, Group *group)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (self->memory->mount, group->key, NULL);
  g_auto (GStrv) children = cgroup != NULL ? ncg_cgroup_list_children (cgroup, NULL) : NULL;

  if (children == NULL)
    return;
  register_cgroup (group, cgroup, ".");
  g_hash_table_foreach_remove (group->registered, is_gone, children);
  for (guint i = 0; children[i] != NULL; i++) {
    g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (cgroup, children[i], NULL);

    if (child != NULL)
      register_cgroup (group, child, children[i]);
  }
}

static void
on_events (const char *key, gpointer user_data)
{
  NcgOomWatch *self = user_data;

  self->changed (key, FALSE, self->user_data);
}

static void
on_children (const char *key, gpointer user_data)
{
  NcgOomWatch *self = user_data;
  Group *group = self->groups != NULL ? g_hash_table_lookup (self->groups, key) : NULL;

  if (group != NULL)
    register_all (self, group);
  self->changed (key, TRUE, self->user_data);
}

static gboolean
begin_v1 (NcgOomWatch *self)
{
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, group_free);
  self->by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  self->paused = g_array_new (FALSE, FALSE, sizeof (guint64));
  self->bells = epoll_create1 (EPOLL_CLOEXEC);
  if (self->bells < 0)
    return FALSE;
  self->rung = attach (g_unix_fd_source_new (self->bells, G_IO_IN), G_SOURCE_FUNC (on_rung), self);
  return TRUE;
}

static void
end_v1 (NcgOomWatch *self)
{
  drop_source (&self->rung);
  drop_source (&self->pause);
  if (self->bells >= 0)
    close (self->bells);
  g_array_unref (self->paused);
  g_hash_table_unref (self->by_id);
  g_hash_table_unref (self->groups);
}

NcgOomWatch *
ncg_oom_watch_new (const NcgTree *memory, NcgOomChanged changed, gpointer user_data)
{
  g_autoptr (NcgOomWatch) self = g_new0 (NcgOomWatch, 1);

  self->memory = memory;
  self->changed = changed;
  self->user_data = user_data;
  self->children = ncg_file_watch_new (on_children, self);
  if (self->children == NULL)
    return NULL;
  ncg_file_watch_set_interval (self->children, memory->is_v1 ? CHILDREN_V1_MSEC : INTERVAL_MSEC);
  if (memory->is_v1)
    return begin_v1 (self) ? g_steal_pointer (&self) : NULL;
  self->events = ncg_file_watch_new (on_events, self);
  if (self->events == NULL)
    return NULL;
  ncg_file_watch_set_interval (self->events, INTERVAL_MSEC);
  return g_steal_pointer (&self);
}

void
ncg_oom_watch_free (NcgOomWatch *self)
{
  if (self == NULL)
    return;
  ncg_file_watch_free (self->events);
  ncg_file_watch_free (self->children);
  if (self->groups != NULL)
    end_v1 (self);
  g_free (self);
}

static Group *
ensure_group (NcgOomWatch *self, const char *key)
{
  Group *group = g_hash_table_lookup (self->groups, key);
  int bell;

  if (group != NULL)
    return group;
  bell = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0)
    return NULL;
  group = g_new0 (Group, 1);
  group->key = g_strdup (key);
  group->id = ++self->last_id;
  group->bell = bell;
  group->registered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (self->groups, group->key, group);
  g_hash_table_insert (self->by_id, &group->id, group);
  listen_for (self, group, EPOLL_CTL_ADD);
  return group;
}

/* The children are watched first, so that none is missed. */
void
ncg_oom_watch_add (NcgOomWatch *self, const char *key)
{
  g_autofree char *directory = g_strconcat (self->memory->mount, key, NULL);
  g_autofree char *events = g_build_filename (directory, "memory.events", NULL);
  Group *group;

  ncg_file_watch_add_children (self->children, key, directory);
  if (!self->memory->is_v1) {
    ncg_file_watch_add (self->events, key, events);
    return;
  }
  group = ensure_group (self, key);
  if (group != NULL)
    register_all (self, group);
}

static void
drop_group (NcgOomWatch *self, const char *key)
{
  const Group *group = g_hash_table_lookup (self->groups, key);

  if (group == NULL)
    return;
  g_hash_table_remove (self->by_id, &group->id);
  g_hash_table_remove (self->groups, key);
}

void
ncg_oom_watch_remove (NcgOomWatch *self, const char *key)
{
  ncg_file_watch_remove (self->children, key);
  if (self->events != NULL)
    ncg_file_watch_remove (self->events, key);
  else
    drop_group (self, key);
}
