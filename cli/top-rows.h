/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What top shows: pods and their containers with what they use, of two readings of GetStats, and
 * their order.
 */
#pragma once

#include "cli/load.h"

typedef enum {
  TOP_SORT_CPU,
  TOP_SORT_MEMORY,
  TOP_SORT_PIDS,
  TOP_SORT_IO,
  TOP_SORT_NAME,
  TOP_SORT_N,
} TopSort;

typedef struct {
  char *name;      /* uid, or the name of a container */
  char *qos_class; /* (nullable): of a container, or not known */
  char *state;     /* (nullable): the same */
  Load load;
  LoadOf read; /* bytes in a second; not limited */
  LoadOf written;
  GPtrArray *containers; /* (element-type TopRow) */
} TopRow;

/* What the figures do not say of a pod. */
typedef struct TopFacts TopFacts;

/* @objects: "a{oa{sa{sv}}}", of GetManagedObjects */
TopFacts *top_facts_new (GVariant *objects);
void top_facts_free (TopFacts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TopFacts, top_facts_free)

/**
 * top_rows_new:
 * @facts: a pod that is there and has no figures has none in its row, and one that is not known has
 * them alone
 * @before: (nullable): "a{sa{sv}}": the reading before; of what is not in it, or was counted anew
 * meanwhile, nothing is said that takes two
 * @after: the last one
 *
 * Returns: (transfer full) (element-type TopRow): a row for each pod, in no order
 */
GPtrArray *top_rows_new (const TopFacts *facts, GVariant *before, GVariant *after);

/* The most first, by name A first, or the other way round; of each pod the containers as well. What
 * is not known is last, whichever way; those that are the same go by their names. */
void top_rows_sort (GPtrArray *rows, TopSort sort, gboolean is_reversed);

/* What goes to and from devices together. */
LoadOf top_rows_add_io (const LoadOf *read, const LoadOf *written);

/* What all pods use together. */
Load top_rows_sum (const GPtrArray *rows);

/* (transfer floating): an "aa{sv}": for each Uid (or Name, of a container), QosClass and State
 * where they are known, what load_describe() has, ReadBytesPerSecond and WriteBytesPerSecond, and
 * Containers, where there are any */
GVariant *top_rows_describe (const GPtrArray *rows);
