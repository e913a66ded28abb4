/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A key of the file becomes what it is on the command line, KEY=VALUE, so that one table has the
 * types; and is parsed by itself, so that what is wrong with it has its place.
 */
#include "cli/plan-pod.h"

#include "cli/spec-arguments.h"
#include "daemon/spec-facts.h"
#include "lib/names.h"

#include <string.h>

/* Not settings: of whom the container is made. */
static const char *const others[] = { "Delegate", "User", "Subgroup", NULL };

static void
container_free (gpointer data)
{
  PlanContainer *container = data;

  g_free (container->name);
  spec_clear (&container->spec);
  g_free (container);
}

PlanPod *
plan_pod_new (void)
{
  PlanPod *self = g_new0 (PlanPod, 1);

  self->containers = g_ptr_array_new_with_free_func (container_free);
  return self;
}

void
plan_pod_free (PlanPod *self)
{
  g_free (self->uid);
  spec_clear (&self->spec);
  g_ptr_array_unref (self->containers);
  g_free (self);
}

PlanContainer *
plan_pod_add (PlanPod *self, const char *name)
{
  PlanContainer *container = g_new0 (PlanContainer, 1);

  container->name = g_strdup (name);
  g_ptr_array_add (self->containers, container);
  return container;
}

/* Appends each value below @node, with the keys on the way to it before it. */
static void
flatten (const ConfigNode *node, const char *prefix, const char *separator, GPtrArray *arguments)
{
  if (node->kind == CONFIG_NODE_SCALAR)
    g_ptr_array_add (arguments, g_strconcat (prefix, node->text, NULL));
  for (guint i = 0; node->children != NULL && i < node->children->len; i++) {
    const ConfigNode *child = g_ptr_array_index (node->children, i);
    g_autofree char *longer =
        child->key != NULL ? g_strconcat (prefix, child->key, separator, NULL) : g_strdup (prefix);

    flatten (child, longer, separator, arguments);
  }
}

/* The place says the key, too. */
static void
complain (PlanSource *source, const ConfigNode *node, const char *path, GError *error)
{
  g_autofree char *prefix = g_strconcat (node->key, ": ", NULL);
  g_autofree char *message = error != NULL ? error->message : NULL;

  if (error != NULL)
    error->message =
        g_strdup (g_str_has_prefix (message, prefix) ? message + strlen (prefix) : message);
  plan_source_complain (source, node, path, error);
}

/* (transfer full) (nullable): the one key as an a{sv}, which the policy takes */
static GVariant *
parse_key (PlanSource *source, const ConfigNode *node, const char *path, SpecKind kind)
{
  g_autoptr (GPtrArray) arguments = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *prefix = g_strconcat (node->key, "=", NULL);
  g_auto (Spec) spec = { 0 };
  g_autoptr (GVariant) value = NULL;
  GError *error = NULL;

  flatten (node, prefix, g_str_equal (node->key, "SystemdProperties") ? "=" : ":", arguments);
  g_ptr_array_add (arguments, NULL);
  value = spec_arguments_parse ((char **) arguments->pdata, &error);
  if (value != NULL && kind == SPEC_OF_CONTAINER && g_strv_contains (others, node->key))
    return NULL;
  if (value != NULL && spec_parse (value, kind, &spec, &error))
    return g_steal_pointer (&value);
  complain (source, node, path, error);
  return NULL;
}

void
plan_pod_check (PlanSource *source, const ConfigNode *node, Spec *spec, const char *root)
{
  GError *error = NULL;

  if (!spec_check (spec, &error) || !spec_facts_find (spec, root, &error))
    plan_source_complain (source, node, NULL, error);
}

/* The keys of @map that are the spec's. @parent: (nullable): the path of @map */
static void
read_spec (PlanSource *source,
           const ConfigNode *map,
           const char *parent,
           SpecKind kind,
           const char *root,
           Spec *ret_spec)
{
  static const char *const own[] = { "Uid", "Containers", NULL };
  g_auto (GVariantDict) keys = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) all = NULL;

  for (guint i = 0; i < map->children->len; i++) {
    const ConfigNode *node = g_ptr_array_index (map->children, i);
    g_autofree char *path =
        g_strjoin (parent != NULL ? "." : "", parent != NULL ? parent : "", node->key, NULL);
    g_autoptr (GVariant) one = NULL;
    g_autoptr (GVariant) value = NULL;

    if (node->kind == CONFIG_NODE_BAD || (parent == NULL && g_strv_contains (own, node->key)))
      continue;
    one = parse_key (source, node, path, kind);
    value = one != NULL ? g_variant_lookup_value (one, node->key, NULL) : NULL;
    if (value != NULL)
      g_variant_dict_insert_value (&keys, node->key, value);
  }
  all = g_variant_ref_sink (g_variant_dict_end (&keys));
  if (config_report_get_length (source->report) > 0)
    return;
  /* One by one they were right. */
  if (spec_parse (all, kind, ret_spec, NULL))
    plan_pod_check (source, map, ret_spec, root);
}

static void
read_containers (PlanSource *source, PlanPod *pod, const char *root)
{
  const ConfigNode *map = config_node_find (source->tree, "Containers");

  if (map != NULL && map->kind != CONFIG_NODE_MAP) {
    config_report_add (source->report, &map->place, "Containers", NULL,
                       "it takes a map of names to the keys of a container's spec");
    return;
  }
  for (guint i = 0; map != NULL && i < map->children->len; i++) {
    const ConfigNode *node = g_ptr_array_index (map->children, i);
    g_autofree char *path = g_strconcat ("Containers.", node->key, NULL);
    GError *error = NULL;

    ncg_names_check_container (node->key, &error);
    plan_source_complain (source, node, path, error);
    if (node->kind == CONFIG_NODE_MAP)
      read_spec (source, node, path, SPEC_OF_CONTAINER, root, &plan_pod_add (pod, node->key)->spec);
    else if (config_node_is_null (node))
      plan_pod_add (pod, node->key);
    else
      config_report_add (source->report, &node->place, path, NULL,
                         "it takes the keys of a container's spec");
  }
}

PlanPod *
plan_pod_read (PlanSource *source, const char *root, GError **error)
{
  g_autoptr (PlanPod) pod = plan_pod_new ();
  const ConfigNode *uid = config_node_find (source->tree, "Uid");
  GError *wrong = NULL;

  ncg_names_check_uid (uid->text != NULL ? uid->text : "", &wrong);
  plan_source_complain (source, uid, "Uid", wrong);
  pod->uid = g_strdup (uid->text);
  read_spec (source, source->tree, NULL, SPEC_OF_POD, root, &pod->spec);
  read_containers (source, pod, root);
  return plan_source_check (source, error) ? g_steal_pointer (&pod) : NULL;
}
