/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The bus is asked to start it, and meanwhile systemd, again and again, what has become of its
 * unit.
 */
#include "cli/wake.h"

#include "cli/bus.h"

#define BUS_ITSELF "org.freedesktop.DBus"
#define BUS_ITSELF_OBJECT "/org/freedesktop/DBus"
#define SYSTEMD "org.freedesktop.systemd1"
#define UNIT "nodecgroupsd.service"
#define UNIT_OBJECT "/org/freedesktop/systemd1/unit/nodecgroupsd_2eservice"

/* From one look at the unit to the next; with RestartSec=1 it stands still for a second. */
#define LOOK_MSEC 100

/* How many looks are enough to see that nobody starts it. */
#define LOOKS_IN_VAIN 20

typedef struct {
  GDBusConnection *connection;
  GMainContext *context;
  guint64 changed_before; /* when the unit's state had last changed, before we asked for it */
  guint n_in_vain;        /* looks at a unit that stands still, and is not to be started */
  gboolean has_ended;     /* the bus has answered, or the unit has failed */
  GError *error;
} Waking;

static gboolean
is_there (GDBusConnection *connection)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      connection, BUS_ITSELF, BUS_ITSELF_OBJECT, BUS_ITSELF, "NameHasOwner",
      g_variant_new ("(s)", BUS_NAME), G_VARIANT_TYPE ("(b)"), G_DBUS_CALL_FLAGS_NONE,
      BUS_CALL_MSEC, NULL, NULL);
  gboolean has_owner = FALSE;

  if (reply != NULL)
    g_variant_get (reply, "(b)", &has_owner);
  return has_owner;
}

/* (nullable): on a bus without a systemd nothing is known of it */
static GVariant *
look_at_unit (GDBusConnection *connection)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      connection, SYSTEMD, UNIT_OBJECT, "org.freedesktop.DBus.Properties", "GetAll",
      g_variant_new ("(s)", SYSTEMD ".Unit"), G_VARIANT_TYPE ("(a{sv})"),
      G_DBUS_CALL_FLAGS_NO_AUTO_START, BUS_CALL_MSEC, NULL, NULL);

  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

static guint64
get_changed (GVariant *unit)
{
  guint64 changed = 0;

  if (unit != NULL)
    g_variant_lookup (unit, "StateChangeTimestampMonotonic", "t", &changed);
  return changed;
}

/* Since we asked for it. Between two tries it is "activating", and stands still. */
static gboolean
has_failed (const Waking *self, GVariant *unit)
{
  const char *state = "", *sub_state = "";

  if (unit == NULL || get_changed (unit) == self->changed_before)
    return FALSE;
  g_variant_lookup (unit, "ActiveState", "&s", &state);
  g_variant_lookup (unit, "SubState", "&s", &sub_state);
  return g_str_equal (state, "failed") || g_str_has_prefix (sub_state, "auto-restart");
}

/* The bus asks systemd once, and for 25 s takes who comes later for one who waits as well, though
 * the unit was stopped meanwhile. */
static gboolean
is_left_alone (GVariant *unit)
{
  const char *state = "";
  guint32 job = 0;

  if (unit == NULL)
    return FALSE;
  g_variant_lookup (unit, "ActiveState", "&s", &state);
  g_variant_lookup (unit, "Job", "(uo)", &job, NULL);
  return job == 0 && (g_str_equal (state, "inactive") || g_str_equal (state, "failed"));
}

static gboolean
on_look (gpointer user_data)
{
  Waking *self = user_data;
  g_autoptr (GVariant) unit = look_at_unit (self->connection);
  const char *wrong = NULL;

  self->n_in_vain = is_left_alone (unit) ? self->n_in_vain + 1 : 0;
  if (has_failed (self, unit))
    wrong = UNIT " has failed";
  else if (self->n_in_vain >= LOOKS_IN_VAIN)
    wrong = UNIT " does not run, and the bus has nobody start it now";
  if (wrong == NULL || self->has_ended)
    return G_SOURCE_CONTINUE;
  self->error = g_dbus_error_new_for_dbus_error ("org.freedesktop.DBus.Error.Spawn.Failed", wrong);
  self->has_ended = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
on_started (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Waking *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->error = g_steal_pointer (&error);
  self->has_ended = TRUE;
}

static void
wait_for_it (Waking *self)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSource) looks = g_timeout_source_new (LOOK_MSEC);

  g_source_set_callback (looks, on_look, self, NULL);
  g_source_attach (looks, self->context);
  g_dbus_connection_call (self->connection, BUS_ITSELF, BUS_ITSELF_OBJECT, BUS_ITSELF,
                          "StartServiceByName", g_variant_new ("(su)", BUS_NAME, 0),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, BUS_CALL_MSEC,
                          cancellable, on_started, self);
  while (!self->has_ended)
    g_main_context_iteration (self->context, TRUE);
  g_source_destroy (looks);
  /* What was given up is heard of once more. */
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (self->context, FALSE))
    ;
}

gboolean
wake_daemon (GDBusConnection *connection, GError **error)
{
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GVariant) unit = NULL;
  Waking self = { .connection = connection };

  if (is_there (connection))
    return TRUE;
  unit = look_at_unit (connection);
  self.changed_before = get_changed (unit);
  self.context = context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  wait_for_it (&self);
  g_main_context_pop_thread_default (context);
  if (self.error == NULL)
    return TRUE;
  g_propagate_error (error, self.error);
  return FALSE;
}
