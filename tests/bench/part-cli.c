/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl, from its start to its end, each verb for people and in JSON, with many pods that
 * have two containers each. monitor is not here: it waits for what happens. The floor is the CPU
 * time of the tool and of the daemon, which is what is left on a machine that has nothing else to
 * do.
 */
#include "tests/bench/bench.h"
#include "tests/bench/child.h"
#include "tests/bench/fail.h"
#include "tests/bench/process.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PODS 1000
#define ROUNDS_EACH 20

/* A verb answers within a second. */
static const Aim second = { AIM_VALUE_AT_MOST, 1000, 1000 };

/* In the order of a round: what one makes the next ones use. "@" is a number that no other round
 * has, "%" a process, "&" a file. */
static const struct {
  const char *name;
  const char *line;
  gboolean
      may_differ; /* status 1 says that something is not as it should be, which is no failure */
} verbs[] = {
  { "status", "status", TRUE },
  { "tree", "tree" },
  { "tree, all", "tree --full" },
  { "top, one look", "top --batch --iterations=1" },
  { "top, all", "top --batch --iterations=1 --containers --parts" },
  { "pods", "pods" },
  { "pods, names", "pods --quiet --containers" },
  { "pod", "pod present0" },
  { "usage", "usage" },
  { "verify", "verify", TRUE },
  { "verify, one pod", "verify present0", TRUE },
  { "metrics", "metrics" },
  { "metrics, each pod", "metrics --pods=each" },
  { "config", "config" },
  { "plan", "plan &" },
  { "create", "create cli@ CPULimit=500m PidsLimit=100" },
  { "create, a container", "create cli@/app PidsLimit=50" },
  { "update", "update cli@ PidsLimit=200" },
  { "join", "join cli@ app %" },
  { "run", "run cli@/app -- true" },
  { "remove, a container", "remove cli@/app" },
  { "remove", "remove cli@" },
  { "reload", "reload" },
};

enum { HUMAN, JSON, N_FORMS };

typedef struct {
  Bench *bench;
  pid_t daemon;
  char *file; /* for plan */
  Pair pairs[G_N_ELEMENTS (verbs)][N_FORMS];
} Cli;

static char *
replace (const char *line, const char *mark, const char *with)
{
  g_auto (GStrv) parts = g_strsplit (line, mark, -1);

  return g_strjoinv (with, parts);
}

/* (transfer full): the arguments of a verb. @form: whether --json is one of them */
static char **
make_arguments (const Cli *self, guint verb, guint form, const char *number, pid_t pid)
{
  g_autofree char *process = g_strdup_printf ("%d", (int) pid);
  g_autofree char *one = replace (verbs[verb].line, "@", number);
  g_autofree char *two = replace (one, "%", process);
  g_autofree char *three = replace (two, "&", self->file);
  g_autofree char *line = g_strdup_printf ("nodecgroupsctl %s --no-pager %s",
                                           form == JSON ? "--json" : "--color=always", three);

  return g_strsplit (line, " ", -1);
}

/* The CPU time of those that were waited for, and of the daemon. */
static gint64
get_cpu_usec (const Cli *self)
{
  struct rusage usage;

  getrusage (RUSAGE_CHILDREN, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec + process_get_cpu_nsec (self->daemon) / 1000;
}

static void
time_verb (Cli *self, guint verb, guint form, const char *number, pid_t pid, gboolean counts)
{
  g_auto (GStrv) arguments = make_arguments (self, verb, form, number, pid);
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  gint64 cpu = get_cpu_usec (self), before = g_get_monotonic_time (), usec;
  int status;

  if (!g_spawn_sync (NULL, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                     NULL, NULL, &errors, &status, &error))
    fail ("%s", error->message);
  usec = g_get_monotonic_time () - before;
  if (!WIFEXITED (status) || WEXITSTATUS (status) > (verbs[verb].may_differ ? 1 : 0))
    fail ("nodecgroupsctl %s: %s", verbs[verb].line, errors);
  if (!counts)
    return;
  samples_add (&self->pairs[verb][form].ours, usec);
  samples_add (&self->pairs[verb][form].floor, get_cpu_usec (self) - cpu);
}

static void
run_round (Cli *self, guint round, guint form, gboolean counts)
{
  g_autofree char *number = g_strdup_printf ("%u-%u", round, form);
  pid_t pid;

  child_start (&pid, 1);
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    time_verb (self, i, form, number, pid, counts);
  child_end (&pid, 1);
}

static void
report (Cli *self, guint verb, guint form, guint pods)
{
  g_autofree char *name = g_strconcat (verbs[verb].name, form == JSON ? " --json" : "", NULL);

  report_add_pair (self->bench->report, g_intern_string (name), pods, &self->pairs[verb][form],
                   second);
}

static void
write_file (Cli *self)
{
  static const char spec[] = "Uid: planned\nCPULimit: 500m\nMemoryLimit: 64Mi\n";
  int fd = g_file_open_tmp ("plan-XXXXXX", &self->file, NULL);

  if (fd < 0 || write (fd, spec, strlen (spec)) < 0)
    fail ("there is no file for plan");
  close (fd);
}

static void
run (Bench *bench)
{
  const guint pods = bench_scale (bench, PODS), rounds = MAX (bench->rounds / ROUNDS_EACH, 1);
  Cli self = { bench, connection_find_process (bench->bus, PEER_DAEMON), NULL };

  write_file (&self);
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    for (guint form = 0; form < N_FORMS; form++)
      pair_init (&self.pairs[i][form]);
  population_set (bench->population, pods);
  population_add_leaves (bench->population, pods);
  /* The first one does not count, unless it is all. */
  for (guint round = bench->is_smoke ? 1 : 0; round <= rounds; round++)
    for (guint form = 0; form < N_FORMS; form++)
      run_round (&self, round, form, round > 0);
  report_add_remark (
      bench->report,
      "nodecgroupsctl: p99 is the slowest; the floor is CPU time; status, tree, top and "
      "usage look twice, 250 ms apart");
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    for (guint form = 0; form < N_FORMS; form++) {
      report (&self, i, form, pods);
      pair_clear (&self.pairs[i][form]);
    }
  unlink (self.file);
  g_free (self.file);
}

const Part part_cli = { "cli", NULL, run };
