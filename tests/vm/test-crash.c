/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon is killed at any moment, while clients are at work. What a client was told holds, what
 * it was not told is done or was never begun, and no process notices.
 */
#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"
#include "tests/vm/workload.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define CLIENTS 8
#define PODS 4 /* of each client */
#define ROUNDS 16

/* What a client knows of something that it asked for. */
typedef enum { NO, YES, UNSURE } Told;

typedef struct {
  char *uid;
  Workload *workload;
  guint64 started; /* when the process was, of /proc/PID/stat */
  Told is_there;
  Told is_joined;
  guint pids_limit;   /* as was told */
  guint pids_pending; /* asked for, without an answer; 0 for none */
} Known;

typedef struct {
  guint number;
  GRand *rand;
  GDBusConnection *bus;
  GPtrArray *pods; /* of Known */
  guint created;
  char *failure; /* (nullable): an answer that should not be */
} Client;

static int is_over; /* atomic: the round's clients come to their end */

/* The 22nd field, the 20th after the command; this command has no parenthesis. */
static guint64
read_start_time (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int) pid);
  g_autofree char *text = NULL;
  g_auto (GStrv) fields = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  fields = g_strsplit (strchr (text, ')') + 2, " ", -1);
  return g_ascii_strtoull (fields[19], NULL, 10);
}

static void
known_free (gpointer data)
{
  Known *known = data;

  g_free (known->uid);
  workload_free (known->workload);
  g_free (known);
}

static char *
format_spec (const Known *known, guint pids_limit)
{
  return g_strdup_printf ("{'CPURequest': <uint64 100>, 'Labels': <{'uid': '%s'}>, "
                          "'PidsLimit': <uint64 %u>}",
                          known->uid, pids_limit);
}

/* YES if it was done, NO if it was refused and UNSURE if the daemon is not there. */
static Told
call (Client *client, const char *method, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GVariant) reply =
      client_call_on (client->bus, CLIENT_PATH, CLIENT_NAME, method, arguments, &error);

  if (reply != NULL)
    return YES;
  name = g_dbus_error_get_remote_error (error);
  if (g_strcmp0 (name, "org.freedesktop.DBus.Error.NoReply") == 0 ||
      g_strcmp0 (name, "org.freedesktop.DBus.Error.ServiceUnknown") == 0 ||
      g_strcmp0 (name, "org.freedesktop.DBus.Error.NameHasNoOwner") == 0)
    return UNSURE;
  client->failure = g_strdup_printf ("%s %s: %s", method, arguments, error->message);
  return NO;
}

static Told
create (Client *client, Known *known)
{
  g_autofree char *spec = format_spec (known, known->pids_limit);
  g_autofree char *arguments = g_strdup_printf ("('%s', %s)", known->uid, spec);

  return known->is_there = call (client, "CreatePod", arguments);
}

static Told
join (Client *client, Known *known)
{
  g_autofree char *arguments =
      g_strdup_printf ("('%s', 'main', [%d], {})", known->uid, (int) known->workload->pid);

  return known->is_joined = call (client, "JoinPod", arguments);
}

static Told
update (Client *client, Known *known)
{
  guint limit = (guint) g_rand_int_range (client->rand, 10, 10000);
  g_autofree char *arguments =
      g_strdup_printf ("('%s', {'PidsLimit': <uint64 %u>})", known->uid, limit);
  Told told;

  known->pids_pending = limit;
  told = call (client, "UpdatePod", arguments);
  if (told != YES)
    return told;
  known->pids_limit = limit;
  known->pids_pending = 0;
  return YES;
}

static Told
remove_pod (Client *client, Known *known)
{
  g_autofree char *arguments = g_strdup_printf ("('%s', {})", known->uid);
  Told told = call (client, "RemovePod", arguments);

  known->is_there = told == YES ? NO : told == NO ? YES : UNSURE;
  return told;
}

/* One call about one of the client's pods. */
static Told
work (Client *client)
{
  Known *known = g_ptr_array_index (client->pods, (guint) g_rand_int_range (client->rand, 0, PODS));
  int choice = g_rand_int_range (client->rand, 0, 4);

  if (known->is_there == NO)
    /* One that was removed has no process any more and is not made again. */
    return known->is_joined == NO && workload_is_alive (known->workload) ? create (client, known)
                                                                         : YES;
  if (known->is_joined == NO)
    return join (client, known);
  return choice == 0 ? remove_pod (client, known) : update (client, known);
}

