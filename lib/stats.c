/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of one cgroup: tables of files and keys, and a reader for each form of file.
 */
#include "lib/stats.h"

#include "lib/error.h"

#include <string.h>

/* A file's key and ours. */
typedef struct {
  const char *kernel;
  const char *key;
  guint64 factor;
} Figure;

static const Figure cpu_figures[] = {
  { "usage_usec", "CPUUsageNSec", 1000 },       { "user_usec", "CPUUserNSec", 1000 },
  { "system_usec", "CPUSystemNSec", 1000 },     { "nr_periods", "CPUPeriods", 1 },
  { "nr_throttled", "CPUThrottledPeriods", 1 }, { "throttled_usec", "CPUThrottledUSec", 1 },
};

enum { MEMORY_ANON, MEMORY_FILE, MEMORY_KERNEL, MEMORY_INACTIVE_FILE, N_MEMORY_FIGURES };
static const Figure memory_figures[N_MEMORY_FIGURES] = {
  [MEMORY_ANON] = { "anon", "MemoryAnonBytes", 1 },
  [MEMORY_FILE] = { "file", "MemoryFileBytes", 1 },
  [MEMORY_KERNEL] = { "kernel", "MemoryKernelBytes", 1 },
  [MEMORY_INACTIVE_FILE] = { "inactive_file", NULL, 1 },
};

static const Figure cgroup_figures[] = {
  { "nr_descendants", "DescendantCount", 1 },
  { "nr_dying_descendants", "DyingDescendantCount", 1 },
};

static const Figure io_figures[] = {
  { "rbytes", "ReadBytes", 1 },    { "wbytes", "WriteBytes", 1 },
  { "rios", "ReadOperations", 1 }, { "wios", "WriteOperations", 1 },
  { "dbytes", "DiscardBytes", 1 }, { "dios", "DiscardOperations", 1 },
};

static const Figure hugetlb_events[] = {
  { "max", "Failures", 1 },
};

/* Files of one number. */
static const Figure number_files[] = {
  { "memory.peak", "MemoryPeakBytes", 1 },
  { "memory.max", "MemoryLimitBytes", 1 },
  { "memory.swap.current", "MemorySwapBytes", 1 },
  { "pids.current", "PidsCurrent", 1 },
  { "pids.max", "PidsLimit", 1 },
};

static const Figure pressure_files[] = {
  { "cpu.pressure", "CPUPressure", 1 },
  { "memory.pressure", "MemoryPressure", 1 },
  { "io.pressure", "IOPressure", 1 },
};

static const Figure pressure_figures[] = {
  { "avg10", "Avg10", 1 },
  { "avg60", "Avg60", 1 },
  { "avg300", "Avg300", 1 },
  { "total", "TotalUSec", 1 },
};

/* A number that may not be there. */
typedef struct {
  gboolean is_known;
  guint64 value;
} Number;

static void
add_number (GVariantBuilder *stats, const char *key, Number number)
{
  if (number.is_known)
    g_variant_builder_add (stats, "{sv}", key, g_variant_new_uint64 (number.value));
}

static Number
parse_number (const char *text)
{
  Number number = { 0 };

  number.is_known = ncg_cgroup_parse_u64 (text, &number.value);
  return number;
}

/* A limit of "max" is none. */
static Number
parse_limit (const char *text)
{
  Number number = parse_number (text);

  number.is_known = number.is_known && number.value != G_MAXUINT64;
  return number;
}

/* An absent file is %TRUE, with %NULL in @ret_text. */
static gboolean
read_file (const NcgCgroup *cgroup, const char *file, char **ret_text, GError **error)
{
  g_autoptr (GError) local = NULL;
  char *text = ncg_cgroup_read (cgroup, file, &local);

  if (text == NULL && !g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
    g_propagate_error (error, g_steal_pointer (&local));
    return FALSE;
  }
  *ret_text = text;
  return TRUE;
}

/* Splits "KEY VALUE" or "KEY=VALUE" in place; %NULL if @separator is not in it. */
static char *
split (char *text, char separator)
{
  char *value = strchr (text, separator);

  if (value != NULL)
    *value++ = '\0';
  return value;
}

