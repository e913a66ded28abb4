/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining as it should fail: no process is moved then.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/join.h"
#include "tests/unit/headless.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
assert_fails (Fixture *fixture,
              const char *container,
              const pid_t *pids,
              guint n_pids,
              const char *options,
              const char *name,
              const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (join_call (fixture, container, pids, n_pids, options, &error));
  fixture_assert_error (&error, name, text);
}

static void
assert_one_fails (
    Fixture *fixture, pid_t pid, const char *options, const char *name, const char *text)
{
  assert_fails (fixture, "app", &pid, 1, options, name, text);
}

static void
assert_nothing_left (Fixture *fixture, pid_t pid)
{
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
  g_assert_true (join_has_containers (fixture, "[]"));
  g_assert_false (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
}

static void
test_arguments (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  g_autofree pid_t *many = g_new (pid_t, 1025);
  g_autofree char *long_name = g_strnfill (250, 'a');

  for (guint i = 0; i < 1025; i++)
    many[i] = pid;
  assert_fails (fixture, "app", NULL, 0, "{}", "InvalidArgument", "0 processes");
  assert_fails (fixture, "app", many, 1025, "{}", "LimitExceeded", "1024");
  assert_fails (fixture, "-app", &pid, 1, "{}", "InvalidArgument", "container");
  assert_fails (fixture, "a/b", &pid, 1, "{}", "InvalidArgument", "container");
  assert_fails (fixture, long_name, &pid, 1, "{}", "InvalidArgument", "bytes");
  assert_one_fails (fixture, pid, "{'QosClass': <'Burstable'>}", "InvalidArgument", "QosClass");
  assert_one_fails (fixture, pid, "{'CPUSet': <'4'>}", "InvalidArgument", "CPUSet");
  assert_one_fails (fixture, pid, "{'MemoryLimit': <uint64 1>, 'MemoryRequest': <uint64 2>}",
                    "InvalidArgument", "MemoryRequest");
  assert_nothing_left (fixture, pid);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
}

/* What there is no file for is refused before anything is moved. */
static void
test_missing_file (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  assert_one_fails (fixture, pid, "{'Unified': <{'memory.nonsense': '1'}>}", "NotSupported",
                    "memory.nonsense");
  assert_nothing_left (fixture, pid);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP), ==,
                    0);
}

static void
test_processes (Fixture *fixture, gconstpointer data)
{
  const char *identifier = g_subprocess_get_identifier (fixture->daemon);
  pid_t daemon = (pid_t) g_ascii_strtoll (identifier, NULL, 10);
  pid_t pids[] = { join_start_process (fixture), join_start_process (fixture) };

  fake_processes_add (fake_kernel_get_processes (fixture->kernel), daemon, "/system.slice");
  assert_one_fails (fixture, 0, "{}", "InvalidArgument", "0");
  assert_one_fails (fixture, 1, "{}", "InvalidArgument", "1");
  assert_one_fails (fixture, daemon, "{}", "InvalidArgument", identifier);
  assert_one_fails (fixture, -1, "{}", "InvalidArgument", NULL);
  join_end_process (fixture, pids[1]);
  assert_one_fails (fixture, pids[1], "{}", "NoSuchProcess", NULL);
  /* All or nothing. */
  assert_fails (fixture, "app", pids, 2, "{}", "NoSuchProcess", NULL);
  assert_nothing_left (fixture, pids[0]);
}

/* The main thread of one has ended, and the others of it would move. */
static void
test_headless (Fixture *fixture, gconstpointer data)
{
  pid_t pids[] = { join_start_process (fixture), headless_start () };

  headless_end_main (pids[1]);
  fake_processes_add (fake_kernel_get_processes (fixture->kernel), pids[1], JOIN_OUTSIDE);
  assert_fails (fixture, "app", pids, 2, "{}", "NoSuchProcess", "main thread");
  assert_nothing_left (fixture, pids[0]);
  g_assert_true (join_is_in (fixture, pids[1], JOIN_OUTSIDE));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", NULL), ==, 0);
  join_one (fixture, "app", pids[0], "{}");
  assert_fails (fixture, "app", &pids[1], 1, "{}", "NoSuchProcess", "main thread");
  g_assert_true (join_is_in (fixture, pids[1], JOIN_OUTSIDE));
  join_end_process (fixture, pids[1]);
}

static void
test_no_pod (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = join_start_process (fixture);

  g_assert_null (fixture_call (
      fixture, "JoinPod", g_variant_new_parsed ("('b', 'app', [%u], @a{sv} {})", pid), &error));
  fixture_assert_error (&error, "NoSuchPod", "b");
  fixture_stop_pod (fixture, "a", "machine-burstable-poda.slice");
  assert_one_fails (fixture, pid, "{}", "Failed", NULL);
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
}

static void
test_another_spec (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  join_one (fixture, "app", join_start_process (fixture), "{'PidsLimit': <'5'>}");
  assert_one_fails (fixture, pid, "{'PidsLimit': <'6'>}", "ContainerExists", "app");
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
}

static void
test_job_fails (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = JOIN_APP,
    .kind = FAKE_FAULT_JOB_RESULT,
    .times = 1,
    .text = "failed",
  };
  pid_t pid = join_start_process (fixture);

  fake_systemd_add_fault (fixture->systemd, &fault);
  assert_one_fails (fixture, pid, "{}", "SystemdFailed", "failed");
  assert_nothing_left (fixture, pid);
}

