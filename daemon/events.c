/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of events.
 */
#include "daemon/events.h"

#include "daemon/event-limit.h"

#include <string.h>

#define INTERVAL_USEC (10 * G_USEC_PER_SEC)
#define FIELDS_MAX 24

typedef struct {
  const char *id; /* never changes */
  GLogLevelFlags level;
  guint burst; /* how many of the same in an interval; 0: all */
} Event;

/* The check reads this table: a row is a line. */
static const Event events[] = {
  [EVENT_BOOTSTRAP_FINISHED] = { "2df4c44b7ee94a478d6e615d7ded3200", G_LOG_LEVEL_MESSAGE, 0 },
  [EVENT_NODE_READY] = { "ff6ed7a7c6074dce8b35eb5e1f890f04", G_LOG_LEVEL_MESSAGE, 0 },
  [EVENT_NODE_DEGRADED] = { "dae0d2d4928a4275a5d6cab4ef0e767e", G_LOG_LEVEL_WARNING, 0 },
  [EVENT_DRIFT_REPAIRED] = { "704fa4355a5642798569a7565fb9517f", G_LOG_LEVEL_WARNING, 5 },
  [EVENT_DRIFT_FOUND] = { "202160230d6141e490f981ce1a7bac7a", G_LOG_LEVEL_WARNING, 5 },
  [EVENT_CONTEST_BEGUN] = { "7fa0faee1dd645cc8841fc3b83fd80bb", G_LOG_LEVEL_WARNING, 0 },
  [EVENT_CONTEST_OVER] = { "13b9b2ae61544df2b3128ca05128ea55", G_LOG_LEVEL_MESSAGE, 0 },
  [EVENT_OOM_KILLED] = { "1379e574e26441c880a3c7fa642309e5", G_LOG_LEVEL_WARNING, 5 },
  [EVENT_CALL_DENIED] = { "43b05e7beb1542c0a746d375d336ef48", G_LOG_LEVEL_WARNING, 1 },
  [EVENT_CALL_OVER_LIMIT] = { "5aaf6012f1c149ab96414215c99d6516", G_LOG_LEVEL_WARNING, 1 },
  [EVENT_CALL_TIMED_OUT] = { "6d16d2932533492286b46365cb083723", G_LOG_LEVEL_WARNING, 1 },
  [EVENT_PODS_RECOVERED] = { "4c2086ba41ca4fc4bf8dfc58e559e744", G_LOG_LEVEL_MESSAGE, 0 },
  [EVENT_POD_UNDONE] = { "1b804097a8b94bea9eeb7b3f1f91541a", G_LOG_LEVEL_WARNING, 0 },
  [EVENT_POD_SET_ASIDE] = { "e6bfd254f96c48d086f8c5acf291b017", G_LOG_LEVEL_WARNING, 0 },
  [EVENT_POD_VANISHED] = { "66000b6573a24ae98da23c2833b9b1cc", G_LOG_LEVEL_WARNING, 0 },
  [EVENT_CONFIG_RELOADED] = { "936e6ee5f5204b3db7387f643b7c7ae3", G_LOG_LEVEL_MESSAGE, 0 },
  [EVENT_CONFIG_REFUSED] = { "ce8a99bb28b1451eabbcba9e84bb718c", G_LOG_LEVEL_WARNING, 0 },
};
G_STATIC_ASSERT (G_N_ELEMENTS (events) == EVENT_N);

/* OBJECT_SYSTEMD_UNIT is what journalctl -u looks for in messages of other daemons about a unit. */
static const struct {
  const char *key;
  gsize offset;
} texts[] = {
  { "NODECGROUPS_POD_UID", offsetof (EventFields, pod_uid) },
  { "NODECGROUPS_CONTAINER", offsetof (EventFields, container) },
  { "NODECGROUPS_CGROUP", offsetof (EventFields, cgroup) },
  { "OBJECT_SYSTEMD_UNIT", offsetof (EventFields, unit) },
  { "NODECGROUPS_OBJECT", offsetof (EventFields, object) },
  { "NODECGROUPS_SETTING", offsetof (EventFields, setting) },
  { "NODECGROUPS_WANTED", offsetof (EventFields, wanted) },
  { "NODECGROUPS_ACTUAL", offsetof (EventFields, actual) },
  { "NODECGROUPS_OPERATION", offsetof (EventFields, operation) },
  { "NODECGROUPS_CONDITION", offsetof (EventFields, condition) },
  { "NODECGROUPS_STATE", offsetof (EventFields, state) },
}, numbers[] = {
  { "NODECGROUPS_CALLER_UID", offsetof (EventFields, caller_uid) },
  { "NODECGROUPS_DURATION_USEC", offsetof (EventFields, duration_usec) },
  { "NODECGROUPS_KILLS", offsetof (EventFields, kills) },
  { "NODECGROUPS_PODS", offsetof (EventFields, pods) },
};

