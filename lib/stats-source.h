/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Private to lib/stats*: where figures come from, file by file, and the reading of one cgroup. What
 * is read is parsed in place, in one buffer.
 */
#pragma once

#include "lib/cgroup.h"
#include "lib/file.h"
#include "lib/stats.h"

/* Beside the fields that are given: what some of them are made of. */
#define NCG_STATS_INACTIVE_FILE NCG_STATS_N_FIELDS
G_STATIC_ASSERT (NCG_STATS_INACTIVE_FILE < 8 * sizeof (NcgStatsFields));

/* Where a controller is mounted, and the cgroup there. */
typedef struct {
  const char *mount;
  NcgCgroup *cgroup; /* NULL if it is not in this hierarchy */
} NcgStatsTree;

typedef struct {
  const NcgHierarchy *hierarchy;
  const char *path;
  NcgStats *stats;
  NcgStatsFields wanted; /* and not read yet */
  guint64 inactive_file;
  guint n_present;    /* files that were read */
  guint n_absent;     /* files and directories that were not there */
  gboolean in_doubt;  /* since something was absent: is the cgroup there? */
  const char *closed; /* a controller that the cgroup has not */
  NcgStatsTree trees[8];
  guint n_trees;
  NcgFileBuffer buffer;
} NcgStatsReader;

/* A key of a file with one "KEY NUMBER" on each line. */
typedef struct {
  const char *name;
  gsize length;
  NcgStatsField field;
  guint factor;
  guint divisor;
} NcgStatsKey;

#define NCG_STATS_KEY(name, field, factor, divisor)                                                \
  {                                                                                                \
    name, sizeof name - 1, field, factor, divisor                                                  \
  }

typedef struct NcgStatsSource NcgStatsSource;
struct NcgStatsSource {
  const char *controller; /* NULL: cgroup2 gives it without any */
  const char *file;
  NcgStatsFields fields;
  gboolean (*read) (NcgStatsReader *reader,
                    const NcgStatsSource *self,
                    const NcgCgroup *cgroup,
                    GError **error);
  const NcgStatsKey *keys; /* for ncg_stats_source_read_keys() */
  gsize n_keys;
  gboolean is_gate; /* without this file there is no other one of the controller either */
};

/* In the order in which they are asked for what is wanted and not there yet; they end with a row
 * without a read(). */
extern const NcgStatsSource ncg_stats_sources_v1[];
extern const NcgStatsSource ncg_stats_sources_v2[];

/* @controller: see NcgStatsSource; the rows of @sources are for the controllers that are mounted as
 * v1, or not. */
gboolean ncg_stats_source_read_all (NcgStatsReader *reader,
                                    const NcgStatsSource *sources,
                                    gboolean is_v1,
                                    GError **error);

/* (out) (nullable): the cgroup where @mount is; NULL too if it is not there */
gboolean ncg_stats_reader_open (NcgStatsReader *self,
                                const char *mount,
                                const NcgCgroup **ret_cgroup,
                                GError **error);

/* (out) (nullable): the file's text, good until the next one is read; NULL if it is not there */
gboolean ncg_stats_reader_get_text (NcgStatsReader *self,
                                    const NcgCgroup *cgroup,
                                    const char *file,
                                    char **ret_text,
                                    GError **error);

/* As before, and a number in it; without one, @ret_has is %FALSE. */
gboolean ncg_stats_reader_get_number (NcgStatsReader *self,
                                      const NcgCgroup *cgroup,
                                      const char *file,
                                      gboolean *ret_has,
                                      guint64 *ret_number,
                                      GError **error);

void ncg_stats_reader_set (NcgStatsReader *self, NcgStatsField field, guint64 number);
void ncg_stats_reader_mark (NcgStatsReader *self, NcgStatsField field);

/* For tables: a file of one number, one of a limit, one of keys, one of pressure. */
gboolean ncg_stats_source_read_number (NcgStatsReader *reader,
                                       const NcgStatsSource *self,
                                       const NcgCgroup *cgroup,
                                       GError **error);
gboolean ncg_stats_source_read_limit (NcgStatsReader *reader,
                                      const NcgStatsSource *self,
                                      const NcgCgroup *cgroup,
                                      GError **error);
gboolean ncg_stats_source_read_keys (NcgStatsReader *reader,
                                     const NcgStatsSource *self,
                                     const NcgCgroup *cgroup,
                                     GError **error);

/* Of the pages of each size hugetlb.SIZE and @suffixes, by NcgStatsHugepageNumber. */
typedef struct {
  const char *usage;
  const char *limit;
  const char *failures;
} NcgStatsHugepageFiles;
gboolean ncg_stats_source_read_hugepages (NcgStatsReader *reader,
                                          const NcgStatsHugepageFiles *suffixes,
                                          const NcgCgroup *cgroup,
                                          GError **error);

/* "max", and what v1 files have instead, the largest number of whole pages, which may be huge ones:
 * a little less than 2^63. */
gboolean ncg_stats_source_is_limit (guint64 number);

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=0", the same with "full"; @ret_pressure has only
 * what is there. */
void ncg_stats_parse_pressure (const char *text, NcgStatsPressure *ret_pressure);
