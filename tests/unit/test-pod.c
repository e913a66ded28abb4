/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One pod and its containers, and their file.
 */
#include "daemon/pod.h"

#include "lib/error.h"

#include <string.h>

static void
parse (const char *text, SpecKind kind, Spec *ret_spec)
{
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (variant);
  g_assert_true (spec_parse (variant, kind, ret_spec, NULL));
}

static const SettingsDefaults defaults = { 77, FALSE, 20000, NCG_SHARES_RUNC };

static Pod *
make_pod (const char *uid, const char *text)
{
  g_auto (Spec) spec = { 0 };

  g_autofree char *path = g_strconcat ("/machine/burstable/pod", uid, NULL);
  g_autofree char *own = g_strdelimit (g_strdup (uid), "-", '_');
  g_autofree char *slice = g_strconcat ("machine-burstable-pod", own, ".slice", NULL);

  parse (text, SPEC_OF_POD, &spec);
  return pod_new (uid, path, slice, &spec, &defaults);
}

static void
test_new (void)
{
  gint64 before = g_get_real_time ();
  g_autoptr (Pod) pod = make_pod ("a-b", "{'CPULimit': <'500m'>}");

  g_assert_cmpstr (pod->uid, ==, "a-b");
  g_assert_cmpstr (pod->path, ==, "/machine/burstable/poda-b");
  g_assert_cmpstr (pod->slice, ==, "machine-burstable-poda_b.slice");
  g_assert_cmpstr (pod->cgroup, ==, "");
  g_assert_cmpstr (pod->object_path, ==, POD_OBJECT_PREFIX "/a_2db");
  g_assert_cmpint ((int) pod->state, ==, POD_CREATING);
  g_assert_cmpint ((int) pod->qos, ==, QOS_BURSTABLE);
  g_assert_cmpuint (pod->created_usec, >=, (guint64) before);
  g_assert_cmpuint (ncg_resources_get (&pod->resources, NCG_SETTING_CPU_QUOTA_USEC, 0), ==, 500000);
  g_assert_cmpuint (pod->containers->len, ==, 0);
}

static void
test_states (void)
{
  static const char *const states[] = { "creating", "active", "updating", "removing", "vanished" };

  for (gsize i = 0; i < G_N_ELEMENTS (states); i++)
    g_assert_cmpstr (pod_state_to_string ((PodState) i), ==, states[i]);
}

static void
test_set_spec (void)
{
  g_autoptr (Pod) pod = make_pod ("a", "{'CPULimit': <'500m'>, 'CPUSet': <'0'>}");
  g_auto (Spec) spec = { 0 };

  parse ("{'CPULimit': <'2'>, 'Labels': <{'a': 'b'}>}", SPEC_OF_POD, &spec);
  pod_set_spec (pod, &spec);
  pod_set_spec (pod, &pod->spec);
  g_assert_true (spec_equal (&pod->spec, &spec));
  g_assert_cmpuint (ncg_resources_get (&pod->resources, NCG_SETTING_CPU_QUOTA_USEC, 0), ==,
                    2000000);
  g_assert_null (pod->resources.cpus);
}

static void
test_containers (void)
{
  g_autoptr (Pod) pod = make_pod ("a", "{}");
  Container *first = pod_add_container (pod, "app", "poda-app.scope");
  Container *second = pod_add_container (pod, "db", "poda-db.scope");

  g_assert_true (pod_find_container (pod, "app") == first);
  g_assert_true (pod_find_unit (pod, "poda-db.scope") == second);
  g_assert_null (pod_find_container (pod, "poda-app.scope"));
  g_assert_null (pod_find_unit (pod, "app"));
  g_assert_cmpstr (first->cgroup, ==, "");
  pod_drop_container (pod, first);
  g_assert_null (pod_find_container (pod, "app"));
  g_assert_true (pod_find_container (pod, "db") == second);
}

