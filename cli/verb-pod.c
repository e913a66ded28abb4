/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl pod: everything of a pod.
 *
 * JSON: for each UID an object of its own, one after the other: the properties of the pod's
 * interface (Containers as objects: Name, Unit, ControlGroup, State), Object, Stats (GetPodStats
 * with Containers; absent where there is no cgroup), and Settings (VerifyPod, an array of objects:
 * Object, Setting, Wanted, Actual, Ok).
 */
#include "cli/json-text.h"
#include "cli/pod-view.h"
#include "cli/verbs.h"

static void
pod_facts_clear (PodFacts *facts)
{
  g_free (facts->object);
  g_clear_pointer (&facts->properties, g_variant_unref);
  g_clear_pointer (&facts->stats, g_variant_unref);
  g_clear_pointer (&facts->settings, g_variant_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PodFacts, pod_facts_clear)

/* Of a pod without a cgroup there are no figures, and that is no error. */
static gboolean
find_stats (NcgDbusManager *manager, const char *uid, PodFacts *facts, GError **error)
{
  const char *cgroup = "";
  GVariantBuilder options;

  g_variant_lookup (facts->properties, "ControlGroup", "&s", &cgroup);
  if (cgroup[0] == '\0')
    return TRUE;
  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "Containers", g_variant_new_boolean (TRUE));
  return ncg_dbus_manager_call_get_pod_stats_sync (manager, uid, g_variant_builder_end (&options),
                                                   G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC,
                                                   &facts->stats, NULL, error);
}

static gboolean
find_facts (Bus *bus, const char *uid, PodFacts *facts, GError **error)
{
  NcgDbusManager *manager = bus_get_manager (bus, error);

  facts->object = manager != NULL ? bus_get_pod (bus, uid, error) : NULL;
  if (facts->object == NULL)
    return FALSE;
  facts->properties = bus_get_all (bus, facts->object, BUS_POD, error);
  return facts->properties != NULL && find_stats (manager, uid, facts, error) &&
         ncg_dbus_manager_call_verify_pod_sync (manager, uid, G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC,
                                                &facts->settings, NULL, error);
}

static void
show_json (const Call *call, const PodFacts *facts)
{
  static const char *const container_fields[] = { "Name", "Unit", "ControlGroup", "State", NULL };
  g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (facts->properties);
  g_autoptr (GVariant) containers =
      g_variant_lookup_value (facts->properties, "Containers", G_VARIANT_TYPE ("a(ssss)"));
  GVariantBuilder settings;

  g_variant_dict_insert (&all, "Object", "o", facts->object);
  if (containers != NULL) {
    g_autoptr (GVariant) named = json_text_name_fields (containers, container_fields);

    g_variant_dict_insert_value (&all, "Containers", named);
  }
  if (facts->stats != NULL)
    g_variant_dict_insert_value (&all, "Stats", facts->stats);
  g_variant_builder_init (&settings, G_VARIANT_TYPE ("aa{sv}"));
  settings_describe (&settings, facts->settings, NULL, FALSE);
  g_variant_dict_insert_value (&all, "Settings", g_variant_builder_end (&settings));
  call_show_json (call, g_variant_dict_end (&all));
}

static gboolean
run (Call *call, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (guint i = 0; i < call->n_arguments; i++) {
    g_auto (PodFacts) facts = { 0 };

    if (!find_facts (call->bus, call->arguments[i], &facts, error))
      return FALSE;
    if (call_wants_json (call)) {
      show_json (call, &facts);
      continue;
    }
    if (i > 0)
      g_string_append_c (out, '\n');
    pod_view_append (call, out, &facts);
  }
  if (!call_wants_json (call))
    call_show (call, out->str);
  return TRUE;
}

const Verb verb_pod = {
  .name = "pod",
  .arguments = "UID…",
  .min_arguments = 1,
  .max_arguments = G_MAXUINT,
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Show everything of a pod, wanted beside actual",
  .run = run,
};
