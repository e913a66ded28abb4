/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slices, scopes and services.
 */
#include "tests/dbus/fake-units.h"

#include "tests/dbus/fake-properties.h"

#include <string.h>

#define ROOT_SLICE "-.slice"
#define FRAGMENT "/etc/systemd/system/unit"
#define DROP_IN "/etc/systemd/system/unit.d/a.conf"
/* What the kernel tells takes a moment. */
#define HEARD_MSEC 20

struct FakeUnits {
  FakeKernel *kernel;
  GHashTable *units;   /* name → FakeUnit */
  GHashTable *aliases; /* alias → name */
  FakeUnitsRemoved removed;
  gpointer user_data;
  GSList *emptied; /* of GSource: not heard of yet */
  gboolean looks_once;
  char *ending; /* (nullable): the scope that was seen to be empty */
};

static void
unit_free (gpointer data)
{
  FakeUnit *unit = data;

  g_free (unit->name);
  g_free (unit->description);
  g_free (unit->cgroup);
  g_hash_table_unref (unit->properties);
  g_free (unit);
}

FakeUnit *
fake_units_find (FakeUnits *self, const char *name)
{
  const char *real = g_hash_table_lookup (self->aliases, name);

  return g_hash_table_lookup (self->units, real != NULL ? real : name);
}

void
fake_units_add_alias (FakeUnits *self, const char *alias, const char *name)
{
  g_hash_table_replace (self->aliases, g_strdup (alias), g_strdup (name));
}

FakeUnit *
fake_units_add (FakeUnits *self, const char *name)
{
  FakeUnit *unit = fake_units_find (self, name);

  if (unit != NULL)
    return unit;
  unit = g_new0 (FakeUnit, 1);
  unit->name = g_strdup (name);
  unit->description = g_strdup (name);
  unit->cgroup = g_strdup ("");
  unit->properties =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  g_hash_table_insert (self->units, unit->name, unit);
  return unit;
}

static void
drop (FakeUnits *self, FakeUnit *unit)
{
  if (self->removed != NULL)
    self->removed (unit->name, self->user_data);
  g_hash_table_remove (self->units, unit->name);
}

