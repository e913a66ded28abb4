/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading figures, against the floor: a loop that opens, reads and closes the same files, and makes
 * nothing of them. And the reading of two figures against that of all.
 *
 * All take turns, and each round begins with another one. Run it as root: it makes cgroups of its
 * own in every hierarchy, and removes them.
 */
#include "lib/stats.h"
#include "tests/bench/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WARM_UP 5

enum { FLOOR, FILL, FULL, TWO, N_CANDIDATES };
static const char *const names[N_CANDIDATES] = { "floor", "all figures, as a struct", "all figures",
                                                 "CPU and memory alone" };

/* What a full reading reads, where it is there; NULL: on cgroup2, whatever the controllers. */
static const struct {
  const char *controller;
  const char *file;
} candidates[] = {
  { "cpuacct", "cpuacct.usage" },
  { "cpuacct", "cpuacct.stat" },
  { "cpu", "cpu.stat" },
  { "memory", "memory.usage_in_bytes" },
  { "memory", "memory.stat" },
  { "memory", "memory.kmem.usage_in_bytes" },
  { "memory", "memory.max_usage_in_bytes" },
  { "memory", "memory.limit_in_bytes" },
  { "memory", "memory.failcnt" },
  { "memory", "memory.oom_control" },
  { "memory", "memory.current" },
  { "memory", "memory.peak" },
  { "memory", "memory.max" },
  { "memory", "memory.swap.current" },
  { "memory", "memory.events" },
  { "pids", "pids.current" },
  { "pids", "pids.max" },
  { "blkio", "io.stat" },
  { "blkio", "blkio.bfq.io_service_bytes_recursive" },
  { "blkio", "blkio.throttle.io_service_bytes_recursive" },
  { NULL, "cpu.pressure" },
  { NULL, "memory.pressure" },
  { NULL, "io.pressure" },
  { NULL, "cgroup.stat" },
};
static const char *const hugetlb_files[] = {
  "usage_in_bytes", "limit_in_bytes", "failcnt", "current", "max", "events"
};

typedef struct {
  NcgHierarchy *hierarchy;
  GPtrArray *mounts; /* of char *, theirs */
  char *top;         /* of our cgroups, below each mount */
  GPtrArray *paths;  /* of our cgroups */
  GPtrArray *files;  /* all that the floor reads */
  NcgStats stats;
  Samples samples[N_CANDIDATES];
} Bench;

static void G_GNUC_NORETURN
fail (const char *what)
{
  g_printerr ("%s: %s\n", what, g_strerror (errno));
  exit (EXIT_FAILURE);
}

static void
find_mounts (Bench *bench)
{
  GHashTableIter iter;
  gpointer mount;

  bench->mounts = g_ptr_array_new ();
  if (bench->hierarchy->unified_mount != NULL)
    g_ptr_array_add (bench->mounts, bench->hierarchy->unified_mount);
  g_hash_table_iter_init (&iter, bench->hierarchy->v1_mounts);
  while (g_hash_table_iter_next (&iter, NULL, &mount))
    if (!g_ptr_array_find_with_equal_func (bench->mounts, mount, g_str_equal, NULL))
      g_ptr_array_add (bench->mounts, mount);
}

static void
make_directory (const char *mount, const char *path)
{
  g_autofree char *directory = g_strconcat (mount, path, NULL);

  if (mkdir (directory, 0755) < 0)
    fail (directory);
}

/* What the root has not handed down stays off. */
static void
turn_controllers_on (const Bench *bench)
{
  g_autofree char *file =
      g_strconcat (bench->hierarchy->unified_mount, bench->top, "/cgroup.subtree_control", NULL);

  for (guint i = 0; bench->hierarchy->controllers[i] != NULL; i++) {
    g_autofree char *word = g_strconcat ("+", bench->hierarchy->controllers[i], NULL);
    int fd = open (file, O_WRONLY);

    if (fd < 0 || (write (fd, word, strlen (word)) < 0 && errno == EIO))
      fail (file);
    close (fd);
  }
}

/* At the exit, whatever happened before; the parent comes last. */
static void
remove_cgroups (int status, void *data)
{
  Bench *bench = data;

  g_ptr_array_add (bench->paths, g_strdup (bench->top));
  for (guint k = 0; k < bench->mounts->len; k++)
    for (guint i = 0; i < bench->paths->len; i++) {
      g_autofree char *directory = g_strconcat (g_ptr_array_index (bench->mounts, k),
                                                g_ptr_array_index (bench->paths, i), NULL);
      rmdir (directory);
    }
}

static void
make_cgroups (Bench *bench, guint n)
{
  bench->top = g_strdup_printf ("/ncg-bench-%d", (int) getpid ());
  bench->paths = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (bench->paths, g_strdup_printf ("%s/c%u", bench->top, i));
  on_exit (remove_cgroups, bench);
  for (guint k = 0; k < bench->mounts->len; k++)
    make_directory (g_ptr_array_index (bench->mounts, k), bench->top);
  if (bench->hierarchy->unified_mount != NULL)
    turn_controllers_on (bench);
  for (guint k = 0; k < bench->mounts->len; k++)
    for (guint i = 0; i < n; i++)
      make_directory (g_ptr_array_index (bench->mounts, k), g_ptr_array_index (bench->paths, i));
}

