/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Foreign pods.
 *
 * A look at everything lists the cgroups above the pods and compares them with the tables. That is
 * for the beginning, and for when nobody knows what happened; else each cgroup that comes or goes
 * is looked at by itself, so that what it costs does not grow with those that are there.
 */
#include "daemon/foreign-pods.h"

#include "daemon/loop.h"
#include "daemon/manager.h"
#include "lib/cgroup-look.h"
#include "lib/error.h"
#include "lib/file-watch.h"
#include "lib/names.h"

#include <string.h>

#define INTERVAL_MSEC 200
/* For "UID" in the name of a pod's unit. */
#define ANY_UID "x"

struct ForeignPods {
  Manager *manager;
  NcgFileWatch *watch; /* (nullable) */
  GHashTable *asked;   /* set of units whose description is asked for */
  gboolean is_begun;
  gboolean is_hiding; /* one has the uid of another pod */
  guint look_source;  /* or 0 */
  GCancellable *stop; /* cancelled if there is no manager any more */
};

/* The end of a look is that of the last question. */
typedef struct {
  ForeignPods *owner;
  guint pending;
} Look;

typedef struct {
  GTask *task;
  GCancellable *stop;
  NcgPlace *place;
  char *uid;
  QosClass qos;
} Candidate;

/* How pods of a class are called, and where they are. */
typedef struct {
  QosClass qos;
  char *parent; /* its cgroup */
  char *path;   /* of the group, for the driver */
  char *prefix; /* of the name of a cgroup */
  char *suffix;
} Place;

static void
candidate_free (Candidate *self)
{
  g_object_unref (self->task);
  g_object_unref (self->stop);
  ncg_place_free (self->place);
  g_free (self->uid);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Candidate, candidate_free)

