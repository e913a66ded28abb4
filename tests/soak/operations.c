/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changes pods, and the choice of what is done.
 */
#include "tests/soak/client.h"
#include "tests/soak/report.h"

static void
check_created (Client *self, const SoakPod *pod, GVariant *reply)
{
  const char *object, *slice, *cgroup;

  g_variant_get (reply, "(&o&s&s)", &object, &slice, &cgroup);
  if (!g_str_equal (object, pod->object) || !g_str_equal (slice, pod->slice) ||
      !g_str_equal (cgroup, pod->cgroup))
    client_fail (self, "pod %s should be %s, %s, %s, and is %s, %s, %s", pod->uid, pod->object,
                 pod->slice, pod->cgroup, object, slice, cgroup);
}

/* Also the same again, for a pod that is there. */
static void
create (Client *self, SoakPod *pod)
{
  gboolean as_text = g_rand_boolean (self->rand);
  g_autoptr (GVariant) spec = soak_spec_format (&pod->spec, as_text);
  g_autoptr (GVariant) reply = client_call (
      self, LINK_PATH, "CreatePod", g_variant_new ("(s@a{sv})", pod->uid, spec), NULL, NULL, NULL);

  if (reply == NULL)
    return;
  pod->exists = TRUE;
  check_created (self, pod, reply);
}

void
operations_create (Client *self, SoakPod *pod)
{
  soak_spec_choose (&pod->spec, self->rand);
  soak_pod_set_names (pod);
  create (self, pod);
}

static void
update (Client *self, SoakPod *pod)
{
  g_autoptr (GVariant) changes = soak_spec_change (&pod->spec, self->rand);
  gboolean by_object = g_rand_int_range (self->rand, 0, 4) == 0;
  GVariant *arguments = by_object ? g_variant_new ("(@a{sv})", changes)
                                  : g_variant_new ("(s@a{sv})", pod->uid, changes);
  g_autoptr (GVariant) reply =
      client_call (self, by_object ? pod->object : LINK_PATH,
                   by_object ? LINK_NAME ".Pod.Update" : "UpdatePod", arguments, NULL, NULL, NULL);
}

static void
remove_with (Client *self, SoakPod *pod, guint64 grace_usec)
{
  guint excused = self->link.n_excused;
  g_autoptr (GVariant) reply = NULL;

  reply = client_call (self, LINK_PATH, "RemovePod",
                       g_variant_new ("(s@a{sv})", pod->uid, containers_format_grace (grace_usec)),
                       NULL, NULL, "NoSuchPod");
  if (report_has_failed ())
    return;
  for (guint i = 0; i < pod->containers->len; i++)
    containers_reap (self, pod, g_ptr_array_index (pod->containers, i), grace_usec,
                     excused != self->link.n_excused);
  soak_pod_removed (pod);
}

void
operations_remove (Client *self, SoakPod *pod)
{
  remove_with (self, pod, 0);
}

static void
remove_pod (Client *self, SoakPod *pod)
{
  gboolean is_stubborn = FALSE;

  for (guint i = 0; i < pod->containers->len; i++)
    is_stubborn |= soak_container_is_stubborn (g_ptr_array_index (pod->containers, i));
  remove_with (self, pod, containers_choose_grace (self, is_stubborn));
}

static void
create_again (Client *self, SoakPod *pod)
{
  create (self, pod);
}

typedef struct {
  guint weight;
  void (*run) (Client *self, SoakPod *pod);
} Operation;

static const Operation operations[] = {
  { 4, remove_pod },          { 15, update },          { 3, create_again },
  { 40, containers_run_one }, { 30, queries_run_one }, { 10, refusals_run_one },
};

void
operations_run_one (Client *self)
{
  guint i = (guint) g_rand_int_range (self->rand, 0, (gint32) self->pods->len);
  SoakPod *pod = g_ptr_array_index (self->pods, i);
  guint sum = 0, choice;

  if (!pod->exists) {
    operations_create (self, pod);
    return;
  }
  for (gsize k = 0; k < G_N_ELEMENTS (operations); k++)
    sum += operations[k].weight;
  choice = (guint) g_rand_int_range (self->rand, 0, (gint32) sum);
  for (gsize k = 0; k < G_N_ELEMENTS (operations); k++) {
    if (choice < operations[k].weight) {
      operations[k].run (self, pod);
      return;
    }
    choice -= operations[k].weight;
  }
}
