/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Manifests of Kubernetes as specs.
 */
#include "cli/plan-kubernetes.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define HEAD "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n"

/* A line for each container, with its resources in flow style. */
#define INIT "  initContainers:\n"
#define MAIN "  containers:\n"
#define ONE(name, resources) "  - {name: " name ", resources: {" resources "}}\n"
#define KEPT(name, resources)                                                                      \
  "  - {name: " name ", restartPolicy: Always, resources: {" resources "}}\n"

static const struct {
  const char *text; /* after HEAD */
  const char *spec; /* of the pod */
} rows[] = {
  /* nothing, and zeros, is BestEffort */
  { MAIN ONE ("c", "") ONE ("d", "limits: {cpu: 0}"), "{'QosClass': <'BestEffort'>}" },
  { MAIN "  - {name: c}\n", "{'QosClass': <'BestEffort'>}" },
  /* a limit is the request */
  { MAIN ONE ("c", "limits: {cpu: 500m, memory: 1Ki}"),
    "{'CPULimit': <uint64 500>, 'CPURequest': <uint64 500>, 'MemoryLimit': <uint64 1024>, "
    "'MemoryRequest': <uint64 1024>, 'QosClass': <'Guaranteed'>}" },
  /* what one has not, the pod has not; requests are added up */
  { MAIN ONE ("c", "limits: {cpu: 1}") ONE ("d", "requests: {cpu: 0.25, memory: 10}"),
    "{'CPURequest': <uint64 1250>, 'MemoryRequest': <uint64 10>, 'QosClass': <'Burstable'>}" },
  { MAIN ONE ("c", "limits: {cpu: 1, memory: 5}") ONE ("d", "limits: {memory: 6}"),
    "{'CPURequest': <uint64 1000>, 'MemoryLimit': <uint64 11>, 'MemoryRequest': <uint64 11>, "
    "'QosClass': <'Burstable'>}" },
  /* an init container counts by its own, if that is more */
  { INIT ONE ("i", "requests: {cpu: 3}") ONE ("j", "requests: {cpu: 1}")
        MAIN ONE ("c", "requests: {cpu: 1}") ONE ("d", "requests: {cpu: 1}"),
    "{'CPURequest': <uint64 3000>, 'QosClass': <'Burstable'>}" },
  { INIT ONE ("i", "requests: {cpu: 1}") MAIN ONE ("c", "requests: {cpu: 2}"),
    "{'CPURequest': <uint64 2000>, 'QosClass': <'Burstable'>}" },
  /* one that stays runs beside those after it, and beside the others */
  { INIT KEPT ("s", "requests: {cpu: 1}") ONE ("i", "requests: {cpu: 3}")
        MAIN ONE ("c", "requests: {cpu: 2}"),
    "{'CPURequest': <uint64 4000>, 'QosClass': <'Burstable'>}" },
  { INIT ONE ("i", "requests: {cpu: 3}") KEPT ("s", "requests: {cpu: 1}")
        MAIN ONE ("c", "requests: {cpu: 1}"),
    "{'CPURequest': <uint64 3000>, 'QosClass': <'Burstable'>}" },
  { INIT KEPT ("s", "requests: {cpu: 1}") MAIN ONE ("c", "requests: {cpu: 2}"),
    "{'CPURequest': <uint64 3000>, 'QosClass': <'Burstable'>}" },
  /* init containers count for the class */
  { INIT ONE ("i", "") MAIN ONE ("c", "limits: {cpu: 1, memory: 1}"),
    "{'CPURequest': <uint64 1000>, 'MemoryRequest': <uint64 1>, 'QosClass': <'Burstable'>}" },
  /* the overhead comes on top, of a limit only if there is one */
  { "  overhead: {cpu: 10m, memory: 1}\n" MAIN ONE ("c", "limits: {cpu: 1}"),
    "{'CPULimit': <uint64 1010>, 'CPURequest': <uint64 1010>, 'MemoryRequest': <uint64 1>, "
    "'QosClass': <'Burstable'>}" },
  /* huge pages; and what is none of ours */
  { MAIN ONE ("c", "limits: {hugepages-2Mi: 4Mi, memory: 1, example.org/gpu: 1}")
        ONE ("d", "limits: {hugepages-2Mi: 2Mi}"),
    "{'HugepageLimits': <{'2Mi': <uint64 6291456>}>, 'MemoryRequest': <uint64 1>, 'QosClass': "
    "<'Burstable'>}" },
};

