/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods.
 */
#include "daemon/pod.h"

#include "daemon/policy/settings.h"
#include "lib/error.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

static const char *const states[] = {
  [POD_CREATING] = "creating", [POD_ACTIVE] = "active",     [POD_UPDATING] = "updating",
  [POD_REMOVING] = "removing", [POD_VANISHED] = "vanished", [POD_FOREIGN] = "foreign",
};

const char *
pod_state_to_string (PodState state)
{
  return states[state];
}

static char *
encode_object_path (const char *uid)
{
  char *path = NULL;

  return sd_bus_path_encode (POD_OBJECT_PREFIX, uid, &path) < 0 ? NULL : path;
}

static Pod *
new_empty (const char *uid, const char *path, const char *slice)
{
  Pod *self = g_rc_box_new0 (Pod);

  self->uid = g_strdup (uid);
  self->path = g_strdup (path);
  self->slice = g_strdup (slice);
  self->cgroup = g_strdup ("");
  self->object_path = encode_object_path (uid);
  self->containers = g_ptr_array_new_with_free_func (container_free);
  return self;
}

Pod *
pod_new_foreign (
    const char *uid, QosClass qos, const char *slice, const char *cgroup, const char *owner)
{
  Pod *self = new_empty (uid, "", slice);

  pod_set_cgroup (self, cgroup);
  self->qos = qos;
  self->state = POD_FOREIGN;
  self->owner = g_strdup (owner);
  return self;
}

Pod *
pod_new (const char *uid,
         const char *path,
         const char *slice,
         const Spec *spec,
         const SettingsDefaults *defaults)
{
  Pod *self = new_empty (uid, path, slice);

  self->qos = spec_get_qos (spec);
  self->created_usec = (guint64) g_get_real_time ();
  self->defaults = *defaults;
  pod_set_spec (self, spec);
  return self;
}

char *
pod_format_owner (const Pod *self)
{
  return self->owner[0] != '\0' ? g_strdup_printf (" ('%s')", self->owner) : g_strdup ("");
}

gboolean
pod_is_left_behind (const Pod *self)
{
  return self->state == POD_FOREIGN && g_str_has_prefix (self->owner, POD_DESCRIPTION_PREFIX) &&
         g_str_equal (self->owner + strlen (POD_DESCRIPTION_PREFIX), self->uid);
}

static void
pod_clear (gpointer data)
{
  Pod *self = data;

  g_free (self->uid);
  g_free (self->path);
  g_free (self->slice);
  g_free (self->cgroup);
  g_free (self->object_path);
  spec_clear (&self->spec);
  ncg_resources_clear (&self->resources);
  g_ptr_array_unref (self->containers);
  g_clear_pointer (&self->dropped, g_variant_unref);
  oom_told_clear (&self->oom);
  g_free (self->owner);
}

Pod *
pod_ref (Pod *self)
{
  return g_rc_box_acquire (self);
}

void
pod_unref (Pod *self)
{
  if (self != NULL)
    g_rc_box_release_full (self, pod_clear);
}

void
pod_set_spec (Pod *self, const Spec *spec)
{
  Spec copy;

  spec_copy (spec, &copy);
  spec_clear (&self->spec);
  self->spec = copy;
  ncg_resources_clear (&self->resources);
  settings_for_pod (&self->spec, &self->defaults, &self->resources);
}

void
pod_set_cgroup (Pod *self, const char *cgroup)
{
  g_free (self->cgroup);
  self->cgroup = g_strdup (cgroup);
}

NcgPlace
pod_get_place (const Pod *self)
{
  return (NcgPlace){ .unit = self->slice, .cgroup = self->cgroup };
}

Container *
pod_find_container (const Pod *self, const char *name)
{
  for (guint i = 0; i < self->containers->len; i++) {
    Container *container = g_ptr_array_index (self->containers, i);

    if (g_str_equal (container->name, name))
      return container;
  }
  return NULL;
}

Container *
pod_find_unit (const Pod *self, const char *unit)
{
  for (guint i = 0; i < self->containers->len; i++) {
    Container *container = g_ptr_array_index (self->containers, i);

    if (g_str_equal (container->unit, unit))
      return container;
  }
  return NULL;
}

Container *
pod_add_container (Pod *self, const char *name, const char *unit)
{
  Container *container = container_new (name, unit, &self->defaults);

  g_ptr_array_add (self->containers, container);
  return container;
}

void
pod_drop_container (Pod *self, Container *container)
{
  g_ptr_array_remove (self->containers, container);
}

