/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The soak: many clients make random calls, while the daemon, the bus and systemd are killed,
 * restarted and reloaded; afterwards everything has to be as the clients hold it to be, and nothing
 * left. Run as root on a machine with systemd and nodecgroupsd that has nothing else to do; see
 * tests/soak/run, which makes one.
 *
 * There are three phases. In the first one all faults happen; in the others the daemon's process is
 * left alone, so that its memory and its descriptors can be compared at their ends, both times
 * without any pod.
 */
#include "tests/soak/checks.h"
#include "tests/soak/client.h"
#include "tests/soak/faults.h"
#include "tests/soak/figures.h"
#include "tests/soak/report.h"

#include <stdlib.h>

typedef struct {
  int seconds;
  gint64 seed;
  int clients;
  int pods;
  gboolean no_faults;
  gboolean skips_memory;
  int slowness;
} Options;

static GPtrArray *
make_clients (const Options *options)
{
  GPtrArray *clients = g_ptr_array_new_with_free_func (client_free);

  for (int i = 0; i < options->clients; i++) {
    int n_pods = options->pods / options->clients + (i < options->pods % options->clients);
    g_ptr_array_add (clients,
                     client_new ((guint) i, (guint) n_pods, (guint32) options->seed + (guint) i));
  }
  return clients;
}

static void
print_progress (GPtrArray *clients)
{
  guint n_done = 0, n_calls = 0;
  gint64 longest = 0;
  g_autofree char *excuses = link_format_excuses ();

  for (guint i = 0; i < clients->len; i++) {
    const Client *client = g_ptr_array_index (clients, i);

    n_done += client->n_done;
    n_calls += client->link.n_calls;
    longest = MAX (longest, client->link.longest_usec);
  }
  report_note ("%u operations, %u calls, the longest took %.1f s; excused: %s", n_done, n_calls,
               (double) longest / G_USEC_PER_SEC, excuses[0] != '\0' ? excuses : "none");
}

static void
run_phase (GPtrArray *clients, const char *name, guint faults, int msec)
{
  report_note ("phase %s: %.1f s", name, msec / 1000.0);
  for (guint i = 0; i < clients->len; i++)
    client_start (g_ptr_array_index (clients, i), TRUE);
  faults_run (faults, g_get_monotonic_time () + (gint64) msec * 1000);
  client_stop_all ();
  for (guint i = 0; i < clients->len; i++)
    client_join (g_ptr_array_index (clients, i));
  print_progress (clients);
  if (!report_has_failed ())
    checks_run (clients);
}

static void
remove_all (GPtrArray *clients)
{
  report_note ("removing all");
  for (guint i = 0; i < clients->len && !report_has_failed (); i++)
    client_remove_all (g_ptr_array_index (clients, i));
  if (!report_has_failed ())
    checks_run (clients);
}

static void
run (const Options *options, GPtrArray *clients)
{
  guint all = options->no_faults ? 0 : FAULTS_ALL;
  guint gentle = options->no_faults ? 0 : FAULTS_GENTLE;
  Figures before, after;

  run_phase (clients, "one, with all faults", all, options->seconds * 550);
  if (report_has_failed ())
    return;
  run_phase (clients, "two, warming up", gentle, options->seconds * 150);
  if (!report_has_failed ())
    remove_all (clients);
  if (report_has_failed ())
    return;
  before = figures_read ();
  figures_print ("before phase three", &before);
  run_phase (clients, "three, for the figures", gentle, options->seconds * 300);
  if (!report_has_failed ())
    remove_all (clients);
  if (report_has_failed ())
    return;
  after = figures_read ();
  figures_print ("after phase three", &after);
  figures_compare (&before, &after, options->skips_memory);
}

static gboolean
parse (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "seconds", 0, 0, G_OPTION_ARG_INT, &options->seconds, "How long it takes (60)", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options->seed, "What everything random follows from",
      "N" },
    { "clients", 0, 0, G_OPTION_ARG_INT, &options->clients, "How many clients (16)", "N" },
    { "pods", 0, 0, G_OPTION_ARG_INT, &options->pods, "How many pods all have together (300)",
      "N" },
    { "slow", 0, 0, G_OPTION_ARG_INT, &options->slowness,
      "How many times longer everything takes on this machine (1)", "N" },
    { "no-faults", 0, 0, G_OPTION_ARG_NONE, &options->no_faults, "Nothing is killed", NULL },
    { "skip-memory", 0, 0, G_OPTION_ARG_NONE, &options->skips_memory,
      "The daemon may use more and more memory, as with sanitizers", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  g_printerr ("%s\n", error->message);
  return FALSE;
}

int
main (int argc, char **argv)
{
  Options options = { .seconds = 60, .seed = -1, .clients = 16, .pods = 300, .slowness = 1 };
  g_autoptr (GPtrArray) clients = NULL;
  g_autofree char *faults = NULL;

  if (!parse (&options, &argc, &argv))
    return EXIT_FAILURE;
  if (options.seed < 0)
    options.seed = (gint64) (g_random_int () >> 1);
  report_note ("seed %" G_GINT64_FORMAT
               ": to have the same again, NODECGROUPS_SOAK_SEED=%" G_GINT64_FORMAT,
               options.seed, options.seed);
  g_free (report_run (FALSE, "systemctl start nodecgroupsd.service"));
  faults_init ((guint32) options.seed + 1000000, (guint) MAX (options.slowness, 1));
  clients = make_clients (&options);
  run (&options, clients);
  /* It may have something to say about its end. */
  g_free (report_run (FALSE, "systemctl stop nodecgroupsd.service"));
  checks_read_journal ();
  faults = faults_format ();
  report_note ("faults: %s", faults);
  if (report_has_failed ())
    report_output ("journalctl --no-pager -o short-precise -n 400");
  report_result (options.seed);
  return report_has_failed () ? EXIT_FAILURE : EXIT_SUCCESS;
}