static const struct {
  const char *text;
  const char *message;
} wrong[] = {
  { MAIN ONE ("c", "limits: {cpu: 1x}"), ":6:36: spec.containers[0].resources.limits.cpu: \"1x\"" },
  { MAIN ONE ("c", "limits: {cpu: -1}"), "it takes a quantity from 0 on" },
  { MAIN ONE ("c", "limits: [a]"), "spec.containers[0].resources.limits: it takes a map" },
  { MAIN ONE ("c", "requests: {cpu: 2}, limits: {cpu: 1}"), "CPURequest" },
  { MAIN ONE ("c/d", ""), "spec.containers[0].name: \"c/d\"" },
  { MAIN "  - {}\n", "spec.containers[0].name" },
  { "  containers: {}\n", "containers: it takes a list" },
  { "  volumes: []\n", "spec.containers: a Pod has containers" },
  { "  resources: {limits: {cpu: 1}}\n" MAIN ONE ("c", ""),
    "spec.resources: resources of the pod" },
};

/* A machine with pages of 2 MiB. */
static PlanPod *
read_pod (const char *text, GError **error)
{
  char *root = temp_dir_new ();
  g_autofree char *path = g_build_filename (root, "a.yaml", NULL);
  g_autofree char *whole = g_strconcat (HEAD, text, NULL);
  g_autoptr (PlanSource) source = NULL;
  PlanPod *pod;

  temp_dir_make (root, "sys/kernel/mm/hugepages/hugepages-2048kB");
  temp_dir_write (root, "a.yaml", whole);
  source = plan_source_read (path, error);
  g_assert_nonnull (source);
  g_assert_cmpint (source->kind, ==, PLAN_KUBERNETES);
  pod = plan_kubernetes_read (source, root, error);
  temp_dir_free (root);
  return pod;
}

static void
test_specs (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (PlanPod) pod = read_pod (rows[i].text, &error);
    g_autoptr (GVariant) spec = NULL;
    g_autofree char *text = NULL;

    g_assert_no_error (error);
    spec = spec_to_variant (&pod->spec);
    text = g_variant_print (spec, TRUE);
    g_assert_cmpstr (text, ==, rows[i].spec);
    g_assert_cmpstr (pod->uid, ==, "a");
  }
}

static void
test_containers (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PlanPod) pod =
      read_pod (INIT ONE ("i", "limits: {cpu: 1}")
                    MAIN ONE ("c", "requests: {memory: 3}, limits: {memory: 5}"),
                &error);
  const PlanContainer *container;
  g_autoptr (GVariant) spec = NULL;
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (pod->containers->len, ==, 2);
  container = g_ptr_array_index (pod->containers, 1);
  g_assert_cmpstr (container->name, ==, "c");
  spec = spec_to_variant (&container->spec);
  text = g_variant_print (spec, TRUE);
  g_assert_cmpstr (text, ==, "{'MemoryLimit': <uint64 5>, 'MemoryRequest': <uint64 3>}");
}

static void
test_wrong (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (read_pod (wrong[i].text, &error));
    if (strstr (error->message, wrong[i].message) == NULL)
      g_error ("there is no \"%s\" in \"%s\"", wrong[i].message, error->message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan-kubernetes/specs", test_specs);
  g_test_add_func ("/plan-kubernetes/containers", test_containers);
  g_test_add_func ("/plan-kubernetes/wrong", test_wrong);
  return g_test_run ();
}
