/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long something that was changed behind the daemon's back stays so: from the write (into the
 * kernel's file, or by SetUnitProperties) until the file reads as before.
 *
 * Each round has a pod of its own, because what is changed again and again is repaired after pauses
 * only. Run it as root on a machine with systemd and nodecgroupsd; tests/bench/run makes one.
 */
#include "lib/hierarchy.h"
#include "tests/bench/samples.h"

#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>

#define NAME "org.example.NodeCgroups"
#define OBJECT "/org/example/NodeCgroups"
#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_OBJECT "/org/freedesktop/systemd1"
#define POLL_USEC 200
#define GIVE_UP_USEC (90 * G_USEC_PER_SEC)
/* A change that is not seen within this was repaired before it could be. */
#define UNSEEN_USEC (2 * G_USEC_PER_SEC)
/* What the daemon does about one round is over before the next. */
#define PAUSE_USEC 50000
/* The weights of the slices above follow the pods a moment later. */
#define SETTLE_USEC (2 * G_USEC_PER_SEC)

typedef struct {
  char *unit;
  char *file;
  char *wanted;
} Target;

typedef struct {
  GDBusConnection *bus;
  NcgHierarchy *hierarchy;
  const NcgTree *tree; /* of the controller cpu */
  GPtrArray *targets;  /* (element-type Target) */
} Bench;

static void
target_free (gpointer data)
{
  Target *target = data;

  g_free (target->unit);
  g_free (target->file);
  g_free (target->wanted);
  g_free (target);
}

static void
give_up (const char *what, const GError *error)
{
  g_printerr ("%s: %s\n", what, error != NULL ? error->message : "it did not come to be");
  exit (EXIT_FAILURE);
}

static GVariant *
call (Bench *bench,
      const char *name,
      const char *object,
      const char *interface,
      const char *method,
      GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply =
      g_dbus_connection_call_sync (bench->bus, name, object, interface, method, arguments, NULL,
                                   G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  if (reply == NULL)
    give_up (method, error);
  return reply;
}

static char *
read_file (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    give_up (path, error);
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

static void
add_pod (Bench *bench, guint i)
{
  g_autofree char *uid = g_strdup_printf ("drift%u", i);
  g_autoptr (GVariant) reply =
      call (bench, NAME, OBJECT, NAME, "CreatePod",
            g_variant_new_parsed ("(%s, {'CPURequest': <'250m'>, 'MemoryLimit': <'64Mi'>})", uid));
  Target *target = g_new0 (Target, 1);
  const char *cgroup;

  g_variant_get (reply, "(&o&s&s)", NULL, NULL, &cgroup);
  target->unit = g_path_get_basename (cgroup);
  target->file = g_strconcat (bench->tree->mount, cgroup, "/",
                              bench->tree->is_v1 ? "cpu.shares" : "cpu.weight", NULL);
  target->wanted = read_file (target->file);
  g_ptr_array_add (bench->targets, target);
}

static void
remove_pods (Bench *bench)
{
  for (guint i = 0; i < bench->targets->len; i++) {
    g_autofree char *uid = g_strdup_printf ("drift%u", i);

    g_variant_unref (call (bench, NAME, OBJECT, NAME, "RemovePod",
                           g_variant_new_parsed ("(%s, @a{sv} {})", uid)));
  }
}

/* The kernel's file, and nobody but inotify tells of it. */
static void
write_file (Bench *bench, const Target *target)
{
  FILE *stream = fopen (target->file, "we");

  if (stream == NULL || fputs ("77", stream) < 0 || fclose (stream) != 0)
    give_up (target->file, NULL);
}

/* `systemctl set-property --runtime`, without starting a program. */
static void
set_property (Bench *bench, const Target *target)
{
  g_variant_unref (
      call (bench, SYSTEMD, SYSTEMD_OBJECT, SYSTEMD ".Manager", "SetUnitProperties",
            g_variant_new_parsed ("(%s, true, [('CPUWeight', <uint64 77>)])", target->unit)));
}

static const struct {
  const char *name;
  void (*change) (Bench *bench, const Target *target);
} ways[] = {
  { "write to the file", write_file },
  { "SetUnitProperties", set_property },
};

static void
run (Bench *bench, guint way, Samples *samples)
{
  for (guint i = 0; i < bench->targets->len; i++) {
    const Target *target = g_ptr_array_index (bench->targets, i);
    gint64 start;

    g_usleep (PAUSE_USEC);
    start = g_get_monotonic_time ();
    ways[way].change (bench, target);
    if (!wait_until_reads (target, FALSE, UNSEEN_USEC))
      continue;
    if (!wait_until_reads (target, TRUE, GIVE_UP_USEC))
      give_up (target->file, NULL);
    samples_add (samples, g_get_monotonic_time () - start);
  }
}

static void
print (const Samples *samples, gboolean json)
{
  double p50 = (double) samples_get_percentile (samples, 50) / 1000;
  double p99 = (double) samples_get_percentile (samples, 99) / 1000;
  double longest = (double) samples_get_percentile (samples, 100) / 1000;

  if (json)
    g_print ("{\"way\": \"%s\", \"n\": %u, \"p50_ms\": %.1f, \"p99_ms\": %.1f, "
             "\"max_ms\": %.1f}\n",
             samples->name, samples->usec->len, p50, p99, longest);
  else
    g_print ("%-24s %6u  %9.1f %9.1f %9.1f\n", samples->name, samples->usec->len, p50, p99,
             longest);
}

static void
open_bench (Bench *bench, int rounds)
{
  g_autoptr (GError) error = NULL;

  bench->bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, &error);
  if (bench->bus == NULL)
    give_up ("system bus", error);
  bench->hierarchy = ncg_hierarchy_detect ("", &error);
  if (bench->hierarchy == NULL)
    give_up ("cgroups", error);
  bench->tree = ncg_hierarchy_find_tree (bench->hierarchy, "cpu");
  if (bench->tree == NULL) {
    g_printerr ("no cgroup hierarchy here has the controller cpu\n");
    exit (EXIT_FAILURE);
  }
  bench->targets = g_ptr_array_new_with_free_func (target_free);
  for (int i = 0; i < rounds; i++)
    add_pod (bench, (guint) i);
  g_usleep (SETTLE_USEC);
}

int
main (int argc, char **argv)
{
  Bench bench = { NULL };
  gboolean json = FALSE;
  int rounds = 100;
  const GOptionEntry entries[] = {
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "How often each is done (100)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object for each row", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    give_up ("options", error);
  open_bench (&bench, rounds);
  if (!json)
    g_print ("%-24s %6s  %9s %9s %9s\n", "changed by", "n", "p50 ms", "p99 ms", "max ms");
  for (guint way = 0; way < G_N_ELEMENTS (ways); way++) {
    Samples samples;

    samples_init (&samples, ways[way].name);
    run (&bench, way, &samples);
    print (&samples, json);
    samples_clear (&samples);
  }
  remove_pods (&bench);
  g_ptr_array_unref (bench.targets);
  ncg_hierarchy_free (bench.hierarchy);
  g_object_unref (bench.bus);
  return EXIT_SUCCESS;
}
