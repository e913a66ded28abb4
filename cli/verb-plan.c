/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl plan: what a configuration or a pod would set on this machine. Nothing is set, and
 * nobody is asked: it is the policy of the daemon, and the library's way to the kernel's files.
 *
 * JSON: an object with Kind. Of "NodeCgroupsConfiguration": see plan-node.h. Of "Pod": Uid,
 * QosClass, Spec (as CreatePod takes it), Group (see plan-group.h), and Containers, an array of
 * objects with Name, Spec and Group.
 */
#include "cli/plan-kubernetes.h"
#include "cli/plan-node.h"
#include "cli/verbs.h"
#include "daemon/config/load.h"
#include "lib/names.h"

static char *root_directory;
static char *config_file;

static const GOptionEntry entries[] = {
  { "root", 0, 0, G_OPTION_ARG_FILENAME, &root_directory,
    "Take /etc, /sys, /proc and /run below DIR instead of the machine's", "DIR" },
  { "config", 0, 0, G_OPTION_ARG_FILENAME, &config_file,
    "Of a pod: the configuration of the node (default: " CONFIG_FILE ")", "FILE" },
  { NULL },
};

/* sd_booted(3) */
static gboolean
has_systemd (const char *root)
{
  g_autofree char *mark = g_strconcat (root, "/run/systemd/system", NULL);

  return g_file_test (mark, G_FILE_TEST_IS_DIR);
}

/* (transfer full): @file (nullable): else the machine's own. @name: what to call it */
static Config *
load (const char *root, const char *file, const char *name, GError **error)
{
  g_autoptr (ConfigSources) sources = config_sources_new ();
  g_autoptr (GError) reason = NULL;
  Config *config;

  g_free (sources->root);
  sources->root = g_strdup (root);
  sources->file = g_strdup (file);
  sources->has_systemd = has_systemd (root);
  config = config_load (sources, &reason);
  if (config == NULL && file != NULL && !g_str_equal (file, name)) {
    g_auto (GStrv) parts = g_strsplit (reason->message, file, -1);
    g_autofree char *message = g_strjoinv (name, parts);

    g_set_error_literal (error, reason->domain, reason->code, message);
  } else if (config == NULL) {
    g_propagate_error (error, g_steal_pointer (&reason));
  }
  return config;
}

static gboolean
find_machine (const Config *config, PlanMachine *ret_machine, GError **error)
{
  ret_machine->has_systemd = g_str_equal (config->driver, "systemd");
  ret_machine->hierarchy = ncg_hierarchy_detect (config->root, error);
  return ret_machine->hierarchy != NULL;
}

static gboolean
plan_node (Call *call, const PlanSource *source, const char *root, GError **error)
{
  g_autoptr (Config) config = load (root, source->path, source->name, error);
  PlanMachine machine = { NULL };
  g_autoptr (PlanNode) node = NULL;

  if (config != NULL && find_machine (config, &machine, error))
    node = plan_node_new (&machine, config, error);
  if (node != NULL && call_wants_json (call)) {
    g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (NULL);
    g_autoptr (GVariant) described = g_variant_ref_sink (plan_node_describe (node));

    g_variant_dict_init (&all, described);
    g_variant_dict_insert (&all, "Kind", "s", "NodeCgroupsConfiguration");
    call_show_json (call, g_variant_dict_end (&all));
  } else if (node != NULL) {
    TableLook look = call_get_look (call);
    g_autofree char *text = plan_node_format (node, &look);

    call_show (call, text);
  }
  g_clear_pointer (&machine.hierarchy, ncg_hierarchy_free);
  return node != NULL;
}

/* (transfer full): "machine-burstable-poda.slice", "/machine/burstable/poda" */
static char *
name_pod (const PlanMachine *machine, const Config *config, const PlanPod *pod, GError **error)
{
  const char *class = qos_get_component (spec_get_qos (&pod->spec));
  g_autofree char *parent =
      g_strconcat (config->cgroup_root, class[0] != '\0' ? "/" : "", class, NULL);
  g_autofree char *name = g_strconcat ("pod", pod->uid, NULL);
  g_autofree char *slice = NULL;

  if (!machine->has_systemd)
    return g_strconcat (parent, "/", name, NULL);
  slice = ncg_names_slice_from_path (parent, error);
  return slice != NULL ? ncg_names_child_slice (slice, name, error) : NULL;
}

static char *
name_container (const PlanMachine *machine,
                const char *group,
                const PlanPod *pod,
                const PlanContainer *container,
                GError **error)
{
  if (!machine->has_systemd)
    return g_strconcat (group, "/", container->name, NULL);
  return ncg_names_leaf_unit (pod->uid, container->name, ".service", error);
}

/* (transfer full) (element-type PlanGroup): that of the pod, and of its containers */
static GPtrArray *
make_groups (const PlanMachine *machine, const Config *config, const PlanPod *pod, GError **error)
{
  g_autoptr (GPtrArray) groups = g_ptr_array_new_with_free_func ((GDestroyNotify) plan_group_free);
  g_auto (NcgResources) resources = { 0 };
  SettingsDefaults defaults;
  char *unit = name_pod (machine, config, pod, error);
  PlanGroup *group;

  settings_read_defaults (config, machine->hierarchy, &defaults);
  settings_for_pod (&pod->spec, &defaults, &resources);
  group = unit != NULL ? plan_group_new (machine, unit, &resources, error) : NULL;
  if (group != NULL)
    g_ptr_array_add (groups, group);
  for (guint i = 0; group != NULL && i < pod->containers->len; i++) {
    const PlanContainer *container = g_ptr_array_index (pod->containers, i);
    g_auto (NcgResources) own = { 0 };
    char *leaf = name_container (machine, unit, pod, container, error);

    settings_for_container (&container->spec, &defaults, &own);
    group = leaf != NULL ? plan_group_new (machine, leaf, &own, error) : NULL;
    if (group != NULL)
      g_ptr_array_add (groups, group);
  }
  return group != NULL ? g_steal_pointer (&groups) : NULL;
}

