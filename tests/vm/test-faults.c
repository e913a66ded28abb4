/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * systemd reads its units again, executes itself anew or does nothing for 10 s, and the bus daemon
 * ends, again and again, while clients are at work: no call fails but for want of a bus or of time,
 * and then the same call again succeeds; and at the end nothing is lost, and nothing left over.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <string.h>

#define CLIENTS 4
#define TROUBLES 3
#define STOP_USEC (10 * G_USEC_PER_SEC)
/* The bus is back long before. */
#define MAX_REPEATS 200

typedef struct {
  guint number;
  GDBusConnection *bus;
  char *cgroup; /* of the container that stays */
  Workload *workload;
  guint n_rounds;
  char *failure; /* (nullable): an answer that should not be */
} Client;

static int is_over;      /* atomic */
static int n_all_rounds; /* atomic */
static int n_failed;     /* atomic: clients */

/* There was no bus, or systemd took its time, which it may in an emulated machine. */
static gboolean
is_to_be_repeated (const GError *error)
{
  static const char *const names[] = {
    "org.freedesktop.DBus.Error.NoReply",
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
    "org.freedesktop.DBus.Error.Disconnected",
    CLIENT_NAME ".Error.NotReady",
    CLIENT_NAME ".Error.Timeout",
  };
  g_autofree char *name = g_dbus_error_get_remote_error (error);

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (name, names[i]) == 0)
      return TRUE;
  return name == NULL;
}

/* A connection of its own, when there is a bus again. */
static void
connect_again (Client *client)
{
  g_autofree char *address = g_dbus_address_get_for_bus_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  GDBusConnection *bus =
      g_dbus_connection_new_for_address_sync (address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, NULL);

  g_usleep (200000);
  if (bus == NULL)
    return;
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_clear_object (&client->bus);
  client->bus = bus;
}

/* @missing: (nullable): the error that a repeated call may have, since the first was carried out
 *
 * Returns: (transfer full) (nullable): the reply */
static GVariant *
call (Client *client, const char *method, const char *arguments, const char *missing)
{
  for (guint i = 0; i < MAX_REPEATS; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *name = NULL;
    GVariant *reply =
        client_call_on (client->bus, CLIENT_PATH, CLIENT_NAME, method, arguments, &error);

    if (reply != NULL)
      return reply;
    name = g_dbus_error_get_remote_error (error);
    if (i > 0 && missing != NULL && g_strcmp0 (name, missing) == 0)
      return NULL;
    if (!is_to_be_repeated (error)) {
      client->failure = g_strdup_printf ("%s %s: %s", method, arguments, error->message);
      return NULL;
    }
    connect_again (client);
  }
  client->failure = g_strdup_printf ("%s %s: there is no bus", method, arguments);
  return NULL;
}

static void
call_for_nothing (Client *client, const char *method, const char *missing, const char *format, ...)
    G_GNUC_PRINTF (4, 5);

static void
call_for_nothing (Client *client, const char *method, const char *missing, const char *format, ...)
{
  g_autofree char *arguments = NULL;
  g_autoptr (GVariant) reply = NULL;
  va_list list;

  va_start (list, format);
  arguments = g_strdup_vprintf (format, list);
  va_end (list);
  if (client->failure == NULL)
    reply = call (client, method, arguments, missing);
}

static void
verify (Client *client, const char *uid)
{
  g_autofree char *arguments = g_strdup_printf ("('%s',)", uid);
  g_autoptr (GVariant) rows = NULL;
  g_autofree char *text = NULL;

  if (client->failure == NULL)
    rows = call (client, "VerifyPod", arguments, NULL);
  if (rows == NULL)
    return;
  text = g_variant_print (rows, FALSE);
  if (strstr (text, "false") != NULL)
    client->failure = g_strdup_printf ("VerifyPod of %s: %s", uid, text);
}

/* A pod from its begin to its end, and the one that stays. */
static void
work_once (Client *client)
{
  guint i = client->number;
  guint n = client->n_rounds++;
  g_autofree char *uid = g_strdup_printf ("c%u-%u", i, n);
  guint limit = 100 + n % 1000;

  call_for_nothing (client, "CreatePod", NULL, "('%s', {'PidsLimit': <uint64 50>})", uid);
  call_for_nothing (client, "UpdatePod", NULL, "('%s', {'PidsLimit': <uint64 60>})", uid);
  verify (client, uid);
  call_for_nothing (client, "RemovePod", CLIENT_NAME ".Error.NoSuchPod", "('%s', {})", uid);
  call_for_nothing (client, "UpdatePod", NULL, "('stays%u', {'PidsLimit': <uint64 %u>})", i, limit);
  g_atomic_int_inc (&n_all_rounds);
}