/* A message on its way to the writer. */
typedef struct {
  GLogField fields[FIELDS_MAX];
  gsize n_fields;
  char numbers[G_N_ELEMENTS (numbers)][24];
} Message;

G_STATIC_ASSERT (G_N_ELEMENTS (texts) + G_N_ELEMENTS (numbers) + 5 <= FIELDS_MAX);

const char *
event_get_id (EventKind kind)
{
  return events[kind].id;
}

static void
add_field (Message *message, const char *key, const char *value)
{
  message->fields[message->n_fields++] = (GLogField){ key, value, -1 };
}

static void
add_fields (Message *message, const EventFields *fields)
{
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    const char *text = G_STRUCT_MEMBER (const char *, fields, texts[i].offset);

    if (text != NULL)
      add_field (message, texts[i].key, text);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++) {
    const guint64 *number = G_STRUCT_MEMBER (const guint64 *, fields, numbers[i].offset);

    if (number == NULL)
      continue;
    g_snprintf (message->numbers[i], sizeof message->numbers[i], "%" G_GUINT64_FORMAT, *number);
    add_field (message, numbers[i].key, message->numbers[i]);
  }
}

static const char *
or_empty (const char *text)
{
  return text != NULL ? text : "";
}

/* The same is what is about the same, whatever the message says. */
static gboolean
may_pass (EventKind kind, const EventFields *fields, guint *ret_suppressed)
{
  static GMutex mutex;
  static EventLimit *limit;
  g_autoptr (GMutexLocker) locker = NULL;
  g_autofree char *key = NULL;

  *ret_suppressed = 0;
  if (events[kind].burst == 0)
    return TRUE;
  key = g_strdup_printf (
      "%d %s %s %s %s %s %" G_GUINT64_FORMAT, (int) kind, or_empty (fields->pod_uid),
      or_empty (fields->container), or_empty (fields->object), or_empty (fields->setting),
      or_empty (fields->operation), fields->caller_uid != NULL ? *fields->caller_uid : G_MAXUINT64);
  locker = g_mutex_locker_new (&mutex);
  if (limit == NULL)
    limit = event_limit_new (INTERVAL_USEC);
  return event_limit_pass (limit, key, events[kind].burst, g_get_monotonic_time (), ret_suppressed);
}

void
event_log (EventKind kind, const EventFields *fields, const char *format, ...)
{
  static const EventFields nothing = { 0 };
  gboolean is_warning = events[kind].level == G_LOG_LEVEL_WARNING;
  Message message = { .n_fields = 0 };
  g_autofree char *text = NULL;
  g_autofree char *whole = NULL;
  guint n_suppressed;
  va_list arguments;

  if (fields == NULL)
    fields = &nothing;
  if (!may_pass (kind, fields, &n_suppressed))
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (n_suppressed > 0)
    whole = g_strdup_printf ("%s (and %u more of this that are not here)", text, n_suppressed);
  add_field (&message, "MESSAGE", whole != NULL ? whole : text);
  add_field (&message, "MESSAGE_ID", events[kind].id);
  /* syslog(3): warning and notice, as GLib has them. */
  add_field (&message, "PRIORITY", is_warning ? "4" : "5");
  add_field (&message, "GLIB_DOMAIN", G_LOG_DOMAIN);
  add_field (&message, "SYSLOG_IDENTIFIER", "nodecgroupsd");
  add_fields (&message, fields);
  g_log_structured_array (events[kind].level, message.fields, message.n_fields);
}

void
event_log_oom_kill (
    const char *pod_uid, const char *container, const char *cgroup, const char *unit, guint64 kills)
{
  const EventFields fields = {
    .pod_uid = pod_uid,
    .container = container,
    .cgroup = cgroup,
    .unit = unit,
    .kills = &kills,
  };

  event_log (EVENT_OOM_KILLED, &fields,
             "%" G_GUINT64_FORMAT " process%s of pod %s%s%s killed for want of memory, in %s",
             kills, kills == 1 ? "" : "es", pod_uid, container[0] != '\0' ? ", container " : "",
             container, cgroup);
}