/* One of two ends between the call to systemd and the start of the scope. */
static void
test_process_ends (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = JOIN_APP,
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = 300,
  };
  pid_t pids[] = { join_start_process (fixture), join_start_process (fixture) };
  g_autoptr (Calls) calls = calls_new (fixture);
  GError *error;

  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_begin (calls, "JoinPod", join_arguments ("app", pids, 2, "{}"));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP) > 0);
  join_end_process (fixture, pids[1]);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "NoSuchProcess", NULL);
  fixture_wait (!fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  assert_nothing_left (fixture, pids[0]);
}

/* All of them end. */
static void
test_processes_end (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = JOIN_APP,
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = 300,
  };
  pid_t pid = join_start_process (fixture);
  g_autoptr (Calls) calls = calls_new (fixture);
  GError *error;

  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, "{}"));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP) > 0);
  join_end_process (fixture, pid);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "NoSuchProcess", NULL);
  g_assert_true (join_has_containers (fixture, "[]"));
}

/* systemd starts a slice anew for a scope in it, and then it has none of the pod's settings. */
static void
test_slice_stopped (Fixture *fixture, gconstpointer data)
{
  FakeFault fault = {
    .method = "StartTransientUnit",
    .unit = JOIN_APP,
    .kind = FAKE_FAULT_JOB_DELAY,
    .msec = 300,
  };
  pid_t pid = join_start_process (fixture);
  g_autoptr (Calls) calls = calls_new (fixture);
  GError *error;

  fake_systemd_add_fault (fixture->systemd, &fault);
  calls_begin (calls, "JoinPod", join_arguments ("app", &pid, 1, "{}"));
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", JOIN_APP) > 0);
  fake_systemd_stop_unit (fixture->systemd, "machine-burstable-poda.slice");
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "Failed", "a");
  g_assert_true (join_is_in (fixture, pid, JOIN_OUTSIDE));
}

static void
test_read_back (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);

  fake_kernel_ignore_writes (fixture->kernel, JOIN_APP, "pids.max");
  assert_one_fails (fixture, pid, "{'PidsLimit': <'5'>}", "SystemdFailed",
                    "pids.max = 'max' instead of '5'");
  fixture_wait (!fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  assert_nothing_left (fixture, pid);
}

/* What somebody else runs under that name is left alone. */
static void
test_foreign_scope (Fixture *fixture, gconstpointer data)
{
  FakeProcesses *processes = fake_kernel_get_processes (fixture->kernel);
  pid_t theirs = join_start_process (fixture);
  pid_t ours = join_start_process (fixture);

  fake_systemd_start_scope (fixture->systemd, JOIN_APP, "Somebody's", theirs);
  assert_one_fails (fixture, ours, "{}", "ContainerExists",
                    "there is a unit " JOIN_APP " that was not made here ('Somebody's'); stop");
  g_assert_true (join_is_in (fixture, ours, JOIN_OUTSIDE));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, JOIN_APP));
  g_assert_cmpuint (fake_processes_count (processes, "/system.slice/" JOIN_APP), ==, 1);
}

static GVariant *
join_by_fds (Fixture *fixture, int fd, guint n_fds, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  GVariantBuilder handles;

  g_variant_builder_init (&handles, G_VARIANT_TYPE ("ah"));
  for (guint i = 0; i < n_fds; i++)
    g_variant_builder_add (&handles, "h", g_unix_fd_list_append (fds, fd, NULL));
  return g_dbus_connection_call_with_unix_fd_list_sync (
      fixture->connection, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE, "JoinPodByPidFd",
      g_variant_new ("(ssaha{sv})", "a", "app", &handles, NULL), NULL, G_DBUS_CALL_FLAGS_NONE, -1,
      fds, NULL, NULL, error);
}

static void
test_pidfds (Fixture *fixture, gconstpointer data)
{
  pid_t pid = join_start_process (fixture);
  int pidfd = (int) syscall (SYS_pidfd_open, pid, 0);
  g_autoptr (GError) error = NULL;

  g_assert_null (join_by_fds (fixture, STDERR_FILENO, 1, &error));
  fixture_assert_error (&error, "InvalidArgument", "pidfd");
  g_assert_null (join_by_fds (fixture, pidfd, 0, &error));
  fixture_assert_error (&error, "InvalidArgument", NULL);
  g_assert_null (join_by_fds (fixture, pidfd, 17, &error));
  fixture_assert_error (&error, "LimitExceeded", "16");
  /* A handle without a descriptor. */
  g_assert_null (fixture_call (fixture, "JoinPodByPidFd",
                               g_variant_new_parsed ("('a', 'app', [handle 0], @a{sv} {})"),
                               &error));
  fixture_assert_error (&error, "InvalidArgument", "descriptor");
  join_end_process (fixture, pid);
  g_assert_null (join_by_fds (fixture, pidfd, 1, &error));
  fixture_assert_error (&error, "NoSuchProcess", NULL);
  close (pidfd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/join/errors/arguments", test_arguments);
  JOIN_TEST ("/join/errors/missing-file", test_missing_file);
  JOIN_TEST ("/join/errors/processes", test_processes);
  JOIN_TEST ("/join/errors/headless", test_headless);
  JOIN_TEST ("/join/errors/no-pod", test_no_pod);
  JOIN_TEST ("/join/errors/another-spec", test_another_spec);
  JOIN_TEST ("/join/errors/job-fails", test_job_fails);
  JOIN_TEST ("/join/errors/process-ends", test_process_ends);
  JOIN_TEST ("/join/errors/processes-end", test_processes_end);
  JOIN_TEST ("/join/errors/slice-stopped", test_slice_stopped);
  JOIN_TEST ("/join/errors/read-back", test_read_back);
  JOIN_TEST ("/join/errors/foreign-scope", test_foreign_scope);
  JOIN_TEST ("/join/errors/pidfds", test_pidfds);
  return g_test_run ();
}