/* What is in a list is added to it, and an empty one takes it all away; a set of bits is set. */
static GVariant *
add_to_list (GVariant *before, GVariant *value)
{
  GVariantBuilder builder;

  if (before == NULL || !g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY) ||
      g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING) || g_variant_n_children (value) == 0)
    return g_variant_ref (value);
  g_variant_builder_init (&builder, g_variant_get_type (value));
  for (gsize i = 0; i < g_variant_n_children (before); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (before, i);
    g_variant_builder_add_value (&builder, entry);
  }
  for (gsize i = 0; i < g_variant_n_children (value); i++) {
    g_autoptr (GVariant) entry = g_variant_get_child_value (value, i);
    g_variant_builder_add_value (&builder, entry);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

void
fake_unit_set (FakeUnit *unit, GVariant *properties)
{
  for (gsize i = 0; i < g_variant_n_children (properties); i++) {
    g_autoptr (GVariant) value = NULL;
    const char *name;

    g_variant_get_child (properties, i, "(&sv)", &name, &value);
    g_hash_table_replace (unit->properties, g_strdup (name),
                          add_to_list (g_hash_table_lookup (unit->properties, name), value));
    if (g_str_equal (name, "Description")) {
      g_free (unit->description);
      unit->description = g_variant_dup_string (value, NULL);
    }
  }
}

void
fake_unit_get_all (const FakeUnit *unit, const char *name, GVariantDict *all)
{
  GVariant *mode = unit != NULL ? g_hash_table_lookup (unit->properties, "CollectMode") : NULL;
  g_autofree char *parent = unit != NULL ? g_path_get_dirname (unit->cgroup) : NULL;
  g_autofree char *slice = parent != NULL ? g_path_get_basename (parent) : NULL;
  gboolean has_slice = slice != NULL && g_str_has_suffix (slice, ".slice");
  const char *drop_ins[] = { unit != NULL && unit->has_drop_in ? DROP_IN : "", NULL };

  g_variant_dict_insert (all, "CollectMode", "s",
                         mode != NULL ? g_variant_get_string (mode, NULL) : "inactive");
  g_variant_dict_insert (all, "FragmentPath", "s",
                         unit != NULL && unit->has_fragment ? FRAGMENT : "");
  g_variant_dict_insert (all, "DropInPaths", "^as", drop_ins);
  g_variant_dict_insert (all, "LoadState", "s", "loaded");
  g_variant_dict_insert (all, "ActiveState", "s",
                         unit != NULL && unit->is_active ? "active" : "inactive");
  g_variant_dict_insert (all, "Description", "s", unit != NULL ? unit->description : name);
  g_variant_dict_insert (all, "ControlGroup", "s", unit != NULL ? unit->cgroup : "");
  g_variant_dict_insert (all, "Slice", "s", has_slice ? slice : "");
  g_variant_dict_insert (all, "MainPID", "u", unit != NULL ? (guint32) unit->main_pid : 0);
}

/* (transfer full) (nullable): "a-b.slice" for "a-b-c.slice", NULL for the root */
static char *
parent_slice (const char *name)
{
  const char *dash = strrchr (name, '-');

  if (g_str_equal (name, ROOT_SLICE))
    return NULL;
  return dash == NULL ? g_strdup (ROOT_SLICE)
                      : g_strdup_printf ("%.*s.slice", (int) (dash - name), name);
}

static void
activate (FakeUnits *self, FakeUnit *unit, const char *parent_cgroup)
{
  g_free (unit->cgroup);
  unit->cgroup =
      g_strconcat (g_str_equal (parent_cgroup, "/") ? "" : parent_cgroup, "/", unit->name, NULL);
  unit->is_active = TRUE;
  fake_kernel_make_cgroup (self->kernel, unit->cgroup);
  fake_units_apply (self, unit);
}

/* Returns: the slice, running; where nobody asked for it, for the sake of what is in it */
static FakeUnit *
ensure_slice (FakeUnits *self, const char *name)
{
  FakeUnit *unit = fake_units_find (self, name);
  g_autofree char *parent = parent_slice (name);

  if (unit == NULL) {
    unit = fake_units_add (self, name);
    unit->is_implicit = TRUE;
  }
  if (!unit->is_active)
    activate (self, unit, ensure_slice (self, parent)->cgroup);
  return unit;
}

static GVariant *
find_pids (const FakeUnit *unit)
{
  GVariant *pids = g_hash_table_lookup (unit->properties, "PIDFDs");

  return pids != NULL ? pids : g_hash_table_lookup (unit->properties, "PIDs");
}

/* Makes the cgroup of what is not a slice, in the slice that it is to be in. */
static void
activate_in_slice (FakeUnits *self, FakeUnit *unit)
{
  GVariant *slice = g_hash_table_lookup (unit->properties, "Slice");
  const char *name = slice != NULL ? g_variant_get_string (slice, NULL) : "system.slice";

  activate (self, unit, ensure_slice (self, name)->cgroup);
}

static gboolean
start_scope (FakeUnits *self, FakeUnit *unit)
{
  GVariant *pids = find_pids (unit);
  FakeProcesses *processes = fake_kernel_get_processes (self->kernel);
  guint n_moved = 0;

  activate_in_slice (self, unit);
  for (gsize i = 0; pids != NULL && i < g_variant_n_children (pids); i++) {
    guint32 pid;

    g_variant_get_child (pids, i, "u", &pid);
    n_moved += fake_processes_move (processes, (pid_t) pid, unit->cgroup) ? 1 : 0;
  }
  if (n_moved == 0)
    fake_units_stop (self, unit);
  return n_moved > 0;
}

/* One whose program has ended, and which remains, has no cgroup until it is applied again. */
static gboolean
start_service (FakeUnits *self, FakeUnit *unit)
{
  activate_in_slice (self, unit);
  if (g_hash_table_contains (unit->properties, "RemainAfterExit"))
    fake_kernel_remove_cgroup (self->kernel, unit->cgroup);
  return unit->main_pid == 0 || fake_processes_move (fake_kernel_get_processes (self->kernel),
                                                     unit->main_pid, unit->cgroup);
}

gboolean
fake_units_start (FakeUnits *self, FakeUnit *unit)
{
  if (g_str_has_suffix (unit->name, ".scope"))
    return start_scope (self, unit);
  if (g_str_has_suffix (unit->name, ".service"))
    return start_service (self, unit);
  ensure_slice (self, unit->name);
  fake_units_apply (self, unit);
  return TRUE;
}

void
fake_units_apply (FakeUnits *self, const FakeUnit *unit)
{
  if (!unit->is_active || g_str_equal (unit->name, ROOT_SLICE))
    return;
  fake_kernel_make_cgroup (self->kernel, unit->cgroup);
  fake_properties_apply (self->kernel, unit->cgroup, unit->properties);
}

void
fake_units_apply_all (FakeUnits *self)
{
  GHashTableIter iter;
  gpointer unit;

  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, NULL, &unit))
    fake_units_apply (self, unit);
}

