/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl tree.
 */
#include "tests/dbus/cli.h"
#include "tests/dbus/golden.h"
#include "tests/dbus/join.h"
#include "tests/dbus/tmux.h"
#include "tests/unit/temp-dir.h"

#define BEST_EFFORT "/machine.slice/machine-besteffort.slice"
#define B_POD BEST_EFFORT "/machine-besteffort-podb.slice"
#define LONG_UID "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
#define LONG_POD BEST_EFFORT "/machine-besteffort-pod0b1c2d3e_4f50_6172_8394_a5b6c7d8e9f0.slice"
#define A_APP JOIN_POD "/" JOIN_APP
#define N_PODS 30

static void
set_memory (Fixture *fixture, const char *cgroup, const char *bytes)
{
  fake_kernel_write (fixture->kernel, cgroup, "memory.current", bytes);
}

/* The pod "a" of join.h with a container of ours and one of a runtime's, and others. */
static Cli *
start (Fixture *fixture)
{
  g_autofree char *b = fixture_must_create (fixture, "b", "{'PidsLimit': <'10'>}");
  g_autofree char *other = fixture_must_create (fixture, LONG_UID, "{}");
  g_autofree char *gone = fixture_must_create (fixture, "gone", "{}");
  g_autofree char *guaranteed =
      fixture_must_create (fixture, "g", "{'CPULimit': <'2'>, 'MemoryLimit': <'1Gi'>}");

  join_one (fixture, "app", join_start_process (fixture),
            "{'PidsLimit': <'9'>, 'MemoryLimit': <'64Mi'>}");
  fake_kernel_make_cgroup (fixture->kernel, JOIN_POD "/crio-1.scope");
  fake_kernel_write_file (fixture->kernel, "/proc/meminfo",
                          "MemTotal: 8388608 kB\nMemFree: 1 kB\nBuffers: 10 kB\nCached: 20 kB\n"
                          "Inactive(file): 5 kB\nAnonPages: 1048571 kB\n");
  set_memory (fixture, "/system.slice", "536870912");
  set_memory (fixture, "/user.slice", "1048576");
  set_memory (fixture, JOIN_POD, "134217728");
  set_memory (fixture, A_APP, "62914560");
  set_memory (fixture, JOIN_POD "/crio-1.scope", "4096");
  set_memory (fixture, B_POD, "1536");
  fake_kernel_write (fixture->kernel, B_POD, "pids.current", "8");
  set_memory (fixture, LONG_POD, "8192");
  fixture_stop_pod (fixture, "gone", gone);
  return cli_new (fixture);
}

static void
test_human (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_run (cli, 0, "tree");
  cli_assert_outputs (cli, "\nnode ", "\n├─system ", "\n├─kube ", "\n├─user ", "\n└─/machine ",
                      "\n  ├─Guaranteed (1 pod) ", "\n  │ └─g ", " 0m of 2.00  ░░░░░░░░░░ ",
                      "\n  ├─Burstable (1 pod) ", "\n  │ └─a ", "\n  │   ├─app ",
                      " 60.0M of 64.0M  █████████▍ ", "\n  │   └─crio-1.scope (foreign) ",
                      "\n  └─BestEffort (3 pods) ", "\n    ├─" LONG_UID " ", " 8 of 10\n",
                      "\n    └─gone (vanished) ");
  cli_run (cli, 0, "tree --color=always");
  cli_assert_outputs (cli, "\033[1;31m    └─gone (vanished)\033[0m",
                      "\033[2m  │   └─crio-1.scope (foreign)\033[0m",
                      "\033[1;31m60.0M of 64.0M\033[0m");
  cli_run (cli, 0, "tree --no-legend");
  g_assert_true (g_str_has_prefix (cli->output, "node "));
}

static void
test_some (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_run (cli, 0, "tree --no-legend b a");
  g_assert_true (g_str_has_prefix (cli->output, "a "));
  cli_assert_outputs (cli, "\n├─app ", "\n└─crio-1.scope (foreign) ", "\nb ");
  cli_assert_no_output (cli, "gone");
  cli_assert_no_output (cli, "node");
  cli_run (cli, 0, "tree --json a b");
  cli_assert_json_count (cli, "$[*]", 2);
  cli_assert_json (cli, "$[1].Uid", "\"b\"");
  cli_run (cli, 3, "tree none");
  cli_assert_errors (cli, "\nTry: nodecgroupsctl pods");
}

