/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Questions about pods, whose answers the model knows.
 */
#include "tests/soak/client.h"

#include <string.h>

static GVariant *
ask (Client *self, const char *path, const char *member, GVariant *arguments)
{
  return client_call (self, path, member, arguments, NULL, NULL, NULL);
}

static void
check_listed (Client *self, GHashTable *rows)
{
  for (guint i = 0; i < self->pods->len; i++) {
    const SoakPod *pod = g_ptr_array_index (self->pods, i);
    GVariant *row = g_hash_table_lookup (rows, pod->uid);
    const char *qos, *object, *slice, *state;

    if (pod->exists != (row != NULL)) {
      client_fail (self, "pod %s is%s listed", pod->uid, pod->exists ? " not" : "");
      continue;
    }
    if (row == NULL)
      continue;
    g_variant_get (row, "(&s&s&o&s&s)", NULL, &qos, &object, &slice, &state);
    if (!g_str_equal (qos, soak_class_names[pod->spec.qos]) || !g_str_equal (object, pod->object) ||
        !g_str_equal (slice, pod->slice) || !g_str_equal (state, "active"))
      client_fail (self, "pod %s is listed as %s, %s, %s, %s", pod->uid, qos, object, slice, state);
  }
}

/* All of the client's are there, and none else of its. */
void
queries_check_list (Client *self)
{
  g_autoptr (GHashTable) rows =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  g_autoptr (GVariant) reply = ask (self, LINK_PATH, "ListPods", g_variant_new ("()"));
  g_autoptr (GVariant) all = NULL;

  if (reply == NULL)
    return;
  all = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (all); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (all, i);
    char *uid;

    g_variant_get_child (row, 0, "s", &uid);
    g_hash_table_insert (rows, uid, g_variant_ref (row));
  }
  check_listed (self, rows);
}

static void
list (Client *self, SoakPod *unused)
{
  queries_check_list (self);
}

static void
check_properties (Client *self, const SoakPod *pod, GVariant *properties)
{
  g_autoptr (GVariant) spec = g_variant_lookup_value (properties, "Spec", G_VARIANT_TYPE ("a{sv}"));
  const char *cgroup = "", *state = "";

  g_variant_lookup (properties, "ControlGroup", "&s", &cgroup);
  g_variant_lookup (properties, "State", "&s", &state);
  if (!g_str_equal (cgroup, pod->cgroup) || !g_str_equal (state, "active"))
    client_fail (self, "pod %s is %s at '%s'", pod->uid, state, cgroup);
  if (spec == NULL || !soak_spec_is (&pod->spec, spec)) {
    g_autofree char *actual = spec != NULL ? g_variant_print (spec, FALSE) : g_strdup ("none");
    g_autoptr (GVariant) should = soak_spec_format (&pod->spec, FALSE);
    g_autofree char *wanted = g_variant_print (should, FALSE);

    client_fail (self, "the spec of pod %s is %s instead of %s", pod->uid, actual, wanted);
  }
}

static void
get_properties (Client *self, SoakPod *pod)
{
  g_autoptr (GVariant) reply = ask (self, pod->object, "org.freedesktop.DBus.Properties.GetAll",
                                    g_variant_new ("(s)", LINK_NAME ".Pod"));
  g_autoptr (GVariant) properties = NULL;

  if (reply == NULL)
    return;
  properties = g_variant_get_child_value (reply, 0);
  check_properties (self, pod, properties);
}

static void
get_objects (Client *self, SoakPod *unused)
{
  g_autoptr (GVariant) reply =
      ask (self, LINK_PATH, "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
           g_variant_new ("()"));
  g_autoptr (GVariant) objects = NULL;

  if (reply == NULL)
    return;
  objects = g_variant_get_child_value (reply, 0);
  for (guint i = 0; i < self->pods->len; i++) {
    const SoakPod *pod = g_ptr_array_index (self->pods, i);
    g_autoptr (GVariant) interfaces =
        g_variant_lookup_value (objects, pod->object, G_VARIANT_TYPE ("a{sa{sv}}"));
    g_autoptr (GVariant) properties =
        interfaces != NULL
            ? g_variant_lookup_value (interfaces, LINK_NAME ".Pod", G_VARIANT_TYPE ("a{sv}"))
            : NULL;

    if (pod->exists != (properties != NULL))
      client_fail (self, "pod %s has%s an object", pod->uid, pod->exists ? " not" : "");
    else if (properties != NULL)
      check_properties (self, pod, properties);
  }
}

