/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes: real ones, and a procfs that is made up where the kernel would not say what is needed.
 */
#include "lib/process.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/headless.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROC "/proc"

/* An ordinary process and a kernel thread in /proc/PID/stat, after the command. */
#define USER_FIELDS " S 1 2 3 0 -1 4194304 5 6 7"
#define KTHREAD_FIELDS " I 2 0 0 0 -1 69238880 0 0 0"

typedef struct {
  char *proc;
  pid_t child;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->proc = temp_dir_new ();
  fixture->child = child_start ();
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->proc);
  if (fixture->child > 0) {
    g_assert_cmpint (kill (fixture->child, SIGKILL), ==, 0);
    child_wait_killed (fixture->child, SIGKILL);
  }
}

/* Ends the fixture's child and gives its number, which nobody has now. */
static pid_t
end_child (Fixture *fixture)
{
  pid_t pid = fixture->child;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
  fixture->child = 0;
  return pid;
}

static void
write_proc (const Fixture *fixture, pid_t pid, const char *name, const char *text)
{
  g_autofree char *path = g_strdup_printf ("%d/%s", (int) pid, name);

  temp_dir_write (fixture->proc, path, text);
}

static void
write_stat (const Fixture *fixture, const char *command, const char *fields)
{
  g_autofree char *text = g_strdup_printf ("%d (%s)%s\n", (int) fixture->child, command, fields);

  write_proc (fixture, fixture->child, "stat", text);
}

static void
assert_refused (const char *proc, pid_t pid, NcgError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ncg_process_open (proc, pid, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
}

static void
test_open (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgProcess) child = ncg_process_open (PROC, fixture->child, &error);
  g_autoptr (NcgProcess) self = ncg_process_open (PROC, getpid (), NULL);

  g_assert_no_error (error);
  g_assert_cmpint (child->pid, ==, fixture->child);
  g_assert_false (ncg_process_has_exited (child));
  g_assert_nonnull (self);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  assert_refused (PROC, 0, NCG_ERROR_INVALID_ARGUMENT);
  assert_refused (PROC, -1, NCG_ERROR_INVALID_ARGUMENT);
  assert_refused (PROC, G_MININT32, NCG_ERROR_INVALID_ARGUMENT);
  assert_refused (PROC, 1, NCG_ERROR_INVALID_ARGUMENT);
  assert_refused (PROC, G_MAXINT32, NCG_ERROR_NO_SUCH_PROCESS);
  assert_refused (PROC, end_child (fixture), NCG_ERROR_NO_SUCH_PROCESS);
}

static void
test_zombie (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  g_autofree char *expected = g_strdup_printf ("%d (test-process, Z)", (int) fixture->child);
  g_autofree char *description = NULL;

  g_assert_cmpint (kill (fixture->child, SIGKILL), ==, 0);
  child_wait_zombie (fixture->child);
  g_assert_true (ncg_process_has_exited (process));
  assert_refused (PROC, fixture->child, NCG_ERROR_NO_SUCH_PROCESS);
  description = ncg_process_describe (PROC, fixture->child);
  g_assert_cmpstr (description, ==, expected);
}

static void *
run_thread (void *data)
{
  g_atomic_int_set ((int *) data, (int) syscall (SYS_gettid));
  for (;;)
    pause ();
  return NULL;
}

static void
test_thread (Fixture *fixture, gconstpointer data)
{
  static int tid;
  pthread_t thread;

  g_assert_cmpint (pthread_create (&thread, NULL, run_thread, &tid), ==, 0);
  while (g_atomic_int_get (&tid) == 0)
    g_usleep (1000);
  assert_refused (PROC, tid, NCG_ERROR_INVALID_ARGUMENT);
  pthread_cancel (thread);
  pthread_join (thread, NULL);
}

