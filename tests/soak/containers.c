/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What changes containers.
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

guint64
containers_choose_grace (Client *self, gboolean has_stubborn)
{
  if (g_rand_boolean (self->rand))
    return 0;
  return has_stubborn ? SHORT_GRACE_USEC : LONG_GRACE_USEC;
}

GVariant *
containers_format_grace (guint64 grace_usec)
{
  return grace_usec > 0 ? g_variant_new_parsed ("{'GracePeriodUSec': <%t>}", grace_usec)
                        : g_variant_new_parsed ("@a{sv} {}");
}

void
containers_reap (Client *self,
                 const SoakPod *pod,
                 const SoakContainer *container,
                 guint64 grace_usec,
                 gboolean was_excused)
{
  for (guint i = 0; i < container->processes->len; i++) {
    SoakProcess *process = g_ptr_array_index (container->processes, i);
    gboolean is_gentle = !process->is_stubborn && grace_usec == LONG_GRACE_USEC;
    int pid = process->pid, signal = soak_process_reap (process);

    if (signal != SIGKILL && (signal != SIGTERM || grace_usec == 0))
      client_fail (self, "process %d of container %s of pod %s ended by signal %d at its removal",
                   pid, container->name, pod->uid, signal);
    else if (is_gentle && signal != SIGTERM && !was_excused)
      client_fail (self, "process %d of container %s of pod %s was killed without SIGTERM", pid,
                   container->name, pod->uid);
  }
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
  if (!g_str_equal (cgroup, wanted) ||
      !g_str_has_suffix (unit, container->is_held ? ".service" : ".scope"))
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
  if (soak_pod_count_containers (pod) < CONTAINERS_MAX)
    join (self, pod, soak_pod_add_container (pod, self->rand, FALSE), TRUE);
}

/* Also the same again, for one that is there. */
static void
create (Client *self, const SoakPod *pod, SoakContainer *container)
{
  g_autoptr (GVariant) reply =
      client_call (self, LINK_PATH, "CreateContainer",
                   g_variant_new ("(ss@a{sv})", pod->uid, container->name, container->options),
                   NULL, NULL, NULL);

  if (reply == NULL)
    return;
  container->is_created = TRUE;
  check_joined (self, pod, container, reply);
}

static void
create_new (Client *self, SoakPod *pod)
{
  if (soak_pod_count_containers (pod) < CONTAINERS_MAX)
    create (self, pod, soak_pod_add_container (pod, self->rand, TRUE));
}

static void
create_again (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);

  if (container != NULL && container->is_held)
    create (self, pod, container);
}

static void
update (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  g_autoptr (GVariant) changes = NULL;
  g_autoptr (GVariant) reply = NULL;

  if (container == NULL)
    return;
  changes = soak_spec_change_options (&container->options, self->rand);
  reply = client_call (self, LINK_PATH, "UpdateContainer",
                       g_variant_new ("(ss@a{sv})", pod->uid, container->name, changes), NULL, NULL,
                       NULL);
}

static void
remove_one (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  guint excused = self->link.n_excused;
  g_autoptr (GVariant) reply = NULL;
  guint64 grace_usec;

  if (container == NULL)
    return;
  grace_usec = containers_choose_grace (self, soak_container_is_stubborn (container));
  reply = client_call (
      self, LINK_PATH, "RemoveContainer",
      g_variant_new ("(ss@a{sv})", pod->uid, container->name, containers_format_grace (grace_usec)),
      NULL, NULL, "NoSuchContainer");
  if (report_has_failed ())
    return;
  containers_reap (self, pod, container, grace_usec, excused != self->link.n_excused);
  container->is_created = FALSE;
  g_ptr_array_set_size (container->processes, 0);
}

/* As it was. */
static void
start_ended (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, TRUE);

  if (container != NULL && container->is_held)
    create (self, pod, container);
  else if (container != NULL)
    join (self, pod, container, TRUE);
}

static void
join_further (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);

  if (container != NULL && container->processes->len < PROCESSES_MAX)
    join (self, pod, container, !container->is_held && g_rand_boolean (self->rand));
}

/* Processes end by themselves; with the last one ends a container that was not created. */
static void
end_process (Client *self, SoakPod *pod)
{
  SoakContainer *container = soak_pod_choose_container (pod, self->rand, FALSE);
  guint i;

  if (container == NULL || container->processes->len == 0)
    return;
  i = (guint) g_rand_int_range (self->rand, 0, (gint32) container->processes->len);
  client_note (self, "end of a process of %s of pod %s, %u were there", container->name, pod->uid,
               container->processes->len);
  g_ptr_array_remove_index (container->processes, i);
}

typedef struct {
  guint weight;
  void (*run) (Client *self, SoakPod *pod);
} Operation;

static const Operation operations[] = {
  { 12, join_new },    { 6, create_new }, { 2, create_again }, { 5, start_ended },
  { 8, join_further }, { 8, update },     { 4, remove_one },   { 10, end_process },
};

void
containers_run_one (Client *self, SoakPod *pod)
{
  guint sum = 0, choice;

  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++)
    sum += operations[i].weight;
  choice = (guint) g_rand_int_range (self->rand, 0, (gint32) sum);
  for (gsize i = 0; i < G_N_ELEMENTS (operations); i++) {
    if (choice < operations[i].weight) {
      operations[i].run (self, pod);
      return;
    }
    choice -= operations[i].weight;
  }
}
