/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Recovery.
 */
#include "daemon/recovery.h"

#include "daemon/cgroup-end.h"
#include "daemon/dropped.h"
#include "daemon/events.h"
#include "daemon/fault-point.h"
#include "daemon/pod-create.h"
#include "daemon/pod-drift.h"
#include "daemon/pod-remove.h"
#include "daemon/pod-update.h"
#include "daemon/policy/settings.h"
#include "daemon/recovery-containers.h"
#include "daemon/spec-facts.h"
#include "daemon/strays.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/verify.h"

#include <string.h>

typedef struct {
  Manager *manager;
  guint pending;
} Recovery;

static void
on_strays_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  strays_remove_finish (result);
  FAULT_POINT ("recovery:done");
  g_task_return_boolean (task, TRUE);
}

static void
step_done (GTask *task)
{
  Recovery *recovery = g_task_get_task_data (task);

  if (--recovery->pending == 0)
    strays_remove_async (recovery->manager, on_strays_removed, g_object_ref (task));
}

/* A creation that is finished or undone. */
typedef struct {
  GTask *task;
  char *uid;
} Creation;

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Creation *creation = user_data;
  g_autofree Creation *owned = creation;
  g_autofree char *uid = creation->uid;
  g_autoptr (GTask) task = creation->task;
  g_autoptr (GError) error = NULL;
  g_autoptr (Pod) pod = pod_create_finish (result, &error);

  if (pod != NULL)
    g_info ("finished the creation of pod %s", pod->uid);
  else
    event_log (EVENT_POD_UNDONE, &(EventFields){ .pod_uid = uid },
               "undid a creation that was under way: %s", error->message);
  step_done (task);
}

static void
on_updated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!pod_update_finish (result, &error))
    g_warning ("could not give a pod its settings again: %s", error->message);
  step_done (task);
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!pod_remove_finish (result, &error))
    g_warning ("could not finish a removal that was under way: %s", error->message);
  step_done (task);
}

/* It has its time, and the start does not wait for it. */
static void
on_removed_later (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *uid = user_data;
  g_autoptr (GError) error = NULL;

  if (pod_remove_finish (result, &error))
    g_info ("finished the removal of pod %s", uid);
  else
    g_warning ("could not finish the removal of pod %s that was under way: %s", uid,
               error->message);
}

static void
on_containers_finished (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  recovery_finish_containers_finish (result);
  step_done (task);
}

static void
keep_pod (Manager *manager, const Pod *pod)
{
  NcgPlace place = pod_get_place (pod);
  NcgKept kept = { .place = &place, .resources = &pod->resources, .dropped = pod->dropped };

  ncg_driver_keep (manager->driver, &kept);
}

/* What another systemd did not take, this one may. */
static gboolean
differs (const Manager *manager, const Pod *pod)
{
  return dropped_is_outdated (manager->driver, pod->dropped) ||
         !ncg_verify_cgroup (manager->hierarchy, pod->cgroup, &pod->resources, NULL);
}

static void
recover_active (GTask *task, Pod *pod)
{
  Recovery *recovery = g_task_get_task_data (task);
  Manager *manager = recovery->manager;
  gboolean is_gone = manager_is_gone (manager, pod->cgroup);

  if (!is_gone)
    keep_pod (manager, pod);
  recovery_find_containers (manager, pod, is_gone);
  pod->state = is_gone ? POD_VANISHED : POD_ACTIVE;
  manager_add_pod (manager, pod);
  manager_announce_pod (manager, pod);
  if (is_gone) {
    event_log (EVENT_POD_VANISHED,
               &(EventFields){ .pod_uid = pod->uid, .cgroup = pod->cgroup, .unit = pod->slice },
               "the cgroup of pod %s, %s, is gone: it is known as vanished", pod->uid, pod->cgroup);
    return;
  }
  if (differs (manager, pod)) {
    recovery->pending++;
    pod_update_resume_async (manager, pod, NULL, on_updated, g_object_ref (task));
  }
  recovery->pending++;
  recovery_finish_containers_async (manager, pod, on_containers_finished, g_object_ref (task));
}

static void
resume_update (GTask *task, const StoreEntry *entry)
{
  Recovery *recovery = g_task_get_task_data (task);
  Manager *manager = recovery->manager;
  Pod *pod = g_hash_table_lookup (manager->pods, entry->uid);
  g_autoptr (GError) error = NULL;
  g_autoptr (Pod) pending = pod_load (entry->uid, entry->content, &error);

  if (pod == NULL || pod->state != POD_ACTIVE || pending == NULL) {
    g_warning ("dropped a change of pod %s that was under way: %s", entry->uid,
               error != NULL ? error->message : "there is no such pod");
    store_remove (manager->store, entry->uid, STORE_UPDATING, NULL);
    return;
  }
  recovery->pending++;
  pod_update_resume_async (manager, pod, &pending->spec, on_updated, g_object_ref (task));
}

static void
resume_creation (GTask *task, const StoreEntry *entry, Pod *pod, gboolean is_done)
{
  Recovery *recovery = g_task_get_task_data (task);
  Manager *manager = recovery->manager;
  Creation *creation;

  if (is_done) {
    store_remove (manager->store, entry->uid, STORE_CREATING, NULL);
    return;
  }
  recovery->pending++;
  creation = g_new0 (Creation, 1);
  creation->task = g_object_ref (task);
  creation->uid = g_strdup (pod->uid);
  pod_create_resume_async (manager, pod, on_created, creation);
}

