/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The readings of top: again and again one GetStats for all pods, without holding up the main loop.
 * What else is shown of pods is asked for when the daemon has signalled something, and the parts of
 * the node only where they are shown.
 *
 * The first call starts a daemon that can be started, the others start none: one that is stopped
 * meanwhile stays so, and is asked again when it is back.
 */
#pragma once

#include "cli/parts.h"
#include "cli/top-state.h"

typedef struct TopFeed TopFeed;

typedef struct {
  /* There is a reading. @is_first: it is the first one, so that there are no rates yet; the next
   * comes soon */
  void (*came) (gboolean is_first, gpointer user_data);
  /* There is none this time. */
  void (*failed) (const GError *error, gpointer user_data);
} TopFeedEvents;

/* Asks at once. @state: whose delay, containers and parts count; it lives as long */
TopFeed *
top_feed_new (Bus *bus, const TopState *state, const TopFeedEvents *events, gpointer user_data);
void top_feed_free (TopFeed *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TopFeed, top_feed_free)

/* After the state has changed: asks at once, and soon again; or is on time for another delay. While
 * it is paused neither does anything. */
void top_feed_hurry (TopFeed *self);
void top_feed_schedule (TopFeed *self);

/* (transfer full) (element-type TopRow): of the last two readings, in no order */
GPtrArray *top_feed_list_rows (const TopFeed *self);

/* (transfer full) (element-type Part) (nullable): NULL unless they are in the last reading */
GArray *top_feed_list_parts (const TopFeed *self);
