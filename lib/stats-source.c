/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reading of one cgroup: its directory in each hierarchy, and the forms of files that both
 * versions have.
 */
#include "lib/stats-source.h"

#include "lib/error.h"
#include "lib/stats-parse.h"

#include <errno.h>
#include <string.h>

/* 4 EiB, which nobody has. */
#define NO_LIMIT (G_GUINT64_CONSTANT (1) << 62)

static NcgStatsTree *
find_tree (NcgStatsReader *self, const char *mount)
{
  for (guint i = 0; i < self->n_trees; i++)
    if (strcmp (self->trees[i].mount, mount) == 0)
      return &self->trees[i];
  return NULL;
}

gboolean
ncg_stats_reader_open (NcgStatsReader *self,
                       const char *mount,
                       const NcgCgroup **ret_cgroup,
                       GError **error)
{
  NcgStatsTree *tree = find_tree (self, mount);
  g_autoptr (GError) local = NULL;

  if (tree == NULL) {
    tree = &self->trees[self->n_trees++];
    tree->mount = mount;
    tree->cgroup = ncg_cgroup_open (mount, self->path, &local);
    if (tree->cgroup == NULL && !g_error_matches (local, NCG_ERROR, NCG_ERROR_NOT_FOUND)) {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  }
  self->in_doubt |= tree->cgroup == NULL;
  *ret_cgroup = tree->cgroup;
  return TRUE;
}

gboolean
ncg_stats_reader_get_text (NcgStatsReader *self,
                           const NcgCgroup *cgroup,
                           const char *file,
                           char **ret_text,
                           GError **error)
{
  char *text = ncg_file_read_into (ncg_cgroup_get_fd (cgroup), file, &self->buffer);
  g_autofree char *shown = NULL;

  *ret_text = text;
  if (text != NULL) {
    self->n_present++;
    return TRUE;
  }
  switch (errno) {
  case ENOENT:
  case ENODEV:     /* the cgroup is gone */
  case EOPNOTSUPP: /* pressure that is switched off */
    self->n_absent++;
    return TRUE;
  default:
    shown = ncg_error_escape_path (self->path);
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot read %s of the cgroup %s: %s", file,
                 shown, g_strerror (errno));
    return FALSE;
  }
}

gboolean
ncg_stats_reader_get_number (NcgStatsReader *self,
                             const NcgCgroup *cgroup,
                             const char *file,
                             gboolean *ret_has,
                             guint64 *ret_number,
                             GError **error)
{
  char *text;

  if (!ncg_stats_reader_get_text (self, cgroup, file, &text, error))
    return FALSE;
  *ret_has = text != NULL && ncg_stats_parse_number (text, ret_number);
  return TRUE;
}

void
ncg_stats_reader_mark (NcgStatsReader *self, NcgStatsField field)
{
  self->stats->has |= NCG_STATS_BIT (field);
  self->wanted &= ~NCG_STATS_BIT (field);
}

void
ncg_stats_reader_set (NcgStatsReader *self, NcgStatsField field, guint64 number)
{
  if (field == NCG_STATS_INACTIVE_FILE)
    self->inactive_file = number;
  else
    self->stats->numbers[field] = number;
  ncg_stats_reader_mark (self, field);
}

gboolean
ncg_stats_source_is_limit (guint64 number)
{
  return number < NO_LIMIT;
}

/* The rows of one file give one field. */
static NcgStatsField
only_field (const NcgStatsSource *self)
{
  return (NcgStatsField) g_bit_nth_lsf (self->fields, -1);
}

gboolean
ncg_stats_source_read_number (NcgStatsReader *reader,
                              const NcgStatsSource *self,
                              const NcgCgroup *cgroup,
                              GError **error)
{
  gboolean has;
  guint64 number;

  if (!ncg_stats_reader_get_number (reader, cgroup, self->file, &has, &number, error))
    return FALSE;
  if (has)
    ncg_stats_reader_set (reader, only_field (self), number);
  return TRUE;
}

