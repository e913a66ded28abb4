/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Groups: making them, setting and removing them. Leaves are in cgroupfs-leaf.c.
 */
#include "lib/cgroupfs.h"

#include "lib/apply.h"
#include "lib/cgroup-mark.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "lib/cgroupfs-private.h"
#include "lib/error.h"
#include "lib/members.h"
#include "lib/verify.h"

#include <string.h>

/* One that is empty is gone at once, or somebody has joined it. */
#define REMOVE_USEC G_USEC_PER_SEC

NcgCgroupfs *
ncg_cgroupfs_new (const char *root, const NcgHierarchy *hierarchy)
{
  NcgCgroupfs *self = g_new0 (NcgCgroupfs, 1);

  self->root = g_strdup (root);
  self->proc = g_strconcat (root, "/proc", NULL);
  self->hierarchy = hierarchy;
  self->busy = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_mutex_init (&self->mutex);
  g_mutex_init (&self->making);
  g_cond_init (&self->changed);
  return self;
}

void
ncg_cgroupfs_free (NcgCgroupfs *self)
{
  g_mutex_lock (&self->mutex);
  while (self->n_running > 0)
    g_cond_wait (&self->changed, &self->mutex);
  g_mutex_unlock (&self->mutex);
  g_hash_table_unref (self->busy);
  g_mutex_clear (&self->mutex);
  g_mutex_clear (&self->making);
  g_cond_clear (&self->changed);
  g_free (self->root);
  g_free (self->proc);
  g_free (self);
}

const NcgHierarchy *
ncg_cgroupfs_get_hierarchy (const NcgCgroupfs *self)
{
  return self->hierarchy;
}

typedef struct {
  NcgCgroupfs *self;
  void (*job) (NcgCgroupfs *self, gpointer data);
  void (*done) (gpointer data);
  gpointer data;
} Call;

static void
run_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Call *call = data;
  NcgCgroupfs *self = call->self;

  call->job (self, call->data);
  g_task_return_boolean (task, TRUE);
  g_mutex_lock (&self->mutex);
  self->n_running--;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);
}

static void
on_run (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = g_task_get_task_data (G_TASK (result));

  call->done (call->data);
}

void
ncg_cgroupfs_run (NcgCgroupfs *self,
                  void (*job) (NcgCgroupfs *self, gpointer data),
                  void (*done) (gpointer data),
                  gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_run, NULL);
  Call *call = g_new0 (Call, 1);

  *call = (Call){ self, job, done, data };
  g_task_set_task_data (task, call, g_free);
  g_mutex_lock (&self->mutex);
  self->n_running++;
  g_mutex_unlock (&self->mutex);
  g_task_run_in_thread (task, run_in_worker);
}

gboolean
ncg_cgroupfs_turn_take (NcgCgroupfsTurn *turn,
                        NcgCgroupfs *self,
                        const char *path,
                        gint64 deadline_usec,
                        GError **error)
{
  gboolean in_time = TRUE;

  g_mutex_lock (&self->mutex);
  while (in_time && g_hash_table_contains (self->busy, path))
    in_time = g_cond_wait_until (&self->changed, &self->mutex, deadline_usec);
  if (in_time) {
    g_hash_table_add (self->busy, g_strdup (path));
    turn->self = self;
    turn->path = path;
  }
  g_mutex_unlock (&self->mutex);
  if (!in_time)
    g_set_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT,
                 "another operation on the cgroup %s was not over in time", path);
  return in_time;
}

void
ncg_cgroupfs_turn_clear (NcgCgroupfsTurn *turn)
{
  if (turn->self == NULL)
    return;
  g_mutex_lock (&turn->self->mutex);
  g_hash_table_remove (turn->self->busy, turn->path);
  g_cond_broadcast (&turn->self->changed);
  g_mutex_unlock (&turn->self->mutex);
}

NcgCgroup *
ncg_cgroupfs_open (const NcgCgroupfs *self, const char *path, GError **error)
{
  return ncg_cgroup_open (ncg_hierarchy_get_primary (self->hierarchy)->mount, path, error);
}

static gboolean
check_no_properties (const NcgResources *resources, GError **error)
{
  g_autofree char *escaped = NULL;
  const char *name;

  if (resources->properties == NULL || g_variant_n_children (resources->properties) == 0)
    return TRUE;
  g_variant_get_child (resources->properties, 0, "(&sv)", &name, NULL);
  escaped = ncg_error_escape (name);
  g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
               "SystemdProperties has %s, but with the cgroupfs driver there is no systemd to take "
               "it; leave it out, or use the systemd driver",
               escaped);
  return FALSE;
}