static void
get_pod (Client *self, SoakPod *pod)
{
  g_autoptr (GVariant) reply = ask (self, LINK_PATH, "GetPod", g_variant_new ("(s)", pod->uid));
  const char *object;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(&o)", &object);
  if (!g_str_equal (object, pod->object))
    client_fail (self, "pod %s is %s", pod->uid, object);
}

static void
get_pod_by_pid (Client *self, SoakPod *pod)
{
  const SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  const SoakProcess *process;
  g_autoptr (GVariant) reply = NULL;
  const char *object, *name;

  if (container == NULL || container->processes->len == 0)
    return;
  process = g_ptr_array_index (container->processes, 0);
  reply = ask (self, LINK_PATH, "GetPodByPid", g_variant_new ("(u)", (guint32) process->pid));
  if (reply == NULL)
    return;
  g_variant_get (reply, "(&o&s)", &object, &name);
  if (!g_str_equal (object, pod->object) || !g_str_equal (name, container->name))
    client_fail (self, "process %d of container %s of pod %s is said to be in '%s' of %s",
                 (int) process->pid, container->name, pod->uid, name, object);
}

static void
check_pids (Client *self, const SoakPod *pod, GVariant *stats)
{
  guint n = soak_pod_count_processes (pod);
  guint64 pids;

  if (g_variant_lookup (stats, "PidsCurrent", "t", &pids) && pids != n)
    client_fail (self, "pod %s has %" G_GUINT64_FORMAT " processes by its figures instead of %u",
                 pod->uid, pids, n);
}

static void
get_pod_stats (Client *self, SoakPod *pod)
{
  gboolean with_containers = g_rand_boolean (self->rand);
  GVariantBuilder options;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) stats = NULL;
  guint64 number;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("a{sv}"));
  if (with_containers)
    g_variant_builder_add (&options, "{sv}", "Containers", g_variant_new_boolean (TRUE));
  reply = ask (self, LINK_PATH, "GetPodStats", g_variant_new ("(sa{sv})", pod->uid, &options));
  if (reply == NULL)
    return;
  stats = g_variant_get_child_value (reply, 0);
  if (!g_variant_lookup (stats, "TimestampUSec", "t", &number) ||
      !g_variant_lookup (stats, "CPUUsageNSec", "t", &number))
    client_fail (self, "the figures of pod %s lack the time, or that of the CPU", pod->uid);
  check_pids (self, pod, stats);
  if (!with_containers)
    return;
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);
    g_autoptr (GVariant) all =
        g_variant_lookup_value (stats, "Containers", G_VARIANT_TYPE ("a{sa{sv}}"));
    g_autoptr (GVariant) one =
        all != NULL ? g_variant_lookup_value (all, container->name, NULL) : NULL;

    if (soak_container_is_there (container) && one == NULL)
      client_fail (self, "there are no figures of container %s of pod %s", container->name,
                   pod->uid);
  }
}

static void
get_stats (Client *self, SoakPod *unused)
{
  GVariantBuilder uids;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) all = NULL;

  g_variant_builder_init (&uids, G_VARIANT_TYPE ("as"));
  for (guint i = 0; i < self->pods->len; i++) {
    const SoakPod *pod = g_ptr_array_index (self->pods, i);

    if (pod->exists)
      g_variant_builder_add (&uids, "s", pod->uid);
  }
  reply = ask (self, LINK_PATH, "GetStats",
               g_variant_new ("(as@a{sv})", &uids,
                              g_variant_new_parsed ("{'Fields': <['CPUUsageNSec', "
                                                    "'MemoryUsageBytes', 'PidsCurrent']>}")));
  if (reply == NULL)
    return;
  all = g_variant_get_child_value (reply, 0);
  for (guint i = 0; i < self->pods->len; i++) {
    const SoakPod *pod = g_ptr_array_index (self->pods, i);
    g_autoptr (GVariant) stats = g_variant_lookup_value (all, pod->uid, G_VARIANT_TYPE ("a{sv}"));

    if (pod->exists && stats == NULL)
      client_fail (self, "GetStats has no figures of pod %s", pod->uid);
    else if (pod->exists)
      check_pids (self, pod, stats);
  }
}

