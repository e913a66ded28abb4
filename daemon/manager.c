/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tables of pods.
 */
#include "daemon/manager.h"

#include "daemon/dropped.h"
#include "daemon/events.h"
#include "daemon/fault-point.h"
#include "daemon/manager-containers.h"
#include "daemon/pod-drift.h"
#include "lib/error.h"
#include "lib/machine.h"
#include "lib/names.h"
#include "lib/verify.h"

/* systemd is away for a moment when it executes itself anew. */
#define PATIENCE_USEC (3 * G_USEC_PER_SEC)

/* What blocks waits for the kernel, so that more threads than CPUs are of use. */
#define N_WORKER_THREADS 4

Manager *
manager_new (const Config *config, NcgHierarchy *hierarchy, NcgDriver *driver, Store *store)
{
  Manager *self = g_new0 (Manager, 1);

  self->started_usec = g_get_real_time ();
  self->config = config;
  self->hierarchy = hierarchy;
  self->driver = driver;
  self->store = store;
  self->turns = turns_new ();
  self->late = late_new (self);
  self->worker = ncg_worker_new (N_WORKER_THREADS);
  self->readers = ncg_worker_new (N_WORKER_THREADS);
  self->pods = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) pod_unref);
  self->slices = g_hash_table_new (g_str_hash, g_str_equal);
  self->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->proc = g_strconcat (config->root, "/proc", NULL);
  self->qos = qos_tree_new (self);
  self->drift = drift_new (driver, hierarchy, self->worker);
  self->oom = oom_kills_new (self);
  self->foreign = foreign_pods_new (self);
  self->watch = pod_watch_new (self);
  return self;
}

void
manager_free (Manager *self)
{
  if (self == NULL)
    return;
  pod_watch_free (self->watch);
  foreign_pods_free (self->foreign);
  oom_kills_free (self->oom);
  late_free (self->late);
  drift_free (self->drift);
  ncg_worker_free (self->worker);
  ncg_worker_free (self->readers);
  ncg_driver_free (self->driver);
  qos_tree_free (self->qos);
  g_hash_table_unref (self->leaves);
  g_hash_table_unref (self->slices);
  g_hash_table_unref (self->pods);
  turns_free (self->turns);
  store_free (self->store);
  g_free (self->proc);
  g_free (self);
}

void
manager_set_listener (Manager *self, const ManagerListener *listener, gpointer user_data)
{
  self->listener = *listener;
  self->user_data = user_data;
}

void
manager_set_config (Manager *self, const Config *config)
{
  self->config = config;
}

void
manager_set_connected (Manager *self, gboolean is_connected)
{
  self->lost_usec = is_connected ? 0 : g_get_monotonic_time ();
}

gboolean
manager_check_ready (const Manager *self, GError **error)
{
  gint64 lost_usec = g_get_monotonic_time () - self->lost_usec;

  if (late_is_full (self->late)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_READY,
                 "systemd has not answered what it was asked for, and no more is begun until it "
                 "does; see 'systemctl status'");
    return FALSE;
  }
  if (self->lost_usec == 0 || lost_usec < PATIENCE_USEC)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_READY,
               "there has been no connection to systemd for %" G_GINT64_FORMAT
               " s; it is tried again all the time, see 'journalctl -u nodecgroupsd'",
               lost_usec / G_USEC_PER_SEC);
  return FALSE;
}

Pod *
manager_find_pod (Manager *self, const char *uid, GError **error)
{
  Pod *pod;

  if (!ncg_names_check_uid (uid, error))
    return NULL;
  pod = g_hash_table_lookup (self->pods, uid);
  if (pod != NULL && pod->state == POD_CREATING)
    pod = NULL;
  if (pod == NULL) {
    g_autofree char *escaped = ncg_error_escape (uid);

    g_set_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_POD,
                 "there is no pod '%s'; ListPods has those there are", escaped);
  }
  return pod;
}

Pod *
manager_find_own_pod (Manager *self, const char *uid, GError **error)
{
  Pod *pod = manager_find_pod (self, uid, error);
  g_autofree char *owner = NULL;

  if (pod == NULL || pod->state != POD_FOREIGN)
    return pod;
  owner = pod_format_owner (pod);
  if (pod_is_left_behind (pod))
    g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
                 "the file of pod %s was lost: %s stays as it is until created again or removed",
                 pod->uid, pod->slice);
  else
    g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
                 "pod %s is foreign: %s was made by somebody else%s, who alone changes it",
                 pod->uid, pod->slice, owner);
  return NULL;
}

