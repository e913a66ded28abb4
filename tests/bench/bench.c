/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon costs, against the floor: a program that asks systemd for the same itself. Both
 * sides take turns in one boot. Run it as root on a machine with systemd and nodecgroupsd;
 * tests/bench/run makes one.
 */
#include "tests/bench/bench.h"

#include "tests/bench/calls.h"
#include "tests/bench/fail.h"

#include <stdlib.h>
#include <sys/utsname.h>

#define WARM_UP 10
#define IDLE_SECONDS 60
#define SMOKE_ROUNDS 4
#define SMOKE_SCALE 100

static const Part *const parts[] = {
  &part_call,     &part_create,   &part_join,  &part_remove, &part_load,   &part_stats,
  &part_runtimes, &part_standing, &part_drift, &part_cli,    &part_layout,
};

typedef struct {
  char *only;
  char *levels;
  ReportForm form;
} Options;

guint
bench_scale (const Bench *self, guint n)
{
  return self->is_smoke ? MAX (n / SMOKE_SCALE, 1) : n;
}

guint
bench_get_warm_up (const Bench *self)
{
  return self->is_smoke ? 1 : WARM_UP;
}

/* What goes on, since it takes minutes. */
static void
say (const Bench *bench, const char *what, guint pods)
{
  if (bench->is_quiet)
    return;
  if (pods > 0)
    g_printerr ("bench: %s, with %u pods\n", what, pods);
  else
    g_printerr ("bench: %s\n", what);
}

static gboolean
is_chosen (const char *const *only, const Part *part)
{
  return only == NULL || g_strv_contains (only, part->name);
}

static void
check_names (const char *const *only)
{
  for (guint i = 0; only != NULL && only[i] != NULL; i++) {
    gboolean is_known = FALSE;

    for (guint k = 0; k < G_N_ELEMENTS (parts); k++)
      is_known |= g_str_equal (parts[k]->name, only[i]);
    if (!is_known)
      fail ("there is no part '%s'", only[i]);
  }
}

static void
run_at (Bench *bench, const char *const *only, guint pods)
{
  for (guint k = 0; k < G_N_ELEMENTS (parts); k++)
    if (parts[k]->run_at != NULL && is_chosen (only, parts[k])) {
      say (bench, parts[k]->name, pods);
      population_set (bench->population, pods);
      report_begin_part (bench->report);
      parts[k]->run_at (bench, pods);
      report_end_part (bench->report, parts[k]->name);
    }
}

static void
run_parts (Bench *bench, const char *const *only, const char *const *levels)
{
  for (guint i = 0; levels[i] != NULL; i++)
    run_at (bench, only, (guint) g_ascii_strtoull (levels[i], NULL, 10));
  for (guint k = 0; k < G_N_ELEMENTS (parts); k++)
    if (parts[k]->run != NULL && is_chosen (only, parts[k])) {
      say (bench, parts[k]->name, 0);
      report_begin_part (bench->report);
      parts[k]->run (bench);
      report_end_part (bench->report, parts[k]->name);
    }
}

/* Also when a part fails. */
static void
print_report (int status, void *data)
{
  Bench *bench = data;

  report_print (bench->report, status == EXIT_SUCCESS);
}

/* Where all of this was measured. A machine that has much else to do gives other numbers. */
static void
describe_machine (Bench *bench)
{
  g_autofree char *version = connection_get_text (bench->bus, PEER_SYSTEMD, NULL, "Version");
  g_autofree char *limits = calls_describe_limits ();
  g_autofree char *text = NULL;
  struct utsname kernel;
  double load = 0;

  uname (&kernel);
  getloadavg (&load, 1);
  text = g_strdup_printf ("Linux %s, systemd %s, %u CPUs, load %.1f before; %s", kernel.release,
                          version, g_get_num_processors (), load, limits);
  report_add_remark (bench->report, text);
}

static void
open_bench (Bench *bench, ReportForm form)
{
  bench->bus = connection_open_system ();
  bench->population = population_new (bench->bus);
  bench->report = report_new (form);
  bench->is_quiet = form != REPORT_TABLE;
  on_exit (print_report, bench);
  describe_machine (bench);
}

static void
close_bench (Bench *bench)
{
  population_set (bench->population, 0);
  population_free (bench->population);
  connection_free (bench->bus);
}

static void
parse (int argc, char **argv, Bench *bench, Options *options)
{
  int rounds = 0, idle_seconds = 0;
  gboolean is_json = FALSE, is_tap = FALSE;
  const GOptionEntry entries[] = {
    { "only", 0, 0, G_OPTION_ARG_STRING, &options->only, "These parts alone", "NAME,..." },
    { "levels", 0, 0, G_OPTION_ARG_STRING, &options->levels, "How many pods are present", "N,..." },
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "How often each is done (200)", "N" },
    { "idle", 0, 0, G_OPTION_ARG_INT, &idle_seconds, "How long nothing happens (60)", "SECONDS" },
    { "smoke", 0, 0, G_OPTION_ARG_NONE, &bench->is_smoke, "Only see whether it all runs", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &is_json, "One JSON object for each row", NULL },
    { "tap", 0, 0, G_OPTION_ARG_NONE, &is_tap, "Each part as a test", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    fail ("%s", error->message);
  bench->rounds = rounds > 0 ? (guint) rounds : bench->is_smoke ? SMOKE_ROUNDS : 200;
  bench->idle_seconds = idle_seconds > 0  ? (guint) idle_seconds
                        : bench->is_smoke ? 1
                                          : IDLE_SECONDS;
  options->form = is_json ? REPORT_JSON : is_tap ? REPORT_TAP : REPORT_TABLE;
  if (options->levels == NULL)
    options->levels = g_strdup (bench->is_smoke ? "2" : "10,100,500,1000");
}

int
main (int argc, char **argv)
{
  static Bench bench;
  Options options = { NULL };
  g_auto (GStrv) only = NULL;
  g_auto (GStrv) levels = NULL;

  parse (argc, argv, &bench, &options);
  only = options.only != NULL ? g_strsplit (options.only, ",", -1) : NULL;
  levels = g_strsplit (options.levels, ",", -1);
  check_names ((const char *const *) only);
  open_bench (&bench, options.form);
  run_parts (&bench, (const char *const *) only, (const char *const *) levels);
  close_bench (&bench);
  g_free (options.only);
  g_free (options.levels);
  return EXIT_SUCCESS;
}