static gpointer
work (gpointer data)
{
  Client *client = data;

  while (!g_atomic_int_get (&is_over) && client->failure == NULL)
    work_once (client);
  if (client->failure != NULL)
    g_atomic_int_inc (&n_failed);
  return NULL;
}

static Client *
start_clients (void)
{
  Client *clients = g_new0 (Client, CLIENTS);

  for (guint i = 0; i < CLIENTS; i++) {
    g_autofree char *uid = g_strdup_printf ("stays%u", i);
    g_autofree char *pod = client_create_pod (uid, "{'CPURequest': <'100m'>}");

    clients[i].number = i;
    clients[i].bus = client_connect ();
    g_dbus_connection_set_exit_on_close (clients[i].bus, FALSE);
    clients[i].workload = workload_start ();
    clients[i].cgroup = client_join_pod (uid, "main", clients[i].workload->pid, "{}");
  }
  return clients;
}

/* The processes have not moved, and what is there is what stays. */
static void
assert_nothing_lost (Client *clients)
{
  g_autofree char *pods = machine_list_pod_cgroups ();
  g_autofree char *files = machine_list_pod_files ();
  g_auto (GStrv) words = g_strsplit (files, " ", -1);

  for (guint i = 0; i < CLIENTS; i++) {
    g_autofree char *uid = g_strdup_printf ("stays%u", i);

    if (clients[i].failure != NULL)
      machine_fail ("%s", clients[i].failure);
    g_assert_true (workload_is_alive (clients[i].workload));
    machine_assert_process_in (clients[i].workload->pid, clients[i].cgroup);
    g_assert_nonnull (strstr (pods, uid));
  }
  if (g_strv_length (words) != CLIENTS || strstr (pods, "podc") != NULL)
    machine_fail ("left over: %s; %s", pods, files);
}

static void
free_clients (Client *clients)
{
  for (guint i = 0; i < CLIENTS; i++) {
    workload_free (clients[i].workload);
    g_object_unref (clients[i].bus);
    g_free (clients[i].cgroup);
    g_free (clients[i].failure);
  }
  g_free (clients);
}

/* Between two troubles some work gets done. */
static void
wait_for_rounds (void)
{
  int wanted = g_atomic_int_get (&n_all_rounds) + 1;

  machine_wait_until (g_atomic_int_get (&n_all_rounds) >= wanted ||
                      g_atomic_int_get (&n_failed) > 0);
}

static void
run (void (*trouble) (void))
{
  Client *clients = start_clients ();
  GThread *threads[CLIENTS];

  g_atomic_int_set (&is_over, FALSE);
  for (guint i = 0; i < CLIENTS; i++)
    threads[i] = g_thread_new ("client", work, &clients[i]);
  for (guint i = 0; i < TROUBLES && g_atomic_int_get (&n_failed) == 0; i++) {
    g_usleep (g_random_int_range (1000, 300000));
    trouble ();
    wait_for_rounds ();
  }
  g_atomic_int_set (&is_over, TRUE);
  for (guint i = 0; i < CLIENTS; i++)
    g_thread_join (threads[i]);
  assert_nothing_lost (clients);
  for (guint i = 0; i < CLIENTS; i++)
    call_for_nothing (&clients[i], "RemovePod", CLIENT_NAME ".Error.NoSuchPod", "('stays%u', {})",
                      i);
  free_clients (clients);
}

static void
test_reload (void)
{
  run (machine_reload_systemd);
}

static void
test_reexecute (void)
{
  run (machine_reexecute_systemd);
}

/* Systemd does nothing, as on a machine that is at its end. What needs no systemd is answered. */
static void
stop_systemd (void)
{
  gint64 end = g_get_monotonic_time () + STOP_USEC;
  guint n_answers = 0;

  machine_stop_systemd ();
  do {
    g_variant_unref (client_call ("GetStats", "(['stays0'], @a{sv} {})"));
    g_usleep (100000);
    n_answers++;
  } while (g_get_monotonic_time () < end);
  machine_continue_systemd ();
  g_test_message ("%u answers while systemd was stopped", n_answers);
}

static void
test_stop (void)
{
  run (stop_systemd);
}

/* Whoever connects next makes systemd start it again. */
static void
end_bus (void)
{
  machine_run ("systemctl kill --signal=KILL dbus.service");
}

/* The last one: the connection that the tests share ends with it. */
static void
test_bus (void)
{
  run (end_bus);
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_dbus_connection_set_exit_on_close (client_get_bus (), FALSE);
  g_test_add_func ("/faults/reload", test_reload);
  g_test_add_func ("/faults/reexecute", test_reexecute);
  g_test_add_func ("/faults/stop", test_stop);
  g_test_add_func ("/faults/bus", test_bus);
  return g_test_run ();
}