GStrv
fake_units_list (FakeUnits *self)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer unit;

  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, NULL, &unit))
    if (((const FakeUnit *) unit)->is_active)
      g_ptr_array_add (names, g_strdup (((const FakeUnit *) unit)->name));
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&names), FALSE);
}

static gboolean
is_child (const FakeUnit *unit, const FakeUnit *of)
{
  g_autofree char *parent = g_path_get_dirname (unit->cgroup);

  return unit->is_active && unit != of && g_str_equal (parent, of->cgroup);
}

static FakeUnit *
find_child (FakeUnits *self, const FakeUnit *of)
{
  GHashTableIter iter;
  gpointer unit;

  g_hash_table_iter_init (&iter, self->units);
  while (g_hash_table_iter_next (&iter, NULL, &unit))
    if (is_child (unit, of))
      return unit;
  return NULL;
}

static gboolean
is_empty (const FakeUnits *self, const FakeUnit *unit)
{
  return unit->cgroup[0] == '\0' ||
         fake_processes_count (fake_kernel_get_processes (self->kernel), unit->cgroup) == 0;
}

/* One that has ended, and was kept by what was in its cgroup. */
static void
collect (FakeUnits *self, FakeUnit *unit)
{
  if (!is_empty (self, unit))
    return;
  if (unit->cgroup[0] != '\0')
    fake_kernel_remove_cgroup (self->kernel, unit->cgroup);
  drop (self, unit);
}

void
fake_units_stop (FakeUnits *self, FakeUnit *unit)
{
  FakeProcesses *processes = fake_kernel_get_processes (self->kernel);
  FakeUnit *child;

  while (unit->is_active && (child = find_child (self, unit)) != NULL)
    fake_units_stop (self, child);
  if (unit->is_active) {
    g_autofree char *cgroup = g_steal_pointer (&unit->cgroup);

    unit->is_active = FALSE;
    unit->cgroup = g_strdup ("");
    if (!g_str_has_suffix (unit->name, ".slice"))
      fake_processes_end (processes, cgroup);
    fake_kernel_remove_cgroup (self->kernel, cgroup);
  }
  if (!unit->has_fragment && !unit->has_drop_in)
    collect (self, unit);
}

void
fake_units_look_once (FakeUnits *self)
{
  self->looks_once = TRUE;
}

gboolean
fake_units_has_looked (FakeUnits *self)
{
  return self->ending != NULL;
}

void
fake_units_catch_up (FakeUnits *self)
{
  g_autofree char *name = g_steal_pointer (&self->ending);
  FakeUnit *unit = name != NULL ? fake_units_find (self, name) : NULL;

  if (unit == NULL || !unit->is_active)
    return;
  unit->is_active = FALSE;
  collect (self, unit);
}

typedef struct {
  FakeUnits *owner;
  char *cgroup;
} Emptied;

static void
emptied_free (gpointer data)
{
  Emptied *emptied = data;

  g_free (emptied->cgroup);
  g_free (emptied);
}