static void
fill (Pod *pod)
{
  Container *container = pod_add_container (pod, "app", "poda-app.scope");

  pod_set_cgroup (pod, "/machine.slice/x");
  pod->created_usec = 1234567;
  container->has_spec = TRUE;
  parse ("{'PidsLimit': <'5'>, 'CPUSet': <'0-1'>}", SPEC_OF_CONTAINER, &container->spec);
  pod_add_container (pod, "other", "poda-other.scope");
}

static void
assert_same (const Pod *a, const Pod *b)
{
  g_assert_cmpstr (a->uid, ==, b->uid);
  g_assert_cmpstr (a->path, ==, b->path);
  g_assert_cmpstr (a->slice, ==, b->slice);
  g_assert_cmpstr (a->cgroup, ==, b->cgroup);
  g_assert_cmpstr (a->object_path, ==, b->object_path);
  g_assert_cmpint ((int) a->qos, ==, (int) b->qos);
  g_assert_cmpuint (a->created_usec, ==, b->created_usec);
  g_assert_true (spec_equal (&a->spec, &b->spec));
  g_assert_true (ncg_resources_equal (&a->resources, &b->resources));
  g_assert_cmpuint (a->containers->len, ==, b->containers->len);
  for (guint i = 0; i < a->containers->len; i++) {
    const Container *container_a = g_ptr_array_index (a->containers, i);
    const Container *container_b = g_ptr_array_index (b->containers, i);

    g_assert_cmpstr (container_a->name, ==, container_b->name);
    g_assert_cmpstr (container_a->unit, ==, container_b->unit);
    g_assert_cmpint (container_a->has_spec, ==, container_b->has_spec);
    g_assert_true (spec_equal (&container_a->spec, &container_b->spec));
  }
}

static const char *const specs[] = {
  "{}",
  "{'QosClass': <'Guaranteed'>, 'Labels': <{'a': 'b', 'c': 'ü'}>}",
  "{'CPURequest': <'1m'>, 'CPULimit': <'max'>, 'CPUPeriodUSec': <uint64 1000>, "
  "'CPUWeight': <uint64 1>, 'CPUSet': <'0-3'>, 'MemoryNodes': <''>, 'MemoryRequest': <'1'>, "
  "'MemoryLimit': <'1Gi'>, 'MemoryHigh': <'max'>, 'MemoryLow': <'0'>, 'MemoryMin': <'max'>, "
  "'MemorySwapLimit': <'0'>, 'PidsLimit': <'1'>}",
};

/* As a file has it: text. */
static void
test_round_trip (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_autoptr (Pod) pod = make_pod ("a", specs[i]);
    g_autoptr (GVariant) saved = NULL;
    g_autofree char *text = NULL;
    g_autoptr (GVariant) read = NULL;
    g_autoptr (GError) error = NULL;
    g_autoptr (Pod) loaded = NULL;

    fill (pod);
    saved = pod_save (pod, NULL);
    g_assert_false (g_variant_is_floating (saved));
    text = g_variant_print (saved, TRUE);
    read = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
    g_assert_no_error (error);
    loaded = pod_load ("a", read, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (loaded->defaults.pids_limit, ==, 77);
    g_assert_false (loaded->defaults.is_unquoted);
    g_assert_cmpuint (loaded->defaults.period_usec, ==, 20000);
    g_assert_cmpint ((int) loaded->defaults.formula, ==, NCG_SHARES_RUNC);
    g_assert_cmpint ((int) loaded->state, ==, POD_CREATING);
    assert_same (loaded, pod);
  }
}