static void
test_json (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_run (cli, 0, "tree --json");
  cli_assert_json_count (cli, "$[*]", 1);
  cli_assert_jsons (cli, { "$[0].Kind", "\"node\"" }, { "$[0].MilliCPULimit", "4000" },
                    { "$[0].Children[0].Name", "\"system\"" },
                    { "$[0].Children[0].MemoryWorkingSetBytes", "536870912" },
                    { "$[0].Children[0].MilliCPU", "0" }, { "$[0].Children[3].Kind", "\"pods\"" },
                    { "$[0].Children[3].Name", "\"/machine\"" },
                    { "$[0].Children[3].Children[1].Name", "\"Burstable\"" },
                    { "$[0].Children[3].Children[1].MemoryWorkingSetBytes", "134217728" });
  cli_run (cli, 0, "tree --json a");
  cli_assert_jsons (
      cli, { "$[0].Kind", "\"pod\"" }, { "$[0].QosClass", "\"Burstable\"" },
      { "$[0].State", "\"active\"" }, { "$[0].Slice", "\"machine-burstable-poda.slice\"" },
      { "$[0].MilliCPU", "0" }, { "$[0].MilliCPULimit", "1000" },
      { "$[0].Children[0].Kind", "\"container\"" }, { "$[0].Children[0].Name", "\"app\"" },
      { "$[0].Children[0].Unit", "\"" JOIN_APP "\"" }, { "$[0].Children[0].MilliCPU", "0" },
      { "$[0].Children[0].PidsCurrent", "1" }, { "$[0].Children[0].PidsLimit", "9" },
      { "$[0].Children[1].State", "\"foreign\"" });
  cli_assert_json_count (cli, "$[0].Children[1].Unit", 0);
  cli_assert_json_count (cli, "$[0].Children[1].MemoryLimitBytes", 0);
}

/* Of many those that use the most are shown, and all are in the JSON. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = cli_new (fixture);
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%02u", i);
    g_autofree char *slice = fixture_must_create (fixture, uid, "{}");
    g_autofree char *cgroup = g_strconcat (BEST_EFFORT "/", slice, NULL);
    g_autofree char *bytes = g_strdup_printf ("%u", 1024 * i);

    set_memory (fixture, cgroup, bytes);
  }
  /* Those that are shown have their containers, with rates. */
  fake_kernel_make_cgroup (fixture->kernel, BEST_EFFORT "/machine-besteffort-podp29.slice/c1");
  fake_kernel_make_cgroup (fixture->kernel, BEST_EFFORT "/machine-besteffort-podp00.slice/c2");
  cli_run (cli, 0, "tree");
  g_assert_true (g_regex_match_simple ("─c1 \\(foreign\\) +0m ", cli->output, 0, 0));
  cli_assert_no_output (cli, "─c2 ");
  cli_assert_outputs (cli, "BestEffort (30 pods) ", "\n    ├─p29 ", "\n    ├─p10 ");
  cli_assert_no_output (cli, "─p09 ");
  cli_assert_output (cli, "\n    └─10 more (--full) ");
  cli_assert_output (cli, "45.0K ");
  cli_run (cli, 0, "tree --full");
  cli_assert_outputs (cli, "\n    └─p29 ", "\n    ├─p00 ", "─c1 (foreign) ", "─c2 (foreign) ");
  cli_assert_no_output (cli, "more");
  cli_run (cli, 0, "tree --json");
  cli_assert_json_count (cli, "$[0].Children[2].Children[0].Children[*]", N_PODS);
}

/* What it looks like, with as many rows as it takes. */
static void
assert_golden (Cli *cli, guint columns, const char *line, gboolean has_colors, const char *golden)
{
  g_autoptr (Tmux) tmux = tmux_new (cli, columns, 40);
  g_autofree char *screen = tmux_run (tmux, 0, line, has_colors);

  golden_assert (golden, screen);
}

static void
test_golden (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);

  cli_setenv (cli, "NO_COLOR", NULL);
  assert_golden (cli, 80, "tree --no-pager --color=never", FALSE, "tree-80.txt");
  assert_golden (cli, 200, "tree --no-pager", TRUE, "tree-200-colors.txt");
  cli_setenv (cli, "LC_ALL", "C");
  assert_golden (cli, 80, "tree --no-pager --color=never", FALSE, "tree-80-ascii.txt");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/cli/tree/human", test_human);
  JOIN_TEST ("/cli/tree/some", test_some);
  JOIN_TEST ("/cli/tree/json", test_json);
  FIXTURE_TEST ("/cli/tree/many", test_many);
  JOIN_TEST ("/cli/tree/golden", test_golden);
  return g_test_run ();
}
