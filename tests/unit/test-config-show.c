/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A configuration that is shown says where it is from, and loads to the same.
 */
#include "daemon/config/show.h"
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define MAIN "etc/nodecgroups/config.yaml"

/* The line that begins so, without the blanks before its comment. */
static char *
find_line (const char *text, const char *start)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++) {
    char *comment = strstr (lines[i], " # ");

    if (!g_str_has_prefix (lines[i], start) || comment == NULL)
      continue;
    *comment = '\0';
    return g_strdup_printf ("%s %s", g_strchomp (lines[i]), comment + 1);
  }
  g_error ("there is no \"%s\" in:\n%s", start, text);
}

static void
test_origins (void)
{
  static const char *const lines[][2] = {
    { "cgroupDriver", "cgroupDriver: systemd # default" },
    { "cgroupRoot", "cgroupRoot: \"/kubepods\" # R/etc/nodecgroups/config.yaml:3" },
    { "  cpu", "  cpu: 500m # --system-reserved" },
    { "  memory.available", "  memory.available: 12.5000% # R/k.yaml:4" },
    { "- pods", "- pods # R/etc/nodecgroups/config.yaml:4" },
    { "- system-reserved", "- system-reserved # --system-reserved-enforce" },
    { "kubeReserved:", "kubeReserved: {} # default" },
    { "  kubelet.service", "  kubelet.service: -5 # R/etc/nodecgroups/config.yaml:5" },
    { "  docker.service", "  docker.service: null # R/etc/nodecgroups/config.yaml:6" },
    { "  kernel.panic:", "  kernel.panic: enforce # default" },
    { "group", "group: \"a\\\"b\\U000000e4\" # R/etc/nodecgroups/config.yaml:8" },
  };
  char *root = temp_dir_new ();
  g_autoptr (Config) config = NULL;
  g_autofree char *text = NULL;

  temp_dir_write (root, "k.yaml", KUBELET_HEADER "evictionHard:\n  memory.available: 12.5%\n");
  temp_dir_write (root, MAIN,
                  CONFIG_HEADER "cgroupRoot: /\nenforceNodeAllocatable: [pods]\noomScoreAdj: -5\n"
                                "oomScores: {docker.service: null}\nkubeletConfig: /k.yaml\n"
                                "group: \"a\\\"b\\u00e4\"\n");
  config = config_rig_must_load (root, "--system-reserved cpu=500m --system-reserved-enforce");
  text = config_show (config);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *line = find_line (text, lines[i][0]);
    g_auto (GStrv) parts = g_strsplit (line, root, -1);
    g_autofree char *shown = g_strjoinv ("R", parts);

    g_assert_cmpstr (shown, ==, lines[i][1]);
  }
  temp_dir_free (root);
}

/* @text: of a file of ours, whole */
static void
check_round_trip (const char *text, gboolean has_systemd)
{
  char *root = temp_dir_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = NULL;
  g_autoptr (Config) again = NULL;
  g_autofree char *shown = NULL;

  temp_dir_write (root, MAIN, text);
  config = config_rig_load (root, NULL, has_systemd, &error);
  g_assert_no_error (error);
  shown = config_show (config);
  temp_dir_write (root, MAIN, shown);
  again = config_rig_load (root, NULL, has_systemd, &error);
  g_assert_no_error (error);
  config_rig_assert_equal (config, again);
  temp_dir_free (root);
}

static void
test_round_trip (void)
{
  static const char *const texts[] = {
    "",
    "cgroupDriver: cgroupfs\n",
    "cgroupDriver: cgroupfs\nsystemContainer: sys\nresourceContainer: agent\n",
    "systemContainer: a-b.slice\n",
    "systemContainer: ''\nsystemReservedCgroup: /c\n",
    "systemReservedCgroup: ''\nkubeReservedCgroup: ''\n",
    "reservedSystemCPUs: 0-3,7\n",
    "reservedSystemCPUs: 0-3\nsystemContainer: a\n",
    "reservedSystemCPUs: 0-3\nsystemReservedCgroup: ''\nkubeReservedCgroup: ''\n",
    "reservedSystemCPUs: 0-3\nsystemContainer: a\ncgroupDriver: cgroupfs\n",
    "systemReserved: {cpu: 1n, memory: 9223372036854775807, pid: 9223372036854775807}\n",
    "memoryProtectionCap: 0.0001%\nevictionHard: {memory.available: 99.9999%}\n",
    "enforceNodeAllocatable: [none]\ncpuCFSQuotaPeriod: 1001us\npodPidsLimit: 5\n",
    "cpuWeightFormula: kubelet\n",
    "oomScores: {kubelet.service: null, 'a\\x2d@b:c.service': 5, a.slice: -999}\n",
    "group: \"\\n\\U0001F600 '\\\"\\\\ # x\"\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *text = g_strconcat (CONFIG_HEADER, texts[i], NULL);

    check_round_trip (text, TRUE);
    check_round_trip (text, FALSE);
  }
}

/* A file's name cannot end the comment that it is in. */
static void
test_file_name (void)
{
  char *root = temp_dir_new ();
  g_autoptr (Config) config = NULL;
  g_autofree char *text = NULL;

  temp_dir_write (root, "etc/nodecgroups/config.yaml.d/a\nb: c.yaml", CONFIG_HEADER "group: x\n");
  config = config_rig_must_load (root, NULL);
  text = config_show (config);
  g_assert_nonnull (strstr (text, "/a?b: c.yaml:3\n"));
  temp_dir_free (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-show/origins", test_origins);
  g_test_add_func ("/config-show/round-trip", test_round_trip);
  g_test_add_func ("/config-show/file-name", test_file_name);
  return g_test_run ();
}
