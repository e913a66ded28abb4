/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watching leaves.
 */
#include "lib/leaf-watch.h"

#include "lib/cgroup.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MSEC 1000

struct NcgLeafWatch {
  gatomicrefcount refs; /* a look that is under way has one */
  NcgCgroupfs *cgroupfs;
  const NcgTree *tree;
  NcgLeafEmptied emptied; /* NULL once it is freed */
  gpointer user_data;
  GMainContext *context;
  GHashTable *leaves; /* path → Leaf */
  GSource *tick;      /* (nullable): of v1, while there is something to look at */
  gboolean is_looking;
};

typedef struct {
  NcgLeafWatch *watch; /* not owned */
  char *path;
  int fd;          /* v2: cgroup.events, or -1 */
  GSource *events; /* v2 (nullable) */
  GSource *delay;  /* (nullable): until it counts */
} Leaf;

static void
drop_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_source_unref (*source);
  *source = NULL;
}

static void
leaf_free (gpointer data)
{
  Leaf *leaf = data;

  drop_source (&leaf->events);
  drop_source (&leaf->delay);
  if (leaf->fd >= 0)
    close (leaf->fd);
  g_free (leaf->path);
  g_free (leaf);
}

static void
unref (NcgLeafWatch *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;
  g_main_context_unref (self->context);
  g_free (self);
}

NcgLeafWatch *
ncg_leaf_watch_new (NcgCgroupfs *cgroupfs, NcgLeafEmptied emptied, gpointer user_data)
{
  NcgLeafWatch *self = g_new0 (NcgLeafWatch, 1);

  g_atomic_ref_count_init (&self->refs);
  self->cgroupfs = cgroupfs;
  self->tree = ncg_hierarchy_get_primary (ncg_cgroupfs_get_hierarchy (cgroupfs));
  self->emptied = emptied;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, leaf_free);
  return self;
}

void
ncg_leaf_watch_free (NcgLeafWatch *self)
{
  self->emptied = NULL;
  drop_source (&self->tick);
  g_clear_pointer (&self->leaves, g_hash_table_unref);
  unref (self);
}

static void
tell (NcgLeafWatch *self, const char *path)
{
  g_autofree char *kept = g_strdup (path);

  if (self->emptied != NULL && g_hash_table_remove (self->leaves, kept))
    self->emptied (kept, self->user_data);
}

/* Reading arms the file for the next change. */
static gboolean
is_empty (int fd)
{
  char text[256];
  ssize_t n = fd >= 0 ? pread (fd, text, sizeof text - 1, 0) : 0;

  if (n <= 0)
    return TRUE; /* gone */
  text[n] = '\0';
  return strstr (text, "populated 0") != NULL;
}

static gboolean
on_events (int fd, GIOCondition condition, gpointer user_data)
{
  Leaf *leaf = user_data;

  if (!is_empty (fd))
    return G_SOURCE_CONTINUE;
  tell (leaf->watch, leaf->path);
  return G_SOURCE_REMOVE;
}

static void
attach (GSource **source, GSource *new, GSourceFunc function, Leaf *leaf)
{
  *source = new;
  g_source_set_callback (new, function, leaf, NULL);
  g_source_attach (new, leaf->watch->context);
}

static void
watch_v2 (Leaf *leaf)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (leaf->watch->tree->mount, leaf->path, NULL);

  leaf->fd = cgroup != NULL ? ncg_cgroup_open_events (cgroup, NULL) : -1;
  if (is_empty (leaf->fd))
    tell (leaf->watch, leaf->path);
  else
    attach (&leaf->events, g_unix_fd_source_new (leaf->fd, G_IO_PRI | G_IO_ERR),
            G_SOURCE_FUNC (on_events), leaf);
}

/* A look of the worker at all leaves of v1. */
typedef struct {
  NcgLeafWatch *watch;
  const NcgTree *tree;
  GPtrArray *paths; /* (element-type utf8) */
  GPtrArray *empty; /* (element-type utf8): those of @paths that are */
} Look;

static void
look (NcgCgroupfs *cgroupfs, gpointer data)
{
  Look *self = data;

  for (guint i = 0; i < self->paths->len; i++) {
    char *path = g_ptr_array_index (self->paths, i);
    g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (self->tree->mount, path, NULL);
    gboolean populated = FALSE;

    if (cgroup == NULL || (ncg_cgroup_is_populated (cgroup, &populated, NULL) && !populated))
      g_ptr_array_add (self->empty, path);
  }
}

static void
on_looked (gpointer data)
{
  Look *self = data;

  self->watch->is_looking = FALSE;
  for (guint i = 0; i < self->empty->len; i++)
    tell (self->watch, g_ptr_array_index (self->empty, i));
  unref (self->watch);
  g_ptr_array_unref (self->paths);
  g_ptr_array_unref (self->empty);
  g_free (self);
}

static gboolean
on_tick (gpointer user_data)
{
  NcgLeafWatch *self = user_data;
  GHashTableIter iter;
  gpointer data;
  Look *what;

  if (g_hash_table_size (self->leaves) == 0) {
    drop_source (&self->tick);
    return G_SOURCE_REMOVE;
  }
  if (self->is_looking)
    return G_SOURCE_CONTINUE;
  what = g_new0 (Look, 1);
  g_atomic_ref_count_inc (&self->refs);
  what->watch = self;
  what->tree = self->tree;
  what->paths = g_ptr_array_new_with_free_func (g_free);
  what->empty = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, self->leaves);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    const Leaf *leaf = data;

    if (leaf->delay == NULL)
      g_ptr_array_add (what->paths, g_strdup (leaf->path));
  }
  self->is_looking = TRUE;
  ncg_cgroupfs_run (self->cgroupfs, look, on_looked, what);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_delay (gpointer user_data)
{
  Leaf *leaf = user_data;

  drop_source (&leaf->delay);
  if (!leaf->watch->tree->is_v1)
    watch_v2 (leaf);
  return G_SOURCE_REMOVE;
}

void
ncg_leaf_watch_add (NcgLeafWatch *self, const char *path, guint delay_msec)
{
  Leaf *leaf = g_new0 (Leaf, 1);

  leaf->watch = self;
  leaf->path = g_strdup (path);
  leaf->fd = -1;
  g_hash_table_replace (self->leaves, leaf->path, leaf);
  attach (&leaf->delay, g_timeout_source_new (delay_msec), on_delay, leaf);
  if (!self->tree->is_v1 || self->tick != NULL)
    return;
  self->tick = g_timeout_source_new (LOOK_MSEC);
  g_source_set_callback (self->tick, on_tick, self, NULL);
  g_source_attach (self->tick, self->context);
}

gboolean
ncg_leaf_watch_remove (NcgLeafWatch *self, const char *path)
{
  return g_hash_table_remove (self->leaves, path);
}
