/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of resources are tables from a name to an amount: cpu in millicores, the others in bytes.
 */
#include "cli/plan-kubernetes.h"

#include "lib/names.h"
#include "lib/quantity.h"

#include <string.h>

#define HUGEPAGES "hugepages-"

typedef struct {
  GHashTable *requests; /* (element-type utf8 guint64) */
  GHashTable *limits;
} Resources;

/* What the pod comes to while its containers are gone through. */
typedef struct {
  PlanSource *source;
  const char *root;
  PlanPod *pod;
  Resources sum;      /* of the containers, and the init containers that stay */
  Resources sidecars; /* of the latter, so far */
  Resources peak;     /* of what runs while the init containers do */
  gboolean is_guaranteed;
  gboolean is_besteffort;
  gboolean has_cpu_limit; /* each container so far */
  gboolean has_memory_limit;
} Reading;

static GHashTable *
new_list (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
resources_init (Resources *self)
{
  self->requests = new_list ();
  self->limits = new_list ();
}

static void
resources_clear (Resources *self)
{
  g_hash_table_unref (self->requests);
  g_hash_table_unref (self->limits);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Resources, resources_clear)

static guint64
get (GHashTable *list, const char *name)
{
  const guint64 *amount = g_hash_table_lookup (list, name);

  return amount != NULL ? *amount : 0;
}

static void
put (GHashTable *list, const char *name, guint64 amount)
{
  guint64 *value = g_new (guint64, 1);

  *value = amount;
  g_hash_table_replace (list, g_strdup (name), value);
}

static void
add_list (GHashTable *list, GHashTable *other)
{
  GHashTableIter iter;
  gpointer name, amount;

  g_hash_table_iter_init (&iter, other);
  while (g_hash_table_iter_next (&iter, &name, &amount))
    put (list, name, get (list, name) + *(guint64 *) amount);
}

static void
raise_list (GHashTable *list, GHashTable *other)
{
  GHashTableIter iter;
  gpointer name, amount;

  g_hash_table_iter_init (&iter, other);
  while (g_hash_table_iter_next (&iter, &name, &amount))
    put (list, name, MAX (get (list, name), *(guint64 *) amount));
}

static void
add (Resources *self, const Resources *other)
{
  add_list (self->requests, other->requests);
  add_list (self->limits, other->limits);
}

static void
cover (Resources *self, const Resources *other)
{
  raise_list (self->requests, other->requests);
  raise_list (self->limits, other->limits);
}

/* One amount; of other resources than ours nothing is taken. */
static void
read_amount (PlanSource *source, const ConfigNode *node, const char *path, GHashTable *list)
{
  gboolean is_cpu = g_str_equal (node->key, "cpu");
  GError *error = NULL;
  gint64 amount = 0;

  if (!is_cpu && !g_str_equal (node->key, "memory") && !g_str_has_prefix (node->key, HUGEPAGES))
    return;
  if (node->kind != CONFIG_NODE_SCALAR)
    config_report_add (source->report, &node->place, path, NULL, "it takes a quantity");
  else if (!(is_cpu ? ncg_quantity_parse_milli : ncg_quantity_parse_value) (node->text, &amount,
                                                                            &error))
    plan_source_complain (source, node, path, error);
  else if (amount < 0 || amount > G_MAXINT64 / 1024)
    config_report_add (source->report, &node->place, path, node->text,
                       "it takes a quantity from 0 on that a machine could have");
  else
    put (list, node->key, (guint64) amount);
}

static void
read_list (PlanSource *source, const ConfigNode *map, const char *parent, GHashTable *list)
{
  if (map == NULL || config_node_is_null (map))
    return;
  if (map->kind != CONFIG_NODE_MAP) {
    config_report_add (source->report, &map->place, parent, NULL,
                       "it takes a map of resources to quantities");
    return;
  }
  for (guint i = 0; i < map->children->len; i++) {
    const ConfigNode *node = g_ptr_array_index (map->children, i);
    g_autofree char *path = g_strconcat (parent, ".", node->key, NULL);

    read_amount (source, node, path, list);
  }
}

/* @path: of the container. A request that is left out is its limit. */
static void
read_resources (PlanSource *source, const ConfigNode *node, const char *path, Resources *resources)
{
  const ConfigNode *map = config_node_find (node, "resources");
  g_autofree char *requests = g_strconcat (path, ".resources.requests", NULL);
  g_autofree char *limits = g_strconcat (path, ".resources.limits", NULL);
  GHashTableIter iter;
  gpointer name, amount;

  if (map == NULL)
    return;
  read_list (source, config_node_find (map, "requests"), requests, resources->requests);
  read_list (source, config_node_find (map, "limits"), limits, resources->limits);
  g_hash_table_iter_init (&iter, resources->limits);
  while (g_hash_table_iter_next (&iter, &name, &amount))
    if (!g_hash_table_contains (resources->requests, name))
      put (resources->requests, name, *(guint64 *) amount);
}

static void
insert_amount (GVariantDict *keys, const char *key, guint64 amount, gboolean is_there)
{
  if (is_there && amount > 0)
    g_variant_dict_insert (keys, key, "t", amount);
}

static void
insert_hugepages (GVariantDict *keys, GHashTable *limits)
{
  g_autoptr (GVariant) value = NULL;
  GVariantBuilder sizes;
  GHashTableIter iter;
  gpointer name, amount;

  g_variant_builder_init (&sizes, G_VARIANT_TYPE_VARDICT);
  g_hash_table_iter_init (&iter, limits);
  while (g_hash_table_iter_next (&iter, &name, &amount))
    if (g_str_has_prefix (name, HUGEPAGES))
      g_variant_builder_add (&sizes, "{sv}", (const char *) name + strlen (HUGEPAGES),
                             g_variant_new_uint64 (*(guint64 *) amount));
  value = g_variant_ref_sink (g_variant_builder_end (&sizes));
  if (g_variant_n_children (value) > 0)
    g_variant_dict_insert_value (keys, "HugepageLimits", value);
}

/* The spec of @resources. @qos: (nullable): of a pod */
static void
make_spec (Reading *reading,
           const ConfigNode *node,
           const char *path,
           const Resources *resources,
           const char *qos,
           Spec *ret_spec)
{
  gboolean is_pod = qos != NULL;
  g_auto (GVariantDict) keys = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) all = NULL;
  GError *error = NULL;

  if (is_pod)
    g_variant_dict_insert (&keys, "QosClass", "s", qos);
  insert_amount (&keys, "CPURequest", get (resources->requests, "cpu"), TRUE);
  insert_amount (&keys, "MemoryRequest", get (resources->requests, "memory"), TRUE);
  insert_amount (&keys, "CPULimit", get (resources->limits, "cpu"),
                 !is_pod || reading->has_cpu_limit);
  insert_amount (&keys, "MemoryLimit", get (resources->limits, "memory"),
                 !is_pod || reading->has_memory_limit);
  insert_hugepages (&keys, resources->limits);
  all = g_variant_ref_sink (g_variant_dict_end (&keys));
  if (spec_parse (all, is_pod ? SPEC_OF_POD : SPEC_OF_CONTAINER, ret_spec, &error))
    plan_pod_check (reading->source, node, ret_spec, reading->root);
  plan_source_complain (reading->source, node, path, error);
}