char *
manager_get_pod_path (const Manager *self, const char *uid, QosClass qos)
{
  const char *root = g_str_equal (self->config->cgroup_root, "/") ? "" : self->config->cgroup_root;
  const char *component = qos_get_component (qos);

  return g_strconcat (root, component[0] != '\0' ? "/" : "", component, "/pod", uid, NULL);
}

static gboolean
is_counted (const Manager *self, const Pod *pod)
{
  return g_hash_table_lookup (self->pods, pod->uid) == pod && pod->state != POD_VANISHED &&
         pod->state != POD_FOREIGN && pod->state != POD_REMOVING;
}

void
manager_count_demand (Manager *self, Pod *pod)
{
  demand_sums_put (&self->demand, &pod->share, pod->qos,
                   is_counted (self, pod) ? &pod->spec : NULL);
}

void
manager_add_pod (Manager *self, Pod *pod)
{
  g_hash_table_insert (self->pods, pod->uid, pod_ref (pod));
  manager_count_demand (self, pod);
  g_hash_table_insert (self->slices, pod->slice, pod);
  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_hash_table_insert (self->leaves, g_strdup (container->unit), pod);
  }
}

void
manager_forget_pod (Manager *self, Pod *pod)
{
  G_GNUC_UNUSED g_autoptr (Pod) forgotten = pod_ref (pod);

  for (guint i = 0; i < pod->containers->len; i++) {
    const Container *container = g_ptr_array_index (pod->containers, i);
    g_hash_table_remove (self->leaves, container->unit);
  }
  g_hash_table_remove (self->slices, pod->slice);
  g_hash_table_remove (self->pods, pod->uid);
  manager_count_demand (self, pod);
  if (self->listener.pod_removed != NULL)
    self->listener.pod_removed (pod, self->user_data);
}

void
manager_release_pod (Manager *self, const Pod *pod)
{
  /* One whose uid makes the same name may have the slice by now. */
  if (!g_hash_table_contains (self->slices, pod->slice))
    pod_drift_unwatch (self, pod);
  oom_kills_unfollow (self->oom, pod);
  foreign_pods_pod_dropped (self->foreign, pod);
}

void
manager_drop_pod (Manager *self, Pod *pod)
{
  g_autoptr (Pod) dropped = pod_ref (pod);

  manager_forget_pod (self, dropped);
  manager_release_pod (self, dropped);
}

void
manager_set_state (Manager *self, Pod *pod, PodState state)
{
  if (pod->state == state)
    return;
  pod->state = state;
  manager_pod_changed (self, pod);
}

void
manager_prepare_pod (Manager *self, Pod *pod)
{
  if (self->listener.pod_prepared != NULL)
    self->listener.pod_prepared (pod, self->user_data);
}

void
manager_announce_pod (Manager *self, Pod *pod)
{
  pod_watch_soon (self->watch, pod);
  if (self->listener.pod_added != NULL)
    self->listener.pod_added (pod, self->user_data);
}

static void
tell_changed (Manager *self, Pod *pod)
{
  if (self->listener.pod_changed != NULL)
    self->listener.pod_changed (pod, self->user_data);
}

void
manager_pod_changed (Manager *self, Pod *pod)
{
  manager_count_demand (self, pod);
  pod_drift_watch (self, pod);
  oom_kills_follow (self->oom, pod);
  tell_changed (self, pod);
}

void
manager_container_changed (Manager *self, Pod *pod, const Container *container)
{
  if (pod->state == POD_ACTIVE)
    pod_watch_container_soon (self->watch, pod, container);
  if (container->state == CONTAINER_ACTIVE && container->cgroup[0] != '\0') {
    g_autofree char *leaf = g_path_get_basename (container->cgroup);

    oom_told_add_leaf (&pod->oom, leaf);
  }
  tell_changed (self, pod);
}

