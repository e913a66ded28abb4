/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon, and what it says of drift.
 */
#include "tests/dbus/drift-rig.h"

#include <string.h>

static void
on_drift (GDBusConnection *connection,
          const char *sender,
          const char *path,
          const char *interface,
          const char *signal,
          GVariant *arguments,
          gpointer user_data)
{
  DriftRig *self = user_data;
  const char *object, *setting, *wanted, *actual;
  gboolean is_repaired;

  g_variant_get (arguments, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &is_repaired);
  g_test_message ("%s %s %s %s %d", object, setting, wanted, actual, is_repaired);
  g_ptr_array_add (self->told, g_strdup_printf ("%s %s %s %s %s", object, setting, wanted, actual,
                                                is_repaired ? "repaired" : "left"));
}

void
drift_rig_set_up (DriftRig *self, gconstpointer data)
{
  fixture_set_up_without_daemon (&self->base, NULL);
  if (data != NULL)
    fake_kernel_write_file (self->base.kernel, DRIFT_RIG_CONFIG, data);
  self->told = g_ptr_array_new_with_free_func (g_free);
  self->subscription = g_dbus_connection_signal_subscribe (
      self->base.connection, NULL, NODE_INTERFACE, "Drift", NULL, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
      on_drift, self, NULL);
  fixture_start_daemon (&self->base);
}

void
drift_rig_tear_down (DriftRig *self, gconstpointer data)
{
  g_dbus_connection_signal_unsubscribe (self->base.connection, self->subscription);
  fixture_tear_down (&self->base, NULL);
  g_ptr_array_unref (self->told);
}

gboolean
drift_rig_has (DriftRig *self, const char *path, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (self->base.kernel, path, file);

  return g_strcmp0 (value, expected) == 0;
}

void
drift_rig_assert_file (DriftRig *self, const char *path, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (self->base.kernel, path, file);

  g_assert_cmpstr (value, ==, expected);
}

char *
drift_rig_find_condition (DriftRig *self, const char *name, gboolean *ret_holds)
{
  g_autoptr (GVariant) list =
      fixture_get_property (&self->base, MANAGER_PATH, NODE_INTERFACE, "Conditions");
  const char *found, *message;
  GVariantIter iter;
  gboolean holds;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&sb&s)", &found, &holds, &message)) {
    if (!g_str_equal (found, name))
      continue;
    *ret_holds = holds;
    return g_strdup (message);
  }
  return NULL;
}

gboolean
drift_rig_condition_holds (DriftRig *self, const char *name)
{
  gboolean holds = FALSE;
  g_autofree char *message = drift_rig_find_condition (self, name, &holds);

  return message != NULL && holds;
}

void
drift_rig_assert_told (DriftRig *self, const char *expected)
{
  fixture_wait (self->told->len > 0);
  g_assert_cmpuint (self->told->len, ==, 1);
  g_assert_cmpstr (g_ptr_array_index (self->told, 0), ==, expected);
  g_ptr_array_set_size (self->told, 0);
}

void
drift_rig_assert_condition (DriftRig *self, const char *name, gboolean holds, const char *text)
{
  gboolean actual = !holds;
  g_autofree char *message = drift_rig_find_condition (self, name, &actual);

  g_assert_nonnull (message);
  g_test_message ("%s", message);
  g_assert_cmpint (actual, ==, holds);
  g_assert_nonnull (strstr (message, text));
}