static gpointer
run_client (gpointer data)
{
  Client *client = data;

  while (!g_atomic_int_get (&is_over) && work (client) == YES)
    g_usleep (1000);
  return NULL;
}

static void
replace_pod (Client *client, guint i)
{
  Known *known = g_new0 (Known, 1);

  known->uid = g_strdup_printf ("c%u-%u", client->number, client->created++);
  known->workload = workload_start ();
  known->started = read_start_time (known->workload->pid);
  known->pids_limit = 100;
  if (i < client->pods->len) {
    known_free (g_ptr_array_index (client->pods, i));
    g_ptr_array_index (client->pods, i) = known;
  } else {
    g_ptr_array_add (client->pods, known);
  }
}

static gboolean
is_listed (const char *const *uids, const char *uid)
{
  return g_strv_contains (uids, uid);
}

/* A process in a pod is the one that it was, where it was; others have not been moved. */
static void
check_process (Known *known)
{
  const char *slice = "/machine.slice/machine-burstable.slice/machine-burstable-pod";
  g_autofree char *name = g_strdelimit (g_strdup (known->uid), "-", '_');
  g_autofree char *leaf = g_strdup_printf ("%s%s.slice/pod%s-main.scope", slice, name, name);
  g_autofree char *cgroup = NULL;

  g_assert_true (workload_is_alive (known->workload));
  g_assert_cmpuint (read_start_time (known->workload->pid), ==, known->started);
  cgroup = machine_find_process (known->workload->pid);
  if (known->is_joined == UNSURE)
    known->is_joined = g_str_equal (cgroup, leaf) ? YES : NO;
  if (known->is_joined == YES) {
    g_autoptr (GVariant) reply = client_call ("GetPodByPid", "(%d,)", (int) known->workload->pid);
    const char *container;

    machine_assert_process_in (known->workload->pid, leaf);
    g_variant_get (reply, "(&o&s)", NULL, &container);
    g_assert_cmpstr (container, ==, "main");
  } else if (strstr (cgroup, "/machine.slice") != NULL) {
    machine_fail ("process %d of pod %s was not joined, and is in %s", (int) known->workload->pid,
                  known->uid, cgroup);
  }
}

static void
check_there (Known *known)
{
  g_autofree char *actual = client_get_of_pod (known->uid, "Spec");
  g_autofree char *state = client_get_of_pod (known->uid, "State");
  g_autofree char *bad = client_verify_pod (known->uid);
  g_autofree char *told = format_spec (known, known->pids_limit);
  g_autofree char *pending = format_spec (known, known->pids_pending);

  if (known->pids_pending > 0 && g_str_equal (actual, pending))
    known->pids_limit = known->pids_pending;
  else if (!g_str_equal (actual, told))
    machine_fail ("the spec of pod %s is %s instead of %s", known->uid, actual, told);
  known->pids_pending = 0;
  g_assert_cmpstr (state, ==, "active");
  if (bad[0] != '\0')
    machine_fail ("pod %s: %s", known->uid, bad);
  check_process (known);
}

/* What one client knows against what there is; what it was unsure of it knows afterwards. */
static void
check_client (Client *client, const char *const *uids)
{
  if (client->failure != NULL)
    machine_fail ("%s", client->failure);
  for (guint i = 0; i < PODS; i++) {
    Known *known = g_ptr_array_index (client->pods, i);
    gboolean listed = is_listed (uids, known->uid);

    if (known->is_there == YES && !listed)
      machine_fail ("pod %s was created, and is gone", known->uid);
    if (known->is_there == NO && listed)
      machine_fail ("pod %s was removed or never made, and is there", known->uid);
    known->is_there = listed ? YES : NO;
    if (listed)
      check_there (known);
    else if (known->is_joined != NO)
      workload_wait_ended (known->workload, SIGKILL);
    if (!listed)
      replace_pod (client, i);
  }
}

