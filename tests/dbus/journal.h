/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon logs, with all fields, in place of the journal: it runs with --log-level=debug,
 * and has a file for its standard error.
 */
#pragma once

#include "daemon/events.h"
#include "tests/dbus/fixture.h"

/* Before the daemon is started. */
void journal_set_up (Fixture *fixture);

/* How many lines there are with all these parts, which are separated by "|". */
guint journal_count (Fixture *fixture, const char *parts);

/* Whether there is a line, or a part of one, as the regular expression says. */
gboolean journal_matches (Fixture *fixture, const char *expression);

/* Waits for an event with these fields, "NODECGROUPS_POD_UID=a|NODECGROUPS_SETTING=pids.max". */
void journal_wait_for (Fixture *fixture, EventKind kind, const char *fields);

/* How many of these events there are so far. */
guint journal_count_events (Fixture *fixture, EventKind kind);
