/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Late completions.
 */
#include "daemon/late.h"

#include "daemon/dropped.h"
#include "daemon/loop.h"
#include "daemon/manager.h"

#define FIRST_MSEC 500
#define LAST_MSEC 10000
/* For so long it is not believed that something is not there: what was sent before a connection was
 * lost may still be on its way. */
#define SETTLED_USEC (10 * G_USEC_PER_SEC)

/* As many as are taken on at once, see quota.h. */
#define MAX_ENTRIES 4096

struct Late {
  Manager *manager;
  GPtrArray *entries;
};

typedef struct {
  Late *owner;
  Pod *pod;
  char *description; /* of the unit, if it is ours */
  char *name;        /* of the leaf; NULL: the pod itself */
  char *unit;
  char *cgroup;     /* of the leaf */
  gboolean is_held; /* a leaf that was created, not joined */
  Spec spec;
  GVariant *dropped; /* (nullable): what was left out of its properties */
  gboolean is_delegated;
  uid_t user;
  gint64 since_usec;
  guint delay_msec;
  guint source;
} Entry;

static void look_later (Entry *entry);

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  if (entry->source != 0)
    loop_remove (entry->source);
  pod_unref (entry->pod);
  spec_clear (&entry->spec);
  g_clear_pointer (&entry->dropped, g_variant_unref);
  g_free (entry->description);
  g_free (entry->name);
  g_free (entry->unit);
  g_free (entry->cgroup);
  g_free (entry);
}

Late *
late_new (Manager *manager)
{
  Late *self = g_new0 (Late, 1);

  self->manager = manager;
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

void
late_free (Late *self)
{
  g_ptr_array_unref (self->entries);
  g_free (self);
}

gboolean
late_is_full (const Late *self)
{
  return self->entries->len >= MAX_ENTRIES;
}

/* Ends the turn. @is_over: there is nothing to come any more */
static void
leave (Entry *entry, gboolean is_over)
{
  Late *self = entry->owner;

  turns_leave (self->manager->turns, entry->pod->uid);
  if (is_over)
    g_ptr_array_remove_fast (self->entries, entry);
  else
    look_later (entry);
}

static NcgPlace
get_place (const Entry *entry)
{
  return entry->name == NULL ? pod_get_place (entry->pod)
                             : (NcgPlace){ .unit = entry->unit, .cgroup = entry->cgroup };
}

/* There is nothing of what was to be created: its caller was told that it failed. */
static void
forget (Entry *entry)
{
  Manager *manager = entry->owner->manager;

  if (entry->name == NULL) {
    store_remove (manager->store, entry->pod->uid, STORE_CREATING, NULL);
  } else if (entry->is_held) {
    manager_drop_container (manager, entry->pod, pod_find_container (entry->pod, entry->name));
    manager_save_pod (manager, entry->pod, STORE_POD, NULL);
  }
}

/* systemd says that it has no such unit. */
static void
leave_if_settled (Entry *entry)
{
  gboolean is_over = g_get_monotonic_time () - entry->since_usec > SETTLED_USEC;

  if (is_over)
    forget (entry);
  leave (entry, is_over);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GError) error = NULL;

  if (!ncg_driver_stop_finish (result, &error)) {
    g_info ("could not take back the creation of %s of pod %s yet: %s", entry->unit,
            entry->pod->uid, error->message);
    leave (entry, FALSE);
    return;
  }
  g_message ("took back the creation of %s of pod %s, which had timed out", entry->unit,
             entry->pod->uid);
  forget (entry);
  leave (entry, TRUE);
}

static void
take_back (Entry *entry)
{
  NcgPlace place = get_place (entry);

  ncg_driver_stop_async (entry->owner->manager->driver, &place,
                         g_get_monotonic_time () + MANAGER_UNDO_USEC, on_stopped, entry);
}

static void
on_leaf_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GError) error = NULL;

  if (!ncg_driver_set_resources_finish (result, &error))
    g_warning ("container %s of pod %s has other settings than it should: %s", entry->name,
               entry->pod->uid, error->message);
  leave (entry, TRUE);
}

/* Its processes are there, and a call that joins them again finds it as it asked for. */
static void
take_on (Entry *entry)
{
  Manager *manager = entry->owner->manager;
  Container *container = pod_add_container (entry->pod, entry->name, entry->unit);
  g_auto (NcgResources) resources = { 0 };
  NcgKept kept = { .resources = &resources, .ends_empty = TRUE };
  NcgPlace place;

  g_message ("container %s of pod %s, whose start had timed out, is there now", entry->name,
             entry->pod->uid);
  container_set_cgroup (container, entry->cgroup);
  container->is_delegated = entry->is_delegated;
  container->user = entry->user;
  container_set_spec (container, &entry->spec);
  g_hash_table_insert (manager->leaves, g_strdup (entry->unit), entry->pod);
  place = container_get_place (container);
  kept.place = &place;
  kept.dropped = entry->dropped;
  container_get_resources (container, &resources);
  /* The driver says then what was left out, which is to be in the file. */
  ncg_driver_keep (manager->driver, &kept);
  manager_save_pod (manager, entry->pod, STORE_POD, NULL);
  manager_pod_changed (manager, entry->pod);
  ncg_driver_set_resources_async (manager->driver, &place, &resources,
                                  g_get_monotonic_time () + MANAGER_UNDO_USEC, on_leaf_set, entry);
}

