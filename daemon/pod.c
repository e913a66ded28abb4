/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods and containers.
 */
#include "daemon/pod.h"

#include "daemon/policy/settings.h"
#include "lib/error.h"

#include <stdlib.h>
#include <systemd/sd-bus.h>

static const char *const states[] = {
  [POD_CREATING] = "creating", [POD_ACTIVE] = "active",     [POD_UPDATING] = "updating",
  [POD_REMOVING] = "removing", [POD_VANISHED] = "vanished",
};

const char *
pod_state_to_string (PodState state)
{
  return states[state];
}

static void
container_free (gpointer data)
{
  Container *container = data;

  g_free (container->name);
  g_free (container->unit);
  g_free (container->cgroup);
  spec_clear (&container->spec);
  g_free (container);
}

static char *
encode_object_path (const char *uid)
{
  char *path = NULL;

  return sd_bus_path_encode (POD_OBJECT_PREFIX, uid, &path) < 0 ? NULL : path;
}

Pod *
pod_new (const char *uid,
         const char *path,
         const char *slice,
         const Spec *spec,
         const SettingsDefaults *defaults)
{
  Pod *self = g_rc_box_new0 (Pod);

  self->uid = g_strdup (uid);
  self->path = g_strdup (path);
  self->slice = g_strdup (slice);
  self->cgroup = g_strdup ("");
  self->object_path = encode_object_path (uid);
  self->qos = spec_get_qos (spec);
  self->created_usec = (guint64) g_get_real_time ();
  self->containers = g_ptr_array_new_with_free_func (container_free);
  self->defaults = *defaults;
  pod_set_spec (self, spec);
  return self;
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

NcgPlace
container_get_place (const Container *self)
{
  return (NcgPlace){ .unit = self->unit, .cgroup = self->cgroup };
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
  Container *container = g_new0 (Container, 1);

  container->name = g_strdup (name);
  container->unit = g_strdup (unit);
  container->cgroup = g_strdup ("");
  container->user = NCG_NO_USER;
  container->defaults = self->defaults;
  g_ptr_array_add (self->containers, container);
  return container;
}

void
pod_drop_container (Pod *self, Container *container)
{
  g_ptr_array_remove (self->containers, container);
}

char *
pod_describe_container (const Pod *self, const char *name)
{
  return g_strdup_printf ("NodeCgroups: container %s of pod %s", name, self->uid);
}

static GVariant *
save_containers (const Pod *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ssba{sv})"));
  for (guint i = 0; i < self->containers->len; i++) {
    const Container *container = g_ptr_array_index (self->containers, i);
    g_autoptr (GVariant) spec = spec_to_variant (&container->spec);

    g_variant_builder_add (&builder, "(ssb@a{sv})", container->name, container->unit,
                           container->has_spec, spec);
  }
  return g_variant_builder_end (&builder);
}

/* The users of those that are delegated. */
static GVariant *
save_delegations (const Pod *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{su}"));
  for (guint i = 0; i < self->containers->len; i++) {
    const Container *container = g_ptr_array_index (self->containers, i);

    if (container->is_delegated)
      g_variant_builder_add (&builder, "{su}", container->name, (guint32) container->user);
  }
  return g_variant_builder_end (&builder);
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
  g_variant_dict_insert_value (&dict, "Spec", saved);
  g_variant_dict_insert_value (&dict, "Containers", save_containers (self));
  g_variant_dict_insert_value (&dict, "Delegated", save_delegations (self));
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
load_containers (Pod *self, GVariant *list, GError **error)
{
  GVariantIter iter;
  const char *name, *unit;
  gboolean has_spec;
  GVariant *variant;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(&s&sb@a{sv})", &name, &unit, &has_spec, &variant)) {
    g_autoptr (GVariant) owned = variant;
    Container *container = pod_add_container (self, name, unit);

    container->has_spec = has_spec;
    if (!spec_parse (owned, SPEC_OF_CONTAINER, &container->spec, error))
      return FALSE;
  }
  return TRUE;
}

/* Files of earlier releases have none. */
static void
load_delegations (Pod *self, GVariant *content)
{
  g_autoptr (GVariant) list =
      g_variant_lookup_value (content, "Delegated", G_VARIANT_TYPE ("a{su}"));

  for (guint i = 0; list != NULL && i < self->containers->len; i++) {
    Container *container = g_ptr_array_index (self->containers, i);
    guint32 user;

    container->is_delegated = g_variant_lookup (list, container->name, "u", &user);
    if (container->is_delegated)
      container->user = (uid_t) user;
  }
}

Pod *
pod_load (const char *uid, GVariant *content, GError **error)
{
  g_autoptr (Pod) self = NULL;
  g_auto (Spec) spec = { 0 };
  SettingsDefaults defaults = { 0 };
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GVariant) containers = NULL;
  const char *path, *slice, *cgroup, *qos;
  guint64 created;

  if (!g_variant_lookup (content, "Path", "&s", &path) ||
      !g_variant_lookup (content, "Slice", "&s", &slice) ||
      !g_variant_lookup (content, "ControlGroup", "&s", &cgroup) ||
      !g_variant_lookup (content, "QosClass", "&s", &qos) ||
      !g_variant_lookup (content, "CreatedUSec", "t", &created) ||
      !g_variant_lookup (content, "Spec", "@a{sv}", &saved) ||
      !g_variant_lookup (content, "Containers", "@a(ssba{sv})", &containers)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "the file of pod %s is incomplete", uid);
    return NULL;
  }
  if (!spec_parse (saved, SPEC_OF_POD, &spec, error))
    return NULL;
  /* Files of earlier releases have none. */
  g_variant_lookup (content, "Defaults", "(tbt)", &defaults.pids_limit, &defaults.is_unquoted,
                    &defaults.period_usec);
  self = pod_new (uid, path, slice, &spec, &defaults);
  pod_set_cgroup (self, cgroup);
  self->created_usec = created;
  if (!qos_from_string (qos, &self->qos)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "pod %s has no QoS class '%s'", uid, qos);
    return NULL;
  }
  if (!load_containers (self, containers, error))
    return NULL;
  load_delegations (self, content);
  return g_steal_pointer (&self);
}