GPtrArray *
ncg_cgroupfs_list_settings (const NcgCgroupfs *self,
                            const char *path,
                            const NcgResources *resources,
                            GError **error)
{
  g_autoptr (GPtrArray) settings = NULL;

  if (!check_no_properties (resources, error))
    return NULL;
  settings = ncg_file_settings_list (resources, self->hierarchy);
  for (guint i = 0; i < settings->len; i++) {
    NcgFileSetting *setting = g_ptr_array_index (settings, i);

    /* No systemd converts it: what one would make of 200 for BFQ may be the kernel's default. */
    g_clear_pointer (&setting->also, g_free);
    if (setting->tree != NULL || setting->is_optional || setting->alternative != NULL)
      continue;
    ncg_verify_set_missing (path, setting, error);
    return NULL;
  }
  return g_steal_pointer (&settings);
}

/* (transfer container): of v2, those that must be enabled above; on v1 all are there. */
static GPtrArray *
list_controllers (const GPtrArray *settings)
{
  GPtrArray *controllers = g_ptr_array_new ();

  for (guint i = 0; i < settings->len; i++) {
    const NcgFileSetting *setting = g_ptr_array_index (settings, i);

    if (setting->tree == NULL || setting->tree->is_v1 || setting->controller[0] == '\0' ||
        (setting->is_optional && !ncg_tree_has_controller (setting->tree, setting->controller)) ||
        g_ptr_array_find_with_equal_func (controllers, setting->controller, g_str_equal, NULL))
      continue;
    g_ptr_array_add (controllers, (gpointer) setting->controller);
  }
  g_ptr_array_add (controllers, NULL);
  return controllers;
}

/* What is counted of every cgroup, as systemd's accounting does it; v1 counts always. */
static const char *const counted[] = { "cpu", "io", "memory", "pids", NULL };

/* What of @made is in the primary hierarchy, and on the way to @path or that itself. */
static const char *
get_primary_path (const NcgCgroupfs *self, const char *directory, const char *path)
{
  const char *mount = ncg_hierarchy_get_primary (self->hierarchy)->mount;
  const char *rest = directory + strlen (mount);

  return g_str_has_prefix (directory, mount) && rest[0] == '/' && g_str_has_prefix (path, rest)
             ? rest
             : NULL;
}

static gboolean
mark (const NcgCgroupfs *self, const char *path, const char *description, GError **error)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroupfs_open (self, path, error);

  return cgroup != NULL && ncg_cgroup_mark_write (cgroup, description, error);
}

