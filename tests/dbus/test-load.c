/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * More than the daemon takes on: what is within the limits goes through, and what is beyond them
 * is refused at once, not left to wait.
 */
#include "daemon/quota.h"
#include "tests/dbus/calls.h"
#include "tests/dbus/held-file.h"
#include "tests/dbus/join.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_CLIENTS 16
#define N_PODS 500
#define N_PROCESSES 300

static void
delay_jobs (Fixture *fixture, guint msec)
{
  FakeFault fault = { .method = "StartTransientUnit", .kind = FAKE_FAULT_JOB_DELAY, .msec = msec };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

static void
add_creates (Calls *calls, const char *prefix, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *uid = g_strdup_printf ("%s%u", prefix, i);

    calls_add (calls, "CreatePod", uid, "{'PidsLimit': <uint64 10>}");
  }
}

/* Cgroups with few files: the fake systemd writes them all, and is to be in nobody's way here. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up_without_daemon (fixture, data);
  fake_kernel_set_controllers (fixture->kernel, "pids");
  fixture_start_daemon (fixture);
}

/* All that are refused say so, and which limit it is. */
static guint
count_refused (const Calls *calls, guint first, guint n, const char *text)
{
  guint n_refused = 0;

  for (guint i = first; i < first + n; i++) {
    GError *error = calls_get_error (calls, i);

    if (error == NULL)
      continue;
    fixture_assert_error (&error, "LimitExceeded", text);
    n_refused++;
  }
  return n_refused;
}

static void
test_clients (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  for (guint i = 0; i < N_CLIENTS; i++) {
    g_autofree char *prefix = g_strdup_printf ("c%u-", i);

    calls_use_new_client (calls);
    add_creates (calls, prefix, N_PODS / N_CLIENTS + 1);
  }
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, (N_PODS / N_CLIENTS + 1) * N_CLIENTS);
}

static void
test_one_client (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);

  add_creates (calls, "p", N_PODS);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, N_PODS);
}

/* Calls that wait for a turn of one pod, of which the first takes its time. */
static void
add_waiting (Calls *calls, guint n)
{
  for (guint i = 0; i < n; i++)
    calls_add (calls, "CreatePod", "a", "{'CPULimit': <'1'>}");
}

static void
test_queue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  guint n_over = 200;
  guint n = QUOTA_PER_CONNECTION + n_over;
  gint64 begin;

  delay_jobs (fixture, 4000);
  begin = g_get_monotonic_time ();
  add_waiting (calls, n);
  while (calls_count_pending (calls) > QUOTA_PER_CONNECTION)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (count_refused (calls, QUOTA_PER_CONNECTION, n_over, "the connection"), ==,
                    n_over);
  /* Somebody else is served meanwhile. */
  calls_use_new_client (calls);
  calls_begin (calls, "ListPods", NULL);
  calls_add (calls, "RemovePod", "b", "{}");
  while (calls_count_pending (calls) > QUOTA_PER_CONNECTION)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 3 * G_USEC_PER_SEC);
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, QUOTA_PER_CONNECTION + 1);
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *label = g_strnfill (QUOTA_CALL_BYTES, 'x');
  g_autofree char *spec = g_strdup_printf ("{'Labels': <{'a': '%s'}>}", label);
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, "a", spec, &error));
  fixture_assert_error (&error, "LimitExceeded", "bytes");
  g_assert_false (fixture_has_file (fixture, "a.creating"));
}

/* The worker is held up by nobody, so that they come and go; none may fail. */
static void
test_reads (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autofree char *slice = fixture_must_create (fixture, "a", "{}");

  for (guint i = 0; i < QUOTA_PER_CONNECTION; i++)
    calls_add (calls, "GetPodStats", "a", "{}");
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, QUOTA_PER_CONNECTION);
}

#define N_OVER 20

/* What takes no arguments, and so can only be too often: as many as a connection may have, and
 * more. Those are refused at once. */
static void
assert_refused (Calls *calls, const char *method)
{
  for (guint i = 0; i < QUOTA_PER_CONNECTION + N_OVER; i++)
    calls_begin_on (calls, MANAGER_PATH, NODE_INTERFACE, method, NULL, NULL);
  fixture_wait (calls_count_pending (calls) <= QUOTA_PER_CONNECTION);
  g_assert_cmpuint (calls_count_pending (calls), ==, QUOTA_PER_CONNECTION);
  g_assert_cmpuint (count_refused (calls, QUOTA_PER_CONNECTION, N_OVER, "the connection"), ==,
                    N_OVER);
}

/* GetUsage, while the kernel is slow. */
static void
test_usage (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (HeldFile) held = held_file_new (fixture, "/system.slice", "memory.current");

  assert_refused (calls, "GetUsage");
}

/* Reload, while systemd is. */
static void
test_reloads (Fixture *fixture, gconstpointer data)
{
  static const FakeFault fault = { "SetUnitProperties", NULL, FAKE_FAULT_NO_REPLY };
  g_autoptr (Calls) calls = calls_new (fixture);

  fake_systemd_add_fault (fixture->systemd, &fault);
  fake_kernel_write (fixture->kernel, "/machine.slice", "cpu.weight", "7");
  assert_refused (calls, "Reload");
  fixture_kill_daemon (fixture);
}

/* The arguments of JoinPod, with each of the numbers @n_times. */
static GVariant *
arguments_of_join (const pid_t *pids, guint n_pids, guint n_times)
{
  g_autofree pid_t *all = g_new (pid_t, n_pids * n_times);

  for (guint i = 0; i < n_pids * n_times; i++)
    all[i] = pids[i % n_pids];
  return join_arguments ("app", all, n_pids * n_times, "{}");
}

