/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl monitor: what the daemon signals, as it comes, until Ctrl-C. That the daemon goes
 * and comes back is told as well.
 *
 * JSON: an object in a line of its own for each, with TimestampUSec and Event. By their Event:
 * PodAdded, PodRemoved (Uid, Object), PodState (Uid, State), OomKilled (Uid, Container, Kills),
 * Drift (Object, Setting, Wanted, Actual, Repaired), NodeState (State), Condition (Name, Holds,
 * Message), ConditionDropped (Name), DaemonAppeared, DaemonVanished.
 */
#include "cli/human.h"
#include "cli/monitor-conditions.h"
#include "cli/states.h"
#include "cli/verbs.h"
#include "lib/error.h"

#include <glib-unix.h>
#include <signal.h>
#include <string.h>

typedef struct {
  const Call *call;
  GMainLoop *loop;
  MonitorConditions *conditions;
  gboolean is_known; /* whether the daemon is there */
  GError *error;
} Monitor;

/* One event: a line for people, and the fields of JSON (transfer floating). */
static void
tell (const Monitor *self, const char *event, Style style, const char *text, GVariant *fields)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (fields);
  g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (owned);
  guint64 now = (guint64) g_get_real_time ();
  g_autofree char *moment = human_moment (now);
  g_autofree char *escaped = ncg_error_escape_message (text);
  g_autofree char *shown = style_paint (style, self->call->terminal->has_colors, escaped);
  g_autofree char *line = g_strdup_printf ("%s  %s", moment, shown);

  if (!call_wants_json (self->call)) {
    call_print_line (self->call, line);
    return;
  }
  g_variant_dict_insert (&all, "TimestampUSec", "t", now);
  g_variant_dict_insert (&all, "Event", "s", event);
  call_print_json_line (self->call, g_variant_dict_end (&all));
}

static GVariant *
no_fields (void)
{
  return g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0);
}

static void
on_pod_added (const Monitor *self, GVariant *arguments)
{
  g_autofree char *text = NULL;
  const char *uid, *object;

  g_variant_get (arguments, "(&s&o)", &uid, &object);
  text = g_strdup_printf ("pod %s was added", uid);
  tell (self, "PodAdded", STYLE_PLAIN, text,
        g_variant_new_parsed ("{'Uid': <%s>, 'Object': <%o>}", uid, object));
}

static void
on_pod_removed (const Monitor *self, GVariant *arguments)
{
  g_autofree char *text = NULL;
  const char *uid, *object;

  g_variant_get (arguments, "(&s&o)", &uid, &object);
  text = g_strdup_printf ("pod %s was removed", uid);
  tell (self, "PodRemoved", STYLE_PLAIN, text,
        g_variant_new_parsed ("{'Uid': <%s>, 'Object': <%o>}", uid, object));
}

static void
on_oom_killed (const Monitor *self, GVariant *arguments)
{
  g_autofree char *text = NULL;
  const char *uid, *container;
  guint64 kills;

  g_variant_get (arguments, "(&s&st)", &uid, &container, &kills);
  text = g_strdup_printf ("%" G_GUINT64_FORMAT " process%s of pod %s%s%s killed for want of memory",
                          kills, kills == 1 ? "" : "es", uid,
                          container[0] != '\0' ? ", container " : "", container);
  tell (self, "OomKilled", STYLE_BAD, text,
        g_variant_new_parsed ("{'Uid': <%s>, 'Container': <%s>, 'Kills': <%t>}", uid, container,
                              kills));
}

static void
on_drift (const Monitor *self, GVariant *arguments)
{
  g_autofree char *text = NULL;
  const char *object, *setting, *wanted, *actual;
  gboolean repaired;

  g_variant_get (arguments, "(&s&s&s&sb)", &object, &setting, &wanted, &actual, &repaired);
  text = g_strdup_printf ("%s: %s was %s and should be %s; %s", object, setting, actual, wanted,
                          repaired ? "it was set again" : "it is not as it should be");
  tell (self, "Drift", repaired ? STYLE_WARN : STYLE_BAD, text,
        g_variant_new_parsed ("{'Object': <%s>, 'Setting': <%s>, 'Wanted': <%s>, 'Actual': <%s>, "
                              "'Repaired': <%b>}",
                              object, setting, wanted, actual, repaired));
}

static const struct {
  const char *interface;
  const char *member;
  const char *type;
  void (*on_signal) (const Monitor *self, GVariant *arguments);
} signals[] = {
  { BUS_MANAGER, "PodAdded", "(so)", on_pod_added },
  { BUS_MANAGER, "PodRemoved", "(so)", on_pod_removed },
  { BUS_MANAGER, "OomKilled", "(sst)", on_oom_killed },
  { BUS_NODE, "Drift", "(ssssb)", on_drift },
};

static void
tell_condition (const MonitorCondition *condition, gpointer user_data)
{
  const Monitor *self = user_data;
  g_autofree char *text = NULL;

  if (condition->message == NULL) {
    text = g_strdup_printf ("condition %s was dropped", condition->name);
    tell (self, "ConditionDropped", STYLE_PLAIN, text,
          g_variant_new_parsed ("{'Name': <%s>}", condition->name));
    return;
  }
  text = g_strdup_printf ("condition %s %s: %s", condition->name,
                          condition->holds ? "holds" : "does not hold", condition->message);
  tell (self, "Condition", condition->holds ? STYLE_GOOD : STYLE_BAD, text,
        g_variant_new_parsed ("{'Name': <%s>, 'Holds': <%b>, 'Message': <%s>}", condition->name,
                              condition->holds, condition->message));
}