static void
place_clear (Place *self)
{
  g_free (self->parent);
  g_free (self->path);
  g_free (self->prefix);
  g_free (self->suffix);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static gboolean
on_look (gpointer user_data)
{
  ForeignPods *self = user_data;

  self->look_source = 0;
  foreign_pods_look_async (self, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static void
look_soon (ForeignPods *self)
{
  if (self->look_source == 0)
    self->look_source = loop_add (INTERVAL_MSEC, on_look, self);
}

/* The watch itself keeps the pauses. */
static void
on_changed (const char *cgroup, gpointer user_data)
{
  foreign_pods_look_async (user_data, NULL, NULL);
}

static void on_child (const char *cgroup, const char *name, gpointer user_data);

ForeignPods *
foreign_pods_new (Manager *manager)
{
  ForeignPods *self = g_new0 (ForeignPods, 1);

  self->manager = manager;
  self->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->stop = g_cancellable_new ();
  self->watch = ncg_file_watch_new (on_changed, self);
  if (self->watch != NULL) {
    ncg_file_watch_set_interval (self->watch, INTERVAL_MSEC);
    ncg_file_watch_set_child (self->watch, on_child);
  }
  return self;
}

void
foreign_pods_free (ForeignPods *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->stop);
  g_object_unref (self->stop);
  if (self->look_source != 0)
    loop_remove (self->look_source);
  ncg_file_watch_free (self->watch);
  g_hash_table_unref (self->asked);
  g_free (self);
}

static void
step_done (GTask *task)
{
  Look *look = g_task_get_task_data (task);

  if (--look->pending == 0)
    g_task_return_boolean (task, TRUE);
}

static gboolean
is_there (const Manager *manager, const char *cgroup)
{
  const NcgTree *primary = ncg_hierarchy_get_primary (manager->hierarchy);

  return cgroup[0] != '\0' && ncg_cgroup_may_be_there (primary, cgroup);
}

/* One that is described as ours, and that no file knows, has its uid from there. */
static void
add_pod (ForeignPods *self, const Candidate *candidate, const char *owner)
{
  Manager *manager = self->manager;
  gboolean is_ours = g_str_has_prefix (owner, POD_DESCRIPTION_PREFIX);
  const char *uid = is_ours ? owner + strlen (POD_DESCRIPTION_PREFIX) : candidate->uid;
  const NcgPlace *place = candidate->place;
  g_autoptr (Pod) pod = NULL;

  if (g_hash_table_contains (manager->slices, place->unit) || !is_there (manager, place->cgroup) ||
      !ncg_names_check_uid (uid, NULL))
    return;
  if (g_hash_table_contains (manager->pods, uid)) {
    g_info ("%s would be pod %s, which there is already elsewhere", place->unit, uid);
    self->is_hiding = TRUE;
    return;
  }
  g_info ("pod %s, %s, was made by somebody else ('%s')", uid, place->unit, owner);
  pod = pod_new_foreign (uid, candidate->qos, place->unit, place->cgroup, owner);
  manager_add_pod (manager, pod);
  manager_announce_pod (manager, pod);
}

/* Whose it is would never be asked again, and one of ours would be somebody else's for good. */
static gboolean
is_unanswered (const GError *error)
{
  return g_error_matches (error, NCG_ERROR, NCG_ERROR_DISCONNECTED) ||
         g_error_matches (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
}

/* Whose it is may be unknown to systemd: foreign it is all the same. */
static void
on_described (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Candidate) candidate = user_data;
  Look *look = g_task_get_task_data (candidate->task);
  g_autoptr (GError) error = NULL;
  g_autofree char *description = ncg_driver_describe_finish (result, &error);

  if (g_cancellable_is_cancelled (candidate->stop))
    return;
  g_hash_table_remove (look->owner->asked, candidate->place->unit);
  if (is_unanswered (error))
    look_soon (look->owner);
  else
    add_pod (look->owner, candidate, description != NULL ? description : "");
  step_done (candidate->task);
}

/* (transfer full) (nullable): as the kubelet has it, whose uids have no "_". */
static char *
parse_uid (const Place *place, const char *name)
{
  gsize prefix = strlen (place->prefix), suffix = strlen (place->suffix), length = strlen (name);
  g_autofree char *uid = NULL;

  if (length <= prefix + suffix || !g_str_has_prefix (name, place->prefix) ||
      !g_str_has_suffix (name, place->suffix))
    return NULL;
  uid = g_strndup (name + prefix, length - prefix - suffix);
  if (suffix > 0 && strchr (uid, '-') != NULL)
    return NULL;
  if (suffix > 0)
    g_strdelimit (uid, "_", '-');
  return ncg_names_check_uid (uid, NULL) ? g_steal_pointer (&uid) : NULL;
}

static char *
name_unit (const Place *place, const char *name)
{
  return place->suffix[0] != '\0' ? g_strdup (name) : g_build_filename (place->path, name, NULL);
}

static void
look_at (GTask *task, const Place *place, const char *name)
{
  Look *look = g_task_get_task_data (task);
  ForeignPods *self = look->owner;
  g_autofree char *uid = parse_uid (place, name);
  g_autofree char *unit = name_unit (place, name);
  Candidate *candidate;

  if (uid == NULL || g_hash_table_contains (self->manager->slices, unit) ||
      !g_hash_table_add (self->asked, g_strdup (unit)))
    return;
  candidate = g_new0 (Candidate, 1);
  candidate->task = g_object_ref (task);
  candidate->stop = g_object_ref (self->stop);
  candidate->uid = g_steal_pointer (&uid);
  candidate->qos = place->qos;
  candidate->place = g_new0 (NcgPlace, 1);
  candidate->place->unit = g_steal_pointer (&unit);
  candidate->place->cgroup = g_build_filename (place->parent, name, NULL);
  look->pending++;
  ncg_driver_describe_async (self->manager->driver, candidate->place,
                             g_get_monotonic_time () + MANAGER_UNDO_USEC, on_described, candidate);
}

/* Returns: whether pods of that class have a name */
static gboolean
find_place (const Manager *manager, QosClass qos, Place *ret_place)
{
  g_autofree char *pod_path = manager_get_pod_path (manager, ANY_UID, qos);
  g_autofree char *unit = ncg_driver_group_unit (manager->driver, pod_path, NULL);
  g_autofree char *name = unit != NULL ? g_path_get_basename (unit) : NULL;
  g_autofree char *parent = NULL;
  gboolean is_slice = name != NULL && g_str_has_suffix (name, ".slice");
  gsize suffix = is_slice ? strlen (".slice") : 0;

  if (name == NULL)
    return FALSE;
  ret_place->qos = qos;
  ret_place->path = g_path_get_dirname (pod_path);
  /* The root is "" to some. */
  parent = ncg_driver_predict_cgroup (manager->driver, ret_place->path);
  ret_place->parent = g_strdup (parent[0] != '\0' ? parent : "/");
  ret_place->prefix = g_strndup (name, strlen (name) - suffix - strlen (ANY_UID));
  ret_place->suffix = g_strdup (is_slice ? ".slice" : "");
  return TRUE;
}

/* Those of ours that should be there and are not. */
static void
find_gone (Manager *manager, const Place *place, GStrv children)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GList) pods = g_hash_table_get_values (manager->pods);

  for (guint i = 0; children != NULL && children[i] != NULL; i++)
    g_hash_table_add (names, children[i]);
  for (GList *i = pods; i != NULL; i = i->next) {
    Pod *pod = i->data;
    g_autofree char *name = g_path_get_basename (pod->cgroup);
    g_autofree char *parent = g_path_get_dirname (pod->cgroup);

    if (g_str_equal (parent, place->parent) && !g_hash_table_contains (names, name))
      manager_check_pod (manager, pod);
  }
}