GVariant *
pod_save (const Pod *self, const Spec *spec)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) saved = spec_to_variant (spec != NULL ? spec : &self->spec);

  g_variant_dict_insert (&dict, "Path", "s", self->path);
  g_variant_dict_insert (&dict, "Slice", "s", self->slice);
  g_variant_dict_insert (&dict, "ControlGroup", "s", self->cgroup);
  g_variant_dict_insert (&dict, "QosClass", "s", qos_to_string (self->qos));
  g_variant_dict_insert (&dict, "CreatedUSec", "t", self->created_usec);
  g_variant_dict_insert (&dict, "Defaults", "(tbt)", self->defaults.pids_limit,
                         self->defaults.is_unquoted, self->defaults.period_usec);
  if (self->defaults.formula != NCG_SHARES_PROPORTIONAL)
    g_variant_dict_insert (&dict, "WeightFormula", "s",
                           ncg_shares_formula_to_string (self->defaults.formula));
  g_variant_dict_insert_value (&dict, "Spec", saved);
  if (self->dropped != NULL)
    g_variant_dict_insert_value (&dict, "Dropped", self->dropped);
  if (self->was_there)
    g_variant_dict_insert (&dict, "WasThere", "b", TRUE);
  if (self->grace_end_usec != 0)
    g_variant_dict_insert (&dict, "GraceEndUSec", "x", self->grace_end_usec);
  containers_save (self->containers, &dict);
  g_variant_dict_insert_value (&dict, "OomKills", oom_told_save (&self->oom));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static void
load_oom (Pod *self, GVariant *content)
{
  g_autoptr (GVariant) told =
      g_variant_lookup_value (content, "OomKills", G_VARIANT_TYPE ("a{st}"));

  if (told != NULL)
    oom_told_load (&self->oom, told);
}

/* Files of earlier releases have none. */
static gboolean
load_defaults (GVariant *content, SettingsDefaults *defaults)
{
  const char *formula;

  g_variant_lookup (content, "Defaults", "(tbt)", &defaults->pids_limit, &defaults->is_unquoted,
                    &defaults->period_usec);
  return !g_variant_lookup (content, "WeightFormula", "&s", &formula) ||
         ncg_shares_formula_from_string (formula, &defaults->formula);
}

/* Names follow from the uid, with each driver: a file with others is a copy of another pod's. */
static gboolean
check_names (const char *uid, const char *path, const char *slice, GError **error)
{
  g_autofree char *name = g_strconcat ("pod", uid, NULL);
  g_autofree char *last = g_path_get_basename (path);
  g_autofree char *own = g_strdelimit (g_strdup (name), "-", '_');
  g_autofree char *unit = g_strconcat (own, ".slice", NULL);
  g_autofree char *suffix = g_strconcat ("-", unit, NULL);

  if (g_str_equal (last, name) &&
      (g_str_equal (slice, path) || g_str_equal (slice, unit) || g_str_has_suffix (slice, suffix)))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "the file of pod %s is that of %s, %s", uid,
               path, slice);
  return FALSE;
}

Pod *
pod_load (const char *uid, GVariant *content, GError **error)
{
  g_autoptr (Pod) self = NULL;
  g_auto (Spec) spec = { 0 };
  SettingsDefaults defaults = { 0 };
  g_autoptr (GVariant) saved = NULL;
  const char *path, *slice, *cgroup, *qos;
  guint64 created;

  if (!g_variant_lookup (content, "Path", "&s", &path) ||
      !g_variant_lookup (content, "Slice", "&s", &slice) ||
      !g_variant_lookup (content, "ControlGroup", "&s", &cgroup) ||
      !g_variant_lookup (content, "QosClass", "&s", &qos) ||
      !g_variant_lookup (content, "CreatedUSec", "t", &created) ||
      !g_variant_lookup (content, "Spec", "@a{sv}", &saved)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "the file of pod %s is incomplete", uid);
    return NULL;
  }
  if (!check_names (uid, path, slice, error) || !spec_parse (saved, SPEC_OF_POD, &spec, error))
    return NULL;
  if (!load_defaults (content, &defaults)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "pod %s has weights by no known formula", uid);
    return NULL;
  }
  self = pod_new (uid, path, slice, &spec, &defaults);
  pod_set_cgroup (self, cgroup);
  self->created_usec = created;
  g_variant_lookup (content, "WasThere", "b", &self->was_there);
  g_variant_lookup (content, "GraceEndUSec", "x", &self->grace_end_usec);
  self->dropped = g_variant_lookup_value (content, "Dropped", G_VARIANT_TYPE ("a{su}"));
  if (!qos_from_string (qos, &self->qos)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "pod %s has no QoS class '%s'", uid, qos);
    return NULL;
  }
  if (!containers_load (content, &defaults, self->containers, error))
    return NULL;
  load_oom (self, content);
  return g_steal_pointer (&self);
}