gboolean
ncg_stats_source_read_limit (NcgStatsReader *reader,
                             const NcgStatsSource *self,
                             const NcgCgroup *cgroup,
                             GError **error)
{
  gboolean has;
  guint64 number;

  if (!ncg_stats_reader_get_number (reader, cgroup, self->file, &has, &number, error))
    return FALSE;
  if (has && ncg_stats_source_is_limit (number))
    ncg_stats_reader_set (reader, only_field (self), number);
  return TRUE;
}

static const NcgStatsKey *
find_key (const NcgStatsSource *self, NcgStatsWord word)
{
  for (gsize i = 0; i < self->n_keys; i++)
    if (self->keys[i].length == word.length &&
        memcmp (self->keys[i].name, word.start, word.length) == 0)
      return &self->keys[i];
  return NULL;
}

gboolean
ncg_stats_source_read_keys (NcgStatsReader *reader,
                            const NcgStatsSource *self,
                            const NcgCgroup *cgroup,
                            GError **error)
{
  gsize n_left = self->n_keys;
  const char *cursor, *value;
  NcgStatsWord word;
  char *text;

  if (!ncg_stats_reader_get_text (reader, cgroup, self->file, &text, error))
    return FALSE;
  cursor = text != NULL ? text : "";
  while (n_left > 0 && ncg_stats_parse_key (&cursor, &word, &value)) {
    const NcgStatsKey *key = find_key (self, word);
    guint64 number;

    if (key == NULL)
      continue;
    n_left--;
    /* What v1 has given stays. */
    if ((reader->wanted & NCG_STATS_BIT (key->field)) && ncg_stats_parse_number (value, &number))
      ncg_stats_reader_set (reader, key->field, number * key->factor / key->divisor);
  }
  return TRUE;
}

/* "2MB", which is binary, as Kubernetes and our own limits have it: "2Mi". */
static gboolean
copy_page_size (const char *name, NcgStatsHugepages *hugepages)
{
  gsize length = strlen (name);

  if (length >= sizeof hugepages->size)
    return FALSE;
  memcpy (hugepages->size, name, length + 1);
  if (length > 2 && name[length - 1] == 'B')
    hugepages->size[length - 1] = 'i';
  return TRUE;
}