static gboolean
on_heard (gpointer user_data)
{
  const Emptied *emptied = user_data;
  FakeUnits *self = emptied->owner;
  g_autofree char *name = g_path_get_basename (emptied->cgroup);
  FakeUnit *unit = fake_units_find (self, name);

  self->emptied = g_slist_remove (self->emptied, g_main_current_source ());
  if (unit == NULL || !g_str_has_suffix (name, ".scope") || !is_empty (self, unit))
    return G_SOURCE_REMOVE;
  if (!self->looks_once) {
    fake_units_stop (self, unit);
    return G_SOURCE_REMOVE;
  }
  self->looks_once = FALSE;
  self->ending = g_steal_pointer (&name);
  return G_SOURCE_REMOVE;
}

/* A scope ends with its last process, when systemd has heard of that. */
static void
on_emptied (const char *cgroup, gpointer user_data)
{
  FakeUnits *self = user_data;
  g_autoptr (GSource) source = g_timeout_source_new (HEARD_MSEC);
  Emptied *emptied = g_new0 (Emptied, 1);

  emptied->owner = self;
  emptied->cgroup = g_strdup (cgroup);
  g_source_set_callback (source, on_heard, emptied, emptied_free);
  g_source_attach (source, fake_kernel_get_context (self->kernel));
  self->emptied = g_slist_prepend (self->emptied, source);
}

FakeUnits *
fake_units_new (FakeKernel *kernel, FakeUnitsRemoved removed, gpointer user_data)
{
  FakeUnits *self = g_new0 (FakeUnits, 1);
  FakeUnit *root, *system;

  self->kernel = kernel;
  self->removed = removed;
  self->user_data = user_data;
  self->units = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, unit_free);
  self->aliases = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  root = fake_units_add (self, ROOT_SLICE);
  g_free (root->cgroup);
  root->cgroup = g_strdup ("/");
  root->is_active = TRUE;
  system = fake_units_add (self, "system.slice");
  system->has_fragment = TRUE;
  fake_units_start (self, system);
  fake_processes_set_emptied (fake_kernel_get_processes (kernel), on_emptied, self);
  return self;
}

void
fake_units_free (FakeUnits *self)
{
  fake_processes_set_emptied (fake_kernel_get_processes (self->kernel), NULL, NULL);
  g_slist_free_full (self->emptied, (GDestroyNotify) g_source_destroy);
  g_hash_table_unref (self->units);
  g_hash_table_unref (self->aliases);
  g_free (self->ending);
  g_free (self);
}

static gboolean
is_delegated (const FakeUnit *unit)
{
  GVariant *whole = g_hash_table_lookup (unit->properties, "Delegate");

  return (whole != NULL && g_variant_get_boolean (whole)) ||
         g_hash_table_contains (unit->properties, "DelegateControllers");
}

/* bus_unit_method_attach_processes() of systemd's core/dbus-unit.c */
static const char *
find_objection (const FakeUnit *unit, const char *below)
{
  if (below[0] != '\0' && below[0] != '/')
    return "Control group path is not absolute";
  if (!is_delegated (unit))
    return "Process migration not available on non-delegated units.";
  return unit->is_active ? NULL : "Unit is not active, refusing.";
}

const char *
fake_units_attach (FakeUnits *self,
                   const FakeUnit *unit,
                   const char *below,
                   GVariant *pids,
                   const char **ret_message)
{
  FakeProcesses *processes = fake_kernel_get_processes (self->kernel);
  g_autofree char *cgroup = g_strconcat (unit->cgroup, below, NULL);

  *ret_message = find_objection (unit, below);
  if (*ret_message != NULL)
    return "org.freedesktop.DBus.Error.InvalidArgs";
  for (gsize i = 0; i < g_variant_n_children (pids); i++) {
    guint32 pid;

    g_variant_get_child (pids, i, "u", &pid);
    *ret_message = "Process with this ID does not exist.";
    if (!fake_processes_move (processes, (pid_t) pid, cgroup))
      return "org.freedesktop.DBus.Error.UnixProcessIdUnknown";
  }
  return NULL;
}
