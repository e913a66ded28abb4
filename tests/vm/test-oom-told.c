/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * OomKilled on a real kernel, of whichever hierarchy has the memory controller: each kill once, of
 * the container that it was in.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <string.h>

#define MIB (1024 * 1024)
#define SPEC "{'MemoryLimit': <'32Mi'>}"
#define SLICE "machine-burstable-podp.slice"

typedef struct {
  Workload *hog;
  Workload *beside; /* in the same container */
  guint subscription;
  GPtrArray *told; /* (element-type utf8): the arguments of each signal, as text */
} Fixture;

static void
on_signal (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *arguments,
           gpointer user_data)
{
  Fixture *fixture = user_data;
  char *text = g_variant_print (arguments, FALSE);

  g_test_message ("OomKilled %s", text);
  g_ptr_array_add (fixture->told, text);
}

static void
set_up (Fixture *fixture, gconstpointer spec)
{
  fixture->told = g_ptr_array_new_with_free_func (g_free);
  fixture->subscription = g_dbus_connection_signal_subscribe (
      client_get_bus (), CLIENT_NAME, CLIENT_NAME, "OomKilled", NULL, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, on_signal, fixture, NULL);
  fixture->hog = workload_start ();
  fixture->beside = workload_start ();
  g_free (client_create_pod ("p", SPEC));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  client_remove_all ();
  g_dbus_connection_signal_unsubscribe (client_get_bus (), fixture->subscription);
  workload_free (fixture->hog);
  workload_free (fixture->beside);
  g_ptr_array_unref (fixture->told);
}

static void
run_out_of_memory (Fixture *fixture)
{
  workload_tell (fixture->hog, "grow %d", 64 * MIB);
  workload_wait_ended (fixture->hog, SIGKILL);
}

/* That, and nothing else. */
static void
assert_told (Fixture *fixture, const char *expected)
{
  gint64 end;

  if (expected != NULL)
    machine_wait_until (fixture->told->len > 0);
  end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (10000);
  g_assert_cmpuint (fixture->told->len, ==, expected != NULL ? 1 : 0);
  if (expected != NULL)
    g_assert_cmpstr (g_ptr_array_index (fixture->told, 0), ==, expected);
  g_ptr_array_set_size (fixture->told, 0);
}

/* Both by the pod's limit and by that of the container, see main(). */
static void
test_container (Fixture *fixture, gconstpointer spec)
{
  g_free (client_join_pod ("p", "main", fixture->hog->pid, spec));
  g_free (client_join_pod ("p", "main", fixture->beside->pid, "{}"));
  assert_told (fixture, NULL);
  run_out_of_memory (fixture);
  assert_told (fixture, "('p', 'main', 1)");
}

/* The container ends with the process that is killed, and systemd removes it at once. On v1 the
 * count goes with it, so that there it is told only if the daemon is fast enough. */
static void
test_last_process (Fixture *fixture, gconstpointer spec)
{
  g_autofree char *cgroup = client_join_pod ("p", "main", fixture->hog->pid, spec);

  run_out_of_memory (fixture);
  assert_told (fixture, "('p', 'main', 1)");
  machine_wait_until (!machine_has_cgroup (cgroup));
}

/* A scope in the pod that was not made here. */
static void
test_runtime (Fixture *fixture, gconstpointer data)
{
  g_free (machine_run ("busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 "
                       "org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' "
                       "crio-1.scope fail 3 Slice s " SLICE " PIDs au 2 %d %d MemoryAccounting b 1 "
                       "0",
                       (int) fixture->hog->pid, (int) fixture->beside->pid));
  machine_wait_until (strstr (machine_find_process (fixture->hog->pid), "crio-1.scope") != NULL);
  run_out_of_memory (fixture);
  assert_told (fixture, "('p', 'crio-1.scope', 1)");
}

/* While there is no daemon; and what was told is not told again. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  g_free (client_join_pod ("p", "main", fixture->hog->pid, "{}"));
  g_free (client_join_pod ("p", "main", fixture->beside->pid, "{}"));
  daemon_stop ();
  run_out_of_memory (fixture);
  daemon_start ();
  assert_told (fixture, "('p', 'main', 1)");
  daemon_crash ();
  assert_told (fixture, NULL);
}

int
main (int argc, char **argv)
{
  static const char limit[] = "{'MemoryLimit': <'24Mi'>}";
  const NcgTree *memory;

  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add ("/oom-told/pod", Fixture, "{}", set_up, test_container, tear_down);
  g_test_add ("/oom-told/container", Fixture, limit, set_up, test_container, tear_down);
  memory = ncg_hierarchy_find_tree (machine_get_hierarchy (), "memory");
  if (!memory->is_v1) {
    g_test_add ("/oom-told/last-process", Fixture, "{}", set_up, test_last_process, tear_down);
    g_test_add ("/oom-told/last-process-limit", Fixture, limit, set_up, test_last_process,
                tear_down);
  }
  g_test_add ("/oom-told/runtime", Fixture, NULL, set_up, test_runtime, tear_down);
  g_test_add ("/oom-told/restart", Fixture, NULL, set_up, test_restart, tear_down);
  return g_test_run ();
}
