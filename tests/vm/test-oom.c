/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Out of memory: what takes more than its pod may have is killed, and nothing else.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>

#define MIB (1024 * 1024)
#define SPEC "{'MemoryLimit': <'32Mi'>, 'MemorySwapLimit': <uint64 0>}"
#define CGROUP "/machine.slice/machine-burstable.slice/machine-burstable-podp.slice"

/* Those who must not be hit: in the same container, in another one, in another pod. */
typedef struct {
  pid_t daemon;
  Workload *hog;
  Workload *beside;
  Workload *sidecar;
  Workload *stranger;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer spec_of_container)
{
  fixture->daemon = daemon_get_pid ();
  fixture->hog = workload_start ();
  fixture->beside = workload_start ();
  fixture->sidecar = workload_start ();
  fixture->stranger = workload_start ();
  g_free (client_create_pod ("p", SPEC));
  g_free (client_create_pod ("q", SPEC));
  g_free (client_join_pod ("p", "main", fixture->hog->pid, spec_of_container));
  g_free (client_join_pod ("p", "main", fixture->beside->pid, "{}"));
  g_free (client_join_pod ("p", "sidecar", fixture->sidecar->pid, "{}"));
  g_free (client_join_pod ("q", "main", fixture->stranger->pid, "{}"));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  client_remove_all ();
  workload_free (fixture->hog);
  workload_free (fixture->beside);
  workload_free (fixture->sidecar);
  workload_free (fixture->stranger);
}

static guint64
get_oom_kills (const char *uid)
{
  g_autoptr (GVariant) reply = client_call ("GetPodStats", "('%s', {})", uid);
  g_autoptr (GVariant) stats = g_variant_get_child_value (reply, 0);
  g_autoptr (GVariant) events =
      g_variant_lookup_value (stats, "MemoryEvents", G_VARIANT_TYPE ("a{st}"));
  guint64 kills;

  g_assert_true (g_variant_lookup (events, "oom_kill", "t", &kills));
  return kills;
}

static void
assert_others_go_on (const Fixture *fixture)
{
  /* Whatever systemd wants to do about it, it has done by then. */
  g_usleep (2 * G_USEC_PER_SEC);
  g_assert_true (workload_is_alive (fixture->beside));
  g_assert_true (workload_is_alive (fixture->sidecar));
  g_assert_true (workload_is_alive (fixture->stranger));
  g_assert_cmpint (daemon_get_pid (), ==, fixture->daemon);
  machine_assert_process_in (fixture->beside->pid, CGROUP "/podp-main.scope");
  machine_assert_process_in (fixture->sidecar->pid, CGROUP "/podp-sidecar.scope");
  machine_assert_shown (NULL, "podp-main.scope", "ActiveState=active");
  machine_assert_shown (NULL, "podp-sidecar.scope", "ActiveState=active");
  g_assert_cmpuint (get_oom_kills ("p"), ==, 1);
  g_assert_cmpuint (machine_read_key (CGROUP, "memory.events", "oom_kill"), ==, 1);
  g_assert_cmpuint (get_oom_kills ("q"), ==, 0);
}

/* Both by the pod's limit and by that of the container, see main(). */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  g_autofree char *leaf = machine_find_process (fixture->hog->pid);

  g_assert_cmpuint (get_oom_kills ("p"), ==, 0);
  g_free (workload_ask (fixture->hog, "grow %d", 12 * MIB));
  g_assert_true (workload_is_alive (fixture->hog));
  workload_tell (fixture->hog, "grow %d", 64 * MIB);
  workload_wait_ended (fixture->hog, SIGKILL);
  g_assert_cmpuint (machine_read_key (leaf, "memory.events", "oom_kill"), ==, 1);
  assert_others_go_on (fixture);

  /* They can still use what is theirs, and the pod can be worked with. */
  g_free (workload_ask (fixture->beside, "grow %d", 8 * MIB));
  g_free (workload_ask (fixture->stranger, "grow %d", 16 * MIB));
  client_update_pod ("p", "{'MemoryLimit': <'48Mi'>}");
}

/* Shared memory counts as well. */
static void
test_shared (Fixture *fixture, gconstpointer data)
{
  workload_tell (fixture->hog, "share %d", 64 * MIB);
  workload_wait_ended (fixture->hog, SIGKILL);
  assert_others_go_on (fixture);
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add ("/oom/pod", Fixture, "{}", set_up, test_killed, tear_down);
  g_test_add ("/oom/container", Fixture, "{'MemoryLimit': <'24Mi'>}", set_up, test_killed,
              tear_down);
  g_test_add ("/oom/shared", Fixture, "{}", set_up, test_shared, tear_down);
  return g_test_run ();
}
