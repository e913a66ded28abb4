/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of state that are damaged, or somebody else's: they are set aside, and all else goes on.
 */
#include "tests/dbus/fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define SPEC "{'CPULimit': <'500m'>, 'Labels': <{'app': 'web'}>}"

static void
create (Fixture *fixture)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", SPEC);

  g_assert_cmpstr (slice, ==, SLICE);
}

static void
stop (Fixture *fixture)
{
  fixture_stop_daemon (fixture);
  fake_systemd_forget_calls (fixture->systemd);
}

static guint
count_pods (Fixture *fixture)
{
  g_autoptr (GVariant) count =
      fixture_get_property (fixture, MANAGER_PATH, MANAGER_INTERFACE, "PodCount");

  return g_variant_get_uint32 (count);
}

static void
assert_quota (Fixture *fixture, const char *expected)
{
  g_autofree char *quota = fake_kernel_read (fixture->kernel, CGROUP, "cpu.max");

  g_assert_cmpstr (quota, ==, expected);
}

static const struct {
  const char *name;
  const char *text;
} damaged[] = {
  { "b.pod", "" },
  { "c.pod", "nodecgroups-pod 2\n{}\n" },
  { "d.pod", "nodecgroups-pod 1\n{'Path': <'/machine/podd'>\n" },
  { "e.pod", "nodecgroups-pod 1\n['a']\n" },
  { "f.pod", "nodecgroups-pod 1\n{}\n" },
  { "g.creating", "x" },
  { "h.removing", "nodecgroups-pod 1\n{}\n" },
  { "i.updating", "nodecgroups-pod 1\n" },
  { "README", "hello" },
  { "-j.pod", "nodecgroups-pod 1\n{}\n" },
};

/* Set aside for whoever wants to look; all others are known. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods/k.pod", NULL);
  g_autofree char *link = g_strconcat (fixture->root, "/run/nodecgroups/pods/l.pod", NULL);

  create (fixture);
  stop (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++)
    fixture_write_file (fixture, damaged[i].name, damaged[i].text);
  fixture_write_file (fixture, ".m.tmp", "half");
  fixture_write_file (fixture, "n.pod.bad", "from before");
  g_assert_cmpint (g_mkdir (directory, 0755), ==, 0);
  g_assert_cmpint (symlink ("/etc/passwd", link), ==, 0);
  fixture_start_daemon (fixture);
  g_assert_cmpuint (count_pods (fixture), ==, 1);
  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++) {
    g_autofree char *aside = g_strconcat (damaged[i].name, ".bad", NULL);

    g_test_message ("%s", damaged[i].name);
    g_assert_false (fixture_has_file (fixture, damaged[i].name));
    g_assert_true (fixture_has_file (fixture, aside));
  }
  g_assert_false (fixture_has_file (fixture, "k.pod"));
  g_assert_false (fixture_has_file (fixture, "l.pod"));
  g_assert_false (fixture_has_file (fixture, ".m.tmp"));
  g_assert_true (fixture_has_file (fixture, "n.pod.bad"));
}

/* Every prefix of a file is either refused or, with the last newline gone, the whole. */
static void
test_truncated (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize length;

  create (fixture);
  stop (fixture);
  text = fixture_read_file (fixture, "a.pod");
  length = strlen (text);
  for (gsize i = 1; i < length - 1; i += length / 7) {
    g_autofree char *part = g_strndup (text, i);

    fixture_write_file (fixture, "a.pod", part);
    fixture_start_daemon (fixture);
    g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
    g_assert_true (fixture_has_file (fixture, "a.pod.bad"));
    stop (fixture);
  }
  /* The slice has not been touched meanwhile, and can be taken over. */
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  fixture_start_daemon (fixture);
  create (fixture);
}

static void
flip_bit (const char *path, const char *text)
{
  g_autofree char *copy = g_strdup (text);
  char *digit = strstr (copy, "uint64 500") + strlen ("uint64 ");

  *digit = (char) (*digit ^ 1);
  g_assert_true (g_file_set_contents (path, copy, -1, NULL));
}

static void
let_others_write (const char *path, const char *text)
{
  g_assert_cmpint (g_chmod (path, 0666), ==, 0);
}

static void
add_link (const char *path, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *other = g_strconcat (directory, "/../link", NULL);

  unlink (other);
  g_assert_cmpint (link (path, other), ==, 0);
}

static void
make_fifo (const char *path, const char *text)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
make_huge (const char *path, const char *text)
{
  g_assert_cmpint (truncate (path, 1024 * 1024 * 1024), ==, 0);
}

static const struct {
  const char *what;
  void (*damage) (const char *path, const char *text);
} damages[] = {
  { "a bit", flip_bit },   { "its mode", let_others_write }, { "another name", add_link },
  { "a FIFO", make_fifo }, { "its size", make_huge },
};

/* What a damaged file would say is not known, but the slice is there, and its processes: nobody
 * touches them, and creating the pod again takes them over. */