/* As the class of the pod follows from it. */
static void
classify (Reading *reading, const Resources *resources)
{
  static const char *const names[] = { "cpu", "memory" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    guint64 request = get (resources->requests, names[i]);
    guint64 limit = get (resources->limits, names[i]);

    reading->is_besteffort = reading->is_besteffort && request == 0 && limit == 0;
    reading->is_guaranteed = reading->is_guaranteed && limit > 0 && request == limit;
  }
  reading->has_cpu_limit = reading->has_cpu_limit && get (resources->limits, "cpu") > 0;
  reading->has_memory_limit = reading->has_memory_limit && get (resources->limits, "memory") > 0;
}

static gboolean
is_sidecar (const ConfigNode *node)
{
  const ConfigNode *policy = config_node_find (node, "restartPolicy");

  return policy != NULL && g_strcmp0 (policy->text, "Always") == 0;
}

static void
count (Reading *reading, const Resources *resources, gboolean is_init, gboolean is_kept)
{
  g_auto (Resources) now = { NULL };

  resources_init (&now);
  if (!is_init || is_kept)
    add (&reading->sum, resources);
  if (!is_init)
    return;
  if (is_kept)
    add (&reading->sidecars, resources);
  add (&now, &reading->sidecars);
  if (!is_kept)
    add (&now, resources);
  cover (&reading->peak, &now);
}