static char *
join_names (const char *const *uids, const char *format)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (; *uids != NULL; uids++) {
    g_autofree char *escaped = g_strdelimit (g_strdup (*uids), "-", '_');
    g_auto (GStrv) parts = g_strsplit (format, "%", -1);

    if (**uids != '\0')
      g_ptr_array_add (names, g_strjoinv (strstr (format, ".slice") ? escaped : *uids, parts));
  }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (" ", (char **) names->pdata);
}

/* No pod in the tree, among the units or in the files but those that are listed. */
static void
check_nothing_else (const char *const *uids)
{
  g_autofree char *slices = join_names (uids, "machine-burstable-pod%.slice");
  g_autofree char *wanted_files = join_names (uids, "%.pod");
  g_autofree char *cgroups = machine_list_pod_cgroups ();
  g_autofree char *units = machine_list_units ("machine-*pod*.slice");
  g_autofree char *files = machine_list_pod_files ();
  g_auto (GStrv) sorted = g_strsplit (files, " ", -1);

  g_assert_cmpstr (cgroups, ==, slices);
  g_assert_cmpstr (units, ==, slices);
  g_assert_cmpuint (g_strv_length (sorted), ==, g_strv_length ((char **) uids));
  for (char **file = sorted; *file != NULL; file++)
    if (**file != '\0' && strstr (wanted_files, *file) == NULL)
      machine_fail ("there is a file %s", *file);
}

static void
check_all (Client *clients)
{
  g_autofree char *list = client_list_pods ();
  g_auto (GStrv) uids = g_strsplit (list, " ", -1);
  guint n_known = 0;

  check_nothing_else ((const char *const *) uids);
  for (guint i = 0; i < CLIENTS; i++)
    for (guint j = 0; j < PODS; j++) {
      const Known *known = g_ptr_array_index (clients[i].pods, j);
      n_known += is_listed ((const char *const *) uids, known->uid) ? 1 : 0;
    }
  if (list[0] != '\0')
    g_assert_cmpuint (n_known, ==, g_strv_length (uids));
  for (guint i = 0; i < CLIENTS; i++)
    check_client (&clients[i], (const char *const *) uids);
}

static void
kill_daemon (void)
{
  /* It may be away already, having been killed a moment ago. */
  machine_try ("systemctl kill -s KILL " DAEMON_UNIT);
}

static void
run_round (Client *clients, guint round)
{
  GThread *threads[CLIENTS];

  g_atomic_int_set (&is_over, FALSE);
  for (guint i = 0; i < CLIENTS; i++)
    threads[i] = g_thread_new ("client", run_client, &clients[i]);
  g_usleep ((gulong) g_test_rand_int_range (0, 2000) * 1000);
  kill_daemon ();
  /* In some rounds it is killed again while it recovers. */
  for (guint i = 0; i < round % 3; i++) {
    g_free (machine_run ("systemctl start --no-block " DAEMON_UNIT));
    g_usleep ((gulong) g_test_rand_int_range (0, 1000) * 1000);
    kill_daemon ();
  }
  g_atomic_int_set (&is_over, TRUE);
  for (guint i = 0; i < CLIENTS; i++)
    g_thread_join (threads[i]);
  daemon_revive ();
}

static void
test_kill (void)
{
  Client clients[CLIENTS];
  guint n_created = 0;

  for (guint i = 0; i < CLIENTS; i++) {
    clients[i] = (Client){
      .number = i,
      .rand = g_rand_new_with_seed ((guint32) g_test_rand_int ()),
      .bus = client_connect (),
      .pods = g_ptr_array_new_with_free_func (known_free),
    };
    for (guint j = 0; j < PODS; j++)
      replace_pod (&clients[i], j);
  }
  for (guint round = 0; round < ROUNDS; round++) {
    run_round (clients, round);
    check_all (clients);
  }
  client_remove_all ();
  for (guint i = 0; i < CLIENTS; i++) {
    n_created += clients[i].created;
    g_ptr_array_unref (clients[i].pods);
    g_object_unref (clients[i].bus);
    g_rand_free (clients[i].rand);
  }
  g_test_message ("%u pods", n_created);
}

