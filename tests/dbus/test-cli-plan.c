/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl plan: it says what the daemon then does.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/wait.h>

#define POD                                                                                        \
  "Uid: a-b\nCPURequest: 500m\nCPULimit: 1.5\nMemoryLimit: 256Mi\nMemoryLow: 1Mi\n"                \
  "OOMGroup: true\nCPUSet: 0-1\nIOLimits: {'8:0': {ReadIOPSMax: 9}}\n"                             \
  "Labels: {app: web}\n"                                                                           \
  "Containers:\n  db: {MemoryLimit: 64Mi, Delegate: yes}\n  web:\n"

/* The same for CreatePod. */
#define SPEC                                                                                       \
  "{'CPURequest': <'500m'>, 'CPULimit': <'1.5'>, 'MemoryLimit': <'256Mi'>, 'MemoryLow': <'1Mi'>, " \
  "'OOMGroup': <true>, 'CPUSet': <'0-1'>, "                                                        \
  "'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 9})]>}"

#define CONFIG                                                                                     \
  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"                       \
  "systemReserved: {cpu: 500m, memory: %s}\nkubeReserved: {cpu: 250m, memory: 512Mi}\n"            \
  "enforceNodeAllocatable: [pods, system-reserved, kube-reserved]\n"                               \
  "sysctls: {kernel.panic: warn}\noomScores: {kubelet.service: -500}\n"

/* (transfer full): the path of a file for a plan */
static char *
write_file (Fixture *fixture, const char *text)
{
  temp_dir_write (fixture->root, "plan.yaml", text);
  return g_build_filename (fixture->root, "plan.yaml", NULL);
}

static void
plan (Cli *cli, int status, const char *text, const char *options)
{
  g_autofree char *path = write_file (cli->fixture, text);
  g_autofree char *line =
      g_strdup_printf ("plan %s --root=%s %s", path, cli->fixture->root, options);

  cli_run (cli, status, line);
}

/* (transfer full) (nullable): what is planned, of a unit and a setting; NULL if nothing is */
static char *
find_planned (const Cli *cli, const char *groups, const char *unit, const char *setting)
{
  g_autoptr (JsonNode) root = json_from_string (cli->output, NULL);
  g_autoptr (JsonNode) found = json_path_query (groups, root, NULL);
  JsonArray *array = json_node_get_array (found);

  for (guint i = 0; i < json_array_get_length (array); i++) {
    JsonObject *group = json_array_get_object_element (array, i);
    JsonArray *settings = json_object_get_array_member (group, "Settings");

    if (!g_str_equal (json_object_get_string_member (group, "Unit"), unit))
      continue;
    for (guint j = 0; j < json_array_get_length (settings); j++) {
      JsonObject *row = json_array_get_object_element (settings, j);

      if (g_str_equal (json_object_get_string_member (row, "Setting"), setting))
        return g_strdup (json_object_get_string_member (row, "Value"));
    }
  }
  return NULL;
}

/* Of a cgroup that Verify names, each setting has been planned. @rows: a(ssssb). Returns: how many
 * there were */
static guint
assert_rows (const Cli *cli, GVariant *rows, const char *cgroup, const char *groups)
{
  g_autofree char *unit = g_path_get_basename (cgroup);
  const char *object, *setting, *wanted;
  GVariantIter iter;
  guint n = 0;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", &object, &setting, &wanted, NULL, NULL)) {
    g_autofree char *planned = NULL;

    if (!g_str_equal (object, cgroup) || g_str_equal (setting, "cgroup"))
      continue;
    planned = find_planned (cli, groups, unit, setting);
    g_test_message ("%s %s: %s, planned %s", object, setting, wanted, planned);
    g_assert_cmpstr (planned, ==, wanted);
    n++;
  }
  return n;
}

#define SLICE "machine-burstable-poda_b.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE

static void
test_pod (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *slice = fixture_must_create (fixture, "a-b", SPEC);
  g_autoptr (GVariant) rows =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a-b"), NULL);
  g_autoptr (GVariant) settings = g_variant_get_child_value (rows, 0);

  plan (cli, 0, POD, "--json");
  cli_assert_jsons (cli, { "$.Kind", "\"Pod\"" }, { "$.Uid", "\"a-b\"" },
                    { "$.QosClass", "\"Burstable\"" }, { "$.Spec.MemoryLimit", "268435456" },
                    { "$.Spec.Labels.app", "\"web\"" }, { "$.Group.Unit", "\"" SLICE "\"" });
  g_assert_cmpstr (slice, ==, SLICE);
  g_assert_cmpuint (assert_rows (cli, settings, CGROUP, "$.Group"), >, 8);
  cli_assert_output (cli, "{\"Name\":\"MemoryMax\",\"Value\":268435456}");
  cli_assert_jsons (cli, { "$.Containers[0].Group.Unit", "\"poda_b-db.service\"" },
                    { "$.Containers[0].Spec.MemoryLimit", "67108864" },
                    { "$.Containers[1].Name", "\"web\"" });
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);

  plan (cli, 0, POD, "");
  g_assert_true (g_str_has_prefix (cli->output, "a-b (Burstable)\n\nGROUP  "));
  cli_assert_outputs (cli, "\n" SLICE "  ", "  memory.max            268435456  MemoryMax\n",
                      "  memory.oom.group              1  nodecgroupsd\n", "\npoda_b-db.service  ");
  plan (cli, 0, "kind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: c}\n", "");
  cli_assert_output (cli, "web (BestEffort)\n\nGROUP  ");
  cli_assert_output (cli, "\nmachine-besteffort-podweb.slice  ");
}

/* What pods have by default comes from the node's configuration. */
static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *planned = NULL;

  temp_dir_write (fixture->root, "etc/nodecgroups/config.yaml",
                  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
                  "podPidsLimit: 77\ncgroupDriver: cgroupfs\ncgroupRoot: /pods\n");
  plan (cli, 0, POD, "--json");
  planned = find_planned (cli, "$.Group", "/pods/burstable/poda-b", "pids.max");
  g_assert_cmpstr (planned, ==, "77");
  cli_assert_json_count (cli, "$.Group.Properties", 0);
  cli_assert_json (cli, "$.Containers[0].Group.Unit", "\"/pods/burstable/poda-b/db\"");
}

/* The checks of the start are done. */
static gboolean
has_state (Fixture *fixture)
{
  g_autoptr (GVariant) state =
      fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "State");

  return !g_str_equal (g_variant_get_string (state, NULL), "bootstrapping");
}

static guint64
get_memory (GVariant *amounts)
{
  guint64 memory = 0;

  g_assert_true (g_variant_lookup (amounts, "memory", "t", &memory));
  return memory;
}

static void
test_configuration (Fixture *fixture, gconstpointer data)
{
  static const char *const cgroups[] = { "/system.slice", "/kubernetes.slice", "/machine.slice",
                                         "/machine.slice/machine-besteffort.slice" };
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *text = g_strdup_printf (CONFIG, "1Gi");
  g_autofree char *path = write_file (fixture, text);
  g_autofree char *option = g_strconcat ("--config=", path, NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) rows = NULL;
  g_autoptr (GVariant) allocatable = NULL;
  g_autofree char *memory = NULL;

  fixture->option = option;
  fixture_start_daemon (fixture);
  fixture_wait (has_state (fixture));
  reply = fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Verify", NULL, NULL);
  rows = g_variant_get_child_value (reply, 0);
  plan (cli, 0, text, "--json");
  cli_assert_json (cli, "$.Kind", "\"NodeCgroupsConfiguration\"");
  for (gsize i = 0; i < G_N_ELEMENTS (cgroups); i++)
    g_assert_cmpuint (assert_rows (cli, rows, cgroups[i], "$.Groups[*]"), >, 0);
  allocatable = fixture_get_property (fixture, MANAGER_PATH, NODE_INTERFACE, "Allocatable");
  memory = g_strdup_printf ("%" G_GUINT64_FORMAT, get_memory (allocatable));
  cli_assert_jsons (cli, { "$.Allocatable.memory", memory }, { "$.SystemReserved.cpu", "500" },
                    { "$.Enforced[1]", "\"system-reserved\"" }, { "$.Sysctls[2].Mode", "\"warn\"" },
                    { "$.Sysctls[2].Wanted", "\"10\"" });
  cli_assert_output (cli, "{\"Unit\":\"kubelet.service\",\"Score\":-500}");
  plan (cli, 0, text, "");
  cli_assert_outputs (cli, "\nmemory                 8.0G    1.0G  512.0M         -         6.5G\n",
                      "\nsystem.slice  ", "\nkernel.panic               warn           10 ",
                      "\nkubelet.service              -500\n");
}