static void
test_damaged_with_processes (Fixture *fixture, gconstpointer data)
{
  FakeProcesses *processes = fake_kernel_get_processes (fixture->kernel);
  g_autofree char *path = g_strconcat (fixture->root, "/run/nodecgroups/pods/a.pod", NULL);
  pid_t pid;

  create (fixture);
  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/poda-app.scope");
  pid = fake_processes_start (processes, CGROUP "/poda-app.scope");
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autofree char *text = fixture_read_file (fixture, "a.pod");
    g_autofree char *cgroup = NULL;

    g_test_message ("damaged: %s", damages[i].what);
    stop (fixture);
    damages[i].damage (path, text);
    fixture_start_daemon (fixture);
    g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
    g_assert_false (fixture_has_file (fixture, "a.pod"));
    g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
    g_assert_cmpint (kill (pid, 0), ==, 0);
    create (fixture);
    assert_quota (fixture, "50000 100000");
    cgroup = fake_processes_get_cgroup (processes, pid);
    g_assert_cmpstr (cgroup, ==, CGROUP "/poda-app.scope");
    g_assert_true (fixture_has_file (fixture, "a.pod"));
  }
}

static void
set_mode (Fixture *fixture, int mode)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods", NULL);

  g_assert_cmpint (g_chmod (directory, mode), ==, 0);
}

static void
assert_left_behind (Fixture *fixture)
{
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  stop (fixture);
}

/* Nobody knows which pods there were: none is taken for one whose creation was not finished, though
 * they have no processes. */
static void
test_lost_directory (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  set_mode (fixture, 0777);
  assert_left_behind (fixture);
  assert_left_behind (fixture);
  fixture_start_daemon (fixture);
  create (fixture);
  assert_quota (fixture, "50000 100000");
}

static void
remove_directory (Fixture *fixture)
{
  g_autofree char *directory = g_strconcat (fixture->root, "/run/nodecgroups/pods", NULL);
  g_autofree char *path = g_build_filename (directory, "a.pod", NULL);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* Nor if it is not there any more; also if the first daemon that finds that is killed at once. */
static void
test_missing_directory (Fixture *fixture, gconstpointer data)
{
  FakeFault silent = { "Get", SLICE, FAKE_FAULT_NO_REPLY, 1, 0, NULL };

  create (fixture);
  stop (fixture);
  remove_directory (fixture);
  fake_systemd_add_fault (fixture->systemd, &silent);
  fixture_launch_daemon (fixture);
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "Get", SLICE) > 0);
  fixture_kill_daemon (fixture);
  assert_left_behind (fixture);
  assert_left_behind (fixture);
  fixture_start_daemon (fixture);
  fixture_must_remove (fixture, "a");
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
  stop (fixture);
  /* Which is no reason to keep what comes later. */
  fake_systemd_start_unit (fixture->systemd, SLICE, "NodeCgroups: pod a");
  fixture_start_daemon (fixture);
  g_assert_false (fake_systemd_has_unit (fixture->systemd, SLICE));
}

/* Nobody was asked whose the slice is: the next start asks. */
static void
test_missing_directory_unanswered (Fixture *fixture, gconstpointer data)
{
  FakeFault silent = { "Get", SLICE, FAKE_FAULT_NO_REPLY, 2, 0, NULL };

  create (fixture);
  stop (fixture);
  remove_directory (fixture);
  fake_systemd_add_fault (fixture->systemd, &silent);
  fixture_start_daemon (fixture);
  stop (fixture);
  assert_left_behind (fixture);
}

/* The file of one pod as another's: there is one, with its own name. */
static void
test_copied (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  create (fixture);
  stop (fixture);
  text = fixture_read_file (fixture, "a.pod");
  fixture_write_file (fixture, "zz.pod", text);
  fixture_start_daemon (fixture);
  g_assert_cmpuint (count_pods (fixture), ==, 1);
  g_assert_true (fixture_has_pod_state (fixture, "a", "active"));
  g_assert_false (fixture_has_file (fixture, "zz.pod"));
  g_assert_true (fixture_has_file (fixture, "zz.pod.bad"));
}

/* A file that cannot even be renamed. */
static void
test_lost_file (Fixture *fixture, gconstpointer data)
{
  create (fixture);
  stop (fixture);
  fixture_write_file (fixture, "a.pod", "damaged");
  fixture->is_barred = TRUE;
  set_mode (fixture, 0555);
  assert_left_behind (fixture);
  set_mode (fixture, 0755);
  fixture_start_daemon (fixture);
  create (fixture);
}

/* The node's own file: damaged, it is set aside, and the node is made anew. */
static void
test_damaged_node (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_strconcat (fixture->root, "/run/nodecgroups/node", NULL);
  g_autofree char *aside = g_strconcat (path, ".bad", NULL);
  g_autofree char *second = g_strconcat (path, ".1.bad", NULL);
  g_autoptr (GVariant) state = NULL;

  stop (fixture);
  g_assert_true (g_file_set_contents (path, "nodecgroups-node 2 x\n", -1, NULL));
  fixture_start_daemon (fixture);
  g_assert_true (g_file_test (aside, G_FILE_TEST_EXISTS));
  stop (fixture);
  make_fifo (path, NULL);
  fixture_start_daemon (fixture);
  g_assert_true (g_file_test (second, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  state = fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "State");
  g_assert_cmpstr (g_variant_get_string (state, NULL), ==, "ready");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/state/damaged", test_damaged);
  FIXTURE_TEST ("/state/truncated", test_truncated);
  FIXTURE_TEST ("/state/damaged-with-processes", test_damaged_with_processes);
  FIXTURE_TEST ("/state/lost-directory", test_lost_directory);
  FIXTURE_TEST ("/state/missing-directory", test_missing_directory);
  FIXTURE_TEST ("/state/missing-directory-unanswered", test_missing_directory_unanswered);
  FIXTURE_TEST ("/state/copied", test_copied);
  FIXTURE_TEST ("/state/lost-file", test_lost_file);
  FIXTURE_TEST ("/state/damaged-node", test_damaged_node);
  return g_test_run ();
}
