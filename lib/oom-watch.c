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
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define INTERVAL_MSEC 200
#define INTERVAL_V1_MSEC 100
/* What comes is to be known before it can be killed. */
#define CHILDREN_V1_MSEC 20

/* Descriptors of v1: a notification is for all cgroups that share one. */
#define N_BELLS 64

typedef struct {
  NcgOomWatch *watch;
  int fd;
  GSource *source;    /* of the descriptor, or of the pause after it rang */
  GHashTable *groups; /* set of Group */
} Bell;

/* A cgroup of v1. */
typedef struct {
  char *key;
  Bell *bell;
  GHashTable *registered; /* name of a cgroup in it, "." for itself → its inode */
} Group;

struct NcgOomWatch {
  const NcgTree *memory;
  NcgOomChanged changed;
  gpointer user_data;
  NcgFileWatch *events; /* v2 */
  NcgFileWatch *children;
  GHashTable *groups; /* v1: key → Group */
  Bell bells[N_BELLS];
};

static void wait_for_bell (Bell *bell);

static void
drop_source (Bell *bell)
{
  if (bell->source == NULL)
    return;
  g_source_destroy (bell->source);
  g_clear_pointer (&bell->source, g_source_unref);
}

static void
attach (Bell *bell, GSource *source, GSourceFunc function)
{
  bell->source = source;
  g_source_set_callback (source, function, bell, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static gboolean
on_pause_over (gpointer user_data)
{
  Bell *bell = user_data;

  drop_source (bell);
  wait_for_bell (bell);
  return G_SOURCE_REMOVE;
}

/* Whoever is told may remove groups. */
static gboolean
on_rung (int fd, GIOCondition condition, gpointer user_data)
{
  Bell *bell = user_data;
  NcgOomWatch *self = bell->watch;
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer value;
  guint64 count;

  if (read (fd, &count, sizeof count) < 0)
    return G_SOURCE_CONTINUE;
  drop_source (bell);
  attach (bell, g_timeout_source_new (INTERVAL_V1_MSEC), on_pause_over);
  g_hash_table_iter_init (&iter, bell->groups);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    g_ptr_array_add (keys, g_strdup (((const Group *) value)->key));
  for (guint i = 0; i < keys->len; i++)
    self->changed (g_ptr_array_index (keys, i), FALSE, self->user_data);
  return G_SOURCE_REMOVE;
}

static void
wait_for_bell (Bell *bell)
{
  attach (bell, g_unix_fd_source_new (bell->fd, G_IO_IN), G_SOURCE_FUNC (on_rung));
}

static gboolean
ensure_bell (NcgOomWatch *self, Bell *bell)
{
  if (bell->groups != NULL)
    return TRUE;
  bell->fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell->fd < 0)
    return FALSE;
  bell->watch = self;
  bell->groups = g_hash_table_new (NULL, NULL);
  wait_for_bell (bell);
  return TRUE;
}

static void
clear_bell (Bell *bell)
{
  if (bell->groups == NULL)
    return;
  drop_source (bell);
  g_clear_pointer (&bell->groups, g_hash_table_unref);
  close (bell->fd);
}

static void
group_free (gpointer data)
{
  Group *group = data;

  g_hash_table_remove (group->bell->groups, group);
  g_hash_table_unref (group->registered);
  g_free (group->key);
  g_free (group);
}

/* The kernel needs the file only while it is told, and forgets it with the cgroup. */
static gboolean
ring_for (const Bell *bell, const NcgCgroup *cgroup)
{
  g_auto (NcgFd) control =
      openat (ncg_cgroup_get_fd (cgroup), "memory.oom_control", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  g_autofree char *line = g_strdup_printf ("%d %d", bell->fd, control);

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
  if (g_hash_table_lookup (group->registered, name) != inode && ring_for (group->bell, cgroup))
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
  if (memory->is_v1) {
    self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, group_free);
    return g_steal_pointer (&self);
  }
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
  g_clear_pointer (&self->groups, g_hash_table_unref);
  for (guint i = 0; i < N_BELLS; i++)
    clear_bell (&self->bells[i]);
  g_free (self);
}

static Group *
ensure_group (NcgOomWatch *self, const char *key)
{
  Group *group = g_hash_table_lookup (self->groups, key);
  Bell *bell = &self->bells[g_str_hash (key) % N_BELLS];

  if (group != NULL || !ensure_bell (self, bell))
    return group;
  group = g_new0 (Group, 1);
  group->key = g_strdup (key);
  group->bell = bell;
  group->registered = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_add (bell->groups, group);
  g_hash_table_insert (self->groups, group->key, group);
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

void
ncg_oom_watch_remove (NcgOomWatch *self, const char *key)
{
  ncg_file_watch_remove (self->children, key);
  if (self->events != NULL)
    ncg_file_watch_remove (self->events, key);
  else
    g_hash_table_remove (self->groups, key);
}
