/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an operator looks for in the journal: events that have a MESSAGE_ID, fields of their own,
 * and an entry in the catalog (data/catalog/nodecgroups.catalog) that says what they mean and
 * what to do. docs/events.md lists them; a check holds that the three agree.
 *
 * Rule: systemd.journal-fields(7). A new event is a row in the table of events.c, an entry in the
 * catalog, a row in docs/events.md, and a test in tests/dbus/test-events.c.
 */
#pragma once

#include <glib.h>

typedef enum {
  EVENT_BOOTSTRAP_FINISHED,
  EVENT_NODE_READY,
  EVENT_NODE_DEGRADED,
  EVENT_DRIFT_REPAIRED,
  EVENT_DRIFT_FOUND, /* and not repaired */
  EVENT_CONTEST_BEGUN,
  EVENT_CONTEST_OVER,
  EVENT_OOM_KILLED,
  EVENT_CALL_DENIED,
  EVENT_CALL_OVER_LIMIT,
  EVENT_CALL_TIMED_OUT,
  EVENT_PODS_RECOVERED,
  EVENT_POD_UNDONE,
  EVENT_POD_SET_ASIDE,
  EVENT_POD_VANISHED,
  EVENT_CONFIG_RELOADED,
  EVENT_CONFIG_REFUSED,
  EVENT_N,
} EventKind;

/* What it is about; NULL is left out. Strings go out as they are: what comes from a caller has been
 * checked before. A number is given as a pointer, &(guint64){ uid }, since 0 may be one. */
typedef struct {
  const char *pod_uid;
  const char *container;
  const char *cgroup;
  const char *unit;   /* "journalctl -u UNIT" has the event, too */
  const char *object; /* of drift, and of a call */
  const char *setting;
  const char *wanted;
  const char *actual;
  const char *operation; /* the method, "CreatePod", "Pod.Update" */
  const char *condition;
  const char *state;
  const guint64 *caller_uid;
  const guint64 *duration_usec;
  const guint64 *kills;
  const guint64 *pods;
} EventFields;

/**
 * event_log:
 * @fields: (nullable): what it is about
 * @format: one line, for people
 *
 * Logs an event, from any thread. Of those that somebody can bring about as often as he likes (a
 * refused call, a timeout, a kill) each pod, caller and operation has a few every ten seconds; how
 * many were left out is said by the next.
 */
void event_log (EventKind kind, const EventFields *fields, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* The MESSAGE_ID of an event: 32 digits. */
const char *event_get_id (EventKind kind);

/* Processes of a pod were killed for want of memory. @container: "" if in none of its containers;
 * @cgroup: where the kernel counted them; @unit: (nullable) of that cgroup */
void event_log_oom_kill (const char *pod_uid,
                         const char *container,
                         const char *cgroup,
                         const char *unit,
                         guint64 kills);
