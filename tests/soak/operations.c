/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changes pods.
 */
#include "tests/soak/client.h"
#include "tests/soak/report.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* So many processes are enough for a container, and so many containers for a pod. */
#define PROCESSES_MAX 4
#define CONTAINERS_MAX 3

#define SHORT_GRACE_USEC (200 * 1000)
#define LONG_GRACE_USEC (5 * G_USEC_PER_SEC)

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
  g_autoptr (GVariant) changes =
      soak_spec_change (&pod->spec, self->rand, pod->containers->len == 0);
  gboolean by_object = g_rand_int_range (self->rand, 0, 4) == 0;
  GVariant *arguments = by_object ? g_variant_new ("(@a{sv})", changes)
                                  : g_variant_new ("(s@a{sv})", pod->uid, changes);
  g_autoptr (GVariant) reply =
      client_call (self, by_object ? pod->object : LINK_PATH,
                   by_object ? LINK_NAME ".Pod.Update" : "UpdatePod", arguments, NULL, NULL, NULL);
}

/* How the processes of a pod have ended that was removed in one go, or otherwise. */
static void
reap_all (Client *self, const SoakPod *pod, guint64 grace_usec, gboolean was_excused)
{
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    for (guint j = 0; j < container->processes->len; j++) {
      SoakProcess *process = g_ptr_array_index (container->processes, j);
      gboolean is_gentle = !process->is_stubborn && grace_usec == LONG_GRACE_USEC;
      int pid = process->pid, signal = soak_process_reap (process);

      if (signal != SIGKILL && (signal != SIGTERM || grace_usec == 0))
        client_fail (self, "process %d of pod %s ended by signal %d when the pod was removed", pid,
                     pod->uid, signal);
      else if (is_gentle && signal != SIGTERM && !was_excused)
        client_fail (self, "process %d of pod %s was killed without SIGTERM", pid, pod->uid);
    }
  }
}

static void
remove_with (Client *self, SoakPod *pod, guint64 grace_usec)
{
  guint excused = self->link.n_excused;
  g_autoptr (GVariant) reply = NULL;
  GVariantBuilder options;

  g_variant_builder_init (&options, G_VARIANT_TYPE ("a{sv}"));
  if (grace_usec > 0)
    g_variant_builder_add (&options, "{sv}", "GracePeriodUSec", g_variant_new_uint64 (grace_usec));
  reply = client_call (self, LINK_PATH, "RemovePod", g_variant_new ("(sa{sv})", pod->uid, &options),
                       NULL, NULL, "NoSuchPod");
  if (report_has_failed ())
    return;
  reap_all (self, pod, grace_usec, excused != self->link.n_excused);
  soak_pod_removed (pod);
}

void
operations_remove (Client *self, SoakPod *pod)
{
  remove_with (self, pod, 0);
}

static gboolean
has_stubborn (const SoakPod *pod)
{
  for (guint i = 0; i < pod->containers->len; i++) {
    const SoakContainer *container = g_ptr_array_index (pod->containers, i);

    for (guint j = 0; j < container->processes->len; j++)
      if (((SoakProcess *) g_ptr_array_index (container->processes, j))->is_stubborn)
        return TRUE;
  }
  return FALSE;
}

static void
remove_pod (Client *self, SoakPod *pod)
{
  gboolean is_graceful = g_rand_boolean (self->rand);

  if (!is_graceful)
    remove_with (self, pod, 0);
  else
    remove_with (self, pod, has_stubborn (pod) ? SHORT_GRACE_USEC : LONG_GRACE_USEC);
}