/* It lives, but cannot be moved. */
static void
test_headless (Fixture *fixture, gconstpointer data)
{
  pid_t pid = headless_start ();
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, pid, NULL);
  g_autoptr (NcgProcess) again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ncg_process_check_whole (process, NULL));
  headless_end_main (pid);
  g_assert_false (ncg_process_has_exited (process));
  again = ncg_process_open (PROC, pid, NULL);
  g_assert_false (ncg_process_check_whole (again, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_nonnull (strstr (error->message, "main thread"));
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
}

static void
assert_no_tgid (const Fixture *fixture, const char *status, NcgError code)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = 77;

  write_proc (fixture, fixture->child, "status", status);
  g_assert_false (ncg_process_read_tgid (fixture->proc, fixture->child, &pid, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_assert_cmpint (pid, ==, 77);
}

static void
test_read_tgid (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  pid_t pid = 0;

  ncg_process_read_tgid (PROC, fixture->child, &pid, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pid, ==, fixture->child);
  write_proc (fixture, fixture->child, "status", "Name:\tTgid:\nTgid:\t5\nNgid:\t0\nPid:\t6\n");
  g_assert_true (ncg_process_read_tgid (fixture->proc, fixture->child, &pid, NULL));
  g_assert_cmpint (pid, ==, 5);
  assert_no_tgid (fixture, "Name:\tTgid:\n", NCG_ERROR_FAILED);
  assert_no_tgid (fixture, "Tgid:\tx\n", NCG_ERROR_FAILED);
  assert_no_tgid (fixture, "Tgid:\t0\n", NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_false (ncg_process_read_tgid (PROC, end_child (fixture), &pid, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
}

static void
test_kernel_thread (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_stat (fixture, "kworker/0:1-ev", KTHREAD_FIELDS);
  g_assert_null (ncg_process_open (fixture->proc, fixture->child, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "kworker/0:1-ev"));
}

static void
test_odd_commands (Fixture *fixture, gconstpointer data)
{
  static const char *const commands[] = {
    "", "a b", ")", "x) S 1 2 3 0 -1 2097152", "((", "a\nb", NULL,
  };

  for (guint i = 0; commands[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (NcgProcess) process = NULL;

    write_stat (fixture, commands[i], USER_FIELDS);
    process = ncg_process_open (fixture->proc, fixture->child, &error);
    g_assert_no_error (error);
    write_stat (fixture, commands[i], KTHREAD_FIELDS);
    assert_refused (fixture->proc, fixture->child, NCG_ERROR_INVALID_ARGUMENT);
  }
}

static void
test_broken_stat (Fixture *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    "", "1", "1 (x", ")(", "1 (x) S", "1 (x) S a b", "1 (x) \xff 1 2 3 0 -1 0", NULL
  };

  for (guint i = 0; texts[i] != NULL; i++) {
    write_proc (fixture, fixture->child, "stat", texts[i]);
    assert_refused (fixture->proc, fixture->child, NCG_ERROR_FAILED);
  }
}

static int
open_pidfd (pid_t pid)
{
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);

  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
test_open_pidfd (Fixture *fixture, gconstpointer data)
{
  int fd = open_pidfd (fixture->child);
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgProcess) process = ncg_process_open_pidfd (PROC, fd, &error);

  g_assert_no_error (error);
  g_assert_cmpint (process->pid, ==, fixture->child);
  g_assert_cmpint (process->fd, !=, fd);
  close (fd);
  g_assert_false (ncg_process_has_exited (process));
}

static void
assert_fd_refused (int fd, NcgError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ncg_process_open_pidfd (PROC, fd, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
}

static void
test_open_pidfd_refused (Fixture *fixture, gconstpointer data)
{
  int fd = open_pidfd (fixture->child);
  int init = open_pidfd (1);

  assert_fd_refused (-1, NCG_ERROR_INVALID_ARGUMENT);
  assert_fd_refused (1000000, NCG_ERROR_INVALID_ARGUMENT);
  assert_fd_refused (STDERR_FILENO, NCG_ERROR_INVALID_ARGUMENT);
  assert_fd_refused (init, NCG_ERROR_INVALID_ARGUMENT);

  g_assert_cmpint (kill (fixture->child, SIGKILL), ==, 0);
  child_wait_zombie (fixture->child);
  assert_fd_refused (fd, NCG_ERROR_NO_SUCH_PROCESS);
  end_child (fixture);
  assert_fd_refused (fd, NCG_ERROR_NO_SUCH_PROCESS);
  close (fd);
  close (init);
}

/* What fdinfo says of a process outside our pid namespace; the number of the copy is the next free.
 */
static void
test_open_pidfd_outside (Fixture *fixture, gconstpointer data)
{
  int fd = open_pidfd (fixture->child);
  int next = dup (fd);
  g_autofree char *path = g_strdup_printf ("self/fdinfo/%d", next);
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->proc, path, "pos:\t0\nflags:\t02000002\nPid:\t0\nNSpid:\t0\n");
  close (next);
  g_assert_null (ncg_process_open_pidfd (fixture->proc, fd, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "namespace"));
  close (fd);
}

static const NcgTree unified = { .mount = (char *) "/sys/fs/cgroup" };

static void
assert_cgroup_in (const Fixture *fixture,
                  const NcgTree *tree,
                  const char *text,
                  const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  write_proc (fixture, fixture->child, "cgroup", text);
  path = ncg_process_read_cgroup_of_pid (fixture->proc, fixture->child, tree, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (path, ==, expected);
}

static void
assert_cgroup (const Fixture *fixture, const char *text, const char *expected)
{
  assert_cgroup_in (fixture, &unified, text, expected);
}

/* A controller is looked for as a whole word, whichever is mounted with it in whichever order. */
static void
test_read_cgroup_v1 (Fixture *fixture, gconstpointer data)
{
  static const char text[] = "12:cpuset:/set\n4:net_cls,cpuacct,cpu:/a:b/0::c\n"
                             "1:name=systemd:/init.scope\n0::/v2\n";
  char *cpu[] = { (char *) "cpu", (char *) "cpuacct", NULL };
  char *systemd[] = { (char *) "name=systemd", NULL };
  char *memory[] = { (char *) "memory", NULL };
  NcgTree tree = { .mount = (char *) "/sys/fs/cgroup/cpu", .is_v1 = TRUE, .controllers = cpu };
  g_autoptr (GError) error = NULL;

  assert_cgroup_in (fixture, &tree, text, "/a:b/0::c");
  tree.controllers = systemd;
  assert_cgroup_in (fixture, &tree, text, "/init.scope");
  tree.controllers = memory;
  g_assert_null (ncg_process_read_cgroup_of_pid (fixture->proc, fixture->child, &tree, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
}

/* All at once, in the order in which they are asked for. */
static void
test_read_cgroups (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  char *cpu[] = { (char *) "cpu", NULL };
  NcgTree tree = { .mount = (char *) "/sys/fs/cgroup/cpu", .is_v1 = TRUE, .controllers = cpu };
  g_autoptr (GPtrArray) trees = g_ptr_array_new ();
  g_autoptr (GError) missing_error = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) paths = NULL;

  g_ptr_array_add (trees, (gpointer) &unified);
  g_ptr_array_add (trees, &tree);
  write_proc (fixture, fixture->child, "cgroup", "2:cpuacct:/no\n1:cpuacct,cpu:/a\n0::/b\n");
  paths = ncg_process_read_cgroups (process, fixture->proc, trees, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (paths), ==, 2);
  g_assert_cmpstr (paths[0], ==, "/b");
  g_assert_cmpstr (paths[1], ==, "/a");

  write_proc (fixture, fixture->child, "cgroup", "2:cpuacct:/cpu:/no\n3:cpu\n0::/b\n");
  g_assert_null (ncg_process_read_cgroups (process, fixture->proc, trees, &missing_error));
  g_assert_error (missing_error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);

  write_proc (fixture, fixture->child, "cgroup", "1:cpu:/a\n0::/b\n");
  end_child (fixture);
  g_assert_null (ncg_process_read_cgroups (process, fixture->proc, trees, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
}

static void
test_read_cgroup (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  assert_cgroup (fixture, "0::/\n", "/");
  assert_cgroup (fixture, "0::/machine.slice/a b:0::c.scope\n", "/machine.slice/a b:0::c.scope");
  assert_cgroup (fixture, "10::/x\n12:cpu,cpuacct:/y\n1:name=systemd:/0::/z\n0::/right\n",
                 "/right");
  assert_cgroup (fixture, "0::/no-newline", "/no-newline");

  write_proc (fixture, fixture->child, "cgroup", "12:cpu,cpuacct:/\n1:name=systemd:/\n");
  g_assert_null (ncg_process_read_cgroup_of_pid (fixture->proc, fixture->child, &unified, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED);
}

static void
test_read_cgroup_of_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  g_autoptr (GError) held_error = NULL;
  g_autoptr (GError) error = NULL;

  /* The number has another owner by now: the file is there, and not of this process. */
  write_proc (fixture, fixture->child, "cgroup", "0::/of-another\n");
  write_proc (fixture, fixture->child, "status", "Uid:\t0\t0\t0\t0\n");
  g_assert_null (ncg_process_read_cgroup_of_pid (PROC, end_child (fixture), &unified, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_null (ncg_process_read_cgroup (process, fixture->proc, &unified, &held_error));
  g_assert_error (held_error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
  g_assert_false (ncg_process_read_uid (process, fixture->proc, NULL, NULL));
  g_clear_error (&held_error);
  g_assert_false (ncg_process_check_owner (process, fixture->proc, 0, &held_error));
  g_assert_error (held_error, NCG_ERROR, NCG_ERROR_NO_SUCH_PROCESS);
}

static void
test_read_uid (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  g_autoptr (GError) error = NULL;
  uid_t uid = 77;

  g_assert_true (ncg_process_read_uid (process, PROC, &uid, NULL));
  g_assert_cmpuint (uid, ==, getuid ());

  write_proc (fixture, fixture->child, "status", "Name:\tUid:\nUid:\t1000\t0\t0\t0\nGid:\t5\n");
  g_assert_true (ncg_process_read_uid (process, fixture->proc, &uid, NULL));
  g_assert_cmpuint (uid, ==, 1000);

  write_proc (fixture, fixture->child, "status", "Name:\tUid:\n");
  g_assert_false (ncg_process_read_uid (process, fixture->proc, &uid, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_cmpuint (uid, ==, 1000);
}

static void
assert_not_owned (Fixture *fixture, const char *status, NcgError code)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  g_autoptr (GError) error = NULL;

  write_proc (fixture, fixture->child, "status", status);
  g_assert_false (ncg_process_check_owner (process, fixture->proc, 1000, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
}

static void
link_namespace (Fixture *fixture, const char *process, const char *namespace)
{
  g_autofree char *directory = g_strdup_printf ("%s/%s/ns", fixture->proc, process);
  g_autofree char *path = g_build_filename (directory, "user", NULL);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0755), ==, 0);
  g_unlink (path);
  g_assert_cmpint (symlink (namespace, path), ==, 0);
}

static void
test_check_owner (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgProcess) process = ncg_process_open (PROC, fixture->child, NULL);
  g_autofree char *number = g_strdup_printf ("%d", (int) fixture->child);
  g_autoptr (GError) error = NULL;

  g_assert_true (ncg_process_check_owner (process, PROC, getuid (), NULL));
  g_assert_false (ncg_process_check_owner (process, PROC, getuid () + 1, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED);

  assert_not_owned (fixture, "Uid:\t0\t1000\t1000\t1000\n", NCG_ERROR_ACCESS_DENIED);
  assert_not_owned (fixture, "Uid:\t1000\t0\t1000\t1000\n", NCG_ERROR_ACCESS_DENIED);
  assert_not_owned (fixture, "Uid:\t1000\t1000\t0\t1000\n", NCG_ERROR_ACCESS_DENIED);
  assert_not_owned (fixture, "Uid:\t1000\t1000\t1000\t0\n", NCG_ERROR_ACCESS_DENIED);
  assert_not_owned (fixture, "Uid:\t1000\t1000\n", NCG_ERROR_FAILED);
  assert_not_owned (fixture, "Name:\tUid:\n", NCG_ERROR_FAILED);

  write_proc (fixture, fixture->child, "status", "Uid:\t1000\t1000\t1000\t1000\nGid:\t5\n");
  g_assert_true (ncg_process_check_owner (process, fixture->proc, 1000, NULL));
  link_namespace (fixture, "self", "user:[1]");
  link_namespace (fixture, number, "user:[1]");
  g_assert_true (ncg_process_check_owner (process, fixture->proc, 1000, NULL));
  link_namespace (fixture, number, "user:[2]");
  assert_not_owned (fixture, "Uid:\t1000\t1000\t1000\t1000\n", NCG_ERROR_ACCESS_DENIED);
}

static void
assert_description (const Fixture *fixture, const char *expected)
{
  g_autofree char *whole = g_strdup_printf ("%d%s", (int) fixture->child, expected);
  g_autofree char *description = ncg_process_describe (fixture->proc, fixture->child);

  g_assert_cmpstr (description, ==, whole);
}

static void
test_describe (Fixture *fixture, gconstpointer data)
{
  assert_description (fixture, "");
  write_stat (fixture, "dd", " D 1 2 3 0 -1 0");
  assert_description (fixture, " (dd, D)");
  write_stat (fixture, "a) (\xff\n", USER_FIELDS);
  assert_description (fixture, " (a) (\\xff\\x0a, S)");
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/process/open", test_open);
  ADD ("/process/open/refused", test_refused);
  ADD ("/process/open/zombie", test_zombie);
  ADD ("/process/open/thread", test_thread);
  ADD ("/process/open/kernel-thread", test_kernel_thread);
  ADD ("/process/headless", test_headless);
  ADD ("/process/read-tgid", test_read_tgid);
  ADD ("/process/open/odd-commands", test_odd_commands);
  ADD ("/process/open/broken-stat", test_broken_stat);
  ADD ("/process/open-pidfd", test_open_pidfd);
  ADD ("/process/open-pidfd/refused", test_open_pidfd_refused);
  ADD ("/process/open-pidfd/outside", test_open_pidfd_outside);
  ADD ("/process/read-cgroup", test_read_cgroup);
  ADD ("/process/read-cgroup-v1", test_read_cgroup_v1);
  ADD ("/process/read-cgroups", test_read_cgroups);
  ADD ("/process/read-cgroup/gone", test_read_cgroup_of_gone);
  ADD ("/process/read-uid", test_read_uid);
  ADD ("/process/check-owner", test_check_owner);
  ADD ("/process/describe", test_describe);
  return g_test_run ();
}
