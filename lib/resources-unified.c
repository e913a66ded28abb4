/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files of cgroup v2 as they are given in the OCI runtime specification: what stands for a setting
 * becomes it, all else is kept to be written.
 *
 * Ranges: the files' write functions in the kernel, and systemd's where it takes less (no limit of
 * 0).
 */
#include "lib/cpu-bandwidth.h"
#include "lib/error.h"
#include "lib/io-weight.h"
#include "lib/memory-amount.h"
#include "lib/page-size.h"
#include "lib/resources.h"

#include <string.h>

#define WEIGHT_DEFAULT 100
#define VALUE_MAX 4095 /* what the kernel takes at once is a page */
#define QUOTA_MIN_USEC 1000
#define QUOTA_MAX_USEC (G_GUINT64_CONSTANT (1) << 40)

typedef struct Known Known;

/* Takes one line. FALSE: the value is not allowed. */
typedef gboolean (*Taker) (NcgResources *self, const Known *known, const char *value);

struct Known {
  const char *file;
  Taker take;
  const char *allowed;
  NcgSetting setting;
  guint64 min, max;
  gboolean may_be_max;
};

static void
set_asked (NcgResources *self, NcgSetting setting, guint64 value)
{
  ncg_resources_set (self, setting, value);
  self->optional &= ~(1u << setting);
}

static gboolean
take_number (NcgResources *self, const Known *known, const char *value)
{
  guint64 number = NCG_UNLIMITED;

  if (!(known->may_be_max && g_str_equal (value, "max")) &&
      !g_ascii_string_to_unsigned (value, 10, known->min, known->max, &number, NULL))
    return FALSE;
  set_asked (self, known->setting, number);
  return TRUE;
}

static gboolean
take_bytes (NcgResources *self, const Known *known, const char *value)
{
  guint64 bytes;

  if (!ncg_memory_amount_parse (value, &bytes) ||
      (bytes != NCG_UNLIMITED && (bytes < known->min || bytes > G_MAXINT64)))
    return FALSE;
  set_asked (self, known->setting, bytes);
  return TRUE;
}

static gboolean
take_idle (NcgResources *self, const Known *known, const char *value)
{
  if (g_str_equal (value, "1"))
    set_asked (self, NCG_SETTING_CPU_WEIGHT, 0);
  else if (!g_str_equal (value, "0"))
    return FALSE;
  else if (ncg_resources_get (self, NCG_SETTING_CPU_WEIGHT, WEIGHT_DEFAULT) == 0)
    set_asked (self, NCG_SETTING_CPU_WEIGHT, WEIGHT_DEFAULT);
  return TRUE;
}

/* What is idle has the weight 0, and the kernel takes no other. */
static gboolean
take_weight (NcgResources *self, const Known *known, const char *value)
{
  gboolean is_idle = ncg_resources_get (self, NCG_SETTING_CPU_WEIGHT, WEIGHT_DEFAULT) == 0;

  if (!take_number (self, known, value))
    return FALSE;
  if (is_idle)
    ncg_resources_set (self, NCG_SETTING_CPU_WEIGHT, 0);
  return TRUE;
}

/* "QUOTA [PERIOD]" */
static gboolean
take_bandwidth (NcgResources *self, const Known *known, const char *value)
{
  g_auto (GStrv) fields = g_strsplit (value, " ", 2);
  guint64 period = ncg_resources_get (self, NCG_SETTING_CPU_PERIOD_USEC, NCG_CPU_PERIOD_DEFAULT);
  guint64 quota = NCG_UNLIMITED;

  if (fields[0] == NULL)
    return FALSE;
  if (fields[1] != NULL && !g_ascii_string_to_unsigned (fields[1], 10, NCG_CPU_PERIOD_MIN,
                                                        NCG_CPU_PERIOD_MAX, &period, NULL))
    return FALSE;
  if (!g_str_equal (fields[0], "max") &&
      !g_ascii_string_to_unsigned (fields[0], 10, QUOTA_MIN_USEC, QUOTA_MAX_USEC, &quota, NULL))
    return FALSE;
  set_asked (self, NCG_SETTING_CPU_PERIOD_USEC, period);
  set_asked (self, NCG_SETTING_CPU_QUOTA_USEC,
             quota == NCG_UNLIMITED ? quota : ncg_cpu_quota_from_period (quota, period));
  return TRUE;
}

static gboolean
take_set (NcgCpuset **set, const char *value)
{
  NcgCpuset *parsed = ncg_cpuset_parse (value, NULL);

  if (parsed == NULL)
    return FALSE;
  g_clear_pointer (set, ncg_cpuset_free);
  if (ncg_cpuset_is_empty (parsed))
    ncg_cpuset_free (parsed);
  else
    *set = parsed;
  return TRUE;
}