/* The index of the figure that is called @name by the kernel, or -1. */
static int
find_figure (const Figure *figures, gsize n_figures, const char *name)
{
  for (gsize i = 0; i < n_figures; i++)
    if (g_str_equal (figures[i].kernel, name))
      return (int) i;
  return -1;
}

/* Reads "KEY VALUE" lines, which it takes apart. @text may be NULL. */
static void
parse_flat (char *text, const Figure *figures, gsize n_figures, Number *ret_numbers)
{
  char *line;

  memset (ret_numbers, 0, n_figures * sizeof *ret_numbers);
  while ((line = strsep (&text, "\n")) != NULL) {
    const char *value = split (line, ' ');
    int i = value != NULL ? find_figure (figures, n_figures, line) : -1;

    if (i >= 0) {
      ret_numbers[i] = parse_number (value);
      ret_numbers[i].value *= figures[i].factor;
    }
  }
}

static void
add_flat (GVariantBuilder *stats, char *text, const Figure *figures, gsize n_figures)
{
  g_autofree Number *numbers = g_new (Number, n_figures);

  parse_flat (text, figures, n_figures, numbers);
  for (gsize i = 0; i < n_figures; i++)
    add_number (stats, figures[i].key, numbers[i]);
}

static gboolean
add_cpu (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  g_autofree char *text = NULL;

  if (!read_file (cgroup, "cpu.stat", &text, error))
    return FALSE;
  add_flat (stats, text, cpu_figures, G_N_ELEMENTS (cpu_figures));
  return TRUE;
}

static Number
sum (Number a, Number b)
{
  return (Number){ .is_known = a.is_known && b.is_known, .value = a.value + b.value };
}

static Number
difference (Number a, Number b)
{
  return (Number){ .is_known = a.is_known && b.is_known,
                   .value = a.value > b.value ? a.value - b.value : 0 };
}

static gboolean
add_memory (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  Number figures[N_MEMORY_FIGURES];
  Number usage;
  g_autofree char *current = NULL;
  g_autofree char *text = NULL;

  if (!read_file (cgroup, "memory.current", &current, error) ||
      !read_file (cgroup, "memory.stat", &text, error))
    return FALSE;

  parse_flat (text, memory_figures, N_MEMORY_FIGURES, figures);
  /* The root alone has memory.stat and no memory.current. */
  usage =
      current != NULL ? parse_number (current) : sum (figures[MEMORY_ANON], figures[MEMORY_FILE]);
  add_number (stats, "MemoryUsageBytes", usage);
  add_number (stats, "MemoryWorkingSetBytes", difference (usage, figures[MEMORY_INACTIVE_FILE]));
  for (guint i = 0; i < N_MEMORY_FIGURES; i++)
    if (memory_figures[i].key != NULL)
      add_number (stats, memory_figures[i].key, figures[i]);
  return TRUE;
}

static gboolean
add_memory_events (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  g_auto (GVariantBuilder) events = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{st}"));
  g_autofree char *text = NULL;
  char *cursor, *line;

  if (!read_file (cgroup, "memory.events", &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;

  cursor = text;
  while ((line = strsep (&cursor, "\n")) != NULL) {
    const char *value = split (line, ' ');
    Number number = value != NULL ? parse_number (value) : (Number){ 0 };

    if (number.is_known)
      g_variant_builder_add (&events, "{st}", line, number.value);
  }
  g_variant_builder_add (stats, "{sv}", "MemoryEvents", g_variant_builder_end (&events));
  return TRUE;
}

static gboolean
add_number_files (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (number_files); i++) {
    g_autofree char *text = NULL;

    if (!read_file (cgroup, number_files[i].kernel, &text, error))
      return FALSE;
    if (text != NULL)
      add_number (stats, number_files[i].key, parse_limit (text));
  }
  return TRUE;
}

/* Closes the figures of @device, if it has any, and forgets them. */
static void
add_device (GVariantBuilder *devices, const char *device, Number *figures)
{
  g_auto (GVariantBuilder) dict = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{st}"));
  gboolean has_any = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (io_figures); i++) {
    if (!figures[i].is_known)
      continue;
    g_variant_builder_add (&dict, "{st}", io_figures[i].key, figures[i].value);
    figures[i].is_known = FALSE;
    has_any = TRUE;
  }
  if (has_any)
    g_variant_builder_add (devices, "(sa{st})", device, &dict);
}

