/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures of cgroup v1: Documentation/admin-guide/cgroup-v1/ in the kernel.
 */
#include "lib/stats-parse.h"
#include "lib/stats-source.h"

#include <string.h>

#define BIT NCG_STATS_BIT
#define KEY NCG_STATS_KEY

/* cpuacct.stat counts in USER_HZ, 100 for all programs of ours. */
#define TICK_NSEC 10000000

static const NcgStatsKey cpuacct_keys[] = {
  KEY ("user", NCG_STATS_CPU_USER, TICK_NSEC, 1),
  KEY ("system", NCG_STATS_CPU_SYSTEM, TICK_NSEC, 1),
};

static const NcgStatsKey cpu_keys[] = {
  KEY ("nr_periods", NCG_STATS_CPU_PERIODS, 1, 1),
  KEY ("nr_throttled", NCG_STATS_CPU_THROTTLED_PERIODS, 1, 1),
  KEY ("throttled_time", NCG_STATS_CPU_THROTTLED, 1, 1000),
};
#define CPU_FIELDS                                                                                 \
  (BIT (NCG_STATS_CPU_PERIODS) | BIT (NCG_STATS_CPU_THROTTLED_PERIODS) |                           \
   BIT (NCG_STATS_CPU_THROTTLED))

/* Those without "total_" are of the cgroup alone, without those below. */
static const NcgStatsKey memory_keys[] = {
  KEY ("total_cache", NCG_STATS_MEMORY_FILE, 1, 1),
  KEY ("total_rss", NCG_STATS_MEMORY_ANON, 1, 1),
  KEY ("total_swap", NCG_STATS_MEMORY_SWAP, 1, 1),
  KEY ("total_inactive_file", NCG_STATS_INACTIVE_FILE, 1, 1),
};
#define MEMORY_STAT_FIELDS                                                                         \
  (BIT (NCG_STATS_MEMORY_FILE) | BIT (NCG_STATS_MEMORY_ANON) | BIT (NCG_STATS_MEMORY_SWAP) |       \
   BIT (NCG_STATS_INACTIVE_FILE))

static void
add_event (NcgStatsReader *reader, const char *name, guint64 count)
{
  NcgStatsEvent event = { .count = count };

  g_strlcpy (event.name, name, sizeof event.name);
  g_array_append_val (reader->stats->events, event);
  ncg_stats_reader_mark (reader, NCG_STATS_MEMORY_EVENTS);
}

static gboolean
read_events (NcgStatsReader *reader,
             const NcgStatsSource *self,
             const NcgCgroup *cgroup,
             GError **error)
{
  const char *cursor, *value;
  NcgStatsWord word;
  guint64 number;
  gboolean has;
  char *text;

  if (!ncg_stats_reader_get_number (reader, cgroup, "memory.failcnt", &has, &number, error))
    return FALSE;
  if (has)
    add_event (reader, "max", number);
  if (!ncg_stats_reader_get_text (reader, cgroup, "memory.oom_control", &text, error))
    return FALSE;
  cursor = text != NULL ? text : "";
  while (ncg_stats_parse_key (&cursor, &word, &value))
    if (ncg_stats_word_equals (word, "oom_kill") && ncg_stats_parse_number (value, &number))
      add_event (reader, "oom_kill", number);
  return TRUE;
}

static gboolean
read_hugepages (NcgStatsReader *reader,
                const NcgStatsSource *self,
                const NcgCgroup *cgroup,
                GError **error)
{
  static const NcgStatsHugepageFiles suffixes = { "usage_in_bytes", "limit_in_bytes", "failcnt" };

  return ncg_stats_source_read_hugepages (reader, &suffixes, cgroup, error);
}

typedef struct {
  const char *operation;
  NcgStatsIoNumber bytes;
  NcgStatsIoNumber operations;
} IoKey;

static const IoKey io_keys[] = {
  { "Read", NCG_STATS_READ_BYTES, NCG_STATS_READ_OPERATIONS },
  { "Write", NCG_STATS_WRITE_BYTES, NCG_STATS_WRITE_OPERATIONS },
  { "Discard", NCG_STATS_DISCARD_BYTES, NCG_STATS_DISCARD_OPERATIONS },
};

/* Those of bfq and CFQ name only the devices that have these schedulers. */
static const struct {
  const char *bytes;
  const char *operations;
  gboolean has_all; /* that there was I/O of */
} io_files[] = {
  { "blkio.bfq.io_service_bytes_recursive", "blkio.bfq.io_serviced_recursive", FALSE },
  { "blkio.io_service_bytes_recursive", "blkio.io_serviced_recursive", FALSE },
  { "blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_serviced_recursive", TRUE },
  { "blkio.throttle.io_service_bytes", "blkio.throttle.io_serviced", TRUE },
};

