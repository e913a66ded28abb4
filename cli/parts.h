/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The parts of the node, of GetUsage: what each uses, and what there is for it.
 */
#pragma once

#include "cli/bus.h"
#include "cli/load.h"

/* CPU time is counted; how much of it is used takes two looks, which begin so far apart. */
#define PARTS_INTERVAL_USEC (250 * 1000)

/* Sleeps until a second look may begin. With many pods the first one took its time itself; between
 * the two the daemon is left alone for a moment in any case.
 * @begun: when the first look began, by g_get_monotonic_time() */
void parts_pause (gint64 begun);

typedef struct {
  GVariant
      *before; /* "a{sa{sv}}": two readings of GetUsage; NULL: there is no first one, no rates */
  GVariant *after;
  GVariant *node; /* "a{sv}": the properties of org.example.NodeCgroups.Node */
} Parts;

typedef struct {
  const char *name; /* as GetUsage has it */
  const char *of;   /* what its limits are: "reserved for the system"; "" without any */
  Load load;
} Part;

/* Asks, and takes as long as the two looks are apart. */
gboolean parts_read (Parts *self, Bus *bus, GError **error);
void parts_clear (Parts *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, parts_clear)

/* (transfer full) (element-type Part): those that are there, the whole node first, all pods last.
 */
GArray *parts_list (const Parts *self);

/* (transfer floating): "a{st}": the CPU that each used, in millicores */
GVariant *parts_describe_rates (const Parts *self);