/* (out): whether the file is there; its number goes into @hugepages. @key: in a file of keys */
static gboolean
read_hugepage_file (NcgStatsReader *reader,
                    const NcgCgroup *cgroup,
                    const char *name,
                    const char *suffix,
                    NcgStatsHugepages *hugepages,
                    NcgStatsHugepageNumber index,
                    GError **error)
{
  char file[64];
  const char *number;
  char *text;

  g_snprintf (file, sizeof file, "hugetlb.%s.%s", name, suffix);
  if (!ncg_stats_reader_get_text (reader, cgroup, file, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  /* hugetlb.2MB.events is "max 3" alone. */
  number =
      index == NCG_STATS_HUGEPAGE_FAILURES && g_str_has_prefix (text, "max ") ? text + 4 : text;
  if (ncg_stats_parse_number (number, &hugepages->numbers[index]) &&
      (index != NCG_STATS_HUGEPAGE_LIMIT || ncg_stats_source_is_limit (hugepages->numbers[index])))
    hugepages->has |= 1U << index;
  return TRUE;
}

static gboolean
read_page_size (NcgStatsReader *reader,
                const NcgCgroup *cgroup,
                const NcgStatsHugepageFiles *suffixes,
                const char *name,
                GError **error)
{
  NcgStatsHugepages hugepages = { 0 };

  if (!copy_page_size (name, &hugepages))
    return TRUE;
  if (!read_hugepage_file (reader, cgroup, name, suffixes->usage, &hugepages,
                           NCG_STATS_HUGEPAGE_USAGE, error))
    return FALSE;
  if (hugepages.has == 0)
    return TRUE;
  if (!read_hugepage_file (reader, cgroup, name, suffixes->limit, &hugepages,
                           NCG_STATS_HUGEPAGE_LIMIT, error) ||
      !read_hugepage_file (reader, cgroup, name, suffixes->failures, &hugepages,
                           NCG_STATS_HUGEPAGE_FAILURES, error))
    return FALSE;
  g_array_append_val (reader->stats->hugepages, hugepages);
  ncg_stats_reader_mark (reader, NCG_STATS_HUGEPAGES);
  return TRUE;
}

gboolean
ncg_stats_source_read_hugepages (NcgStatsReader *reader,
                                 const NcgStatsHugepageFiles *suffixes,
                                 const NcgCgroup *cgroup,
                                 GError **error)
{
  GStrv sizes = reader->hierarchy->page_sizes;
  const GArray *read = reader->stats->hugepages;

  /* Without the files of one size there are none of the others: the controller is off. */
  for (guint i = 0; sizes != NULL && sizes[i] != NULL && read->len == i; i++)
    if (!read_page_size (reader, cgroup, suffixes, sizes[i], error))
      return FALSE;
  return TRUE;
}

/* (nullable): where @source is to be read */
static const char *
find_mount (const NcgHierarchy *hierarchy, const char *controller, gboolean is_v1)
{
  const char *v1_mount =
      controller != NULL ? g_hash_table_lookup (hierarchy->v1_mounts, controller) : NULL;

  if (is_v1)
    return v1_mount;
  return v1_mount == NULL ? hierarchy->unified_mount : NULL;
}

/* The root alone has some files of a controller without the others. */
static gboolean
is_closed (const NcgStatsReader *reader, const NcgStatsSource *source)
{
  return reader->closed != NULL && g_strcmp0 (source->controller, reader->closed) == 0 &&
         !g_str_equal (reader->path, "/");
}

/* What cgroup2 has a file of is there, as of now. */
static gboolean
read_source (NcgStatsReader *reader,
             const NcgStatsSource *source,
             const char *mount,
             const NcgCgroup *cgroup,
             GError **error)
{
  guint n_present = reader->n_present, n_absent = reader->n_absent;

  if (!source->read (reader, source, cgroup, error))
    return FALSE;
  if (reader->n_absent > n_absent) {
    reader->in_doubt = TRUE;
    reader->closed = source->is_gate ? source->controller : reader->closed;
  } else if (reader->n_present > n_present && mount == reader->hierarchy->unified_mount) {
    reader->in_doubt = FALSE;
  }
  return TRUE;
}

gboolean
ncg_stats_source_read_all (NcgStatsReader *reader,
                           const NcgStatsSource *sources,
                           gboolean is_v1,
                           GError **error)
{
  for (const NcgStatsSource *source = sources; source->read != NULL; source++) {
    const char *mount;
    const NcgCgroup *cgroup;

    if ((source->fields & reader->wanted) == 0 || is_closed (reader, source))
      continue;
    mount = find_mount (reader->hierarchy, source->controller, is_v1);
    if (mount == NULL)
      continue;
    if (!ncg_stats_reader_open (reader, mount, &cgroup, error))
      return FALSE;
    if (cgroup != NULL && !read_source (reader, source, mount, cgroup, error))
      return FALSE;
  }
  return TRUE;
}

void
ncg_stats_parse_pressure (const char *text, NcgStatsPressure *ret_pressure)
{
  static const char *const keys[] = { "avg10", "avg60", "avg300", "total" };
  NcgStatsWord word;
  int base = -1;

  ret_pressure->has = 0;
  while (ncg_stats_parse_word (&text, FALSE, &word)) {
    const char *value = ncg_stats_word_split (&word);
    int i = value != NULL ? ncg_stats_word_find (word, keys, G_N_ELEMENTS (keys)) : -1;

    if (value == NULL)
      base = ncg_stats_word_equals (word, "some")   ? NCG_STATS_SOME_AVG10
             : ncg_stats_word_equals (word, "full") ? NCG_STATS_FULL_AVG10
                                                    : -1;
    else if (base >= 0 && i >= 0 &&
             ncg_stats_parse_decimal (value, &ret_pressure->numbers[base + i]))
      ret_pressure->has |= 1U << (base + i);
  }
}
