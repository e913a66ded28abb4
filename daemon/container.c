/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers.
 */
#include "daemon/container.h"

#include "lib/error.h"

#define CONTAINERS_TYPE "a(ssba{sv})"
#define DELEGATED_TYPE "a{su}"
#define DROPPED_TYPE "a{sa{su}}"
#define PENDING_TYPE "a{s(sa{sv})}"
#define GRACES_TYPE "a{sx}"

static const char *const states[] = {
  [CONTAINER_ACTIVE] = "active",     [CONTAINER_STARTING] = "starting",
  [CONTAINER_UPDATING] = "updating", [CONTAINER_REMOVING] = "removing",
  [CONTAINER_VANISHED] = "vanished",
};
G_STATIC_ASSERT (G_N_ELEMENTS (states) == N_CONTAINER_STATES);

const char *
container_state_to_string (ContainerState state)
{
  return states[state];
}

gboolean
container_state_from_string (const char *name, ContainerState *ret_state)
{
  for (int i = 0; i < N_CONTAINER_STATES; i++)
    if (g_str_equal (states[i], name)) {
      *ret_state = (ContainerState) i;
      return TRUE;
    }
  return FALSE;
}

Container *
container_new (const char *name, const char *unit, const SettingsDefaults *defaults)
{
  Container *self = g_new0 (Container, 1);

  self->name = g_strdup (name);
  self->unit = g_strdup (unit);
  self->cgroup = g_strdup ("");
  self->defaults = *defaults;
  self->user = NCG_NO_USER;
  return self;
}

void
container_free (gpointer data)
{
  Container *self = data;

  g_free (self->name);
  g_free (self->unit);
  g_free (self->cgroup);
  spec_clear (&self->spec);
  spec_clear (&self->pending);
  g_clear_pointer (&self->dropped, g_variant_unref);
  g_free (self);
}

gboolean
container_is_busy (const Container *self)
{
  return self->state != CONTAINER_ACTIVE && self->state != CONTAINER_VANISHED;
}

NcgPlace
container_get_place (const Container *self)
{
  return (NcgPlace){ .unit = self->unit, .cgroup = self->cgroup };
}

char *
container_describe (const Container *self, const char *uid)
{
  return g_strdup_printf ("NodeCgroups: container %s of pod %s", self->name, uid);
}

void
container_get_resources (const Container *self, NcgResources *ret_resources)
{
  settings_for_container (&self->spec, &self->defaults, ret_resources);
}

void
container_set_spec (Container *self, const Spec *spec)
{
  Spec copy;

  spec_copy (spec, &copy);
  spec_clear (&self->spec);
  self->spec = copy;
  self->has_spec = TRUE;
}

void
container_set_cgroup (Container *self, const char *cgroup)
{
  g_free (self->cgroup);
  self->cgroup = g_strdup (cgroup);
}

/* Of a leaf that is started around processes nothing is pending: it is there, or it is not. */
static gboolean
is_pending (const Container *self)
{
  return container_is_busy (self) && (self->is_held || self->state != CONTAINER_STARTING);
}