static void
node_changed (Monitor *self, GVariant *properties)
{
  g_autoptr (GVariant) conditions =
      g_variant_lookup_value (properties, "Conditions", G_VARIANT_TYPE ("a(sbs)"));
  g_autofree char *text = NULL;
  const char *state;

  if (g_variant_lookup (properties, "State", "&s", &state)) {
    text = g_strdup_printf ("the node is %s", state);
    tell (self, "NodeState", states_get_style (state), text,
          g_variant_new_parsed ("{'State': <%s>}", state));
  }
  if (conditions != NULL)
    monitor_conditions_update (self->conditions, conditions, tell_condition, self);
}

/* (transfer full): the uid that is escaped in a pod's path, as sd_bus_path_encode(3) does it */
static char *
find_uid (const char *path)
{
  const char *label = strrchr (path, '/') + 1;
  GString *uid = g_string_new (NULL);

  for (; *label != '\0'; label++) {
    if (label[0] == '_' && g_ascii_isxdigit (label[1]) && g_ascii_isxdigit (label[2])) {
      g_string_append_c (
          uid, (char) (g_ascii_xdigit_value (label[1]) * 16 + g_ascii_xdigit_value (label[2])));
      label += 2;
    } else {
      g_string_append_c (uid, *label);
    }
  }
  return g_string_free (uid, FALSE);
}

static void
pod_changed (Monitor *self, const char *path, GVariant *properties)
{
  g_autofree char *uid = find_uid (path);
  g_autofree char *text = NULL;
  const char *state;

  if (!g_variant_lookup (properties, "State", "&s", &state))
    return;
  text = g_strdup_printf ("pod %s is %s", uid, state);
  tell (self, "PodState", states_get_style (state), text,
        g_variant_new_parsed ("{'Uid': <%s>, 'State': <%s>}", uid, state));
}

static void
on_properties_changed (Monitor *self, const char *path, GVariant *arguments)
{
  g_autoptr (GVariant) properties = NULL;
  const char *interface;

  g_variant_get (arguments, "(&s@a{sv}@as)", &interface, &properties, NULL);
  if (g_str_equal (interface, BUS_NODE))
    node_changed (self, properties);
  else if (g_str_equal (interface, BUS_POD))
    pod_changed (self, path, properties);
}

static void
on_signal (GDBusConnection *connection,
           const char *sender,
           const char *path,
           const char *interface,
           const char *member,
           GVariant *arguments,
           gpointer user_data)
{
  Monitor *self = user_data;

  if (g_str_equal (member, "PropertiesChanged") &&
      g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(sa{sv}as)")))
    on_properties_changed (self, path, arguments);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    if (g_str_equal (signals[i].interface, interface) && g_str_equal (signals[i].member, member) &&
        g_variant_is_of_type (arguments, G_VARIANT_TYPE (signals[i].type)))
      signals[i].on_signal (self, arguments);
}

/* That it is there when we begin is nothing new. */
static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  Monitor *self = user_data;
  g_autoptr (GVariant) properties = bus_get_all (self->call->bus, BUS_OBJECT, BUS_NODE, NULL);
  g_autoptr (GVariant) conditions =
      properties != NULL
          ? g_variant_lookup_value (properties, "Conditions", G_VARIANT_TYPE ("a(sbs)"))
          : NULL;

  if (self->is_known)
    tell (self, "DaemonAppeared", STYLE_GOOD, "nodecgroupsd is there", no_fields ());
  if (conditions != NULL)
    monitor_conditions_update (self->conditions, conditions, self->is_known ? tell_condition : NULL,
                               self);
  self->is_known = TRUE;
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Monitor *self = user_data;

  self->is_known = TRUE;
  if (!g_dbus_connection_is_closed (bus_get_connection (self->call->bus)))
    tell (self, "DaemonVanished", STYLE_BAD, "nodecgroupsd does not run", no_fields ());
}

static void
on_closed (GDBusConnection *connection, gboolean vanished, GError *error, gpointer user_data)
{
  Monitor *self = user_data;

  g_set_error_literal (&self->error, G_IO_ERROR, G_IO_ERROR_CLOSED,
                       error != NULL ? error->message : "it was closed");
  g_main_loop_quit (self->loop);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Monitor *self = user_data;

  g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
run (Call *call, GError **error)
{
  GDBusConnection *connection = bus_get_connection (call->bus);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (MonitorConditions) conditions = monitor_conditions_new ();
  Monitor self = { .call = call, .loop = loop, .conditions = conditions };
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, &self);
  guint terminate = g_unix_signal_add (SIGTERM, on_interrupt, &self);
  gulong closed = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), &self);
  guint subscription =
      g_dbus_connection_signal_subscribe (connection, BUS_NAME, NULL, NULL, NULL, NULL,
                                          G_DBUS_SIGNAL_FLAGS_NONE, on_signal, &self, NULL);
  guint watch = g_bus_watch_name_on_connection (connection, BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                on_appeared, on_vanished, &self, NULL);

  g_main_loop_run (loop);
  g_bus_unwatch_name (watch);
  g_dbus_connection_signal_unsubscribe (connection, subscription);
  g_signal_handler_disconnect (connection, closed);
  g_source_remove (interrupt);
  g_source_remove (terminate);
  if (self.error == NULL)
    return TRUE;
  g_propagate_error (error, self.error);
  return FALSE;
}

const Verb verb_monitor = {
  .name = "monitor",
  .arguments = "",
  .needs_bus = TRUE,
  .group = VERB_GROUP_SEE,
  .help = "Tell what happens, as it happens, until Ctrl-C",
  .run = run,
};
