/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures of cgroup v2: Documentation/admin-guide/cgroup-v2.rst in the kernel.
 */
#include "lib/stats-parse.h"
#include "lib/stats-source.h"

#include <string.h>

#define BIT NCG_STATS_BIT
#define KEY NCG_STATS_KEY

static const NcgStatsKey cpu_keys[] = {
  KEY ("usage_usec", NCG_STATS_CPU_USAGE, 1000, 1),
  KEY ("user_usec", NCG_STATS_CPU_USER, 1000, 1),
  KEY ("system_usec", NCG_STATS_CPU_SYSTEM, 1000, 1),
  KEY ("nr_periods", NCG_STATS_CPU_PERIODS, 1, 1),
  KEY ("nr_throttled", NCG_STATS_CPU_THROTTLED_PERIODS, 1, 1),
  KEY ("throttled_usec", NCG_STATS_CPU_THROTTLED, 1, 1),
};
#define CPU_FIELDS                                                                                 \
  (BIT (NCG_STATS_CPU_USAGE) | BIT (NCG_STATS_CPU_USER) | BIT (NCG_STATS_CPU_SYSTEM) |             \
   BIT (NCG_STATS_CPU_PERIODS) | BIT (NCG_STATS_CPU_THROTTLED_PERIODS) |                           \
   BIT (NCG_STATS_CPU_THROTTLED))

static const NcgStatsKey memory_keys[] = {
  KEY ("anon", NCG_STATS_MEMORY_ANON, 1, 1),
  KEY ("file", NCG_STATS_MEMORY_FILE, 1, 1),
  KEY ("kernel", NCG_STATS_MEMORY_KERNEL, 1, 1),
  KEY ("inactive_file", NCG_STATS_INACTIVE_FILE, 1, 1),
};
#define MEMORY_STAT_FIELDS                                                                         \
  (BIT (NCG_STATS_MEMORY_ANON) | BIT (NCG_STATS_MEMORY_FILE) | BIT (NCG_STATS_MEMORY_KERNEL) |     \
   BIT (NCG_STATS_INACTIVE_FILE))

static const NcgStatsKey cgroup_keys[] = {
  KEY ("nr_descendants", NCG_STATS_DESCENDANTS, 1, 1),
  KEY ("nr_dying_descendants", NCG_STATS_DYING_DESCENDANTS, 1, 1),
};

static const char *const io_keys[NCG_STATS_N_IO_NUMBERS] = {
  [NCG_STATS_READ_BYTES] = "rbytes",    [NCG_STATS_WRITE_BYTES] = "wbytes",
  [NCG_STATS_READ_OPERATIONS] = "rios", [NCG_STATS_WRITE_OPERATIONS] = "wios",
  [NCG_STATS_DISCARD_BYTES] = "dbytes", [NCG_STATS_DISCARD_OPERATIONS] = "dios",
};

