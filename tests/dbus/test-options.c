/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's command line, and what it says when it cannot start.
 */
#include "tests/dbus/fixture.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

typedef struct {
  const char *name;
  const char *arguments[4];
  int status;
  const char *output;   /* in what it prints */
  const char *messages; /* in what it complains about */
} Case;

static const Case cases[] = {
  { "help", { "--help" }, 0, "--bus-address", "" },
  { "version", { "--version" }, 0, "nodecgroupsd " VERSION "\n", "" },
  { "unknown", { "--frobnicate" }, 1, "", "--frobnicate" },
  { "argument", { "start" }, 1, "", "start" },
  { "relative-root", { "--root", "tmp" }, 1, "", "tmp" },
  { "no-value", { "--root" }, 1, "", "--root" },
  { "cgroup-root", { "--cgroup-root", "pods" }, 1, "", "--cgroup-root" },
  { "two-problems",
    { "--cgroup-driver=x", "--container-runtime=y" },
    1,
    "",
    "--cgroup-driver: cgroupDriver is \"x\": it takes one of systemd, cgroupfs\n"
    "--container-runtime: containerRuntime is \"y\": it takes one of auto" },
  { "check-problem", { "--check-config", "--cgroup-root=pods" }, 1, "", "--cgroup-root" },
  { "check-no-file", { "--check-config", "--config=/nonexistent" }, 1, "", "/nonexistent" },
  { "check-nothing",
    { "--check-config", "--root=/nonexistent" },
    0,
    "no configuration file: ok\n",
    "" },
  { "show",
    { "--show-config", "--root=/nonexistent", "--cgroup-root=/pods" },
    0,
    "cgroupRoot: \"/pods\"",
    "" },
  { "cgroup-root-underscore", { "--cgroup-root", "/a_b" }, 1, "", "/a_b" },
  { "no-machine", { "--root", "/nonexistent" }, 1, "", "/nonexistent" },
};

static void
assert_contains (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", part, text);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GSubprocess) daemon = fixture_spawn_daemon (test->arguments);
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  g_autofree char *messages = NULL;

  g_subprocess_communicate_utf8 (daemon, NULL, NULL, &output, &messages, &error);
  g_assert_no_error (error);
  g_test_message ("%s%s", output, messages);
  g_assert_true (g_subprocess_get_if_exited (daemon));
  g_assert_cmpint (g_subprocess_get_exit_status (daemon), ==, test->status);
  assert_contains (output, test->output);
  assert_contains (messages, test->messages);
  if (test->status != 0)
    g_assert_cmpstr (output, ==, "");
}

/* Another root for the pods. */
static void
test_cgroup_root (Fixture *fixture, gconstpointer data)
{
  const char *const arguments[] = {
    "--root",       fixture->root, "--bus-address", fixture->bus_address, "--cgroup-root",
    "/node-1/pods", NULL,
  };
  g_autofree char *slice = NULL;

  fixture->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (fixture);
  slice = fixture_must_create (fixture, "a", "{}");
  g_assert_cmpstr (slice, ==, "node_1-pods-besteffort-poda.slice");
  g_assert_true (fake_kernel_has_cgroup (
      fixture->kernel, "/node_1.slice/node_1-pods.slice/node_1-pods-besteffort.slice/"
                       "node_1-pods-besteffort-poda.slice"));
}

/* As the kubelet has it: all hangs in kubepods.slice. */
static void
test_root_of_kubelet (Fixture *fixture, gconstpointer data)
{
  const char *const arguments[] = {
    "--root", fixture->root, "--bus-address", fixture->bus_address, "--cgroup-root", "/", NULL,
  };
  g_autofree char *slice = NULL;

  fixture->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (fixture);
  slice = fixture_must_create (fixture, "a", "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}");
  g_assert_cmpstr (slice, ==, "kubepods-poda.slice");
  g_assert_true (fake_kernel_has_cgroup (fixture->kernel, "/kubepods.slice/kubepods-poda.slice"));
  fixture_must_remove (fixture, "a");
}

/* The daemon reads the files of its root; the command line comes after them. */
static void
test_files (Fixture *fixture, gconstpointer data)
{
  const char *const arguments[] = {
    "--root", fixture->root, "--bus-address", fixture->bus_address, NULL,
  };
  const char *const check[] = { "--root", fixture->root, "--check-config", NULL };
  g_autofree char *expected =
      g_strconcat (fixture->root, "/etc/nodecgroups/config.yaml: ok\n", NULL);
  g_autoptr (GSubprocess) checker = NULL;
  g_autofree char *output = NULL;
  g_autofree char *slice = NULL;

  temp_dir_write (fixture->root, "etc/nodecgroups/config.yaml",
                  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
                  "cgroupRoot: /from-file\n");
  checker = fixture_spawn_daemon (check);
  g_assert_true (g_subprocess_communicate_utf8 (checker, NULL, NULL, &output, NULL, NULL));
  g_assert_cmpint (g_subprocess_get_exit_status (checker), ==, 0);
  g_assert_cmpstr (output, ==, expected);
  fixture->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (fixture);
  slice = fixture_must_create (fixture, "a", "{}");
  g_assert_cmpstr (slice, ==, "from_file-besteffort-poda.slice");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/options/", cases[i].name, NULL);
    g_test_add_data_func (path, &cases[i], test_case);
  }
  FIXTURE_TEST_WITHOUT_DAEMON ("/options/another-cgroup-root", test_cgroup_root);
  FIXTURE_TEST_WITHOUT_DAEMON ("/options/root-of-kubelet", test_root_of_kubelet);
  FIXTURE_TEST_WITHOUT_DAEMON ("/options/files", test_files);
  return g_test_run ();
}