/* What is made on the way to a cgroup belongs to nobody yet. */
static gboolean
mark_made (const NcgCgroupfs *self,
           const GPtrArray *made,
           const char *path,
           const char *description,
           GError **error)
{
  for (guint i = 0; i < made->len; i++) {
    const char *at = get_primary_path (self, g_ptr_array_index (made, i), path);

    if (at != NULL && !mark (self, at, g_str_equal (at, path) ? description : "", error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_marked (NcgCgroupfs *self,
             const char *path,
             const char *description,
             const GPtrArray *settings,
             GPtrArray *made,
             GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->making);
  g_autoptr (GPtrArray) controllers = list_controllers (settings);

  if (ncg_cgroup_tree_make_noting (self->hierarchy->trees, self->proc, path,
                                   (const char *const *) controllers->pdata, made, error) &&
      mark_made (self, made, path, description, error)) {
    ncg_cgroup_tree_enable (self->hierarchy->trees, path, counted);
    return TRUE;
  }
  ncg_cgroup_tree_unmake (made, 0);
  return FALSE;
}

static gboolean
is_made_in (const NcgTree *tree, const char *path, GPtrArray *made)
{
  g_autofree char *directory = g_strconcat (tree->mount, path, NULL);

  return g_ptr_array_find_with_equal_func (made, directory, g_str_equal, NULL);
}

/* Where somebody took a cgroup of v1 away that has processes elsewhere, they are above it now. */
static gboolean
gather_back (const NcgCgroupfs *self, const char *path, GPtrArray *made, GError **error)
{
  const NcgHierarchy *hierarchy = self->hierarchy;

  if (made->len == 0 || is_made_in (ncg_hierarchy_get_primary (hierarchy), path, made))
    return TRUE;
  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    if (tree->is_v1 && is_made_in (tree, path, made) &&
        !ncg_members_gather (hierarchy, self->proc, tree, path, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
ncg_cgroupfs_make (NcgCgroupfs *self,
                   const char *path,
                   const char *description,
                   GPtrArray *settings,
                   GError **error)
{
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GMutexLocker) locker = NULL;

  if (!make_marked (self, path, description, settings, made, error))
    return FALSE;
  if (ncg_apply_check (path, settings, error) && gather_back (self, path, made, error) &&
      ncg_apply_write (path, settings, error))
    return TRUE;
  locker = g_mutex_locker_new (&self->making);
  ncg_cgroup_tree_unmake (made, 0);
  return FALSE;
}

/* (transfer full) (nullable): of a cgroup in the primary hierarchy; NULL if it has none or is not
 * there */
static char *
read_mark (const NcgCgroupfs *self, const char *path, gboolean *ret_exists)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new ((GMutex *) &self->making);
  g_autoptr (NcgCgroup) cgroup = ncg_cgroupfs_open (self, path, NULL);

  *ret_exists = cgroup != NULL;
  return cgroup != NULL ? ncg_cgroup_mark_read (cgroup) : NULL;
}

void
ncg_cgroupfs_clear_leftovers (const NcgCgroupfs *self, const char *path)
{
  g_autofree char *parent = g_path_get_dirname (path);
  gboolean exists;
  g_autofree char *owner = read_mark (self, parent, &exists);

  if (owner != NULL && !ncg_cgroup_tree_exists (self->hierarchy->trees, path))
    ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path, 0, NULL);
}

/* @ret_is_new: it was made on the way to another one, and nobody has asked for it yet */
static gboolean
check_owner (const NcgCgroupfs *self, const NcgGroup *group, gboolean *ret_is_new, GError **error)
{
  gboolean exists;
  g_autofree char *owner = read_mark (self, group->path, &exists);
  g_autofree char *escaped = NULL;

  *ret_is_new = owner != NULL && owner[0] == '\0';
  if (!exists || group->adopt || *ret_is_new || g_strcmp0 (owner, group->description) == 0)
    return TRUE;
  escaped = ncg_error_escape (owner != NULL ? owner : "");
  g_set_error (error, NCG_ERROR, NCG_ERROR_UNIT_EXISTS,
               "there is a cgroup %s that was not made here (\"%s\")", group->path, escaped);
  return FALSE;
}

gboolean
ncg_cgroupfs_ensure_group (NcgCgroupfs *self,
                           const NcgGroup *group,
                           gint64 deadline_usec,
                           GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };
  g_autoptr (GPtrArray) settings = NULL;
  gboolean is_new;

  if (!ncg_cgroupfs_turn_take (&turn, self, group->path, deadline_usec, error))
    return FALSE;
  settings = ncg_cgroupfs_list_settings (self, group->path, group->resources, error);
  if (settings == NULL || !check_owner (self, group, &is_new, error))
    return FALSE;
  ncg_cgroupfs_clear_leftovers (self, group->path);
  return ncg_cgroupfs_make (self, group->path, group->description, settings, error) &&
         (!is_new || mark (self, group->path, group->description, error));
}

gboolean
ncg_cgroupfs_set_resources (NcgCgroupfs *self,
                            const char *path,
                            const NcgResources *resources,
                            gint64 deadline_usec,
                            GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };
  g_autoptr (GPtrArray) settings = NULL;
  g_autoptr (NcgCgroup) cgroup = NULL;

  if (!ncg_cgroupfs_turn_take (&turn, self, path, deadline_usec, error))
    return FALSE;
  cgroup = ncg_cgroupfs_open (self, path, error);
  if (cgroup == NULL)
    return FALSE;
  settings = ncg_cgroupfs_list_settings (self, path, resources, error);
  /* It is there, so nothing of it is made and marked; but it may need another controller. */
  return settings != NULL && ncg_cgroupfs_make (self, path, "", settings, error);
}

gboolean
ncg_cgroupfs_stop (NcgCgroupfs *self, const char *path, gint64 deadline_usec, GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };

  return ncg_cgroupfs_turn_take (&turn, self, path, deadline_usec, error) &&
         ncg_cgroup_tree_kill (self->hierarchy, self->proc, path, deadline_usec, error) &&
         ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path, deadline_usec, error);
}

gboolean
ncg_cgroupfs_remove_empty (NcgCgroupfs *self,
                           const char *path,
                           gboolean *ret_removed,
                           GError **error)
{
  g_auto (NcgCgroupfsTurn) turn = { NULL, NULL };
  g_autoptr (GError) local = NULL;
  gint64 deadline_usec = g_get_monotonic_time () + REMOVE_USEC;

  if (!ncg_cgroupfs_turn_take (&turn, self, path, deadline_usec, error))
    return FALSE;
  *ret_removed = ncg_cgroup_tree_remove (self->hierarchy->trees, self->proc, path, 0, &local);
  if (*ret_removed || g_error_matches (local, NCG_ERROR, NCG_ERROR_BUSY))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

char *
ncg_cgroupfs_describe (const NcgCgroupfs *self, const char *path)
{
  gboolean exists;
  char *description = read_mark (self, path, &exists);

  return description != NULL ? description : g_strdup ("");
}