/* (nullable): the lines of a device follow each other, and both files have the same order. Not one
 * of the first @n_done, which are another file's. */
static NcgStatsDevice *
ensure_device (GArray *devices, guint n_done, NcgStatsWord word)
{
  NcgStatsDevice device = { 0 };

  for (guint i = devices->len; i > 0; i--) {
    NcgStatsDevice *known = &g_array_index (devices, NcgStatsDevice, i - 1);
    if (ncg_stats_word_equals (word, known->device))
      return i > n_done ? known : NULL;
  }
  if (!ncg_stats_word_copy (word, device.device, sizeof device.device))
    return NULL;
  g_array_append_val (devices, device);
  return &g_array_index (devices, NcgStatsDevice, devices->len - 1);
}

/* "MAJ:MIN OPERATION NUMBER", and at the end "Total NUMBER", which has two words. */
static void
parse_devices (const char *cursor, gboolean is_bytes, guint n_done, GArray *devices)
{
  NcgStatsWord device, operation, number;

  for (; *cursor != '\0'; cursor += strcspn (cursor, "\n"), cursor += *cursor == '\n') {
    guint64 value;

    if (!ncg_stats_parse_word (&cursor, TRUE, &device) ||
        !ncg_stats_parse_word (&cursor, TRUE, &operation) ||
        !ncg_stats_parse_word (&cursor, TRUE, &number) ||
        !ncg_stats_parse_number (number.start, &value))
      continue;
    for (gsize i = 0; i < G_N_ELEMENTS (io_keys); i++) {
      NcgStatsIoNumber index = is_bytes ? io_keys[i].bytes : io_keys[i].operations;
      NcgStatsDevice *found;

      if (!ncg_stats_word_equals (operation, io_keys[i].operation))
        continue;
      found = ensure_device (devices, n_done, device);
      if (found == NULL)
        continue;
      found->numbers[index] = value;
      found->has |= 1U << index;
    }
  }
}

static gboolean
read_io (NcgStatsReader *reader,
         const NcgStatsSource *self,
         const NcgCgroup *cgroup,
         GError **error)
{
  GArray *devices = reader->stats->devices;
  char *text;

  for (gsize i = 0; i < G_N_ELEMENTS (io_files); i++) {
    guint n_done = devices->len;

    if (!ncg_stats_reader_get_text (reader, cgroup, io_files[i].bytes, &text, error))
      return FALSE;
    if (text == NULL)
      continue;
    parse_devices (text, TRUE, n_done, devices);
    ncg_stats_reader_mark (reader, NCG_STATS_IO);
    if (devices->len > n_done &&
        !ncg_stats_reader_get_text (reader, cgroup, io_files[i].operations, &text, error))
      return FALSE;
    if (devices->len > n_done && text != NULL)
      parse_devices (text, FALSE, n_done, devices);
    if (io_files[i].has_all)
      return TRUE;
  }
  return TRUE;
}

#define read_number ncg_stats_source_read_number
#define read_limit ncg_stats_source_read_limit
#define read_keys ncg_stats_source_read_keys
#define KEYS(keys) keys, G_N_ELEMENTS (keys)

const NcgStatsSource ncg_stats_sources_v1[] = {
  { "cpuacct", "cpuacct.usage", BIT (NCG_STATS_CPU_USAGE), read_number },
  { "cpuacct", "cpuacct.stat", BIT (NCG_STATS_CPU_USER) | BIT (NCG_STATS_CPU_SYSTEM), read_keys,
    KEYS (cpuacct_keys) },
  { "cpu", "cpu.stat", CPU_FIELDS, read_keys, KEYS (cpu_keys) },
  { "memory", "memory.usage_in_bytes", BIT (NCG_STATS_MEMORY_USAGE), read_number },
  { "memory", "memory.stat", MEMORY_STAT_FIELDS, read_keys, KEYS (memory_keys) },
  { "memory", "memory.kmem.usage_in_bytes", BIT (NCG_STATS_MEMORY_KERNEL), read_number },
  { "memory", "memory.max_usage_in_bytes", BIT (NCG_STATS_MEMORY_PEAK), read_number },
  { "memory", "memory.limit_in_bytes", BIT (NCG_STATS_MEMORY_LIMIT), read_limit },
  { "memory", NULL, BIT (NCG_STATS_MEMORY_EVENTS), read_events },
  { "pids", "pids.current", BIT (NCG_STATS_PIDS_CURRENT), read_number },
  { "pids", "pids.max", BIT (NCG_STATS_PIDS_LIMIT), read_limit },
  { "blkio", NULL, BIT (NCG_STATS_IO), read_io },
  { "hugetlb", NULL, BIT (NCG_STATS_HUGEPAGES), read_hugepages },
  { NULL },
};