static void
add_file (Bench *bench, const char *controller, const char *path, const char *file)
{
  const char *mount =
      controller != NULL ? g_hash_table_lookup (bench->hierarchy->v1_mounts, controller) : NULL;
  g_autofree char *whole = NULL;

  if (mount == NULL)
    mount = bench->hierarchy->unified_mount;
  if (mount == NULL)
    return;
  whole = g_strconcat (mount, path, "/", file, NULL);
  if (access (whole, R_OK) == 0)
    g_ptr_array_add (bench->files, g_steal_pointer (&whole));
}

static void
find_files (Bench *bench)
{
  bench->files = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < bench->paths->len; i++) {
    const char *path = g_ptr_array_index (bench->paths, i);

    for (gsize k = 0; k < G_N_ELEMENTS (candidates); k++)
      add_file (bench, candidates[k].controller, path, candidates[k].file);
    for (guint s = 0; bench->hierarchy->page_sizes[s] != NULL; s++)
      for (gsize k = 0; k < G_N_ELEMENTS (hugetlb_files); k++) {
        g_autofree char *file =
            g_strconcat ("hugetlb.", bench->hierarchy->page_sizes[s], ".", hugetlb_files[k], NULL);
        add_file (bench, "hugetlb", path, file);
      }
  }
}

static void
run_floor (Bench *bench)
{
  static char buffer[65536];

  for (guint i = 0; i < bench->files->len; i++) {
    int fd = open (g_ptr_array_index (bench->files, i), O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read (fd, buffer, sizeof buffer) < 0)
      fail (g_ptr_array_index (bench->files, i));
    close (fd);
  }
}

static void
run_fill (Bench *bench)
{
  for (guint i = 0; i < bench->paths->len; i++)
    if (!ncg_stats_fill (&bench->stats, bench->hierarchy, g_ptr_array_index (bench->paths, i),
                         NCG_STATS_ALL, NULL))
      fail (g_ptr_array_index (bench->paths, i));
}

static void
run_read (Bench *bench, NcgStatsFields fields)
{
  for (guint i = 0; i < bench->paths->len; i++) {
    g_autoptr (GVariant) stats =
        ncg_stats_read (bench->hierarchy, g_ptr_array_index (bench->paths, i), fields, NULL);

    if (stats == NULL)
      fail (g_ptr_array_index (bench->paths, i));
  }
}

static void
run_candidate (Bench *bench, guint candidate)
{
  switch (candidate) {
  case FLOOR:
    run_floor (bench);
    break;
  case FILL:
    run_fill (bench);
    break;
  case FULL:
    run_read (bench, NCG_STATS_ALL);
    break;
  default:
    run_read (bench, NCG_STATS_BIT (NCG_STATS_CPU_USAGE) | NCG_STATS_BIT (NCG_STATS_MEMORY_USAGE));
    break;
  }
}

static void
run_round (Bench *bench, guint round)
{
  for (guint i = 0; i < N_CANDIDATES; i++) {
    guint candidate = (round + i) % N_CANDIDATES;
    gint64 start = g_get_monotonic_time ();

    run_candidate (bench, candidate);
    if (round >= WARM_UP)
      samples_add (&bench->samples[candidate], g_get_monotonic_time () - start);
  }
}

static void
print (const Bench *bench, gboolean json)
{
  void (*print_row) (const Samples *, const Samples *) =
      json ? samples_print_json : samples_print_row;

  if (!json) {
    g_print ("%u cgroups, %u files\n", bench->paths->len, bench->files->len);
    samples_print_header ();
  }
  print_row (&bench->samples[FILL], &bench->samples[FLOOR]);
  print_row (&bench->samples[FULL], &bench->samples[FLOOR]);
  print_row (&bench->samples[TWO], &bench->samples[FULL]);
}

int
main (int argc, char **argv)
{
  static Bench bench;
  gboolean json = FALSE;
  int rounds = 200, cgroups = 50;
  const GOptionEntry entries[] = {
    { "rounds", 'n', 0, G_OPTION_ARG_INT, &rounds, "How often all are read (200)", "N" },
    { "cgroups", 0, 0, G_OPTION_ARG_INT, &cgroups, "How many there are (50)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "One JSON object for each row", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error))
    bench.hierarchy = ncg_hierarchy_detect ("", &error);
  if (bench.hierarchy == NULL) {
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE;
  }
  ncg_stats_init (&bench.stats);
  for (int i = 0; i < N_CANDIDATES; i++)
    samples_init (&bench.samples[i], names[i]);
  find_mounts (&bench);
  make_cgroups (&bench, (guint) cgroups);
  find_files (&bench);
  for (int i = 0; i < rounds + WARM_UP; i++)
    run_round (&bench, (guint) i);
  print (&bench, json);
  return EXIT_SUCCESS;
}
