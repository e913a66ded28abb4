/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tests/lib-user/agent.c, a program that has only the installed library, and no daemon: it makes a
 * group with limits and a leaf in it, joins a process to that, reads its figures, and removes all.
 * On cgroup v2.
 *
 *   test-library systemd|cgroupfs
 */
#include "tests/vm/machine.h"

#include <string.h>

/* The leaf, and what the group that it is in may use, as the command finds them. */
#define COMMAND                                                                                    \
  "cgroup=$(sed -n s/^0:://p /proc/self/cgroup); echo in $cgroup; "                                \
  "cd /sys/fs/cgroup$cgroup/..; cat cpu.max memory.max pids.max; "                                 \
  "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"

static const struct {
  const char *driver;
  const char *group;
  const char *leaf;
} rows[] = {
  { "systemd", "/nctagent.slice", "/nctagent.slice/podagent-main.service" },
  { "cgroupfs", "/nctagent", "/nctagent/main" },
};
static gsize row;

static guint64
get_figure (const char *printed, const char *key)
{
  g_autofree char *whole = g_strconcat ("\n", key, ": ", NULL);
  const char *at = strstr (printed, whole);

  if (at == NULL)
    machine_fail ("there is no %s in '%s'", key, printed);
  return g_ascii_strtoull (at + strlen (whole), NULL, 10);
}

static void
assert_nothing_left (void)
{
  g_assert_false (machine_has_cgroup (rows[row].group));
  if (machine_has_systemd ()) {
    g_autofree char *units = machine_list_units ("*nctagent*");

    g_assert_cmpstr (units, ==, "");
  }
}

static void
test_run (void)
{
  g_autofree char *printed = machine_run (
      "library-agent --run %s /nctagent 500m 64Mi sh -c '" COMMAND "'", rows[row].driver);
  g_autofree char *expected = g_strdup_printf ("in %s\n50000 100000\n67108864\n100\nleaf: %s\n",
                                               rows[row].leaf, rows[row].leaf);

  if (!g_str_has_prefix (printed, expected))
    machine_fail ("'%s' does not begin with '%s'", printed, expected);
  g_assert_cmpuint (get_figure (printed, "CPUUsageNSec"), >, 0);
  g_assert_cmpuint (get_figure (printed, "PidsCurrent"), ==, 0);
  assert_nothing_left ();
}

/* What fails on the way leaves nothing. */
static void
test_fail (void)
{
  g_autofree char *said =
      machine_run ("library-agent --run %s /nctagent 500m 64Mi sh -c 'exit 3' 2>&1 && exit 1; :",
                   rows[row].driver);

  if (strstr (said, "3") == NULL)
    machine_fail ("the agent says '%s'", said);
  assert_nothing_left ();
}

int
main (int argc, char **argv)
{
  machine_init (argc, argv);
  row = argc > 1 && strcmp (argv[1], "cgroupfs") == 0 ? 1 : 0;
  g_test_add_func ("/library/run", test_run);
  g_test_add_func ("/library/fail", test_fail);
  return g_test_run ();
}
