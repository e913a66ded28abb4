/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library's own answer to what a cgroup is given, as the drivers take it.
 */
#include "cli/plan-group.h"

#include "cli/json-text.h"
#include "lib/error.h"
#include "lib/names.h"
#include "lib/unit-properties.h"

static const TableColumn columns[] = {
  { "GROUP", TABLE_SHRINKS_FRONT },
  { "SETTING", TABLE_LEFT },
  { "VALUE", TABLE_RIGHT },
  { "BY", TABLE_LEFT },
};

char *
plan_group_name (const PlanMachine *machine, const char *path, GError **error)
{
  return machine->has_systemd ? ncg_names_slice_from_path (path, error) : g_strdup (path);
}

/* Drops what is not here and nobody asked for. */
static gboolean
check_files (GPtrArray *files, GError **error)
{
  for (guint i = files->len; i > 0; i--) {
    const NcgFileSetting *file = g_ptr_array_index (files, i - 1);

    if (file->tree != NULL)
      continue;
    if (!file->is_optional) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                   "%s: no cgroup hierarchy here has a controller for it", file->file);
      return FALSE;
    }
    g_ptr_array_remove_index (files, i - 1);
  }
  return TRUE;
}

PlanGroup *
plan_group_new (const PlanMachine *machine,
                char *unit,
                const NcgResources *resources,
                GError **error)
{
  g_autoptr (PlanGroup) self = g_new0 (PlanGroup, 1);
  gboolean ok;

  self->unit = unit;
  self->files = ncg_file_settings_list (resources, machine->hierarchy);
  ok = check_files (self->files, error);
  if (ok && machine->has_systemd)
    self->properties =
        ncg_unit_properties_from_resources (resources, machine->hierarchy, NULL, error);
  if (ok && (!machine->has_systemd || self->properties != NULL))
    return g_steal_pointer (&self);
  g_prefix_error (error, "%s: ", unit);
  return NULL;
}

void
plan_group_free (PlanGroup *self)
{
  g_free (self->unit);
  g_ptr_array_unref (self->files);
  g_clear_pointer (&self->properties, g_variant_unref);
  g_free (self);
}

Table *
plan_group_new_table (void)
{
  return table_new (columns, G_N_ELEMENTS (columns));
}

/* (nullable): who sets it, but for the daemon */
static const char *
find_property (const PlanGroup *self, const NcgFileSetting *file)
{
  return self->properties != NULL ? file->property : NULL;
}

void
plan_group_add (const PlanGroup *self, Table *table)
{
  for (guint i = 0; i < self->files->len; i++) {
    const NcgFileSetting *file = g_ptr_array_index (self->files, i);
    const char *property = find_property (self, file);

    table_add (table, STYLE_PLAIN, i == 0 ? self->unit : "");
    table_take (table, STYLE_PLAIN, ncg_file_setting_get_name (file));
    table_add (table, STYLE_PLAIN, file->wanted);
    table_add (table, STYLE_DIM, property != NULL ? property : "nodecgroupsd");
  }
  if (self->files->len > 0)
    return;
  table_add (table, STYLE_PLAIN, self->unit);
  table_add (table, STYLE_DIM, "-");
  table_add (table, STYLE_PLAIN, "");
  table_add (table, STYLE_PLAIN, "");
}

static GVariant *
describe_files (const PlanGroup *self)
{
  GVariantBuilder files;

  g_variant_builder_init (&files, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < self->files->len; i++) {
    const NcgFileSetting *file = g_ptr_array_index (self->files, i);
    const char *property = find_property (self, file);
    g_autofree char *name = ncg_file_setting_get_name (file);

    g_variant_builder_open (&files, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&files, "{sv}", "Setting", g_variant_new_string (name));
    g_variant_builder_add (&files, "{sv}", "Value", g_variant_new_string (file->wanted));
    if (property != NULL)
      g_variant_builder_add (&files, "{sv}", "Property", g_variant_new_string (property));
    g_variant_builder_close (&files);
  }
  return g_variant_builder_end (&files);
}

GVariant *
plan_group_describe (const PlanGroup *self)
{
  static const char *const names[] = { "Name", "Value", NULL };
  GVariantBuilder group;

  g_variant_builder_init (&group, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&group, "{sv}", "Unit", g_variant_new_string (self->unit));
  g_variant_builder_add (&group, "{sv}", "Settings", describe_files (self));
  if (self->properties != NULL) {
    g_autoptr (GVariant) properties = json_text_name_fields (self->properties, names);

    g_variant_builder_add (&group, "{sv}", "Properties", properties);
  }
  return g_variant_builder_end (&group);
}
