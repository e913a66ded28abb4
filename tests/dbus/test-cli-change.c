/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl create, update, remove, reload.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>

#define SLICE "machine-burstable-poda.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define CONTAINER CGROUP "/poda-db.service"
#define FOREIGN "machine-burstable-podf.slice"

static void
assert_file (Fixture *fixture, const char *cgroup, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, cgroup, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_pod (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "create a CPURequest=1m CPULimit=500m MemoryLimit=256Mi Labels=app:web");
  g_assert_cmpstr (cli->output, ==, SLICE "\n" CGROUP "\n");
  assert_file (fixture, CGROUP, "cpu.max", "50000 100000");
  assert_file (fixture, CGROUP, "memory.max", "268435456");
  cli_run (cli, 0, "update a MemoryLimit=max PidsLimit=7");
  g_assert_cmpstr (cli->output, ==, "");
  assert_file (fixture, CGROUP, "memory.max", "max");
  assert_file (fixture, CGROUP, "pids.max", "7");
  cli_run (cli, 0, "remove a");
  g_assert_cmpstr (cli->output, ==, "");
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 0);
}

static void
test_pod_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "--json create a CPURequest=500m");
  cli_assert_jsons (cli, { "$.Uid", "\"a\"" }, { "$.Object", "\"/org/example/NodeCgroups/pod/a\"" },
                    { "$.Slice", "\"" SLICE "\"" }, { "$.ControlGroup", "\"" CGROUP "\"" });
  cli_assert_json_count (cli, "$.Container", 0);
  cli_run (cli, 0, "--json update a PidsLimit=7");
  g_assert_cmpstr (cli->output, ==, "{\"Uid\":\"a\"}\n");
  cli_run (cli, 0, "--json remove a");
  g_assert_cmpstr (cli->output, ==, "[{\"Uid\":\"a\"}]\n");
}

static void
test_container (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "create a CPURequest=1");
  cli_run (cli, 0, "create a/db MemoryLimit=1Mi Delegate=yes");
  g_assert_cmpstr (cli->output, ==, "poda-db.service\n" CONTAINER "\n");
  assert_file (fixture, CONTAINER, "memory.max", "1048576");
  cli_run (cli, 0, "--json create a/web");
  cli_assert_json (cli, "$.Container", "\"web\"");
  cli_assert_json (cli, "$.Unit", "\"poda-web.service\"");
  cli_assert_json_count (cli, "$.Slice", 0);
  cli_run (cli, 0, "update --json a/db MemoryLimit=2Mi");
  cli_assert_json (cli, "$.Container", "\"db\"");
  assert_file (fixture, CONTAINER, "memory.max", "2097152");
  cli_run (cli, 0, "remove --json a/db a/web");
  cli_assert_json_count (cli, "$[*]", 2);
  cli_assert_json (cli, "$[0].Container", "\"db\"");
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CONTAINER));
  g_assert_true (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
}

/* What can be removed is, and what cannot is told of. */
static void
test_remove_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "create a");
  cli_run (cli, 0, "create b");
  cli_run (cli, 3, "remove --json a x b y");
  g_assert_cmpstr (cli->output, ==, "[{\"Uid\":\"a\"},{\"Uid\":\"b\"}]\n");
  cli_assert_errors (cli, "pod 'x'");
  cli_assert_errors (cli, "pod 'y'");
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 0);
}

/* SIGTERM comes before the end. */
static void
test_grace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  pid_t pid;

  cli_run (cli, 0, "create a CPURequest=1");
  pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP);
  cli_run (cli, 0, "remove a --grace=20");
  child_wait_killed (pid, SIGTERM);
  cli_run (cli, 0, "create a CPURequest=1");
  pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP);
  cli_run (cli, 0, "remove a");
  child_wait_killed (pid, SIGKILL);
}

static const struct {
  const char *line;
  int status;
  const char *error;
} errors[] = {
  { "create", 2, "create takes UID[/CONTAINER] [KEY=VALUE…]\nTry: nodecgroupsctl create --help" },
  { "create a/", 2, "neither a pod's UID nor UID/CONTAINER" },
  { "create /a", 2, "neither a pod's UID nor UID/CONTAINER" },
  { "create b CPULimits=1", 2, "CPULimit is one\nTry: nodecgroupsctl create --help" },
  { "create b CPULimit=1x", 2, "CPULimit" },
  { "create .b", 2, ".b" },
  { "create none/db", 3, "\nTry: nodecgroupsctl create UID" },
  { "create a CPULimit=2", 1, "\nTry: nodecgroupsctl pod UID" },
  { "update a", 2, "update takes UID[/CONTAINER] KEY=VALUE…" },
  { "update none PidsLimit=5", 3, "\nTry: nodecgroupsctl pods" },
  { "update a/none PidsLimit=5", 3, "\nTry: nodecgroupsctl pod UID" },
  { "update a QosClass=Guaranteed", 2, "QosClass" },
  { "remove", 2, "remove takes UID[/CONTAINER]…" },
  { "remove none", 3, "\nTry: nodecgroupsctl pods" },
  { "remove a --grace=-1", 2, "--grace takes 0 to 3600 seconds" },
  { "remove a --grace=nan", 2, "--grace" },
  { "remove a --grace=4000", 2, "--grace takes 0 to 3600 seconds" },
  { "remove f", 4, "\nTry: as root, or as a member" },
  { "update f PidsLimit=5", 4, "\nTry: as root, or as a member" },
};

static void
test_errors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  fake_systemd_start_unit (fixture->systemd, FOREIGN, "somebody's");
  fixture_wait (fixture_lists (fixture, "foreign"));
  cli_run (cli, 0, "create a CPURequest=1");
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++) {
    cli_run (cli, errors[i].status, errors[i].line);
    g_assert_true (g_str_has_prefix (cli->errors, "nodecgroupsctl: "));
    cli_assert_errors (cli, errors[i].error);
    g_assert_cmpstr (cli->output, ==, "");
  }
}

static void
test_reload (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  cli_run (cli, 0, "reload");
  g_assert_cmpstr (cli->output, ==, "The configuration is in force; the node is ready.\n");
  cli_run (cli, 0, "reload --json");
  g_assert_cmpstr (cli->output, ==, "{\"State\":\"ready\"}\n");
  temp_dir_write (fixture->root, "etc/nodecgroups/config.yaml", "nonsense: 1\n");
  cli_run (cli, 1, "reload");
  cli_assert_errors (cli, "config.yaml:1:1");
  cli_assert_errors (cli, "\nTry: nodecgroupsd --check-config");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli/change/pod", test_pod);
  FIXTURE_TEST ("/cli/change/pod/json", test_pod_json);
  FIXTURE_TEST ("/cli/change/container", test_container);
  FIXTURE_TEST ("/cli/change/remove-many", test_remove_many);
  FIXTURE_TEST ("/cli/change/grace", test_grace);
  FIXTURE_TEST ("/cli/change/errors", test_errors);
  FIXTURE_TEST ("/cli/change/reload", test_reload);
  return g_test_run ();
}
