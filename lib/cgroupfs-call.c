/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of the cgroupfs driver.
 */
#include "lib/cgroupfs-call.h"

#include "lib/leaf-settle.h"

void
ncg_cgroupfs_driver_unref (NcgCgroupfsDriver *self)
{
  if (--self->n_refs == 0)
    g_free (self);
}

static void
call_free (NcgCgroupfsCall *call)
{
  ncg_cgroupfs_driver_unref (call->driver);
  g_clear_object (&call->task);
  g_free (call->path);
  g_free (call->parent);
  g_free (call->name);
  g_free (call->description);
  g_free (call->subgroup);
  ncg_resources_clear (&call->resources);
  g_clear_pointer (&call->processes, g_ptr_array_unref);
  g_strfreev (call->words);
  g_clear_error (&call->error);
  g_free (call);
}

NcgCgroupfsCall *
ncg_cgroupfs_call_new (NcgDriver *driver,
                       const NcgCgroupfsVerb *verb,
                       const char *path,
                       gint64 deadline_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  NcgCgroupfsCall *call = g_new0 (NcgCgroupfsCall, 1);

  call->driver = (NcgCgroupfsDriver *) driver;
  call->driver->n_refs++;
  call->verb = verb;
  call->task = g_task_new (NULL, NULL, callback, user_data);
  call->path = g_strdup (path);
  call->deadline = deadline_usec;
  call->user = NCG_NO_USER;
  call->held_user = NCG_NO_USER;
  return call;
}

static void
run_in_worker (NcgCgroupfs *cgroupfs, gpointer data)
{
  NcgCgroupfsCall *call = data;

  call->ok = call->verb->run (cgroupfs, call, &call->error);
}

static void
on_run (gpointer data)
{
  NcgCgroupfsCall *call = data;

  if (call->verb->done != NULL && !call->driver->is_closed)
    call->verb->done (call->driver, call, call->ok);
  if (!call->ok)
    g_task_return_error (call->task, g_steal_pointer (&call->error));
  else if (call->verb->answer != NULL)
    call->verb->answer (call->task, call);
  else
    g_task_return_boolean (call->task, TRUE);
  call_free (call);
}

void
ncg_cgroupfs_call_start (NcgCgroupfsCall *call)
{
  ncg_cgroupfs_run (call->driver->cgroupfs, run_in_worker, on_run, call);
}

void
ncg_cgroupfs_call_fail (NcgCgroupfsCall *call, GError *error)
{
  g_task_return_error (call->task, error);
  call_free (call);
}

void
ncg_cgroupfs_call_answer_place (GTask *task, NcgCgroupfsCall *call)
{
  g_task_return_pointer (task, ncg_place_new (call->path, call->path),
                         (GDestroyNotify) ncg_place_free);
}

void
ncg_cgroupfs_call_answer_description (GTask *task, NcgCgroupfsCall *call)
{
  g_task_return_pointer (task, g_steal_pointer (&call->description), g_free);
}