/* Asked to stop it leaves pods, limits and processes alone. */
static void
test_stop (void)
{
  const char *cgroup = "/machine.slice/machine-burstable.slice/machine-burstable-podp.slice";
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *leaf = NULL;
  g_autofree char *spec = NULL;
  g_autofree char *spec_after = NULL;
  g_autofree char *containers = NULL;
  g_autofree char *containers_after = NULL;

  g_free (client_create_pod ("p", "{'CPULimit': <'500m'>, 'Labels': <{'a': 'b'}>}"));
  leaf = client_join_pod ("p", "main", workload->pid, "{'PidsLimit': <uint64 9>}");
  spec = client_get_of_pod ("p", "Spec");
  containers = client_get_of_pod ("p", "Containers");
  daemon_stop ();
  machine_assert_files (cgroup, "cpu.max=50000 100000");
  machine_assert_files (leaf, "pids.max=9");
  machine_assert_process_in (workload->pid, leaf);
  machine_reload_systemd ();
  machine_assert_files (cgroup, "cpu.max=50000 100000");
  daemon_start ();
  spec_after = client_get_of_pod ("p", "Spec");
  containers_after = client_get_of_pod ("p", "Containers");
  g_assert_cmpstr (spec, ==, spec_after);
  g_assert_cmpstr (containers, ==, containers_after);
  machine_assert_process_in (workload->pid, leaf);
  client_remove_pod ("p");
  workload_wait_ended (workload, SIGKILL);
}

/* What is in the directory and is no pod's file does no harm, and is not lost. */
static void
test_bad_files (void)
{
  static const char *const bad[] = {
    "junk.pod",          "empty.pod", "half.pod",  "incomplete.pod",
    "wrong-version.pod", "README",    "-dash.pod", "link.pod",
  };
  g_autoptr (Workload) workload = workload_start ();
  g_autofree char *pods = NULL;
  g_autofree char *state = NULL;
  g_autofree char *hurt = NULL;
  g_autofree char *leaf = NULL;

  g_free (client_create_pod ("good", "{'PidsLimit': <uint64 5>}"));
  g_free (client_create_pod ("hurt", "{'PidsLimit': <uint64 6>}"));
  leaf = client_join_pod ("hurt", "main", workload->pid, "{}");
  daemon_stop ();
  g_free (machine_run (
      "cd " MACHINE_POD_FILES " && head -c 500 /dev/urandom >junk.pod && : >empty.pod && "
      "head -c 80 good.pod >half.pod && printf 'nodecgroups-pod 1\\n{}\\n' >incomplete.pod && "
      "sed '1s/1/999/' good.pod >wrong-version.pod && echo hello >README && "
      "cp good.pod ./-dash.pod && ln -s /etc/passwd link.pod && mkdir directory.pod && "
      "printf 'nodecgroups-pod 1\\n{' >.half.tmp && head -c 100 hurt.pod >cut && mv cut hurt.pod"));
  daemon_start ();
  pods = client_list_pods ();
  g_assert_cmpstr (pods, ==, "good hurt");
  state = client_get_of_pod ("good", "State");
  g_assert_cmpstr (state, ==, "active");
  hurt = client_get_of_pod ("hurt", "State");
  g_assert_cmpstr (hurt, ==, "foreign");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    if (!machine_try ("cd " MACHINE_POD_FILES " && test -e ./%s.bad -o -L ./%s.bad && "
                      "test ! -e ./%s",
                      bad[i], bad[i], bad[i]))
      machine_fail ("%s was not set aside", bad[i]);
  g_assert_true (machine_try ("test -s " MACHINE_POD_FILES "/hurt.pod.bad"));
  g_assert_true (machine_try ("grep -q ^root /etc/passwd"));

  /* The pod whose file was hurt runs on as if it were another's, until it is created again. */
  machine_assert_process_in (workload->pid, leaf);
  g_free (client_create_pod ("hurt", "{'PidsLimit': <uint64 7>}"));
  machine_assert_process_in (workload->pid, leaf);
  machine_assert_files ("/machine.slice/machine-besteffort.slice/machine-besteffort-podhurt.slice",
                        "pids.max=7");
  client_remove_all ();
  workload_wait_ended (workload, SIGKILL);
  g_free (machine_run ("rm -r " MACHINE_POD_FILES "/*"));
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  daemon_prepare ();
  g_test_add_func ("/crash/kill", test_kill);
  g_test_add_func ("/crash/stop", test_stop);
  g_test_add_func ("/crash/bad-files", test_bad_files);
  return g_test_run ();
}