/* Processes @first and later ones of a container, as a list of pids or of descriptors. */
static GVariant *
build_join (const SoakPod *pod,
            const SoakContainer *container,
            guint first,
            GVariant *options,
            GUnixFDList *fds)
{
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE (fds != NULL ? "ah" : "au"));
  for (guint i = first; i < container->processes->len; i++) {
    const SoakProcess *process = g_ptr_array_index (container->processes, i);

    if (fds != NULL) {
      int fd = (int) syscall (SYS_pidfd_open, process->pid, 0);
      g_variant_builder_add (&list, "h", g_unix_fd_list_append (fds, fd, NULL));
      close (fd);
    } else {
      g_variant_builder_add (&list, "u", (guint32) process->pid);
    }
  }
  return g_variant_new (fds != NULL ? "(ssah@a{sv})" : "(ssau@a{sv})", pod->uid, container->name,
                        &list, options);
}

static void
check_joined (Client *self, const SoakPod *pod, SoakContainer *container, GVariant *reply)
{
  const char *unit, *cgroup;
  g_autofree char *wanted = NULL;

  g_variant_get (reply, "(&s&s)", &unit, &cgroup);
  wanted = g_strdup_printf ("%s/%s", pod->cgroup, unit);
  if (!g_str_equal (cgroup, wanted) || !g_str_has_suffix (unit, ".scope"))
    client_fail (self, "container %s of pod %s is %s at %s", container->name, pod->uid, unit,
                 cgroup);
  g_free (container->unit);
  g_free (container->cgroup);
  container->unit = g_strdup (unit);
  container->cgroup = g_strdup (cgroup);
  for (guint i = 0; i < container->processes->len; i++) {
    const SoakProcess *process = g_ptr_array_index (container->processes, i);
    g_autofree char *wrong = soak_pod_check_process (pod, container, process);

    if (wrong != NULL)
      client_fail (self, "%s", wrong);
  }
}

/* Starts one to three processes and joins them. With the options a container that has ended is
 * started again as it was; without them one that is there is joined as it is. */
static void
join (Client *self, const SoakPod *pod, SoakContainer *container, gboolean with_options)
{
  g_autoptr (GUnixFDList) fds = g_rand_boolean (self->rand) ? g_unix_fd_list_new () : NULL;
  g_autoptr (GVariant) none = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  guint first = container->processes->len;
  guint n = (guint) g_rand_int_range (self->rand, 1, 4);
  g_autoptr (GVariant) reply = NULL;

  for (guint i = 0; i < n; i++) {
    gboolean is_stubborn = g_rand_int_range (self->rand, 0, 6) == 0;
    g_ptr_array_add (container->processes, soak_process_start (is_stubborn));
  }
  reply = client_call (
      self, LINK_PATH, fds != NULL ? "JoinPodByPidFd" : "JoinPod",
      build_join (pod, container, first, with_options ? container->options : none, fds), fds, NULL,
      NULL);
  if (reply != NULL)
    check_joined (self, pod, container, reply);
}

static void
join_new (Client *self, SoakPod *pod)
{
  guint n_there = 0;

  for (guint i = 0; i < pod->containers->len; i++)
    n_there += ((SoakContainer *) g_ptr_array_index (pod->containers, i))->processes->len > 0;
  if (n_there < CONTAINERS_MAX)
    join (self, pod, soak_pod_add_container (pod, self->rand), TRUE);
}

static void
join_ended (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, TRUE);

  if (container != NULL)
    join (self, pod, container, TRUE);
}

static void
join_further (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);

  if (container != NULL && container->processes->len < PROCESSES_MAX)
    join (self, pod, container, g_rand_boolean (self->rand));
}

/* Processes end by themselves; with the last one ends the container. */
static void
end_process (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  guint i;

  if (container == NULL)
    return;
  i = (guint) g_rand_int_range (self->rand, 0, (gint32) container->processes->len);
  client_note (self, "end of a process of %s of pod %s, %u were there", container->name, pod->uid,
               container->processes->len);
  g_ptr_array_remove_index (container->processes, i);
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
  { 4, remove_pod },   { 15, update },          { 3, create_again },
  { 15, join_new },    { 5, join_ended },       { 5, join_further },
  { 12, end_process }, { 30, queries_run_one }, { 10, refusals_run_one },
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