static void
show_pod (const Call *call, const PlanPod *pod, const GPtrArray *groups)
{
  g_autoptr (Table) table = plan_group_new_table ();
  g_autoptr (GString) out = g_string_new (NULL);
  TableLook look = call_get_look (call);
  g_autofree char *text = NULL;

  for (guint i = 0; i < groups->len; i++)
    plan_group_add (g_ptr_array_index (groups, i), table);
  text = table_format (table, &look);
  if (!call->options->no_legend)
    g_string_append_printf (out, "%s (%s)\n\n", pod->uid,
                            qos_to_string (spec_get_qos (&pod->spec)));
  g_string_append (out, text);
  call_show (call, out->str);
}

static GVariant *
describe_containers (const PlanPod *pod, const GPtrArray *groups)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < pod->containers->len; i++) {
    const PlanContainer *container = g_ptr_array_index (pod->containers, i);
    g_autoptr (GVariant) spec = spec_to_variant (&container->spec);

    g_variant_builder_open (&all, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add (&all, "{sv}", "Name", g_variant_new_string (container->name));
    g_variant_builder_add (&all, "{sv}", "Spec", spec);
    g_variant_builder_add (&all, "{sv}", "Group",
                           plan_group_describe (g_ptr_array_index (groups, i + 1)));
    g_variant_builder_close (&all);
  }
  return g_variant_builder_end (&all);
}

static void
show_pod_json (const Call *call, const PlanPod *pod, const GPtrArray *groups)
{
  g_autoptr (GVariant) spec = spec_to_variant (&pod->spec);
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&all, "{sv}", "Kind", g_variant_new_string ("Pod"));
  g_variant_builder_add (&all, "{sv}", "Uid", g_variant_new_string (pod->uid));
  g_variant_builder_add (&all, "{sv}", "QosClass",
                         g_variant_new_string (qos_to_string (spec_get_qos (&pod->spec))));
  g_variant_builder_add (&all, "{sv}", "Spec", spec);
  g_variant_builder_add (&all, "{sv}", "Group",
                         plan_group_describe (g_ptr_array_index (groups, 0)));
  g_variant_builder_add (&all, "{sv}", "Containers", describe_containers (pod, groups));
  call_show_json (call, g_variant_builder_end (&all));
}

static gboolean
plan_pod (Call *call, PlanSource *source, const char *root, GError **error)
{
  g_autoptr (PlanPod) pod = source->kind == PLAN_KUBERNETES
                                ? plan_kubernetes_read (source, root, error)
                                : plan_pod_read (source, root, error);
  g_autoptr (Config) config = pod != NULL ? load (root, config_file, config_file, error) : NULL;
  g_autoptr (GPtrArray) groups = NULL;
  PlanMachine machine = { NULL };

  if (config != NULL && find_machine (config, &machine, error))
    groups = make_groups (&machine, config, pod, error);
  if (groups != NULL && call_wants_json (call))
    show_pod_json (call, pod, groups);
  else if (groups != NULL)
    show_pod (call, pod, groups);
  g_clear_pointer (&machine.hierarchy, ncg_hierarchy_free);
  return groups != NULL;
}

static gboolean
run (Call *call, GError **error)
{
  const char *root = root_directory != NULL ? root_directory : "";
  g_autoptr (PlanSource) source = NULL;

  if (call->options->host != NULL) {
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE,
                 "plan is for this machine, and does not go with --host");
    return FALSE;
  }
  source = plan_source_read (call->arguments[0], error);
  if (source == NULL)
    return FALSE;
  return source->kind == PLAN_CONFIGURATION ? plan_node (call, source, root, error)
                                            : plan_pod (call, source, root, error);
}

const Verb verb_plan = {
  .name = "plan",
  .arguments = "FILE|-",
  .min_arguments = 1,
  .max_arguments = 1,
  .group = VERB_GROUP_SEE,
  .help = "Show what a configuration or a pod would set here; set nothing",
  .options = entries,
  .more =
      "FILE is YAML or JSON, and one of these:\n"
      "  kind: NodeCgroupsConfiguration   in the place of " CONFIG_FILE ", under its drop-ins:\n"
      "                                   reservations, slices without any pod, sysctls, scores\n"
      "  kind: Pod                        a manifest of Kubernetes, with its containers' "
      "resources\n"
      "  Uid: UID                         and the keys of create; under Containers: names with "
      "theirs\n"
      "Maps are written as such: Labels: {app: web}, IOLimits: {/dev/sda: {ReadIOPSMax: 100}}, "
      "and values of\nSystemdProperties with their type: {MemoryZSwapMax: uint64 0}.\n\n"
      "BY is the property of systemd that sets it; what systemd has none for nodecgroupsd writes "
      "itself.\nWhether this systemd knows each property shows only when it is set.",
  .run = run,
};
