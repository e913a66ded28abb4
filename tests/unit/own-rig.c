/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/own-rig.h"

#include "tests/unit/temp-dir.h"

#include <stdio.h>

#define MOUNTINFO "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

void
own_rig_detect (OwnRig *self, const char *mountinfo)
{
  g_autoptr (GError) error = NULL;

  temp_dir_write (self->root, "proc/self/mountinfo", mountinfo);
  self->hierarchy = ncg_hierarchy_detect (self->root, &error);
  g_assert_no_error (error);
}

void
own_rig_set_up (OwnRig *self, gconstpointer data)
{
  self->root = temp_dir_new ();
  self->proc = g_strconcat (self->root, "/proc", NULL);
  self->foreign = g_ptr_array_new ();
  temp_dir_write (self->root, "sys/fs/cgroup/cgroup.controllers", "cpu memory pids\n");
  temp_dir_write (self->root, "sys/fs/cgroup/a.slice/cgroup.controllers", "memory\n");
  temp_dir_write (self->root, OWN_RIG_FILE, "0\n");
  self->file = g_build_filename (self->root, OWN_RIG_FILE, NULL);
  own_rig_detect (self, MOUNTINFO);
  self->own = ncg_own_files_new (self->hierarchy, self->foreign, self->proc, FALSE);
}

void
own_rig_tear_down (OwnRig *self, gconstpointer data)
{
  ncg_own_files_free (self->own);
  ncg_hierarchy_free (self->hierarchy);
  g_ptr_array_unref (self->foreign);
  g_free (self->proc);
  g_free (self->file);
  temp_dir_free (self->root);
}

void
own_rig_on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OwnRig *self = user_data;

  self->result = g_object_ref (result);
}

NcgResources
own_rig_oom_group (guint64 value)
{
  NcgResources resources = { 0 };

  ncg_resources_set (&resources, NCG_SETTING_OOM_GROUP, value);
  return resources;
}

gboolean
own_rig_finish (OwnRig *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  while (self->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  result = g_steal_pointer (&self->result);
  return ncg_own_files_write_finish (result, error);
}

gboolean
own_rig_write_group (OwnRig *self, const char *cgroup, guint64 value, GError **error)
{
  NcgResources resources = own_rig_oom_group (value);

  ncg_own_files_write_async (self->own, "a.slice", cgroup, &resources, own_rig_on_written, self);
  return own_rig_finish (self, error);
}

gboolean
own_rig_reads (const OwnRig *self, const char *wanted)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (self->file, &text, NULL, NULL));
  return g_str_equal (g_strchomp (text), wanted);
}

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

gboolean
own_rig_becomes (const OwnRig *self, const char *wanted, gint64 usec)
{
  gint64 end = g_get_monotonic_time () + usec;
  guint tick = g_timeout_add (10, on_tick, NULL);

  while (!own_rig_reads (self, wanted) && g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
  return own_rig_reads (self, wanted);
}

void
own_rig_write_other (const OwnRig *self, const char *text)
{
  FILE *file = fopen (self->file, "r+");

  g_assert_nonnull (file);
  g_assert_cmpint (fputs (text, file), >=, 0);
  fclose (file);
}

void
own_rig_wait_a_moment (void)
{
  gint64 end = g_get_monotonic_time () + G_USEC_PER_SEC / 4;
  guint tick = g_timeout_add (10, on_tick, NULL);

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

void
own_rig_assert_file (const OwnRig *self, const char *path, const char *expected)
{
  g_autofree char *whole = g_build_filename (self->root, path, NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (whole, &text, NULL, NULL));
  g_assert_cmpstr (g_strchomp (text), ==, expected);
}

gboolean
own_rig_write (OwnRig *self, const NcgResources *resources, GError **error)
{
  ncg_own_files_write_async (self->own, "a.slice", "/a.slice", resources, own_rig_on_written, self);
  return own_rig_finish (self, error);
}
