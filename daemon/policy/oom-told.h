/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which kills for want of memory somebody was told of, so that each is told once: not twice, though
 * the daemon restarts, and not never, though the container is gone by the time one looks.
 */
#pragma once

#include "lib/oom-count.h"

typedef struct {
  gboolean is_begun;  /* else the first counts are where it begins, and nothing of them is told */
  gboolean is_loaded; /* since then not compared yet: what was there meanwhile is not known */
  guint64 total;      /* of NcgOomCount.total */
  GHashTable *leaves; /* (nullable): name → count that was told; those that were there last */
} OomTold;

void oom_told_clear (OomTold *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (OomTold, oom_told_clear)

/* Processes of one cgroup that were killed since it was told of last. */
typedef struct {
  char *leaf; /* its name; "" for the group's own, and for one that is gone and not known */
  guint64 kills;
} OomKill;

/**
 * oom_told_compare:
 * @now: what the kernel counts now
 *
 * What is new counts as told from here on. Where the total says more than the leaves that are
 * there, a leaf that is gone was hit: it is named if only one has gone since the last time. A count
 * that is smaller than before is of a cgroup that was made anew.
 *
 * Returns: (transfer full) (element-type OomKill): mostly empty; sorted by leaf
 */
GPtrArray *oom_told_compare (OomTold *self, const NcgOomCount *now);

/* A leaf has come: it is known by its name even if it is gone by the next look. */
void oom_told_add_leaf (OomTold *self, const char *leaf);

/* (transfer floating): an a{st} for the pod's file: the total under "", and each leaf that was hit;
 * and back. What is loaded has begun. */
GVariant *oom_told_save (const OomTold *self);
void oom_told_load (OomTold *self, GVariant *saved);