/* "MAJ:MIN KEY=VALUE …". A device without figures is not always on a line of its own: Linux has
 * printed "253:1 253:0 rbytes=…", so what counts is the words. */
static gboolean
add_io (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  g_auto (GVariantBuilder) devices = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sa{st})"));
  Number figures[G_N_ELEMENTS (io_figures)] = { 0 };
  const char *device = "";
  g_autofree char *text = NULL;
  char *cursor, *word;

  if (!read_file (cgroup, "io.stat", &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;

  cursor = text;
  while ((word = strsep (&cursor, " \n")) != NULL) {
    const char *value = split (word, '=');
    int i = value != NULL ? find_figure (io_figures, G_N_ELEMENTS (io_figures), word) : -1;

    if (i >= 0)
      figures[i] = parse_number (value);
    if (value != NULL || word[0] == '\0')
      continue;
    add_device (&devices, device, figures);
    device = word;
  }
  add_device (&devices, device, figures);
  g_variant_builder_add (stats, "{sv}", "IO", g_variant_builder_end (&devices));
  return TRUE;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", the same with "full" */
static void
parse_pressure_line (char *line, GVariantBuilder *pressure)
{
  const char *kind = strsep (&line, " ");
  char *word;

  if (!g_str_equal (kind, "some") && !g_str_equal (kind, "full"))
    return;
  while ((word = strsep (&line, " ")) != NULL) {
    const char *value = split (word, '=');
    int i =
        value != NULL ? find_figure (pressure_figures, G_N_ELEMENTS (pressure_figures), word) : -1;

    if (i >= 0) {
      g_autofree char *key = g_strconcat (kind, pressure_figures[i].key, NULL);
      g_variant_builder_add (pressure, "{sd}", key, g_ascii_strtod (value, NULL));
    }
  }
}

static gboolean
add_pressure (const NcgCgroup *cgroup, const Figure *file, GVariantBuilder *stats, GError **error)
{
  g_auto (GVariantBuilder) pressure = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sd}"));
  g_autofree char *text = NULL;
  char *cursor, *line;

  if (!read_file (cgroup, file->kernel, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;

  cursor = text;
  while ((line = strsep (&cursor, "\n")) != NULL)
    parse_pressure_line (line, &pressure);
  g_variant_builder_add (stats, "{sv}", file->key, g_variant_builder_end (&pressure));
  return TRUE;
}

static gboolean
add_pressures (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pressure_files); i++)
    if (!add_pressure (cgroup, &pressure_files[i], stats, error))
      return FALSE;
  return TRUE;
}

/* The page sizes that the cgroup has files for, as the kernel writes them: "2MB". */
static GStrv
list_page_sizes (const NcgCgroup *cgroup, GError **error)
{
  g_auto (GStrv) files = ncg_cgroup_list_files (cgroup, "hugetlb.", error);
  g_autoptr (GPtrArray) sizes = g_ptr_array_new ();

  if (files == NULL)
    return NULL;
  for (guint i = 0; files[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (files[i], ".", -1);

    /* hugetlb.2MB.rsvd.current, reservations, is another figure. */
    if (g_strv_length (parts) == 3 && g_str_equal (parts[2], "current"))
      g_ptr_array_add (sizes, g_strdup (parts[1]));
  }
  g_ptr_array_add (sizes, NULL);
  return (GStrv) g_ptr_array_free (g_steal_pointer (&sizes), FALSE);
}

/* "2MB", which is binary, as Kubernetes and our own limits have it: "2Mi". */
static char *
page_size_to_quantity (const char *size)
{
  gsize length = strlen (size);
  char *quantity = g_strdup (size);

  if (length > 2 && size[length - 1] == 'B' && strchr ("KMGT", size[length - 2]) != NULL)
    quantity[length - 1] = 'i';
  return quantity;
}

/* Reads hugetlb.@size.@suffix; %NULL in @ret_text if it is not there. */
static gboolean
read_hugetlb (
    const NcgCgroup *cgroup, const char *size, const char *suffix, char **ret_text, GError **error)
{
  g_autofree char *file = g_strconcat ("hugetlb.", size, suffix, NULL);

  return read_file (cgroup, file, ret_text, error);
}

static void
add_plain (GVariantBuilder *dict, const char *key, Number number)
{
  if (number.is_known)
    g_variant_builder_add (dict, "{st}", key, number.value);
}

static gboolean
add_page_size (const NcgCgroup *cgroup, const char *size, GVariantBuilder *sizes, GError **error)
{
  g_auto (GVariantBuilder) dict = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{st}"));
  g_autofree char *quantity = page_size_to_quantity (size);
  g_autofree char *current = NULL;
  g_autofree char *max = NULL;
  g_autofree char *events = NULL;
  Number failures;

  if (!read_hugetlb (cgroup, size, ".current", &current, error) ||
      !read_hugetlb (cgroup, size, ".max", &max, error) ||
      !read_hugetlb (cgroup, size, ".events", &events, error))
    return FALSE;

  parse_flat (events, hugetlb_events, G_N_ELEMENTS (hugetlb_events), &failures);
  add_plain (&dict, "UsageBytes", current != NULL ? parse_number (current) : (Number){ 0 });
  add_plain (&dict, "LimitBytes", max != NULL ? parse_limit (max) : (Number){ 0 });
  add_plain (&dict, hugetlb_events[0].key, failures);
  g_variant_builder_add (sizes, "{sa{st}}", quantity, &dict);
  return TRUE;
}

static gboolean
add_hugepages (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{st}}"));
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.controllers", error);
  g_auto (GStrv) controllers = text != NULL ? g_strsplit (text, " ", -1) : NULL;
  g_auto (GStrv) sizes = NULL;

  if (controllers == NULL)
    return FALSE;
  /* Spares the walk through the directory where there is nothing to be found. */
  if (!g_strv_contains ((const char *const *) controllers, "hugetlb"))
    return TRUE;

  sizes = list_page_sizes (cgroup, error);
  if (sizes == NULL)
    return FALSE;
  for (guint i = 0; sizes[i] != NULL; i++)
    if (!add_page_size (cgroup, sizes[i], &builder, error))
      return FALSE;
  if (sizes[0] != NULL)
    g_variant_builder_add (stats, "{sv}", "Hugepages", g_variant_builder_end (&builder));
  return TRUE;
}

/* Last, because this file is always there: if it is not, the cgroup went while it was read, and
 * other files were absent only therefore. */
static gboolean
add_cgroup (const NcgCgroup *cgroup, GVariantBuilder *stats, GError **error)
{
  g_autofree char *text = ncg_cgroup_read (cgroup, "cgroup.stat", error);

  if (text == NULL)
    return FALSE;
  add_flat (stats, text, cgroup_figures, G_N_ELEMENTS (cgroup_figures));
  return TRUE;
}

static gboolean (*const parts[]) (const NcgCgroup *, GVariantBuilder *, GError **) = {
  add_cpu, add_memory,    add_memory_events, add_number_files,
  add_io,  add_pressures, add_hugepages,     add_cgroup,
};

GVariant *
ncg_stats_read (const NcgCgroup *cgroup, GError **error)
{
  g_auto (GVariantBuilder) stats = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sv}"));

  g_variant_builder_add (&stats, "{sv}", "TimestampUSec",
                         g_variant_new_uint64 ((guint64) g_get_real_time ()));
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (!parts[i](cgroup, &stats, error))
      return NULL;
  return g_variant_ref_sink (g_variant_builder_end (&stats));
}