static gboolean
take_cpus (NcgResources *self, const Known *known, const char *value)
{
  return take_set (&self->cpus, value);
}

static gboolean
take_memory_nodes (NcgResources *self, const Known *known, const char *value)
{
  return take_set (&self->memory_nodes, value);
}

/* A file is taken line by line, so that a line may be added to what is there. */
static void
add_raw (NcgResources *self, const char *file, const char *line)
{
  NcgUnifiedFile *entry;
  guint at = 0;

  if (self->unified == NULL)
    self->unified = g_ptr_array_new_with_free_func (ncg_unified_file_free);
  while (at < self->unified->len &&
         strcmp (((const NcgUnifiedFile *) self->unified->pdata[at])->file, file) < 0)
    at++;
  if (at < self->unified->len &&
      g_str_equal (((const NcgUnifiedFile *) self->unified->pdata[at])->file, file)) {
    g_autofree char *before = NULL;

    entry = self->unified->pdata[at];
    before = g_steal_pointer (&entry->value);
    entry->value = g_strconcat (before, "\n", line, NULL);
    return;
  }
  entry = g_new0 (NcgUnifiedFile, 1);
  entry->file = g_strdup (file);
  entry->value = g_strdup (line);
  g_ptr_array_insert (self->unified, (int) at, entry);
}

static gboolean
parse_device (const char *text, guint *ret_major, guint *ret_minor)
{
  g_auto (GStrv) numbers = g_strsplit (text, ":", 2);
  guint64 major, minor;

  if (g_strv_length (numbers) != 2 ||
      !g_ascii_string_to_unsigned (numbers[0], 10, 0, G_MAXUINT32, &major, NULL) ||
      !g_ascii_string_to_unsigned (numbers[1], 10, 0, G_MAXUINT32, &minor, NULL))
    return FALSE;
  *ret_major = (guint) major;
  *ret_minor = (guint) minor;
  return TRUE;
}

static gboolean
has_line (const NcgUnifiedFile *file, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (file->value, "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], key, length) == 0 && lines[i][length] == ' ')
      return TRUE;
  return FALSE;
}

void
ncg_resources_add_unified_line (NcgResources *self,
                                const char *file,
                                const char *key,
                                const char *line)
{
  for (guint i = 0; self->unified != NULL && i < self->unified->len; i++) {
    const NcgUnifiedFile *entry = self->unified->pdata[i];

    if (g_str_equal (entry->file, file) && (key == NULL || has_line (entry, key)))
      return;
  }
  add_raw (self, file, line);
}

/* "MAJ:MIN WEIGHT|default" */
static gboolean
is_weight_of_device (const Known *known, const char *value)
{
  g_auto (GStrv) fields = g_strsplit (value, " ", 2);
  guint major, minor;

  return g_strv_length (fields) == 2 && parse_device (fields[0], &major, &minor) &&
         (g_str_equal (fields[1], "default") ||
          g_ascii_string_to_unsigned (fields[1], 10, known->min, known->max, NULL, NULL));
}

static const char *
without_default (const char *value)
{
  return g_str_has_prefix (value, "default ") ? value + strlen ("default ") : value;
}

/* "[default] WEIGHT" */
static gboolean
take_io_weight (NcgResources *self, const Known *known, const char *value)
{
  if (!is_weight_of_device (known, value))
    return take_number (self, known, without_default (value));
  add_raw (self, known->file, value);
  return TRUE;
}

/* The same of BFQ, with numbers of its own: systemd sets it together with io.weight. */
static gboolean
take_bfq_weight (NcgResources *self, const Known *known, const char *value)
{
  guint64 weight;

  if (is_weight_of_device (known, value)) {
    add_raw (self, known->file, value);
    return TRUE;
  }
  if (!g_ascii_string_to_unsigned (without_default (value), 10, known->min, known->max, &weight,
                                   NULL))
    return FALSE;
  set_asked (self, known->setting, ncg_io_weight_from_bfq (weight));
  return TRUE;
}

static gboolean
parse_io_limit (const char *field, NcgDeviceLimits *limits)
{
  static const struct {
    const char *name;
    NcgIoLimit limit;
    guint64 max;
  } names[] = {
    { "rbps=", NCG_IO_LIMIT_READ_BANDWIDTH, G_MAXUINT64 - 1 },
    { "wbps=", NCG_IO_LIMIT_WRITE_BANDWIDTH, G_MAXUINT64 - 1 },
    { "riops=", NCG_IO_LIMIT_READ_IOPS, G_MAXUINT32 },
    { "wiops=", NCG_IO_LIMIT_WRITE_IOPS, G_MAXUINT32 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *text = field + strlen (names[i].name);
    guint64 number = NCG_UNLIMITED;

    if (!g_str_has_prefix (field, names[i].name))
      continue;
    /* block/blk-throttle.c refuses 0 and 1. */
    if (!g_str_equal (text, "max") &&
        !g_ascii_string_to_unsigned (text, 10, 2, names[i].max, &number, NULL))
      return FALSE;
    limits->set |= 1u << names[i].limit;
    limits->limits[names[i].limit] = number;
    return TRUE;
  }
  return FALSE;
}

/* "MAJ:MIN rbps=… wbps=… riops=… wiops=…" */
static gboolean
take_io_max (NcgResources *self, const Known *known, const char *value)
{
  g_auto (GStrv) fields = g_strsplit (value, " ", -1);
  NcgDeviceLimits limits = { .path = fields[0] };

  if (g_strv_length (fields) < 2 || !parse_device (fields[0], &limits.major, &limits.minor))
    return FALSE;
  for (guint i = 1; fields[i] != NULL; i++)
    if (!parse_io_limit (fields[i], &limits))
      return FALSE;
  ncg_resources_set_device (self, &limits);
  return TRUE;
}

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isprint (*text))
      return FALSE;
  return TRUE;
}