/* Whatever the uid, with each driver, and without a root. */
static void
test_names (void)
{
  static const struct {
    const char *uid, *path, *slice;
  } names[] = {
    { "a-b", "/machine/poda-b", "machine-poda_b.slice" },
    { "a_b.c", "/machine/poda_b.c", "machine-poda_b.c.slice" },
    { "a-b", "/machine/poda-b", "/machine/poda-b" },
    { "a", "/poda", "poda.slice" },
    { "a", "/poda", "/poda" },
  };
  g_auto (Spec) spec = { 0 };

  parse ("{}", SPEC_OF_POD, &spec);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (Pod) pod = pod_new (names[i].uid, names[i].path, names[i].slice, &spec, &defaults);
    g_autoptr (GVariant) saved = pod_save (pod, NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (Pod) loaded = pod_load (names[i].uid, saved, &error);

    g_assert_no_error (error);
    assert_same (loaded, pod);
  }
}

/* A change that is under way: another spec, all else the same. */
static void
test_save_another_spec (void)
{
  g_autoptr (Pod) pod = make_pod ("a", "{'CPULimit': <'500m'>}");
  g_auto (Spec) spec = { 0 };
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (Pod) loaded = NULL;

  parse ("{'CPULimit': <'2'>}", SPEC_OF_POD, &spec);
  saved = pod_save (pod, &spec);
  loaded = pod_load ("a", saved, NULL);
  g_assert_true (spec_equal (&loaded->spec, &spec));
  g_assert_false (spec_equal (&pod->spec, &spec));
  pod_set_spec (pod, &spec);
  assert_same (loaded, pod);
}

static void
test_incomplete (void)
{
  static const char *const keys[] = {
    "Path", "Slice", "ControlGroup", "QosClass", "CreatedUSec", "Spec", "Containers",
  };
  g_autoptr (Pod) pod = make_pod ("a", "{}");
  g_autoptr (GVariant) saved = pod_save (pod, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++) {
    g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (saved);
    g_autoptr (GVariant) content = NULL;
    g_autoptr (GError) error = NULL;

    g_assert_true (g_variant_dict_remove (&dict, keys[i]));
    content = g_variant_ref_sink (g_variant_dict_end (&dict));
    g_assert_null (pod_load ("a", content, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  }
}

static const struct {
  const char *key;
  const char *value;
} wrong[] = {
  { "QosClass", "'Best'" },
  { "QosClass", "1" },
  { "WeightFormula", "'crun'" },
  { "CreatedUSec", "'now'" },
  { "Spec", "{'CPULimit': <'x'>}" },
  { "Path", "'/machine/burstable/podb'" },
  { "Path", "'/machine/burstable/poda/x'" },
  { "Slice", "'machine-burstable-podb.slice'" },
  { "Slice", "'machine-burstable-xpoda.slice'" },
  { "Slice", "'/machine/besteffort/poda'" },
  { "Spec", "{'Unknown': <'x'>}" },
  { "Containers", "['a']" },
  { "Containers", "[('app', 'poda-app.scope', true, {'QosClass': <'Burstable'>})]" },
};

static void
test_wrong (void)
{
  g_autoptr (Pod) pod = make_pod ("a", "{}");
  g_autoptr (GVariant) saved = pod_save (pod, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (saved);
    g_autoptr (GVariant) content = NULL;
    g_autoptr (GError) error = NULL;

    g_variant_dict_insert_value (&dict, wrong[i].key,
                                 g_variant_parse (NULL, wrong[i].value, NULL, NULL, NULL));
    content = g_variant_ref_sink (g_variant_dict_end (&dict));
    g_assert_null (pod_load ("a", content, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pod/new", test_new);
  g_test_add_func ("/pod/states", test_states);
  g_test_add_func ("/pod/set-spec", test_set_spec);
  g_test_add_func ("/pod/containers", test_containers);
  g_test_add_func ("/pod/round-trip", test_round_trip);
  g_test_add_func ("/pod/names", test_names);
  g_test_add_func ("/pod/save-another-spec", test_save_another_spec);
  g_test_add_func ("/pod/incomplete", test_incomplete);
  g_test_add_func ("/pod/wrong", test_wrong);
  return g_test_run ();
}