static gboolean
has_cgroup (const Entry *entry)
{
  g_autoptr (NcgCgroup) opened = manager_open_cgroup (entry->owner->manager, entry->cgroup, NULL);

  return opened != NULL;
}

static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *description = ncg_driver_describe_finish (result, &error);

  if (description == NULL)
    leave (entry, FALSE);
  else if (g_strcmp0 (description, entry->description) != 0)
    leave_if_settled (entry);
  else if (entry->name == NULL || entry->is_held)
    take_back (entry);
  else if (has_cgroup (entry))
    take_on (entry);
  else
    leave (entry, FALSE);
}

/* A later call has decided what there is. */
static gboolean
is_settled_by_others (const Entry *entry)
{
  const Manager *manager = entry->owner->manager;
  const Pod *known = g_hash_table_lookup (manager->pods, entry->pod->uid);
  const Container *container =
      entry->name != NULL ? pod_find_container (entry->pod, entry->name) : NULL;

  /* What came late may have been seen already, and taken for somebody else's. */
  if (entry->name == NULL)
    return known != NULL && known->state != POD_FOREIGN && g_str_equal (known->slice, entry->unit);
  if (known != entry->pod || known->state != POD_ACTIVE)
    return TRUE;
  return entry->is_held ? container == NULL || container->state != CONTAINER_VANISHED
                        : container != NULL;
}

static void
on_turn (GTask *task)
{
  Entry *entry = g_task_get_task_data (task);
  NcgPlace place = get_place (entry);

  g_task_return_boolean (task, TRUE);
  if (is_settled_by_others (entry)) {
    leave (entry, TRUE);
    return;
  }
  ncg_driver_describe_async (entry->owner->manager->driver, &place,
                             g_get_monotonic_time () + MANAGER_UNDO_USEC, on_described, entry);
}

static gboolean
on_time (gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  entry->source = 0;
  g_task_set_task_data (task, entry, NULL);
  turns_take (entry->owner->manager->turns, entry->pod->uid, on_turn, task);
  return G_SOURCE_REMOVE;
}

static void
look_later (Entry *entry)
{
  entry->source = loop_add (entry->delay_msec, on_time, entry);
  entry->delay_msec = MIN (2 * entry->delay_msec, LAST_MSEC);
}

/* (nullable): one that is expected already, which is the same unit: what the last call said counts.
 * @pod: (nullable): in which the unit is a leaf */
static Entry *
find (Late *self, const Pod *pod, const char *unit)
{
  for (guint i = 0; i < self->entries->len; i++) {
    Entry *entry = g_ptr_array_index (self->entries, i);

    if ((pod == NULL || entry->pod == pod) && g_str_equal (entry->unit, unit)) {
      entry->since_usec = g_get_monotonic_time ();
      return entry;
    }
  }
  return NULL;
}

static Entry *
add (Late *self, Pod *pod)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->owner = self;
  entry->pod = pod_ref (pod);
  entry->since_usec = g_get_monotonic_time ();
  entry->delay_msec = FIRST_MSEC;
  g_ptr_array_add (self->entries, entry);
  look_later (entry);
  return entry;
}

void
late_expect_pod (Late *self, Pod *pod)
{
  Entry *entry;

  if (find (self, NULL, pod->slice) != NULL)
    return;
  entry = add (self, pod);
  entry->unit = g_strdup (pod->slice);
  entry->description = g_strconcat (POD_DESCRIPTION_PREFIX, pod->uid, NULL);
}

void
late_expect_leaf (Late *self, Pod *pod, const Container *leaf)
{
  Entry *entry = find (self, pod, leaf->unit);

  if (entry == NULL) {
    entry = add (self, pod);
    entry->name = g_strdup (leaf->name);
    entry->unit = g_strdup (leaf->unit);
    entry->cgroup = leaf->cgroup[0] != '\0' ? g_strdup (leaf->cgroup)
                                            : g_strconcat (pod->cgroup, "/", leaf->unit, NULL);
    entry->description = container_describe (leaf, pod->uid);
  }
  entry->is_held = leaf->is_held;
  spec_clear (&entry->spec);
  entry->is_delegated = leaf->is_delegated;
  entry->user = leaf->user;
  spec_copy (&leaf->spec, &entry->spec);
  g_clear_pointer (&entry->dropped, g_variant_unref);
  entry->dropped = dropped_list (self->manager->driver, leaf->unit);
}
