/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl config: what the daemon's program says of its files, here and over ssh.
 */
#include "tests/dbus/cli.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>

#define CONFIG                                                                                     \
  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"                       \
  "systemReserved: {cpu: 500m, memory: %s}\npodPidsLimit: 100\n"

typedef struct {
  Cli *cli;
  char *root;
} Rig;

static void
rig_clear (Rig *rig)
{
  cli_free (rig->cli);
  temp_dir_free (rig->root);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rig, rig_clear)

/* A machine with one file. */
static void
rig_init (Rig *rig, Fixture *fixture, const char *memory)
{
  g_autofree char *config = g_strdup_printf (CONFIG, memory);

  rig->cli = cli_new (fixture);
  rig->root = temp_dir_new ();
  temp_dir_write (rig->root, "etc/nodecgroups/config.yaml", config);
  cli_setenv (rig->cli, "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent");
}

static void
run (Rig *rig, int status, const char *before, const char *after)
{
  g_autofree char *line = g_strdup_printf ("%s config --daemon=%s -- --root=%s %s", before,
                                           cli_get_daemon (), rig->root, after);

  cli_run (rig->cli, status, line);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_auto (Rig) rig = { NULL };

  rig_init (&rig, fixture, "1Gi");
  run (&rig, 0, "", "--kube-reserved=cpu=100m");
  cli_assert_output (rig.cli, "\nsystemReserved:\n  cpu: 500m ");
  cli_assert_output (rig.cli, "/etc/nodecgroups/config.yaml:3\n  memory: 1Gi ");
  cli_assert_output (rig.cli, "\n  cpu: 100m                                  # --kube-reserved\n");
  cli_assert_output (rig.cli, "\ncpuCFSQuota: true                            # default\n");
  run (&rig, 0, "--color=always", "");
  cli_assert_output (rig.cli,
                     "\ncpuCFSQuota: true                           \033[2m # default\033[0m\n");
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_auto (Rig) rig = { NULL };
  g_autofree char *origin = NULL;

  rig_init (&rig, fixture, "1Gi");
  origin = g_strdup_printf ("\"%s/etc/nodecgroups/config.yaml:3\"", rig.root);
  run (&rig, 0, "--json", "");
  cli_assert_json (rig.cli, "$.systemReserved.memory.Value", "\"1Gi\"");
  cli_assert_json (rig.cli, "$.systemReserved.memory.Origin", origin);
  cli_assert_json (rig.cli, "$.podPidsLimit.Value", "100");
  cli_assert_json (rig.cli, "$.enforceNodeAllocatable[0].Value", "\"pods\"");
  cli_assert_json (rig.cli, "$.enforceNodeAllocatable[0].Origin", "\"default\"");
}

/* All that is wrong is said, with its places. */
static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  g_auto (Rig) rig = { NULL };

  rig_init (&rig, fixture, "1GB\ncgroupDrivr: systemd");
  temp_dir_write (rig.root, "etc/nodecgroups/config.yaml",
                  "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
                  "systemReserved: {memory: 1GB}\ncgroupDrivr: systemd\n");
  run (&rig, 1, "", "");
  cli_assert_errors (rig.cli, "nodecgroupsctl: nodecgroupsd --show-config has failed:\n");
  cli_assert_errors (rig.cli, "config.yaml:3:26: systemReserved.memory: \"1GB\"");
  cli_assert_errors (rig.cli, "\n    3 | systemReserved: {memory: 1GB}\n");
  cli_assert_errors (rig.cli, "config.yaml:4:1: cgroupDrivr");
  cli_assert_errors (rig.cli, "\nTry: nodecgroupsd --check-config");
  g_assert_cmpstr (rig.cli->output, ==, "");
  cli_run (rig.cli, 2, "config systemReserved");
  cli_assert_errors (rig.cli, "config takes [-- DAEMON-OPTION…], and not \"systemReserved\"\n"
                              "Try: nodecgroupsctl config --help\n");
  cli_run (rig.cli, 5, "config --daemon=/nonexistent");
  cli_assert_errors (rig.cli, "/nonexistent cannot be asked: ");
  cli_assert_errors (rig.cli, "--daemon=PROGRAM, if nodecgroupsd is elsewhere\n");
}

/* With the words of an ssh that is on the host already; the shell there takes nothing apart. */
static void
test_host (Fixture *fixture, gconstpointer data)
{
  g_auto (Rig) rig = { NULL };
  g_autofree char *program = NULL;
  g_autofree char *path = NULL;
  g_autofree char *root = NULL;

  rig_init (&rig, fixture, "1Gi");
  program = g_build_filename (rig.root, "ssh", NULL);
  path = g_strconcat (rig.root, ":", g_getenv ("PATH"), NULL);
  temp_dir_write (rig.root, "ssh",
                  "#!/bin/sh\n[ \"$1 $2 $3\" = '-xT -- node-1' ] || exit 255\n"
                  "shift 3\nexec sh -c \"$*\"\n");
  g_assert_cmpint (g_chmod (program, 0755), ==, 0);
  cli_setenv (rig.cli, "PATH", path);
  run (&rig, 0, "-H node-1", "");
  cli_assert_output (rig.cli, "\n  memory: 1Gi ");
  run (&rig, 1, "-H node-1", "'--group=a b;c'\"'\" --bad");
  cli_assert_errors (rig.cli, "Unknown option --bad");
  run (&rig, 5, "-H node-2", "");
  cli_assert_errors (rig.cli, "there is no way to node-2");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-config/human", test_human);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-config/json", test_json);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-config/wrong", test_wrong);
  FIXTURE_TEST_WITHOUT_DAEMON ("/cli-config/host", test_host);
  return g_test_run ();
}