/* The daemon may not know yet that a container has ended. */
static gboolean
is_known (const SoakPod *pod, const char *cgroup)
{
  if (g_str_equal (cgroup, pod->cgroup))
    return TRUE;
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    if (soak_container_is_there (container) && g_str_equal (container->cgroup, cgroup))
      return TRUE;
  }
  return FALSE;
}

static void
verify (Client *self, SoakPod *pod)
{
  g_autoptr (GVariant) reply = ask (self, LINK_PATH, "VerifyPod", g_variant_new ("(s)", pod->uid));
  g_autoptr (GVariantIter) iter = NULL;
  const char *cgroup, *setting, *wanted, *actual;
  gboolean ok;

  if (reply == NULL)
    return;
  g_variant_get (reply, "(a(ssssb))", &iter);
  if (g_variant_iter_n_children (iter) == 0)
    client_fail (self, "VerifyPod says nothing of pod %s", pod->uid);
  while (g_variant_iter_next (iter, "(&s&s&s&sb)", &cgroup, &setting, &wanted, &actual, &ok))
    if (!ok && is_known (pod, cgroup))
      client_fail (self, "%s of %s should be '%s', and is '%s'", setting, cgroup, wanted, actual);
}

/* Each call that has ended is in one of the ranges. */
static void
check_counts (Client *self, GVariant *latencies, const char *where)
{
  g_autoptr (GVariant) all =
      g_variant_lookup_value (latencies, where, G_VARIANT_TYPE ("a{sa{sv}}"));
  GVariantIter iter;
  const char *kind;
  GVariant *counted;

  if (all == NULL) {
    client_fail (self, "GetLatencies has no %s", where);
    return;
  }
  g_variant_iter_init (&iter, all);
  while (g_variant_iter_loop (&iter, "{&s@a{sv}}", &kind, &counted)) {
    g_autoptr (GVariantIter) counts = NULL;
    guint64 n_calls = 0, sum = 0, one;

    g_variant_lookup (counted, "Calls", "t", &n_calls);
    g_variant_lookup (counted, "Counts", "at", &counts);
    while (counts != NULL && g_variant_iter_next (counts, "t", &one))
      sum += one;
    if (counts == NULL || sum != n_calls)
      client_fail (self, "of %" G_GUINT64_FORMAT " calls of %s %" G_GUINT64_FORMAT " took a time",
                   n_calls, kind, sum);
  }
}

static void
get_latencies (Client *self, SoakPod *unused)
{
  g_autoptr (GVariant) reply =
      ask (self, LINK_PATH, LINK_NAME ".Node.GetLatencies", g_variant_new ("()"));
  g_autoptr (GVariant) latencies = NULL;

  if (reply == NULL)
    return;
  latencies = g_variant_get_child_value (reply, 0);
  check_counts (self, latencies, "Systemd");
  check_counts (self, latencies, "Operations");
}

typedef struct {
  guint weight;
  void (*run) (Client *self, SoakPod *pod);
} Query;

static const Query queries[] = {
  { 3, list },      { 6, get_properties }, { 1, get_objects },
  { 2, get_pod },   { 8, get_pod_by_pid }, { 8, get_pod_stats },
  { 2, get_stats }, { 8, verify },         { 1, get_latencies },
};

void
queries_run_one (Client *self, SoakPod *pod)
{
  guint sum = 0, choice;

  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++)
    sum += queries[i].weight;
  choice = (guint) g_rand_int_range (self->rand, 0, (gint32) sum);
  for (gsize i = 0; i < G_N_ELEMENTS (queries); i++) {
    if (choice < queries[i].weight) {
      queries[i].run (self, pod);
      return;
    }
    choice -= queries[i].weight;
  }
}
