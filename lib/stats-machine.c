/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of the whole machine.
 */
#include "lib/stats-machine.h"

#include "lib/file.h"
#include "lib/stats-parse.h"
#include "lib/stats-source.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BIT NCG_STATS_BIT

typedef struct {
  NcgStats *stats;
  const char *root;
  NcgStatsFields wanted;
  NcgFileBuffer buffer;
} Machine;

static const char *
read_file (Machine *machine, const char *path)
{
  g_autofree char *file = g_strconcat (machine->root, path, NULL);

  return ncg_file_read_into (AT_FDCWD, file, &machine->buffer);
}

/* Whether one of @fields is wanted and not there. */
static gboolean
lacks (const Machine *machine, NcgStatsFields fields)
{
  return (machine->wanted & fields & ~machine->stats->has) != 0;
}

static gboolean
has (const Machine *machine, NcgStatsField field)
{
  return (machine->stats->has & BIT (field)) != 0;
}

static void
set (Machine *machine, NcgStatsField field, guint64 number)
{
  machine->stats->numbers[field] = number;
  machine->stats->has |= BIT (field);
}

/* The columns of "cpu" in /proc/stat (proc(5)); guest times are part of user and nice. */
enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, N_COLUMNS };

static void
read_cpu (Machine *machine)
{
  const char *cursor = read_file (machine, "/proc/stat");
  guint64 nsec_of_tick = (guint64) (1000000000 / sysconf (_SC_CLK_TCK));
  guint64 columns[N_COLUMNS];
  guint64 user, system;
  NcgStatsWord word;

  if (cursor == NULL || !ncg_stats_parse_word (&cursor, TRUE, &word) ||
      !ncg_stats_word_equals (word, "cpu"))
    return;
  for (guint i = 0; i < N_COLUMNS; i++)
    if (!ncg_stats_parse_word (&cursor, TRUE, &word) ||
        !ncg_stats_parse_number (word.start, &columns[i]))
      return;
  user = (columns[USER] + columns[NICE]) * nsec_of_tick;
  system = (columns[SYSTEM] + columns[IRQ] + columns[SOFTIRQ]) * nsec_of_tick;
  set (machine, NCG_STATS_CPU_USER, user);
  set (machine, NCG_STATS_CPU_SYSTEM, system);
  set (machine, NCG_STATS_CPU_USAGE, user + system);
}

/* What of /proc/meminfo matters here. */
enum { ANON, CACHED, BUFFERS, INACTIVE_FILE, SWAP_TOTAL, SWAP_FREE, N_MEMORY };
static const char *const memory_keys[N_MEMORY] = {
  [ANON] = "AnonPages:",       [CACHED] = "Cached:",
  [BUFFERS] = "Buffers:",      [INACTIVE_FILE] = "Inactive(file):",
  [SWAP_TOTAL] = "SwapTotal:", [SWAP_FREE] = "SwapFree:",
};

/* In bytes; bit i of @ret_has for each that is there. */
static guint
parse_memory (const char *cursor, guint64 numbers[N_MEMORY])
{
  guint found = 0;
  NcgStatsWord key;
  const char *value;

  while (ncg_stats_parse_key (&cursor, &key, &value)) {
    value += strspn (value, " ");
    for (guint i = 0; i < N_MEMORY; i++)
      if (ncg_stats_word_equals (key, memory_keys[i]) &&
          ncg_stats_parse_number (value, &numbers[i])) {
        numbers[i] *= 1024;
        found |= 1u << i;
      }
  }
  return found;
}

static gboolean
has_all (guint found, guint bits)
{
  return (found & bits) == bits;
}

static void
set_usage (Machine *machine, guint found, const guint64 numbers[N_MEMORY])
{
  guint64 file = numbers[CACHED] + numbers[BUFFERS];
  guint64 usage = numbers[ANON] + file;

  if (!has_all (found, 1u << ANON | 1u << CACHED | 1u << BUFFERS))
    return;
  set (machine, NCG_STATS_MEMORY_ANON, numbers[ANON]);
  set (machine, NCG_STATS_MEMORY_FILE, file);
  set (machine, NCG_STATS_MEMORY_USAGE, usage);
  if (has_all (found, 1u << INACTIVE_FILE))
    set (machine, NCG_STATS_MEMORY_WORKING_SET,
         usage > numbers[INACTIVE_FILE] ? usage - numbers[INACTIVE_FILE] : 0);
}

