/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kills for want of memory.
 *
 * A look is short and does not block: a few small files of which the kernel keeps the numbers.
 */
#include "daemon/oom-kills.h"

#include "daemon/events.h"
#include "daemon/loop.h"
#include "daemon/manager.h"
#include "lib/oom-watch.h"

/* v1 tells before it kills, and says a lot to the console in between: it is looked again after 2
 * ms, 4 ms, and so on. The first looks are close, since a container that ends takes its count with
 * it. */
#define AGAIN_MSEC 2
#define AGAIN_TIMES 11

struct OomKills {
  Manager *manager;
  const NcgTree *memory; /* (nullable) */
  NcgOomWatch *watch;    /* (nullable) */
  GHashTable *pods;      /* Pod → its cgroup that is watched */
  GHashTable *cgroups;   /* the same cgroups → Pod */
  GHashTable *again;     /* set of cgroups that are to be looked at again */
  guint n_again;         /* how often that was done */
  guint again_source;    /* or 0 */
  gboolean is_heard;
};

static void look_at (OomKills *self, Pod *pod);

/* The file tells of much that is no kill, of a pod at its limit without end. */
static gboolean
is_nothing_new (const OomKills *self, const Pod *pod)
{
  return !self->memory->is_v1 && pod->oom.is_begun &&
         ncg_oom_count_read_total (self->memory, pod->cgroup) == pod->oom.total;
}

static gboolean on_again (gpointer user_data);

static void
wait_again (OomKills *self)
{
  self->again_source = loop_add (AGAIN_MSEC << self->n_again, on_again, self);
}

static gboolean
on_again (gpointer user_data)
{
  OomKills *self = user_data;
  GHashTableIter iter;
  gpointer cgroup;

  g_hash_table_iter_init (&iter, self->again);
  while (g_hash_table_iter_next (&iter, &cgroup, NULL)) {
    Pod *pod = g_hash_table_lookup (self->cgroups, cgroup);

    if (pod != NULL)
      look_at (self, pod);
  }
  self->again_source = 0;
  if (++self->n_again < AGAIN_TIMES)
    wait_again (self);
  else
    g_hash_table_remove_all (self->again);
  return G_SOURCE_REMOVE;
}

static void
look_again_soon (OomKills *self, const char *cgroup)
{
  g_hash_table_add (self->again, g_strdup (cgroup));
  if (self->again_source != 0)
    loop_remove (self->again_source);
  self->n_again = 0;
  wait_again (self);
}

static void
on_changed (const char *cgroup, gboolean is_about_leaves, gpointer user_data)
{
  OomKills *self = user_data;
  Pod *pod = g_hash_table_lookup (self->cgroups, cgroup);

  if (pod == NULL || (!is_about_leaves && is_nothing_new (self, pod)))
    return;
  look_at (self, pod);
  if (is_about_leaves)
    manager_check_held (self->manager, pod);
  else if (self->memory->is_v1)
    look_again_soon (self, cgroup);
}

OomKills *
oom_kills_new (Manager *manager)
{
  OomKills *self = g_new0 (OomKills, 1);

  self->manager = manager;
  self->memory = ncg_hierarchy_find_tree (manager->hierarchy, "memory");
  self->pods = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->cgroups = g_hash_table_new (g_str_hash, g_str_equal);
  self->again = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (self->memory != NULL)
    self->watch = ncg_oom_watch_new (self->memory, on_changed, self);
  if (self->watch == NULL)
    g_warning ("nothing is told of processes that are killed for want of memory: %s",
               self->memory == NULL ? "no hierarchy has the memory controller"
                                    : "the kernel gives no inotify instance");
  return self;
}

void
oom_kills_free (OomKills *self)
{
  if (self == NULL)
    return;
  if (self->again_source != 0)
    loop_remove (self->again_source);
  ncg_oom_watch_free (self->watch);
  g_hash_table_unref (self->cgroups);
  g_hash_table_unref (self->pods);
  g_hash_table_unref (self->again);
  g_free (self);
}

/* A leaf that is no container of ours goes by the name of its cgroup, as with GetPodByPid. */
static char *
name_leaf (const OomKills *self, const Pod *pod, const char *leaf)
{
  g_autofree char *cgroup = g_strconcat (pod->cgroup, "/", leaf, NULL);
  g_autofree char *unit = NULL;
  char *name = NULL;

  if (leaf[0] != '\0')
    name = ncg_driver_get_container_name (self->manager->driver, pod->uid, cgroup, &unit);
  return name != NULL ? name : g_strdup (leaf);
}