static void
start_processes (Fixture *fixture, pid_t *ret_pids, guint n)
{
  for (guint i = 0; i < n; i++)
    ret_pids[i] = join_start_process (fixture);
}

static void
assert_no_pod (const Calls *calls, guint i)
{
  GError *error = calls_get_error (calls, i);

  fixture_assert_error (&error, "NoSuchPod", NULL);
}

/* Joins wait behind a removal with their processes held, each of which is a descriptor. */
static void
test_processes (Fixture *fixture, gconstpointer data)
{
  FakeFault delay = { .method = "StopUnit", .kind = FAKE_FAULT_DELAY, .msec = 4000 };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  const guint n_fit = QUOTA_PROCESSES_PER_CONNECTION / N_PROCESSES;
  pid_t pids[N_PROCESSES];

  start_processes (fixture, pids, N_PROCESSES);
  fake_systemd_add_fault (fixture->systemd, &delay);
  calls_add (calls, "RemovePod", "a", "{}");
  for (guint i = 0; i < n_fit + 2; i++)
    calls_begin (calls, "JoinPod", arguments_of_join (pids, N_PROCESSES, 1));
  while (calls_count_pending (calls) > n_fit + 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (count_refused (calls, n_fit + 1, 2, "processes in joins"), ==, 2);
  /* For others there is room. */
  calls_use_new_client (calls);
  calls_begin (calls, "JoinPod", arguments_of_join (pids, N_PROCESSES, 1));
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 1);
  for (guint i = 1; i <= n_fit; i++)
    assert_no_pod (calls, i);
  assert_no_pod (calls, n_fit + 3);
  /* The replies have made room. */
  g_free (fixture_must_create (fixture, "a", "{}"));
  reply = fixture_call (fixture, "JoinPod", arguments_of_join (pids, N_PROCESSES, 1), &error);
  g_assert_no_error (error);
}

/* However often it is named. */
static void
test_same_process (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (fixture);
  pid_t pids[2];

  start_processes (fixture, pids, 2);
  delay_jobs (fixture, 1000);
  for (guint i = 0; i < 10; i++)
    calls_begin (calls, "JoinPod", arguments_of_join (pids, 2, 512));
  calls_wait (calls);
  g_assert_cmpuint (calls_count_successes (calls), ==, 10);
}

static guint
count_pidfds (Fixture *fixture)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/fd", g_subprocess_get_identifier (fixture->daemon));
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;
  guint n = 0;

  g_assert_nonnull (directory);
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *link = g_build_filename (path, name, NULL);
    g_autofree char *target = g_file_read_link (link, NULL);

    n += target != NULL && strstr (target, "pidfd") != NULL ? 1 : 0;
  }
  return n;
}

static void
on_joined (GObject *source, GAsyncResult *result, gpointer user_data)
{
  guint *n_joined = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish (
      G_DBUS_CONNECTION (source), NULL, result, &error);

  g_assert_no_error (error);
  ++*n_joined;
}

static void
begin_join_by_pidfd (Fixture *fixture, const pid_t *pids, guint n, guint *n_joined)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariantBuilder handles;

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  for (guint i = 0; i < n; i++) {
    int fd = (int) syscall (SYS_pidfd_open, pids[i], 0);

    g_variant_builder_add (&handles, "h", g_unix_fd_list_append (fds, fd, NULL));
    close (fd);
  }
  g_dbus_connection_call_with_unix_fd_list (
      fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, "JoinPodByPidFd",
      g_variant_new ("(ssah@a{sv})", "a", "app", &handles,
                     g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
      NULL, G_DBUS_CALL_FLAGS_NONE, -1, fds, NULL, on_joined, n_joined);
}

/* A descriptor that came with a call is not kept beside the daemon's own. */
static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
  pid_t pids[16];
  guint n_joined = 0;
  gint64 end_usec;

  start_processes (fixture, pids, 16);
  delay_jobs (fixture, 3000);
  for (guint i = 0; i < 20; i++)
    begin_join_by_pidfd (fixture, pids, 16, &n_joined);
  fixture_wait (count_pidfds (fixture) >= 20 * 16);
  end_usec = g_get_monotonic_time () + G_USEC_PER_SEC / 2;
  while (g_get_monotonic_time () < end_usec)
    fixture_iterate ();
  /* Those that systemd is asked with are two more each. */
  g_assert_cmpuint (count_pidfds (fixture), <=, (20 + 2) * 16);
  g_assert_cmpuint (n_joined, ==, 0);
  fixture_wait (n_joined == 20);
  fixture_wait (count_pidfds (fixture) == 0);
}

/* The daemon has what the test has, and its unit gives it more than many a shell. */
static void
raise_limit (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  raise_limit ();
  g_test_add ("/load/clients", Fixture, NULL, set_up, test_clients, fixture_tear_down);
  g_test_add ("/load/one-client", Fixture, NULL, set_up, test_one_client, fixture_tear_down);
  FIXTURE_TEST ("/load/queue", test_queue);
  FIXTURE_TEST ("/load/large", test_large);
  FIXTURE_TEST ("/load/reads", test_reads);
  FIXTURE_TEST ("/load/usage", test_usage);
  FIXTURE_TEST ("/load/reloads", test_reloads);
  JOIN_TEST ("/load/processes", test_processes);
  JOIN_TEST ("/load/same-process", test_same_process);
  JOIN_TEST ("/load/descriptors", test_descriptors);
  return g_test_run ();
}
