/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An agent that uses the library and no daemon. tests/check/library builds it as a stranger would,
 * against what is installed, and docs/library.md shows it.
 *
 * usage: agent CGROUP CPU CPUS [ROOT], for example: agent /machine.slice 500m 0-3
 */
#include <nodecgroups/nodecgroups.h>
#include <stdio.h>

/* The figures of a cgroup, read below @root: "" is this machine. */
static GVariant *
read_stats (const char *root, const char *path, GError **error)
{
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect (root, error);

  if (hierarchy == NULL)
    return NULL;
  printf ("hierarchy: %s\n", ncg_hierarchy_mode_to_string (hierarchy->mode));
  return ncg_stats_read (hierarchy, path, NCG_STATS_ALL, error);
}

/* A figure that this kernel does not give is absent, and not 0. */
static void
print_figure (GVariant *stats, const char *key)
{
  guint64 value;

  if (g_variant_lookup (stats, key, "t", &value))
    printf ("%s: %" G_GUINT64_FORMAT "\n", key, value);
  else
    printf ("%s: unknown\n", key);
}

static gboolean
run (char **argv, const char *root, GError **error)
{
  g_autoptr (NcgCpuset) cpus = NULL;
  g_autoptr (GVariant) stats = NULL;
  gint64 millicores;

  if (!ncg_quantity_parse_milli (argv[2], &millicores, error))
    return FALSE;
  cpus = ncg_cpuset_parse (argv[3], error);
  stats = cpus != NULL ? read_stats (root, argv[1], error) : NULL;
  if (stats == NULL)
    return FALSE;

  print_figure (stats, "CPUUsageNSec");
  print_figure (stats, "MemoryWorkingSetBytes");
  print_figure (stats, "PidsCurrent");
  printf ("requested: %" G_GINT64_FORMAT " millicores, on %u CPUs\n", millicores,
          ncg_cpuset_count (cpus));
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc < 4) {
    fprintf (stderr, "usage: %s CGROUP CPU CPUS [ROOT]\n", argv[0]);
    return 2;
  }
  if (!run (argv, argc > 4 ? argv[4] : "", &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  return 0;
}