void
manager_drop_container (Manager *self, Pod *pod, Container *container)
{
  g_hash_table_remove (self->leaves, container->unit);
  pod_drift_unwatch_container (self, container);
  pod_drop_container (pod, container);
  manager_pod_changed (self, pod);
}

gboolean
manager_save_pod (Manager *self, Pod *pod, StorePhase phase, GError **error)
{
  g_autoptr (GVariant) content = NULL;

  if (g_hash_table_lookup (self->pods, pod->uid) != pod)
    return TRUE;
  dropped_note (self->driver, pod);
  content = pod_save (pod, NULL);
  return store_save (self->store, pod->uid, phase, content, error);
}

/* The file of a pod that is being created, or changed, says so: then all is asked for again. */
gboolean
manager_save_dropped (Manager *self, const char *unit, GError **error)
{
  Pod *pod = g_hash_table_lookup (self->leaves, unit);

  if (pod == NULL)
    pod = g_hash_table_lookup (self->slices, unit);
  if (pod == NULL || pod->state != POD_ACTIVE || !dropped_note (self->driver, pod))
    return TRUE;
  FAULT_POINT ("dropped:noted");
  if (!manager_save_pod (self, pod, STORE_POD, error))
    return FALSE;
  FAULT_POINT ("dropped:saved");
  return TRUE;
}

NcgCgroup *
manager_open_cgroup (const Manager *self, const char *path, GError **error)
{
  return ncg_cgroup_open (ncg_hierarchy_get_primary (self->hierarchy)->mount, path, error);
}

/* A unit's name may be taken again at once, so that only the kernel tells whether it is gone. */
gboolean
manager_is_gone (const Manager *self, const char *cgroup)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) opened = manager_open_cgroup (self, cgroup, &error);

  return cgroup[0] == '\0' || g_error_matches (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* The pod's file may name the leaf still: whoever reads it looks whether it is there. */
static void
leaf_removed (Manager *self, Pod *pod, const char *unit)
{
  Container *container = pod_find_unit (pod, unit);
  gboolean was_to_go = container != NULL && container->stop_usec != 0;

  if (container == NULL || container_is_busy (container) ||
      (container->state == CONTAINER_VANISHED && !was_to_go) ||
      !manager_is_gone (self, container->cgroup))
    return;
  if (pod->state == POD_ACTIVE && container->is_held && !was_to_go)
    g_warning ("container %s of pod %s, %s, was stopped by somebody else", container->name,
               pod->uid, unit);
  manager_settle_container (self, pod, container);
  if (was_to_go && pod->state == POD_ACTIVE)
    manager_save_pod (self, pod, STORE_POD, NULL);
}

/* What its removal asked for is done, after its caller was told Timeout. */
static void
removed_late (Manager *self, Pod *pod)
{
  QosClass qos = pod->qos;

  g_message ("pod %s, whose removal had timed out, is gone now", pod->uid);
  store_remove (self->store, pod->uid, STORE_POD, NULL);
  pod->state = POD_VANISHED;
  manager_drop_pod (self, pod);
  qos_tree_ensure_async (self->qos, qos, NULL, NULL);
}

void
manager_check_leaves (Manager *self, Pod *pod)
{
  for (guint i = pod->containers->len; i > 0; i--) {
    const Container *container = g_ptr_array_index (pod->containers, i - 1);
    leaf_removed (self, pod, container->unit);
  }
}

void
manager_check_held (Manager *self, Pod *pod)
{
  if (pod->state != POD_ACTIVE || turns_is_taken (self->turns, pod->uid))
    return;
  for (guint i = pod->containers->len; i > 0; i--) {
    const Container *container = g_ptr_array_index (pod->containers, i - 1);

    if (container->is_held)
      leaf_removed (self, pod, container->unit);
  }
}

void
manager_check_pod (Manager *self, Pod *pod)
{
  if ((pod->state != POD_ACTIVE && pod->state != POD_FOREIGN) ||
      !manager_is_gone (self, pod->cgroup))
    return;
  if (pod->state == POD_FOREIGN) {
    manager_drop_pod (self, pod);
    return;
  }
  if (pod->stop_usec != 0 && g_get_monotonic_time () - pod->stop_usec < MANAGER_LATE_STOP_USEC) {
    removed_late (self, pod);
    return;
  }
  event_log (EVENT_POD_VANISHED,
             &(EventFields){ .pod_uid = pod->uid, .cgroup = pod->cgroup, .unit = pod->slice },
             "the slice of pod %s, %s, was stopped by somebody else", pod->uid, pod->slice);
  manager_set_state (self, pod, POD_VANISHED);
  manager_check_leaves (self, pod);
  pod_drift_unwatch (self, pod);
  drift_note (self->drift, pod->cgroup, "cgroup", "present", "missing", FALSE);
}

void
manager_unit_removed (Manager *self, const char *unit)
{
  Pod *pod = g_hash_table_lookup (self->leaves, unit);

  if (pod != NULL) {
    if (pod->state != POD_REMOVING)
      leaf_removed (self, pod, unit);
    return;
  }
  pod = g_hash_table_lookup (self->slices, unit);
  if (pod != NULL)
    manager_check_pod (self, pod);
}

void
manager_drop_gone (Manager *self)
{
  /* One of them may leave the table. */
  g_autoptr (GList) pods = g_hash_table_get_values (self->pods);

  for (GList *i = pods; i != NULL; i = i->next) {
    const Pod *pod = i->data;

    if (pod->state != POD_REMOVING)
      manager_check_leaves (self, i->data);
    manager_check_pod (self, i->data);
  }
}

static gboolean
check_online (
    const Manager *self, const NcgCpuset *wanted, const char *key, const char *what, GError **error)
{
  g_autoptr (NcgCpuset) online = NULL;
  g_autofree char *there = NULL;
  g_autofree char *list = NULL;

  if (wanted == NULL)
    return TRUE;
  online = ncg_machine_read_online (self->config->root, what, error);
  if (online == NULL || ncg_cpuset_is_subset (wanted, online))
    return online != NULL;
  list = ncg_cpuset_format (wanted);
  there = ncg_cpuset_format (online);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "%s is '%s', but online on this machine are only %s", key, list, there);
  return FALSE;
}