static gboolean
read_events (NcgStatsReader *reader,
             const NcgStatsSource *self,
             const NcgCgroup *cgroup,
             GError **error)
{
  const char *cursor, *value;
  NcgStatsWord word;
  char *text;

  if (!ncg_stats_reader_get_text (reader, cgroup, self->file, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  cursor = text;
  while (ncg_stats_parse_key (&cursor, &word, &value)) {
    NcgStatsEvent event;

    if (ncg_stats_parse_number (value, &event.count) &&
        ncg_stats_word_copy (word, event.name, sizeof event.name))
      g_array_append_val (reader->stats->events, event);
  }
  ncg_stats_reader_mark (reader, NCG_STATS_MEMORY_EVENTS);
  return TRUE;
}

/* Forgets the figures of @device, which go into @devices if it has any. */
static void
add_device (GArray *devices, NcgStatsDevice *device)
{
  if (device->has != 0 && device->device[0] != '\0')
    g_array_append_val (devices, *device);
  device->has = 0;
}

/* "MAJ:MIN KEY=VALUE …". A device without figures is not always on a line of its own: Linux has
 * printed "253:1 253:0 rbytes=…", so what counts is the words. */
static void
parse_devices (const char *cursor, GArray *devices)
{
  NcgStatsDevice device = { 0 };
  NcgStatsWord word;

  while (ncg_stats_parse_word (&cursor, FALSE, &word)) {
    const char *value = ncg_stats_word_split (&word);
    int i = value != NULL ? ncg_stats_word_find (word, io_keys, G_N_ELEMENTS (io_keys)) : -1;

    if (i >= 0 && ncg_stats_parse_number (value, &device.numbers[i]))
      device.has |= 1U << i;
    if (value != NULL)
      continue;
    add_device (devices, &device);
    ncg_stats_word_copy (word, device.device, sizeof device.device);
  }
  add_device (devices, &device);
}

static gboolean
read_io (NcgStatsReader *reader,
         const NcgStatsSource *self,
         const NcgCgroup *cgroup,
         GError **error)
{
  char *text;

  if (!ncg_stats_reader_get_text (reader, cgroup, self->file, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  parse_devices (text, reader->stats->devices);
  ncg_stats_reader_mark (reader, NCG_STATS_IO);
  return TRUE;
}

static gboolean
read_pressure (NcgStatsReader *reader,
               const NcgStatsSource *self,
               const NcgCgroup *cgroup,
               GError **error)
{
  NcgStatsField field = (NcgStatsField) g_bit_nth_lsf (self->fields, -1);
  NcgStatsPressure *pressure = &reader->stats->pressures[field - NCG_STATS_CPU_PRESSURE];
  char *text;

  if (!ncg_stats_reader_get_text (reader, cgroup, self->file, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  ncg_stats_parse_pressure (text, pressure);
  ncg_stats_reader_mark (reader, field);
  return TRUE;
}

static gboolean
read_hugepages (NcgStatsReader *reader,
                const NcgStatsSource *self,
                const NcgCgroup *cgroup,
                GError **error)
{
  static const NcgStatsHugepageFiles suffixes = { "current", "max", "events" };

  return ncg_stats_source_read_hugepages (reader, &suffixes, cgroup, error);
}

#define read_number ncg_stats_source_read_number
#define read_limit ncg_stats_source_read_limit
#define read_keys ncg_stats_source_read_keys
#define KEYS(keys) keys, G_N_ELEMENTS (keys)

const NcgStatsSource ncg_stats_sources_v2[] = {
  { NULL, "cpu.stat", CPU_FIELDS, read_keys, KEYS (cpu_keys) },
  { "memory", "memory.current", BIT (NCG_STATS_MEMORY_USAGE), read_number, .is_gate = TRUE },
  { "memory", "memory.stat", MEMORY_STAT_FIELDS, read_keys, KEYS (memory_keys) },
  { "memory", "memory.peak", BIT (NCG_STATS_MEMORY_PEAK), read_number },
  { "memory", "memory.max", BIT (NCG_STATS_MEMORY_LIMIT), read_limit },
  { "memory", "memory.swap.current", BIT (NCG_STATS_MEMORY_SWAP), read_number },
  { "memory", "memory.events", BIT (NCG_STATS_MEMORY_EVENTS), read_events },
  { "pids", "pids.current", BIT (NCG_STATS_PIDS_CURRENT), read_number, .is_gate = TRUE },
  { "pids", "pids.max", BIT (NCG_STATS_PIDS_LIMIT), read_limit },
  /* It is the "blkio" of v1. */
  { "blkio", "io.stat", BIT (NCG_STATS_IO), read_io },
  { "hugetlb", NULL, BIT (NCG_STATS_HUGEPAGES), read_hugepages },
  { NULL, "cpu.pressure", BIT (NCG_STATS_CPU_PRESSURE), read_pressure },
  { NULL, "memory.pressure", BIT (NCG_STATS_MEMORY_PRESSURE), read_pressure },
  { NULL, "io.pressure", BIT (NCG_STATS_IO_PRESSURE), read_pressure },
  { NULL, "cgroup.stat", BIT (NCG_STATS_DESCENDANTS) | BIT (NCG_STATS_DYING_DESCENDANTS), read_keys,
    KEYS (cgroup_keys) },
  { NULL },
};