static const struct {
  const char *text;
  int status;
  const char *says;
} cases[] = {
  { "", 1, "plan.yaml: there are no keys in it" },
  { "- a\n", 1, "there are no keys in it" },
  { "a: [\n", 1, "this is no YAML" },
  { "kind: Deployment\n", 1, "plan.yaml:1:7: kind is \"Deployment\": it takes a NodeCgroups" },
  { "CPULimit: 1\n", 1, "pod's spec with its Uid" },
  { "Uid: [a]\nMemoryLimit: 5Q\nCPULimt: 1\n", 1, "plan.yaml:2:1: MemoryLimit: \"5Q\" is not a" },
  { "Uid: a\nMemoryLimit: 5Q\nCPULimt: 1\n", 1, "plan.yaml:3:1: CPULimt: there is no key " },
  { "Uid: a\nCPURequest: 2\nCPULimit: 1\n", 1, "CPURequest" },
  { "Uid: a\nHugepageLimits: {3Mi: 3Mi}\n", 1, "HugepageLimits" },
  { "Uid: a\nContainers: [b]\n", 1, "plan.yaml:2:13: Containers: it takes a map" },
  { "Uid: a\nContainers: {b: 1}\n", 1, "Containers.b: it takes the keys" },
  { "Uid: a\nContainers: {b: {QosClass: Burstable}}\n", 1, ":2:18: Containers.b.QosClass: " },
};

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *format = g_strdup_printf (CONFIG, "1GB");
  g_autofree char *large = g_strdup_printf (CONFIG, "100Gi");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    plan (cli, cases[i].status, cases[i].text, "");
    cli_assert_errors (cli, cases[i].says);
    g_assert_cmpstr (cli->output, ==, "");
  }
  plan (cli, 1, format, "");
  cli_assert_errors (cli, "plan.yaml:3:37: systemReserved.memory: \"1GB\" is not a quantity");
  plan (cli, 1, large, "");
  cli_assert_errors (cli, "100Gi");
  cli_run (cli, 1, "plan /nonexistent");
  cli_assert_errors (cli, "/nonexistent");
  cli_run (cli, 2, "plan");
  cli_run (cli, 2, "-H node-1 plan -");
  cli_assert_errors (cli, "does not go with --host");
}

static void
test_input (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *text = g_strdup_printf (CONFIG, "1GB");
  g_autofree char *path = write_file (fixture, text);
  g_autofree char *command =
      g_strdup_printf ("exec \"$0\" plan - --root=%s <%s", fixture->root, path);
  const char *const arguments[] = { "bash", "-c", command, cli_get_program (), NULL };
  g_autofree char *errors = NULL;
  g_autofree char *output = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) arguments, cli->environment, G_SPAWN_SEARCH_PATH,
                               NULL, NULL, NULL, &errors, &status, NULL));
  g_assert_cmpint (WEXITSTATUS (status), ==, 1);
  g_assert_true (g_str_has_prefix (errors, "nodecgroupsctl: standard input:3:37: systemReserved"));
  g_free (write_file (fixture, POD));
  g_free (errors);
  g_assert_true (g_spawn_sync (NULL, (char **) arguments, cli->environment, G_SPAWN_SEARCH_PATH,
                               NULL, NULL, &output, &errors, &status, NULL));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_true (g_str_has_prefix (output, "a-b (Burstable)\n"));
}

/* <(COMMAND) of a shell; and what has no end is not read to it. */
static void
test_pipe (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_autofree char *text = g_strdup_printf (CONFIG, "1Gi");
  g_autofree char *path = write_file (fixture, text);
  g_autofree char *command =
      g_strdup_printf ("exec \"$0\" plan --json --root=%s <(cat %s)", fixture->root, path);
  const char *const arguments[] = { "bash", "-c", command, cli_get_program (), NULL };
  g_autofree char *output = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, (char **) arguments, cli->environment, G_SPAWN_SEARCH_PATH,
                               NULL, NULL, &output, NULL, &status, NULL));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
  g_assert_nonnull (strstr (output, "\"Kind\":\"NodeCgroupsConfiguration\""));
  cli_run (cli, 1, "plan /dev/zero");
  cli_assert_errors (cli, "nodecgroupsctl: /dev/zero: the file is larger than 256 KiB\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/cli-plan/pod", test_pod);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/human", test_human);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/defaults", test_defaults);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/configuration", test_configuration);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/wrong", test_wrong);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/input", test_input);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-plan/pipe", test_pipe);
  return g_test_run ();
}
