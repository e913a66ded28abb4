/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemons of Kubernetes and of the container runtime, as systemd tells of them: their oom
 * scores, and what the node says of where they are.
 */
#include "tests/dbus/fixture.h"

#include <string.h>

#define KUBELET "kubelet.service"
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static gboolean
has_score (Fixture *fixture, pid_t pid, const char *wanted)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/oom_score_adj", (int) pid);
  g_autofree char *text = fake_kernel_read_file (fixture->kernel, path);

  return g_str_equal (g_strchomp (text), wanted);
}

static void
set_score (Fixture *fixture, pid_t pid, const char *score)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/oom_score_adj", (int) pid);

  fake_kernel_write_file (fixture->kernel, path, score);
}

/* A process of the fake machine that is not protected. */
static pid_t
start_process (Fixture *fixture, const char *cgroup)
{
  pid_t pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), cgroup);

  set_score (fixture, pid, "0\n");
  return pid;
}

static pid_t
start_service (Fixture *fixture, const char *unit, const char *slice)
{
  pid_t pid = start_process (fixture, "/system.slice");

  fake_systemd_start_service (fixture->systemd, unit, slice, pid);
  return pid;
}

/* (transfer full) (nullable): "1 MESSAGE" or "0 MESSAGE"; NULL if there is no such condition */
static char *
get_condition (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) conditions =
      fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "Conditions");
  GVariantIter iter;
  const char *key, *message;
  gboolean holds;

  g_variant_iter_init (&iter, conditions);
  while (g_variant_iter_next (&iter, "(&sb&s)", &key, &holds, &message))
    if (g_str_equal (key, name))
      return g_strdup_printf ("%d %s", holds, message);
  return NULL;
}

/* Whether the condition begins so; NULL: whether there is none. */
static gboolean
is_condition (Fixture *fixture, const char *name, const char *wanted)
{
  g_autofree char *actual = get_condition (fixture, name);

  if (actual == NULL || wanted == NULL)
    return actual == wanted;
  return g_str_has_prefix (actual, wanted);
}

static gboolean
has_state (Fixture *fixture, const char *wanted)
{
  g_autoptr (GVariant) state =
      fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "State");

  return g_str_equal (g_variant_get_string (state, NULL), wanted);
}

static gboolean
has_row (Fixture *fixture, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Verify", NULL, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  return strstr (text, wanted) != NULL;
}

static void
test_scores (Fixture *fixture, gconstpointer data)
{
  pid_t first = start_service (fixture, KUBELET, "kubernetes.slice");
  pid_t second, other;

  fixture_wait (has_score (fixture, first, "-999"));
  fixture_wait (is_condition (fixture, "OomScore:" KUBELET, "1 "));
  g_assert_true (has_row (fixture, "('" KUBELET "', 'oom_score_adj', '-999', '-999', true)"));
  set_score (fixture, first, "5\n");
  g_assert_true (has_row (fixture, "('" KUBELET "', 'oom_score_adj', '-999', '5', false)"));

  other = start_service (fixture, "sshd.service", NULL);
  second = start_service (fixture, KUBELET, NULL);
  fixture_wait (has_score (fixture, second, "-999"));
  g_assert_true (has_score (fixture, other, "0"));
  fake_systemd_stop_service (fixture->systemd, KUBELET, TRUE);
  fixture_wait (is_condition (fixture, "OomScore:" KUBELET, NULL));
}

static void
test_placement (Fixture *fixture, gconstpointer data)
{
  start_service (fixture, KUBELET, NULL);
  fixture_wait (
      is_condition (fixture, "Placement:" KUBELET, "0 " KUBELET " runs in /system.slice"));
  fixture_wait (has_state (fixture, "degraded"));
  g_assert_true (
      has_row (fixture, "('" KUBELET "', 'slice', 'kubernetes.slice', 'system.slice', false)"));
  start_service (fixture, KUBELET, "kubernetes.slice");
  fixture_wait (
      is_condition (fixture, "Placement:" KUBELET, "1 " KUBELET " runs in kubernetes.slice"));
  fixture_wait (has_state (fixture, "ready"));
  fake_systemd_stop_service (fixture->systemd, KUBELET, FALSE);
  fixture_wait (is_condition (fixture, "Placement:" KUBELET, NULL));
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  pid_t pid;
  g_autofree char *comm = NULL;
  g_autofree char *status = NULL;

  fake_kernel_make_cgroup (fixture->kernel, "/user.slice/user-1000.slice/session-1.scope");
  pid = start_process (fixture, "/user.slice/user-1000.slice/session-1.scope");
  comm = g_strdup_printf ("/proc/%d/comm", (int) pid);
  fake_kernel_write_file (fixture->kernel, comm, "kubelet\n");
  status = g_strdup_printf ("/proc/%d/status", (int) pid);
  fake_kernel_write_file (fixture->kernel, status, "Name:\tkubelet\nUid:\t0\t0\t0\t0\n");
  fake_systemd_reload (fixture->systemd);
  fixture_wait (is_condition (fixture, "Placement:" KUBELET, "0 kubelet, process "));
}

static void
test_runtime (Fixture *fixture, gconstpointer data)
{
  fixture_wait (is_condition (fixture, "ContainerRuntime", "1 no daemon"));
  start_service (fixture, "containerd.service", NULL);
  fixture_wait (is_condition (fixture, "ContainerRuntime",
                              "1 the container runtime is containerd: containerd.service, in "
                              "/system.slice/containerd.service"));
  start_service (fixture, "docker.service", NULL);
  fixture_wait (is_condition (fixture, "ContainerRuntime", "1 the container runtime is docker:"));
  g_assert_true (is_condition (fixture, "Placement:docker.service", NULL));
}

static void
test_containers (Fixture *fixture, gconstpointer data)
{
  const char *cgroup = "/system.slice/docker-" ID ".scope";

  fixture_wait (is_condition (fixture, "StrayContainers", "1 "));
  fake_kernel_make_cgroup (fixture->kernel, cgroup);
  start_process (fixture, cgroup);
  fake_systemd_reload (fixture->systemd);
  fixture_wait (is_condition (fixture, "StrayContainers", "0 1 container runs outside /machine"));
}

/* What started while there was no connection. */
static void
test_connection (Fixture *fixture, gconstpointer data)
{
  pid_t pid;

  fake_systemd_stop_listening (fixture->systemd);
  pid = start_service (fixture, KUBELET, NULL);
  fake_systemd_listen (fixture->systemd);
  fixture_wait (has_score (fixture, pid, "-999"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/daemons/scores", test_scores);
  FIXTURE_TEST ("/daemons/placement", test_placement);
  FIXTURE_TEST ("/daemons/session", test_session);
  FIXTURE_TEST ("/daemons/runtime", test_runtime);
  FIXTURE_TEST ("/daemons/containers", test_containers);
  FIXTURE_TEST ("/daemons/connection", test_connection);
  return g_test_run ();
}