static void
read_memory (Machine *machine)
{
  guint64 numbers[N_MEMORY] = { 0 };
  const char *text = read_file (machine, "/proc/meminfo");
  guint found = text != NULL ? parse_memory (text, numbers) : 0;

  /* All of them from one source, so that they fit one another. */
  if (!has (machine, NCG_STATS_MEMORY_USAGE))
    set_usage (machine, found, numbers);
  if (has_all (found, 1u << SWAP_TOTAL | 1u << SWAP_FREE))
    set (machine, NCG_STATS_MEMORY_SWAP,
         numbers[SWAP_TOTAL] - MIN (numbers[SWAP_FREE], numbers[SWAP_TOTAL]));
}

/* "0.00 0.01 0.05 1/123 4567": running/all tasks */
static void
read_tasks (Machine *machine)
{
  const char *text = read_file (machine, "/proc/loadavg");
  const char *slash = text != NULL ? strchr (text, '/') : NULL;
  guint64 number;

  if (slash != NULL && ncg_stats_parse_number (slash + 1, &number))
    set (machine, NCG_STATS_PIDS_CURRENT, number);
}

static void
read_task_limit (Machine *machine)
{
  static const char *const files[] = { "/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max" };
  guint64 limit = G_MAXUINT64;

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++) {
    const char *text = read_file (machine, files[i]);
    guint64 number;

    if (text != NULL && ncg_stats_parse_number (text, &number))
      limit = MIN (limit, number);
  }
  if (limit != G_MAXUINT64)
    set (machine, NCG_STATS_PIDS_LIMIT, limit);
}

static void
read_pressures (Machine *machine)
{
  static const char *const files[] = { "/proc/pressure/cpu", "/proc/pressure/memory",
                                       "/proc/pressure/io" };

  for (guint i = 0; i < G_N_ELEMENTS (files); i++) {
    NcgStatsField field = (NcgStatsField) (NCG_STATS_CPU_PRESSURE + i);
    const char *text = lacks (machine, BIT (field)) ? read_file (machine, files[i]) : NULL;

    if (text == NULL)
      continue;
    ncg_stats_parse_pressure (text, &machine->stats->pressures[i]);
    machine->stats->has |= BIT (field);
  }
}

#define CPU_FIELDS                                                                                 \
  (BIT (NCG_STATS_CPU_USAGE) | BIT (NCG_STATS_CPU_USER) | BIT (NCG_STATS_CPU_SYSTEM))
#define MEMORY_FIELDS                                                                              \
  (BIT (NCG_STATS_MEMORY_USAGE) | BIT (NCG_STATS_MEMORY_WORKING_SET) |                             \
   BIT (NCG_STATS_MEMORY_ANON) | BIT (NCG_STATS_MEMORY_FILE) | BIT (NCG_STATS_MEMORY_SWAP))
#define PRESSURE_FIELDS                                                                            \
  (BIT (NCG_STATS_CPU_PRESSURE) | BIT (NCG_STATS_MEMORY_PRESSURE) | BIT (NCG_STATS_IO_PRESSURE))

static const struct {
  NcgStatsFields fields;
  void (*read) (Machine *machine);
} sources[] = {
  { CPU_FIELDS, read_cpu },
  { MEMORY_FIELDS, read_memory },
  { BIT (NCG_STATS_PIDS_CURRENT), read_tasks },
  { BIT (NCG_STATS_PIDS_LIMIT), read_task_limit },
  { PRESSURE_FIELDS, read_pressures },
};

gboolean
ncg_stats_fill_machine (NcgStats *self,
                        const NcgHierarchy *hierarchy,
                        const char *root,
                        NcgStatsFields fields,
                        GError **error)
{
  Machine machine = { .stats = self, .root = root, .wanted = fields & NCG_STATS_ALL };
  /* What tells whether /proc/meminfo is to be asked for the others. */
  NcgStatsFields read = fields;

  if ((fields & MEMORY_FIELDS) != 0)
    read |= BIT (NCG_STATS_MEMORY_USAGE);
  if (!ncg_stats_fill (self, hierarchy, "/", read, error))
    return FALSE;
  /* /proc/meminfo knows it on either version. */
  self->has &= ~BIT (NCG_STATS_MEMORY_SWAP);
  ncg_file_buffer_init (&machine.buffer);
  for (gsize i = 0; i < G_N_ELEMENTS (sources); i++)
    if (lacks (&machine, sources[i].fields))
      sources[i].read (&machine);
  ncg_file_buffer_clear (&machine.buffer);
  self->has &= fields;
  return TRUE;
}