static void
resume_removal (GTask *task, Pod *pod)
{
  Recovery *recovery = g_task_get_task_data (task);
  Manager *manager = recovery->manager;
  guint64 grace_usec = cgroup_end_grace_left (pod->grace_end_usec);

  pod->state = POD_REMOVING;
  manager_add_pod (manager, pod);
  manager_announce_pod (manager, pod);
  if (grace_usec > 0) {
    pod_remove_async (manager, pod->uid, grace_usec, on_removed_later, g_strdup (pod->uid));
    return;
  }
  recovery->pending++;
  pod_remove_async (manager, pod->uid, 0, on_removed, g_object_ref (task));
}

/* Files do not have them: the machine may have changed. */
static void
find_facts (Pod *pod, const char *root)
{
  g_auto (Spec) spec = { 0 };

  spec_copy (&pod->spec, &spec);
  spec_facts_find_again (&spec, root);
  pod_set_spec (pod, &spec);
  for (guint i = 0; i < pod->containers->len; i++) {
    Container *container = g_ptr_array_index (pod->containers, i);
    spec_facts_find_again (&container->spec, root);
  }
}

static void
recover_entry (GTask *task, const StoreEntry *entry, const StoreEntry *next)
{
  Recovery *recovery = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (Pod) pod = NULL;
  gboolean has_pod =
      next != NULL && next->phase == STORE_POD && g_str_equal (next->uid, entry->uid);

  if (entry->phase == STORE_UPDATING) {
    resume_update (task, entry);
    return;
  }
  pod = pod_load (entry->uid, entry->content, &error);
  if (pod == NULL) {
    event_log (EVENT_POD_SET_ASIDE, &(EventFields){ .pod_uid = entry->uid },
               "pod %s cannot be recovered from its file, which is set aside: %s", entry->uid,
               error->message);
    store_set_aside (recovery->manager->store, entry->uid, entry->phase);
    FAULT_POINT ("recovery:set-aside");
    return;
  }
  find_facts (pod, recovery->manager->config->root);
  if (entry->phase == STORE_CREATING)
    resume_creation (task, entry, pod, has_pod);
  else if (entry->phase == STORE_REMOVING)
    resume_removal (task, pod);
  else
    recover_active (task, pod);
}

/* Whether a later file of the same uid says that the pod is being removed: then there is nothing
 * else to do for it. */
static gboolean
is_to_go (GPtrArray *entries, guint i)
{
  const StoreEntry *entry = g_ptr_array_index (entries, i);

  for (i++; i < entries->len; i++) {
    const StoreEntry *later = g_ptr_array_index (entries, i);

    if (!g_str_equal (later->uid, entry->uid))
      return FALSE;
    if (later->phase == STORE_REMOVING)
      return TRUE;
  }
  return FALSE;
}

void
recovery_run_async (Manager *manager, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Recovery *recovery = g_new0 (Recovery, 1);
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GPtrArray) warnings = NULL;
  GError *error = NULL;

  recovery->manager = manager;
  recovery->pending = 1;
  g_task_set_task_data (task, recovery, g_free);
  entries = store_load (manager->store, &warnings, &error);
  if (entries == NULL) {
    g_task_return_error (task, error);
    return;
  }
  for (guint i = 0; i < warnings->len; i++)
    event_log (EVENT_POD_SET_ASIDE, NULL, "%s", (const char *) g_ptr_array_index (warnings, i));
  FAULT_POINT ("recovery:loaded");
  for (guint i = 0; i < entries->len; i++) {
    StoreEntry *entry = g_ptr_array_index (entries, i);

    if (is_to_go (entries, i))
      store_remove (manager->store, entry->uid, entry->phase, NULL);
    else
      recover_entry (task, entry, i + 1 < entries->len ? g_ptr_array_index (entries, i + 1) : NULL);
    /* The next pod has its room. */
    g_clear_pointer (&entry->content, g_variant_unref);
    FAULT_POINT ("recovery:entry");
  }
  step_done (task);
}

gboolean
recovery_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_repaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *uid = user_data;
  g_autoptr (GError) error = NULL;

  if (pod_update_finish (result, &error))
    g_message ("pod %s had other settings than it should, and has them again", uid);
  else
    g_warning ("pod %s has other settings than it should: %s", uid, error->message);
}

void
recovery_check_pods (Manager *manager)
{
  g_autoptr (GPtrArray) differing = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  manager_drop_gone (manager);
  g_hash_table_iter_init (&iter, manager->pods);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    Pod *pod = value;
    g_autoptr (NcgCgroup) cgroup = NULL;

    if (pod->state != POD_ACTIVE)
      continue;
    cgroup = manager_open_cgroup (manager, pod->cgroup, NULL);
    if (cgroup != NULL) {
      /* A reload of systemd may make leaves again. */
      pod_drift_watch (manager, pod);
      recovery_check_containers (manager, pod);
    }
    if (cgroup != NULL && differs (manager, pod))
      g_ptr_array_add (differing, pod);
  }
  /* An operation may change the table at once. */
  for (guint i = 0; i < differing->len; i++) {
    Pod *pod = g_ptr_array_index (differing, i);
    pod_update_resume_async (manager, pod, NULL, on_repaired, g_strdup (pod->uid));
  }
}

void
recovery_check_slice (Manager *manager, const char *unit)
{
  Pod *pod = g_hash_table_lookup (manager->slices, unit);

  if (pod != NULL && pod->state == POD_ACTIVE &&
      !ncg_verify_cgroup (manager->hierarchy, pod->cgroup, &pod->resources, NULL))
    pod_update_resume_async (manager, pod, NULL, on_repaired, g_strdup (pod->uid));
}