gboolean
manager_check_cpus (const Manager *self, const Spec *spec, GError **error)
{
  return check_online (self, spec->cpus, "CPUSet", "cpu", error) &&
         check_online (self, spec->memory_nodes, "MemoryNodes", "node", error);
}

void
manager_add_rows (Manager *self,
                  const char *path,
                  const NcgResources *resources,
                  GVariantBuilder *rows)
{
  g_autoptr (GPtrArray) checks = ncg_verify_read (self->hierarchy, path, resources);
  /* Afterwards: of one that ends just now, it is not said that its files are missing. */
  g_autoptr (NcgCgroup) cgroup = manager_open_cgroup (self, path, NULL);

  g_variant_builder_add (rows, "(ssssb)", path, "cgroup", "present",
                         cgroup != NULL ? "present" : "missing", cgroup != NULL);
  for (guint i = 0; cgroup != NULL && i < checks->len; i++) {
    const NcgFileSetting *check = g_ptr_array_index (checks, i);
    g_autofree char *setting = ncg_file_setting_get_name (check);

    g_variant_builder_add (rows, "(ssssb)", path, setting, check->wanted,
                           check->actual != NULL ? check->actual : "missing", check->ok);
  }
}

#ifdef NCG_FAULT_POINTS
static void
assert_sums (Manager *self, QosClass qos, const QosDemand *kept)
{
  QosDemand demand = { 0 };
  GHashTableIter iter;
  gpointer pod;

  g_hash_table_iter_init (&iter, self->pods);
  while (g_hash_table_iter_next (&iter, NULL, &pod))
    if ((((Pod *) pod)->qos == qos || qos == QOS_GUARANTEED) && is_counted (self, pod))
      settings_add_demand (&demand, &((Pod *) pod)->spec);
  g_assert_cmpuint (kept->cpu_request, ==, demand.cpu_request);
  g_assert_cmpuint (kept->memory_min, ==, demand.memory_min);
  g_assert_cmpuint (kept->memory_low, ==, demand.memory_low);
}
#endif

void
manager_sum_demand (Manager *self, QosClass qos, QosDemand *ret_demand)
{
  demand_sums_get (&self->demand, qos, ret_demand);
#ifdef NCG_FAULT_POINTS
  assert_sums (self, qos, ret_demand);
#endif
}