void
containers_save (const GPtrArray *containers, GVariantDict *dict)
{
  GVariantBuilder all, delegated, held, dropped, pending, graces;

  g_variant_builder_init (&all, G_VARIANT_TYPE (CONTAINERS_TYPE));
  g_variant_builder_init (&delegated, G_VARIANT_TYPE (DELEGATED_TYPE));
  g_variant_builder_init (&held, G_VARIANT_TYPE_STRING_ARRAY);
  g_variant_builder_init (&dropped, G_VARIANT_TYPE (DROPPED_TYPE));
  g_variant_builder_init (&pending, G_VARIANT_TYPE (PENDING_TYPE));
  g_variant_builder_init (&graces, G_VARIANT_TYPE (GRACES_TYPE));
  for (guint i = 0; i < containers->len; i++) {
    const Container *self = g_ptr_array_index (containers, i);
    g_autoptr (GVariant) spec = spec_to_variant (&self->spec);
    g_autoptr (GVariant) next = spec_to_variant (&self->pending);

    g_variant_builder_add (&all, "(ssb@a{sv})", self->name, self->unit, self->has_spec, spec);
    if (self->is_delegated)
      g_variant_builder_add (&delegated, "{su}", self->name, (guint32) self->user);
    if (self->is_held)
      g_variant_builder_add (&held, "s", self->name);
    if (self->dropped != NULL)
      g_variant_builder_add (&dropped, "{s@a{su}}", self->name, self->dropped);
    if (is_pending (self))
      g_variant_builder_add (&pending, "{s(s@a{sv})}", self->name,
                             container_state_to_string (self->state), next);
    if (self->state == CONTAINER_REMOVING && self->grace_end_usec != 0)
      g_variant_builder_add (&graces, "{sx}", self->name, self->grace_end_usec);
  }
  g_variant_dict_insert_value (dict, "Containers", g_variant_builder_end (&all));
  g_variant_dict_insert_value (dict, "Delegated", g_variant_builder_end (&delegated));
  g_variant_dict_insert_value (dict, "Held", g_variant_builder_end (&held));
  g_variant_dict_insert_value (dict, "DroppedOf", g_variant_builder_end (&dropped));
  g_variant_dict_insert_value (dict, "Pending", g_variant_builder_end (&pending));
  g_variant_dict_insert_value (dict, "GraceEnds", g_variant_builder_end (&graces));
}

static gboolean
load_pending (Container *self, GVariant *list, GError **error)
{
  g_autoptr (GVariant) spec = NULL;
  const char *state;

  if (!g_variant_lookup (list, self->name, "(&s@a{sv})", &state, &spec))
    return TRUE;
  if (!container_state_from_string (state, &self->state) || !is_pending (self)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED,
                 "of container %s an operation is pending that there is not, '%s'", self->name,
                 state);
    return FALSE;
  }
  return spec_parse (spec, SPEC_OF_CONTAINER, &self->pending, error);
}

/* (transfer full): @name of @content, or an empty one */
static GVariant *
look_up (GVariant *content, const char *name, const char *type)
{
  GVariant *value = g_variant_lookup_value (content, name, G_VARIANT_TYPE (type));

  return value != NULL ? value : g_variant_ref_sink (g_variant_new (type, NULL));
}

gboolean
containers_load (GVariant *content,
                 const SettingsDefaults *defaults,
                 GPtrArray *containers,
                 GError **error)
{
  g_autoptr (GVariant) all =
      g_variant_lookup_value (content, "Containers", G_VARIANT_TYPE (CONTAINERS_TYPE));
  g_autoptr (GVariant) delegated = look_up (content, "Delegated", DELEGATED_TYPE);
  g_autoptr (GVariant) dropped = look_up (content, "DroppedOf", DROPPED_TYPE);
  g_autoptr (GVariant) pending = look_up (content, "Pending", PENDING_TYPE);
  g_autoptr (GVariant) held = look_up (content, "Held", "as");
  g_autoptr (GVariant) graces = look_up (content, "GraceEnds", GRACES_TYPE);
  g_autofree const char **held_names = g_variant_get_strv (held, NULL);
  GVariantIter iter;
  const char *name, *unit;
  gboolean has_spec;
  GVariant *spec;

  if (all == NULL) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "there is no list of containers");
    return FALSE;
  }
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_next (&iter, "(&s&sb@a{sv})", &name, &unit, &has_spec, &spec)) {
    g_autoptr (GVariant) owned = spec;
    Container *self = container_new (name, unit, defaults);
    guint32 user;

    g_ptr_array_add (containers, self);
    self->has_spec = has_spec;
    self->is_held = g_strv_contains (held_names, name);
    self->is_delegated = g_variant_lookup (delegated, name, "u", &user);
    if (self->is_delegated)
      self->user = (uid_t) user;
    self->dropped = g_variant_lookup_value (dropped, name, G_VARIANT_TYPE ("a{su}"));
    g_variant_lookup (graces, name, "x", &self->grace_end_usec);
    if (!spec_parse (owned, SPEC_OF_CONTAINER, &self->spec, error) ||
        !load_pending (self, pending, error))
      return FALSE;
  }
  return TRUE;
}
