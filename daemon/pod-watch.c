/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watching pods and containers soon.
 */
#include "daemon/pod-watch.h"

#include "daemon/loop.h"
#include "daemon/manager.h"
#include "daemon/pod-drift.h"

/* After a start there may be a thousand, and the main loop has other things to do, too. */
#define BATCH_MAX 16

/* So that the reply is sent before, and delivered: the bus may have to wait for this CPU. */
#define PAUSE_MSEC 1

typedef struct {
  Pod *pod;
  char *container; /* (nullable): its name; NULL for the whole pod */
} Due;

struct PodWatch {
  Manager *manager;
  GQueue due; /* of Due */
  guint source;
};

static void
due_free (gpointer data)
{
  Due *due = data;

  pod_unref (due->pod);
  g_free (due->container);
  g_free (due);
}

PodWatch *
pod_watch_new (Manager *manager)
{
  PodWatch *self = g_new0 (PodWatch, 1);

  self->manager = manager;
  g_queue_init (&self->due);
  return self;
}

void
pod_watch_free (PodWatch *self)
{
  if (self == NULL)
    return;
  if (self->source != 0)
    loop_remove (self->source);
  g_queue_clear_full (&self->due, due_free);
  g_free (self);
}

/* What was changed before the watch was there is seen by comparing after it. */
static void
watch_pod (const PodWatch *self, Pod *pod)
{
  pod_drift_watch (self->manager, pod);
  drift_check (self->manager->drift, pod->cgroup);
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    drift_check (self->manager->drift, container->cgroup);
  }
}

static void
watch_container (const PodWatch *self, const Container *container)
{
  pod_drift_watch_container (self->manager, container);
  drift_check (self->manager->drift, container->cgroup);
}

static void
watch (const PodWatch *self, const Due *due)
{
  Manager *manager = self->manager;
  const Container *container =
      due->container != NULL ? pod_find_container (due->pod, due->container) : NULL;

  if (g_hash_table_lookup (manager->pods, due->pod->uid) != due->pod)
    return;
  if (due->container == NULL)
    watch_pod (self, due->pod);
  else if (container != NULL && due->pod->state == POD_ACTIVE)
    watch_container (self, container);
  oom_kills_follow (manager->oom, due->pod);
}

static gboolean
on_due (gpointer user_data)
{
  PodWatch *self = user_data;

  for (guint i = 0; i < BATCH_MAX && !g_queue_is_empty (&self->due); i++) {
    Due *due = g_queue_pop_head (&self->due);

    watch (self, due);
    due_free (due);
  }
  if (!g_queue_is_empty (&self->due))
    return G_SOURCE_CONTINUE;
  self->source = 0;
  return G_SOURCE_REMOVE;
}

static void
put (PodWatch *self, Pod *pod, const char *container)
{
  Due *due = g_new0 (Due, 1);

  due->pod = pod_ref (pod);
  due->container = g_strdup (container);
  g_queue_push_tail (&self->due, due);
  if (self->source == 0)
    self->source = loop_add (PAUSE_MSEC, on_due, self);
}

void
pod_watch_soon (PodWatch *self, Pod *pod)
{
  put (self, pod, NULL);
}

void
pod_watch_container_soon (PodWatch *self, Pod *pod, const Container *container)
{
  put (self, pod, container->name);
}
