/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many clients at once.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>

#define CLIENTS 10
#define PODS 5 /* of each client */

typedef struct {
  guint number;
  GDBusConnection *bus;
  Workload *workloads[PODS];
  char *failure; /* (nullable): the first call that failed */
} Client;

static gboolean call (Client *client, const char *method, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
call (Client *client, const char *method, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  reply = client_call_on (client->bus, CLIENT_PATH, CLIENT_NAME, method, text, &error);
  if (reply == NULL && client->failure == NULL)
    client->failure = g_strdup_printf ("%s %s: %s", method, text, error->message);
  return reply != NULL;
}

static gpointer
create_and_join (gpointer data)
{
  Client *client = data;

  for (guint i = 0; i < PODS; i++) {
    call (client, "CreatePod", "('c%u-%u', {'CPURequest': <'10m'>, 'MemoryLimit': <'32Mi'>})",
          client->number, i);
    call (client, "JoinPod", "('c%u-%u', 'main', [%d], {'PidsLimit': <uint64 9>})", client->number,
          i, (int) client->workloads[i]->pid);
    call (client, "ListPods", "()");
    call (client, "GetPodStats", "('c%u-%u', {'Containers': <true>})", client->number, i);
  }
  return NULL;
}

static gpointer
remove_pods (gpointer data)
{
  Client *client = data;

  for (guint i = 0; i < PODS; i++)
    call (client, "RemovePod", "('c%u-%u', {})", client->number, i);
  return NULL;
}

static void
run_all (Client *clients, GThreadFunc work)
{
  GThread *threads[CLIENTS];

  for (guint i = 0; i < CLIENTS; i++)
    threads[i] = g_thread_new ("client", work, &clients[i]);
  for (guint i = 0; i < CLIENTS; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < CLIENTS; i++)
    if (clients[i].failure != NULL)
      machine_fail ("%s", clients[i].failure);
}

static Client *
start_clients (void)
{
  Client *clients = g_new0 (Client, CLIENTS);

  for (guint i = 0; i < CLIENTS; i++) {
    clients[i].number = i;
    clients[i].bus = client_connect ();
    for (guint j = 0; j < PODS; j++)
      clients[i].workloads[j] = workload_start ();
  }
  return clients;
}

static void
free_clients (Client *clients)
{
  for (guint i = 0; i < CLIENTS; i++) {
    for (guint j = 0; j < PODS; j++)
      workload_free (clients[i].workloads[j]);
    g_object_unref (clients[i].bus);
    g_free (clients[i].failure);
  }
  g_free (clients);
}

static char *
list_transient_units (void)
{
  return machine_run ("ls /run/systemd/transient /run/systemd/system.control 2>/dev/null | "
                      "grep -e '^machine.*pod' -e '^podc' | paste -sd ' '");
}

static void
assert_count (const char *what, char *taken_list, guint wanted)
{
  g_autofree char *list = taken_list;
  g_auto (GStrv) words = g_strsplit (list, " ", -1);
  guint n = list[0] == '\0' ? 0 : g_strv_length (words);

  if (n != wanted)
    machine_fail ("%u %s instead of %u: %s", n, what, wanted, list);
}

static void
test_many_pods (void)
{
  Client *clients = start_clients ();

  run_all (clients, create_and_join);
  assert_count ("pods", client_list_pods (), CLIENTS * PODS);
  assert_count ("cgroups", machine_list_pod_cgroups (), CLIENTS * PODS);
  assert_count ("slices", machine_list_units ("machine-*pod*.slice"), CLIENTS * PODS);
  assert_count ("scopes", machine_list_units ("podc*.scope"), CLIENTS * PODS);
  assert_count ("files", machine_list_pod_files (), CLIENTS * PODS);
  machine_assert_files ("/machine.slice/machine-burstable.slice", "cpu.weight=50");
  for (guint i = 0; i < CLIENTS; i++)
    for (guint j = 0; j < PODS; j++) {
      g_autofree char *uid = g_strdup_printf ("c%u-%u", i, j);
      g_autofree char *leaf =
          g_strdup_printf ("/machine.slice/machine-burstable.slice/machine-burstable-podc%u_%u"
                           ".slice/podc%u_%u-main.scope",
                           i, j, i, j);
      g_autofree char *bad = client_verify_pod (uid);

      g_assert_cmpstr (bad, ==, "");
      machine_assert_process_in (clients[i].workloads[j]->pid, leaf);
    }

  run_all (clients, remove_pods);
  for (guint i = 0; i < CLIENTS; i++)
    for (guint j = 0; j < PODS; j++)
      workload_wait_ended (clients[i].workloads[j], SIGKILL);
  assert_count ("pods", client_list_pods (), 0);
  assert_count ("cgroups", machine_list_pod_cgroups (), 0);
  assert_count ("slices", machine_list_units ("machine-*pod*.slice"), 0);
  assert_count ("scopes", machine_list_units ("podc*.scope"), 0);
  assert_count ("files", machine_list_pod_files (), 0);
  assert_count ("transient units", list_transient_units (), 0);
  machine_wait_until (
      machine_read_number ("/machine.slice/machine-burstable.slice", "cpu.weight") == 1);
  free_clients (clients);
}

/* All at the same pod: each call is whole, and the last one holds. */
static gpointer
update_one (gpointer data)
{
  Client *client = data;

  for (guint i = 0; i < PODS; i++) {
    guint number = client->number * 100 + i + 1;

    call (client, "UpdatePod",
          "('one', {'PidsLimit': <uint64 %u>, 'MemoryLimit': <uint64 %u>, 'CPUWeight': <uint64 "
          "%u>})",
          number, number * 1024 * 1024, number);
  }
  return NULL;
}

static void
test_one_pod (void)
{
  const char *cgroup = "/machine.slice/machine-burstable.slice/machine-burstable-podone.slice";
  Client *clients = start_clients ();
  g_autofree char *bad = NULL;
  guint64 number;

  g_free (client_create_pod ("one", "{'QosClass': <'Burstable'>}"));
  run_all (clients, update_one);
  bad = client_verify_pod ("one");
  g_assert_cmpstr (bad, ==, "");
  number = machine_read_number (cgroup, "pids.max");
  g_assert_cmpuint (machine_read_number (cgroup, "memory.max"), ==, number * 1024 * 1024);
  g_assert_cmpuint (machine_read_number (cgroup, "cpu.weight"), ==, number);
  client_remove_pod ("one");
  free_clients (clients);
}

/* All create the same pod, and then all remove it: each is told the truth. */
static gpointer
create_same (gpointer data)
{
  call (data, "CreatePod", "('same', {'PidsLimit': <uint64 5>})");
  return NULL;
}

static gpointer
remove_same (gpointer data)
{
  Client *client = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      client_call_on (client->bus, CLIENT_PATH, CLIENT_NAME, "RemovePod", "('same', {})", &error);

  /* Here a failure is what most of them should see. */
  client->number = reply != NULL ? 1 : 0;
  if (reply == NULL)
    client_assert_error ("RemovePod", error, "NoSuchPod");
  return NULL;
}

static void
test_same_pod (void)
{
  Client *clients = start_clients ();
  guint removed = 0;

  run_all (clients, create_same);
  assert_count ("pods", client_list_pods (), 1);
  run_all (clients, remove_same);
  for (guint i = 0; i < CLIENTS; i++)
    removed += clients[i].number;
  g_assert_cmpuint (removed, ==, 1);
  assert_count ("pods", client_list_pods (), 0);
  assert_count ("cgroups", machine_list_pod_cgroups (), 0);
  free_clients (clients);
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/load/many-pods", test_many_pods);
  g_test_add_func ("/load/one-pod", test_one_pod);
  g_test_add_func ("/load/same-pod", test_same_pod);
  return g_test_run ();
}