/* The watch is there before the look, so that nothing is missed between them; also on the cgroup
 * above, in which this one may come to be. */
static void
watch (ForeignPods *self, const char *cgroup)
{
  const char *mount = ncg_hierarchy_get_primary (self->manager->hierarchy)->mount;
  g_autofree char *directory = g_strconcat (mount, cgroup, NULL);

  if (self->watch != NULL)
    ncg_file_watch_add_children (self->watch, cgroup, directory);
}

static void
look_below (GTask *task, const Place *place)
{
  Look *look = g_task_get_task_data (task);
  Manager *manager = look->owner->manager;
  g_autofree char *above = g_path_get_dirname (place->parent);
  g_autoptr (NcgCgroup) cgroup = NULL;
  g_auto (GStrv) children = NULL;

  watch (look->owner, above);
  watch (look->owner, place->parent);
  cgroup = manager_open_cgroup (manager, place->parent, NULL);
  if (cgroup != NULL)
    children = ncg_cgroup_list_children (cgroup, NULL);
  find_gone (manager, place, children);
  for (guint i = 0; children != NULL && children[i] != NULL; i++)
    look_at (task, place, children[i]);
}

/* One that has come or gone, or both. */
static void
look_at_child (GTask *task, const Place *place, const char *cgroup, const char *name)
{
  const Look *look = g_task_get_task_data (task);
  Manager *manager = look->owner->manager;
  g_autofree char *unit = name_unit (place, name);
  Pod *pod = g_hash_table_lookup (manager->slices, unit);

  if (pod != NULL)
    manager_check_pod (manager, pod);
  else if (is_there (manager, cgroup))
    look_at (task, place, name);
}

static GTask *
look_new (ForeignPods *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, NULL, callback, user_data);
  Look *look = g_new0 (Look, 1);

  look->owner = self;
  look->pending = 1;
  g_task_set_task_data (task, look, g_free);
  return task;
}

/* @above: one of those that are watched */
static void
on_child (const char *above, const char *name, gpointer user_data)
{
  ForeignPods *self = user_data;
  g_autoptr (GTask) task = look_new (self, NULL, NULL);
  g_autofree char *cgroup = g_build_filename (above, name, NULL);

  for (int qos = 0; qos < N_QOS_CLASSES; qos++) {
    g_auto (Place) place = { 0 };

    if (!find_place (self->manager, (QosClass) qos, &place))
      continue;
    if (g_str_equal (place.parent, cgroup))
      look_below (task, &place);
    else if (g_str_equal (place.parent, above))
      look_at_child (task, &place, cgroup, name);
  }
  step_done (task);
}

void
foreign_pods_look_async (ForeignPods *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = look_new (self, callback, user_data);

  self->is_begun = TRUE;
  self->is_hiding = FALSE;
  for (int qos = 0; qos < N_QOS_CLASSES; qos++) {
    g_auto (Place) place = { 0 };

    if (find_place (self->manager, (QosClass) qos, &place))
      look_below (task, &place);
  }
  step_done (task);
}

void
foreign_pods_look_finish (GAsyncResult *result)
{
  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
foreign_pods_pod_dropped (ForeignPods *self, const Pod *pod)
{
  if (self->is_begun && (self->is_hiding || is_there (self->manager, pod->cgroup)))
    look_soon (self);
}