static gboolean
take_text (NcgResources *self, const Known *known, const char *value)
{
  if (value[0] == '\0' || !is_printable (value))
    return FALSE;
  add_raw (self, known->file, value);
  return TRUE;
}

/* How deep and how wide it may get: text, checked as a number. */
static gboolean
take_text_number (NcgResources *self, const Known *known, const char *value)
{
  guint64 number;

  if (!(known->may_be_max && g_str_equal (value, "max")) &&
      !g_ascii_string_to_unsigned (value, 10, known->min, known->max, &number, NULL))
    return FALSE;
  return take_text (self, known, value);
}

/* Text as well, checked as bytes. */
static gboolean
take_text_bytes (NcgResources *self, const Known *known, const char *value)
{
  guint64 bytes;

  return ncg_memory_amount_parse (value, &bytes) && take_text (self, known, value);
}

#define BYTES "bytes, with one of the suffixes K to E if you like, or 'max'"
#define AT_LEAST_ONE "1 or more " BYTES
#define LIST "a list such as '0-3,7'"
#define WEIGHT "1 to 10000"
#define SWITCH "0 or 1"

static const Known known_files[] = {
  { "cgroup.max.depth", take_text_number, "0 to 2147483647 or 'max'", 0, 0, G_MAXINT32, TRUE },
  { "cgroup.max.descendants", take_text_number, "0 to 2147483647 or 'max'", 0, 0, G_MAXINT32,
    TRUE },
  { "cgroup.pressure", take_text_number, SWITCH, 0, 0, 1, FALSE },
  { "cpu.idle", take_idle, SWITCH },
  { "cpu.max", take_bandwidth,
    "'QUOTA' or 'QUOTA PERIOD' in microseconds: a quota of 1000 or more or 'max', a period of 1000 "
    "to 1000000" },
  { "cpu.weight", take_weight, WEIGHT, NCG_SETTING_CPU_WEIGHT, 1, 10000, FALSE },
  { "cpuset.cpus", take_cpus, LIST },
  { "cpuset.mems", take_memory_nodes, LIST },
  { "io.bfq.weight", take_bfq_weight, "'1' to '1000', with 'default' or 'MAJ:MIN' before it",
    NCG_SETTING_IO_WEIGHT, 1, 1000, FALSE },
  { "io.max", take_io_max,
    "'MAJ:MIN' and one or more of 'rbps=', 'wbps=', 'riops=', 'wiops=' with 2 or more or 'max'" },
  { "io.weight", take_io_weight, "'1' to '10000', with 'default' or 'MAJ:MIN' before it",
    NCG_SETTING_IO_WEIGHT, 1, 10000, FALSE },
  { "memory.high", take_bytes, AT_LEAST_ONE, NCG_SETTING_MEMORY_HIGH, 1 },
  { "memory.low", take_bytes, BYTES, NCG_SETTING_MEMORY_LOW, 0 },
  { "memory.max", take_bytes, AT_LEAST_ONE, NCG_SETTING_MEMORY_MAX, 1 },
  { "memory.min", take_bytes, BYTES, NCG_SETTING_MEMORY_MIN, 0 },
  { "memory.oom.group", take_number, SWITCH, NCG_SETTING_OOM_GROUP, 0, 1, FALSE },
  { "memory.swap.max", take_bytes, BYTES, NCG_SETTING_MEMORY_SWAP_MAX },
  { "memory.zswap.max", take_text_bytes, BYTES },
  { "memory.zswap.writeback", take_text_number, SWITCH, 0, 0, 1, FALSE },
  { "pids.max", take_number, "1 to 4194304 or 'max'", NCG_SETTING_PIDS_MAX, 1, 4194304, TRUE },
};

