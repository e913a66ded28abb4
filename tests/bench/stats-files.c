/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of figures.
 */
#include "tests/bench/stats-files.h"

#include "tests/bench/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

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

static void
add_file (const NcgHierarchy *hierarchy,
          GPtrArray *files,
          const char *controller,
          const char *cgroup,
          const char *file)
{
  const char *mount =
      controller != NULL ? g_hash_table_lookup (hierarchy->v1_mounts, controller) : NULL;
  g_autofree char *whole = NULL;

  if (mount == NULL)
    mount = hierarchy->unified_mount;
  if (mount == NULL)
    return;
  whole = g_strconcat (mount, cgroup, "/", file, NULL);
  if (access (whole, R_OK) == 0)
    g_ptr_array_add (files, g_steal_pointer (&whole));
}

static void
add_files (const NcgHierarchy *hierarchy, GPtrArray *files, const char *cgroup)
{
  for (gsize k = 0; k < G_N_ELEMENTS (candidates); k++)
    add_file (hierarchy, files, candidates[k].controller, cgroup, candidates[k].file);
  for (guint s = 0; hierarchy->page_sizes[s] != NULL; s++)
    for (gsize k = 0; k < G_N_ELEMENTS (hugetlb_files); k++) {
      g_autofree char *file =
          g_strdup_printf ("hugetlb.%s.%s", hierarchy->page_sizes[s], hugetlb_files[k]);

      add_file (hierarchy, files, "hugetlb", cgroup, file);
    }
}

GPtrArray *
stats_files_find (const NcgHierarchy *hierarchy, const GPtrArray *cgroups)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < cgroups->len; i++)
    add_files (hierarchy, files, g_ptr_array_index (cgroups, i));
  return files;
}

void
stats_files_read (const GPtrArray *files)
{
  static char buffer[65536];

  for (guint i = 0; i < files->len; i++) {
    const char *path = g_ptr_array_index (files, i);
    int fd = open (path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read (fd, buffer, sizeof buffer) < 0)
      fail ("%s: %s", path, g_strerror (errno));
    close (fd);
  }
}