/* By the leaf if it is known, so that its unit finds the event; else by the pod. */
static void
log_kill (const Pod *pod, const OomKill *kill, const char *container)
{
  gboolean has_leaf = kill->leaf[0] != '\0';
  g_autofree char *leaf = has_leaf ? g_strconcat (pod->cgroup, "/", kill->leaf, NULL) : NULL;

  event_log_oom_kill (pod->uid, container, has_leaf ? leaf : pod->cgroup,
                      has_leaf ? kill->leaf : pod->slice, kill->kills);
}

static void
tell (OomKills *self, Pod *pod, const OomKill *kill)
{
  const ManagerListener *listener = &self->manager->listener;
  g_autofree char *container = name_leaf (self, pod, kill->leaf);

  log_kill (pod, kill, container);
  if (listener->oom_killed != NULL)
    listener->oom_killed (pod, container, kill->kills, self->manager->user_data);
}

/* The file of a pod that is in the middle of something is written when that is over. */
static void
save (OomKills *self, Pod *pod)
{
  g_autoptr (GError) error = NULL;

  pod->has_unsaved_oom = pod->state != POD_ACTIVE;
  if (pod->state == POD_ACTIVE && !manager_save_pod (self->manager, pod, STORE_POD, &error))
    g_warning ("after a restart kills of pod %s will be told again: %s", pod->uid, error->message);
}

static void
compare (OomKills *self, Pod *pod, const NcgOomCount *count)
{
  gboolean was_begun = pod->oom.is_begun;
  g_autoptr (GPtrArray) kills = oom_told_compare (&pod->oom, count);

  if (kills->len > 0 || (!was_begun && count->total > 0))
    save (self, pod);
  for (guint i = 0; i < kills->len; i++)
    tell (self, pod, g_ptr_array_index (kills, i));
}

static void
look_at (OomKills *self, Pod *pod)
{
  g_auto (NcgOomCount) count = { 0 };
  g_autoptr (GError) error = NULL;

  if (!self->is_heard || self->watch == NULL)
    return;
  /* What changes all the time is told of again. */
  if (ncg_oom_count_read (self->memory, pod->cgroup, &count, &error))
    compare (self, pod, &count);
}

void
oom_kills_look (OomKills *self, Pod *pod)
{
  if (g_hash_table_contains (self->pods, pod))
    look_at (self, pod);
}

static void
watch (OomKills *self, Pod *pod)
{
  const char *watched = g_hash_table_lookup (self->pods, pod);

  if (g_strcmp0 (watched, pod->cgroup) != 0) {
    char *cgroup = g_strdup (pod->cgroup);

    oom_kills_unfollow (self, pod);
    g_hash_table_insert (self->pods, pod, cgroup);
    g_hash_table_replace (self->cgroups, cgroup, pod);
    ncg_oom_watch_add (self->watch, cgroup);
    look_at (self, pod);
  } else {
    ncg_oom_watch_add (self->watch, pod->cgroup);
  }
  if (pod->has_unsaved_oom)
    save (self, pod);
}

void
oom_kills_follow (OomKills *self, Pod *pod)
{
  if (self->watch == NULL)
    return;
  if (pod->state == POD_ACTIVE || pod->state == POD_FOREIGN)
    watch (self, pod);
  else if (pod->state == POD_VANISHED)
    oom_kills_unfollow (self, pod);
}

void
oom_kills_unfollow (OomKills *self, const Pod *pod)
{
  const char *cgroup = g_hash_table_lookup (self->pods, pod);

  if (cgroup == NULL)
    return;
  /* Another one may have it by now. */
  if (g_hash_table_lookup (self->cgroups, cgroup) == pod) {
    ncg_oom_watch_remove (self->watch, cgroup);
    g_hash_table_remove (self->cgroups, cgroup);
  }
  g_hash_table_remove (self->pods, pod);
}

void
oom_kills_set_heard (OomKills *self, gboolean is_heard)
{
  GHashTableIter iter;
  gpointer pod;

  self->is_heard = is_heard;
  g_hash_table_iter_init (&iter, self->pods);
  while (is_heard && g_hash_table_iter_next (&iter, &pod, NULL))
    look_at (self, pod);
}
