/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long something that was changed behind the daemon's back stays so: from the write (into the
 * kernel's file, or by SetUnitProperties) until the file reads as before. It has no floor.
 *
 * Each round has a pod of its own, because what is changed again and again is repaired after pauses
 * only.
 */
#include "tests/bench/bench.h"
#include "tests/bench/calls.h"
#include "tests/bench/fail.h"
#include "tests/vm/machine.h"

#include <stdio.h>

#define PODS 100
#define POLL_USEC 200
#define GIVE_UP_USEC (90 * G_USEC_PER_SEC)
/* A change that is not seen within this was repaired before it could be. */
#define UNSEEN_USEC (2 * G_USEC_PER_SEC)
/* What the daemon does about one round is over before the next. */
#define PAUSE_USEC 50000
/* The weights of the slices above follow the pods a moment later. */
#define SETTLE_USEC (2 * G_USEC_PER_SEC)

typedef struct {
  char *uid;
  char *unit;
  char *file;
  char *wanted;
} Target;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->uid);
  g_free (target->unit);
  g_free (target->file);
  g_free (target->wanted);
  g_free (target);
}

static char *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    fail ("%s", error->message);
  return g_strchomp (text);
}

static gboolean
reads (const Target *target)
{
  g_autofree char *actual = read_file (target->file);

  return g_str_equal (actual, target->wanted);
}

/* Whether it comes to read as wanted, or not so, within @usec. */
static gboolean
wait_until_reads (const Target *target, gboolean wanted, gint64 usec)
{
  gint64 deadline = g_get_monotonic_time () + usec;

  while (reads (target) != wanted) {
    if (g_get_monotonic_time () > deadline)
      return FALSE;
    g_usleep (POLL_USEC);
  }
  return TRUE;
}

static Target *
new_target (Bench *bench, const NcgTree *tree, guint i)
{
  Target *target = g_new0 (Target, 1);
  g_autoptr (GVariant) reply = NULL;
  const char *cgroup;

  target->uid = g_strdup_printf ("drift%u", i);
  reply = connection_call (
      bench->bus, connection_new_call (
                      bench->bus, PEER_DAEMON, "CreatePod",
                      g_variant_new_parsed (
                          "(%s, {'CPURequest': <'250m'>, 'MemoryLimit': <'64Mi'>})", target->uid)));
  g_variant_get (reply, "(&o&s&s)", NULL, NULL, &cgroup);
  target->unit = g_path_get_basename (cgroup);
  target->file =
      g_strconcat (tree->mount, cgroup, "/", tree->is_v1 ? "cpu.shares" : "cpu.weight", NULL);
  target->wanted = read_file (target->file);
  return target;
}

/* The kernel's file, and nobody but inotify tells of it. */
static void
write_file (Bench *bench, const Target *target)
{
  FILE *stream = fopen (target->file, "we");

  if (stream == NULL || fputs ("77", stream) < 0 || fclose (stream) != 0)
    fail ("%s cannot be written", target->file);
}

/* `systemctl set-property --runtime`, without starting a program. */
static void
set_property (Bench *bench, const Target *target)
{
  GVariant *arguments =
      g_variant_new_parsed ("(%s, true, [('CPUWeight', <uint64 77>)])", target->unit);

  connection_time_call (
      bench->bus, connection_new_call (bench->bus, PEER_SYSTEMD, "SetUnitProperties", arguments));
}

static const struct {
  const char *name;
  void (*change) (Bench *bench, const Target *target);
} ways[] = {
  { "repair after a write to the file", write_file },
  { "repair after SetUnitProperties", set_property },
};

static void
run_way (Bench *bench, guint way, const GPtrArray *targets)
{
  g_auto (Pair) pair;

  pair_init (&pair);
  for (guint i = 0; i < targets->len; i++) {
    const Target *target = g_ptr_array_index (targets, i);
    gint64 start;

    g_usleep (PAUSE_USEC);
    start = g_get_monotonic_time ();
    ways[way].change (bench, target);
    if (!wait_until_reads (target, FALSE, UNSEEN_USEC))
      continue;
    if (!wait_until_reads (target, TRUE, GIVE_UP_USEC))
      fail ("%s was not repaired", target->file);
    samples_add (&pair.ours, g_get_monotonic_time () - start);
  }
  report_add_pair (bench->report, ways[way].name, targets->len, &pair, (Aim){ AIM_NONE, 0, 0 });
}

static void
run (Bench *bench)
{
  const NcgTree *tree = ncg_hierarchy_find_tree (machine_get_hierarchy (), "cpu");
  g_autoptr (GPtrArray) targets = g_ptr_array_new_with_free_func (target_free);
  guint pods = bench->is_smoke ? bench->rounds : PODS;

  if (tree == NULL) {
    report_add_remark (bench->report, "drift: no cgroup hierarchy here has the controller cpu");
    return;
  }
  population_set (bench->population, 0);
  for (guint i = 0; i < pods; i++)
    g_ptr_array_add (targets, new_target (bench, tree, i));
  g_usleep (SETTLE_USEC);
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++)
    run_way (bench, way, targets);
  for (guint i = 0; i < targets->len; i++) {
    const Target *target = g_ptr_array_index (targets, i);

    connection_time_call (bench->bus, calls_new_remove_pod (bench->bus, target->uid));
  }
}

const Part part_drift = { "drift", NULL, run };