static void
read_container (Reading *reading, const ConfigNode *node, const char *path, gboolean is_init)
{
  const ConfigNode *name = config_node_find (node, "name");
  g_autofree char *of_name = g_strconcat (path, ".name", NULL);
  g_auto (Resources) resources = { NULL };
  GError *error = NULL;

  resources_init (&resources);
  read_resources (reading->source, node, path, &resources);
  ncg_names_check_container (name != NULL && name->text != NULL ? name->text : "", &error);
  plan_source_complain (reading->source, name != NULL ? name : node, of_name, error);
  if (config_report_get_length (reading->source->report) > 0)
    return;
  classify (reading, &resources);
  count (reading, &resources, is_init, is_init && is_sidecar (node));
  make_spec (reading, node, path, &resources, NULL, &plan_pod_add (reading->pod, name->text)->spec);
}

static void
read_containers (Reading *reading, const ConfigNode *spec, const char *key, gboolean is_init)
{
  const ConfigNode *list = config_node_find (spec, key);

  if (list == NULL || config_node_is_null (list))
    return;
  if (list->kind != CONFIG_NODE_LIST) {
    config_report_add (reading->source->report, &list->place, key, NULL,
                       "it takes a list of containers");
    return;
  }
  for (guint i = 0; i < list->children->len; i++) {
    g_autofree char *path = g_strdup_printf ("spec.%s[%u]", key, i);

    read_container (reading, g_ptr_array_index (list->children, i), path, is_init);
  }
}

/* What the runtime itself takes; of a limit only where there is one. */
static void
add_overhead (Reading *reading, const ConfigNode *spec)
{
  g_autoptr (GHashTable) overhead = new_list ();
  GHashTableIter iter;
  gpointer name, amount;

  read_list (reading->source, config_node_find (spec, "overhead"), "spec.overhead", overhead);
  add_list (reading->sum.requests, overhead);
  g_hash_table_iter_init (&iter, overhead);
  while (g_hash_table_iter_next (&iter, &name, &amount))
    if (get (reading->sum.limits, name) > 0)
      put (reading->sum.limits, name, get (reading->sum.limits, name) + *(guint64 *) amount);
}

static void
read_pod (Reading *reading, const ConfigNode *spec)
{
  const ConfigNode *own = config_node_find (spec, "resources");
  const char *qos = "Burstable";

  if (own != NULL)
    config_report_add (reading->source->report, &own->key_place, "spec.resources", NULL,
                       "resources of the pod as a whole are not taken; give its containers theirs");
  read_containers (reading, spec, "initContainers", TRUE);
  read_containers (reading, spec, "containers", FALSE);
  cover (&reading->sum, &reading->peak);
  add_overhead (reading, spec);
  if (reading->is_besteffort)
    qos = "BestEffort";
  else if (reading->is_guaranteed)
    qos = "Guaranteed";
  if (config_report_get_length (reading->source->report) == 0)
    make_spec (reading, spec, "spec", &reading->sum, qos, &reading->pod->spec);
}

/* (transfer full) */
static char *
find_uid (PlanSource *source)
{
  const ConfigNode *metadata = config_node_find (source->tree, "metadata");
  const ConfigNode *uid = metadata != NULL ? config_node_find (metadata, "uid") : NULL;
  const char *text;
  GError *error = NULL;

  if (uid == NULL && metadata != NULL)
    uid = config_node_find (metadata, "name");
  text = uid != NULL && uid->text != NULL ? uid->text : "";
  ncg_names_check_uid (text, &error);
  plan_source_complain (source, uid != NULL ? uid : source->tree, "metadata.uid", error);
  return g_strdup (text);
}

PlanPod *
plan_kubernetes_read (PlanSource *source, const char *root, GError **error)
{
  const ConfigNode *spec = config_node_find (source->tree, "spec");
  const ConfigNode *containers = spec != NULL ? config_node_find (spec, "containers") : NULL;
  g_autoptr (PlanPod) pod = plan_pod_new ();
  Reading reading = { source,
                      root,
                      pod,
                      .is_guaranteed = TRUE,
                      .is_besteffort = TRUE,
                      .has_cpu_limit = TRUE,
                      .has_memory_limit = TRUE };

  pod->uid = find_uid (source);
  resources_init (&reading.sum);
  resources_init (&reading.sidecars);
  resources_init (&reading.peak);
  if (containers != NULL)
    read_pod (&reading, spec);
  else
    config_report_add (source->report, &source->tree->place, "spec.containers", NULL,
                       "a Pod has containers");
  resources_clear (&reading.sum);
  resources_clear (&reading.sidecars);
  resources_clear (&reading.peak);
  return plan_source_check (source, error) ? g_steal_pointer (&pod) : NULL;
}