/* What is there and is no setting. */
static const struct {
  const char *file;
  const char *reason;
} refused[] = {
  { "cpu.pressure", "it is a figure, and its triggers last as long as a file is open" },
  { "cpu.weight.nice", "it is another name of cpu.weight" },
  { "io.pressure", "it is a figure, and its triggers last as long as a file is open" },
  { "irq.pressure", "it is a figure, and its triggers last as long as a file is open" },
  { "memory.peak", "it is a figure" },
  { "memory.pressure", "it is a figure, and its triggers last as long as a file is open" },
  { "memory.reclaim", "it does something once, and keeps nothing" },
  { "memory.swap.peak", "it is a figure" },
};

static gboolean
fail (const char *file, const char *reason, GError **error)
{
  g_autofree char *escaped = ncg_error_escape (file);

  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the file '%s' cannot be set: %s",
               escaped, reason);
  return FALSE;
}

static gboolean
check_name (const char *file, GError **error)
{
  const char *point = strchr (file, '.');

  if (point == NULL || point == file || point[1] == '\0' ||
      file[strspn (file, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "._-")] != '\0')
    return fail (file, "it is not of the form CONTROLLER.NAME", error);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (g_str_equal (file, refused[i].file))
      return fail (file, refused[i].reason, error);
  return TRUE;
}

static const Known *
find_known (const char *file)
{
  for (gsize i = 0; i < G_N_ELEMENTS (known_files); i++)
    if (g_str_equal (known_files[i].file, file))
      return &known_files[i];
  return NULL;
}

/* "hugetlb.2MB.max" */
static gboolean
parse_hugetlb (const char *file, guint64 *ret_page_bytes)
{
  g_auto (GStrv) parts = g_strsplit (file, ".", -1);

  return g_strv_length (parts) == 3 && g_str_equal (parts[0], "hugetlb") &&
         g_str_equal (parts[2], "max") && ncg_page_size_parse (parts[1], ret_page_bytes);
}

static gboolean
take_hugepages (NcgResources *self, const Known *known, const char *value)
{
  guint64 page_bytes, limit_bytes;

  if (!parse_hugetlb (known->file, &page_bytes) || !ncg_memory_amount_parse (value, &limit_bytes))
    return FALSE;
  ncg_resources_set_hugepages (self, page_bytes, limit_bytes);
  return TRUE;
}

/* What replaces: a file that is given again has what was given last. */
void
ncg_resources_unset_unified (NcgResources *self, const char *file)
{
  for (guint i = 0; self->unified != NULL && i < self->unified->len; i++) {
    const NcgUnifiedFile *entry = self->unified->pdata[i];

    if (g_str_equal (entry->file, file)) {
      g_ptr_array_remove_index (self->unified, i);
      if (self->unified->len == 0)
        g_clear_pointer (&self->unified, g_ptr_array_unref);
      return;
    }
  }
}

static gboolean
take_line (NcgResources *self, const Known *known, const char *line, GError **error)
{
  g_autofree char *escaped = NULL;

  if (known->take (self, known, line))
    return TRUE;
  escaped = ncg_error_escape (line);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "the value of %s is '%s'; it takes %s",
               known->file, escaped, known->allowed);
  return FALSE;
}

static gboolean
take_lines (NcgResources *self, const Known *known, const char *value, GError **error)
{
  g_autofree char *text = g_strstrip (g_strdup (value));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  if (lines[0] == NULL)
    return take_line (self, known, "", error);
  for (guint i = 0; lines[i] != NULL; i++)
    if (!take_line (self, known, g_strstrip (lines[i]), error))
      return FALSE;
  return TRUE;
}

gboolean
ncg_resources_set_unified (NcgResources *self, const char *file, const char *value, GError **error)
{
  Known other = { file, take_text, "printable ASCII, and not nothing" };
  const Known *known = find_known (file);
  guint64 page_bytes;

  if (!check_name (file, error))
    return FALSE;
  if (known == NULL && g_str_has_prefix (file, "cgroup."))
    return fail (file,
                 "of the core only cgroup.max.depth, cgroup.max.descendants and cgroup.pressure "
                 "can be",
                 error);
  if (strlen (value) > VALUE_MAX)
    return fail (file, "its value is longer than a page", error);
  if (known == NULL && parse_hugetlb (file, &page_bytes)) {
    other.take = take_hugepages;
    other.allowed = BYTES;
  }
  ncg_resources_unset_unified (self, file);
  return take_lines (self, known != NULL ? known : &other, value, error);
}
