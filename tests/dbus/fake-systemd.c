/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a test says to the fake systemd.
 */
#include "tests/dbus/fake-systemd.h"

#include "tests/dbus/fake-manager.h"
#include "tests/dbus/fake-services.h"
#include "tests/dbus/fake-thread.h"

struct FakeSystemd {
  FakeManager *manager;
  guint n_forgotten; /* calls */
};

FakeSystemd *
fake_systemd_new (FakeKernel *kernel)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  FakeSystemd *self = g_new0 (FakeSystemd, 1);

  self->manager = fake_manager_new (kernel);
  return self;
}

void
fake_systemd_free (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_manager_free (self->manager);
  g_free (self);
}

void
fake_systemd_stop_listening (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_manager_stop_listening (self->manager);
}

void
fake_systemd_listen (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_bus_listen (self->manager->bus);
}

void
fake_systemd_add_fault (FakeSystemd *self, const FakeFault *fault)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_faults_add (self->manager->faults, fault);
}

void
fake_systemd_clear_faults (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_faults_clear (self->manager->faults);
}

void
fake_systemd_set_version (FakeSystemd *self, const char *version)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  self->manager->version = version;
}

void
fake_systemd_hide_property (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  g_hash_table_add (self->manager->unknown, g_strdup (name));
}

void
fake_systemd_show_property (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  g_hash_table_remove (self->manager->unknown, name);
}

GPtrArray *
fake_systemd_list_calls (FakeSystemd *self, const char *method, const char *unit)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);

  for (guint i = self->n_forgotten; i < self->manager->calls->len; i++) {
    const FakeCall *call = g_ptr_array_index (self->manager->calls, i);

    if (g_str_equal (call->method, method) && (unit == NULL || g_strcmp0 (call->unit, unit) == 0))
      g_ptr_array_add (list, g_variant_ref (call->arguments));
  }
  return list;
}

guint
fake_systemd_count_calls (FakeSystemd *self, const char *method, const char *unit)
{
  g_autoptr (GPtrArray) calls = fake_systemd_list_calls (self, method, unit);

  return calls->len;
}

void
fake_systemd_forget_calls (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  self->n_forgotten = self->manager->calls->len;
}

guint
fake_systemd_get_max_in_flight (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return self->manager->max_in_flight;
}

void
fake_systemd_start_unit (FakeSystemd *self, const char *name, const char *description)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  FakeUnit *unit = fake_units_add (self->manager->units, name);

  g_free (unit->description);
  unit->description = g_strdup (description);
  fake_units_start (self->manager->units, unit);
}

void
fake_systemd_start_scope (FakeSystemd *self, const char *name, const char *description, pid_t pid)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  FakeUnit *unit = fake_units_add (self->manager->units, name);
  g_autoptr (GVariant) properties = g_variant_ref_sink (g_variant_new_parsed (
      "[('Description', <%s>), ('PIDs', <[%u]>)]", description, (guint32) pid));

  fake_unit_set (unit, properties);
  g_assert_true (fake_units_start (self->manager->units, unit));
}

void
fake_systemd_add_ended (FakeSystemd *self, const char *name, const char *description)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  FakeUnit *unit = fake_units_add (self->manager->units, name);

  g_free (unit->description);
  unit->description = g_strdup (description);
}

void
fake_systemd_add_fragment (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_units_add (self->manager->units, name)->has_fragment = TRUE;
}

void
fake_systemd_add_drop_in (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_units_add (self->manager->units, name)->has_drop_in = TRUE;
}

void
fake_systemd_stop_unit (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  FakeUnit *unit = fake_units_find (self->manager->units, name);

  g_assert_nonnull (unit);
  fake_units_stop (self->manager->units, unit);
}

void
fake_systemd_look_once (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_units_look_once (self->manager->units);
}

gboolean
fake_systemd_has_looked (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return fake_units_has_looked (self->manager->units);
}

void
fake_systemd_reload (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_manager_emit_reloading (self->manager, TRUE);
  fake_services_tell_reloaded (self->manager);
  fake_units_apply_all (self->manager->units);
  fake_manager_emit_reloading (self->manager, FALSE);
}

void
fake_systemd_start_service (FakeSystemd *self, const char *name, const char *slice, pid_t main_pid)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_services_start (self->manager, name, slice, main_pid);
}

void
fake_systemd_stop_service (FakeSystemd *self, const char *name, gboolean is_forgotten)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_services_stop (self->manager, name, is_forgotten);
}

void
fake_systemd_add_alias (FakeSystemd *self, const char *alias, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_units_add_alias (self->manager->units, alias, name);
}

void
fake_systemd_touch_unit (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  fake_services_tell_changed (self->manager, name);
}

GStrv
fake_systemd_list_units (FakeSystemd *self)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  return fake_units_list (self->manager->units);
}

gboolean
fake_systemd_has_unit (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  const FakeUnit *unit = fake_units_find (self->manager->units, name);

  return unit != NULL && unit->is_active;
}

char *
fake_systemd_get_description (FakeSystemd *self, const char *name)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  const FakeUnit *unit = fake_units_find (self->manager->units, name);

  return unit != NULL ? g_strdup (unit->description) : NULL;
}

GVariant *
fake_systemd_get_property (FakeSystemd *self, const char *unit, const char *property)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  const FakeUnit *found = fake_units_find (self->manager->units, unit);
  GVariant *value = found != NULL ? g_hash_table_lookup (found->properties, property) : NULL;

  return value != NULL ? g_variant_ref (value) : NULL;
}
