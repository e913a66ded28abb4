/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link to systemd where the private socket is missing or refuses: a systemd on a bus that comes
 * and goes.
 */
#include "lib/sd-bus-source.h"
#include "lib/systemd.h"
#include "tests/dbus/fake-bus.h"
#include "tests/dbus/fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "org.freedesktop.systemd1"
#define MANAGER_OF_UNITS "org.freedesktop.systemd1.Manager"
#define OBJECT "/org/freedesktop/systemd1"
#define UNIT "a.scope"
/* Some attempts, and fewer than are made before the bus is taken. */
#define REFUSED_USEC (50 * 1000)

/* Who has systemd's name. */
typedef struct {
  sd_bus *bus;
  GSource *source;
  guint subscribed;
  gboolean is_silent; /* gives no reply */
} Owner;

typedef struct {
  Fixture fixture;
  char *socket;
  NcgSystemd *systemd;
  guint connected;
  guint disconnected;
  guint removed;
} Rig;

static void
ignore_closed (int error, gpointer user_data)
{
}

static int
on_message (sd_bus_message *message, void *user_data, sd_bus_error *error)
{
  Owner *owner = user_data;

  if (sd_bus_message_is_method_call (message, MANAGER_OF_UNITS, "Subscribe") <= 0)
    return 0;
  owner->subscribed++;
  if (!owner->is_silent)
    g_assert_cmpint (sd_bus_reply_method_return (message, NULL), >=, 0);
  return 1;
}

static void
owner_come (Owner *owner, const Rig *rig)
{
  g_assert_cmpint (sd_bus_new (&owner->bus), >=, 0);
  g_assert_cmpint (sd_bus_set_address (owner->bus, rig->fixture.bus_address), >=, 0);
  g_assert_cmpint (sd_bus_set_bus_client (owner->bus, 1), >=, 0);
  g_assert_cmpint (sd_bus_start (owner->bus), >=, 0);
  g_assert_cmpint (sd_bus_add_filter (owner->bus, NULL, on_message, owner), >=, 0);
  g_assert_cmpint (sd_bus_request_name (owner->bus, NAME, 0), >=, 0);
  owner->source = ncg_sd_bus_source_new (owner->bus, ignore_closed, owner);
  g_source_attach (owner->source, NULL);
}

static void
owner_go (Owner *owner)
{
  g_source_destroy (owner->source);
  g_source_unref (owner->source);
  sd_bus_flush (owner->bus);
  sd_bus_close_unref (owner->bus);
}

/* As systemd does it: to those alone who asked for it. */
static void
owner_remove_unit (const Owner *owner)
{
  if (owner->subscribed > 0)
    g_assert_cmpint (sd_bus_emit_signal (owner->bus, OBJECT, MANAGER_OF_UNITS, "UnitRemoved", "so",
                                         UNIT, OBJECT "/unit/a_2escope"),
                     >=, 0);
}

static void
on_connected (gpointer user_data)
{
  Rig *rig = user_data;

  rig->connected++;
}

static void
on_disconnected (gpointer user_data)
{
  Rig *rig = user_data;

  rig->disconnected++;
}

static void
on_unit_removed (const char *unit, gpointer user_data)
{
  Rig *rig = user_data;

  g_assert_cmpstr (unit, ==, UNIT);
  rig->removed++;
}

static void
connect_rig (Rig *rig)
{
  static const NcgSystemdListener listener = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .unit_removed = on_unit_removed,
  };
  NcgSystemdConfig config = {
    .private_socket = rig->socket,
    .bus_address = rig->fixture.bus_address,
    .window = 1,
  };

  rig->systemd = ncg_systemd_new (&config, &listener, rig);
}

static void
rig_set_up (Rig *rig, gconstpointer data)
{
  fixture_set_up_without_daemon (&rig->fixture, NULL);
  rig->socket = g_build_filename (rig->fixture.bus_directory, "private", NULL);
}

static void
rig_tear_down (Rig *rig, gconstpointer data)
{
  ncg_systemd_free (rig->systemd);
  g_unlink (rig->socket);
  g_free (rig->socket);
  fixture_tear_down (&rig->fixture, NULL);
}

/* What a listener leaves behind: connections are refused. */
static void
leave_socket (const Rig *rig)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_assert_cmpuint (strlen (rig->socket), <, sizeof address.sun_path);
  strcpy (address.sun_path, rig->socket);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);
}

static void
assert_is_told (Rig *rig, const Owner *owner)
{
  guint removed = rig->removed;

  owner_remove_unit (owner);
  fixture_wait (rig->removed == removed + 1);
}

static void
test_bus (Rig *rig, gconstpointer data)
{
  Owner owner = { 0 };

  owner_come (&owner, rig);
  connect_rig (rig);
  fixture_wait (rig->connected == 1);
  g_assert_cmpuint (owner.subscribed, ==, 1);
  assert_is_told (rig, &owner);
  g_assert_cmpuint (rig->disconnected, ==, 0);
  owner_go (&owner);
}

/* systemd that executes itself anew has read the call, or not even that, and knows nothing of it
 * afterwards. */
static void
test_lost (Rig *rig, gconstpointer data)
{
  Owner first = { .is_silent = TRUE }, second = { 0 };

  owner_come (&first, rig);
  connect_rig (rig);
  fixture_wait (first.subscribed == 1);
  owner_go (&first);
  fixture_wait (rig->disconnected > 0);
  g_assert_cmpuint (rig->connected, ==, 0);
  owner_come (&second, rig);
  fixture_wait (rig->connected == 1);
  assert_is_told (rig, &second);
  owner_go (&second);
}

/* What the bus says in its place is no answer. */
static void
test_nobody (Rig *rig, gconstpointer data)
{
  Owner owner = { 0 };

  connect_rig (rig);
  fixture_wait (rig->disconnected > 1);
  g_assert_cmpuint (rig->connected, ==, 0);
  owner_come (&owner, rig);
  fixture_wait (rig->connected == 1);
  assert_is_told (rig, &owner);
  owner_go (&owner);
}

static void
test_another_owner (Rig *rig, gconstpointer data)
{
  Owner first = { 0 }, second = { 0 };

  owner_come (&first, rig);
  connect_rig (rig);
  fixture_wait (rig->connected == 1);
  owner_go (&first);
  fixture_wait (rig->disconnected > 0);
  owner_come (&second, rig);
  fixture_wait (rig->connected == 2);
  assert_is_told (rig, &second);
  owner_go (&second);
}

static void
answer (sd_bus_message *message, gpointer user_data)
{
  g_assert_cmpint (sd_bus_reply_method_return (message, NULL), >=, 0);
}

static void
run_for (gint64 usec)
{
  gint64 end = g_get_monotonic_time () + usec;

  while (g_get_monotonic_time () < end)
    fixture_iterate ();
}

/* The bus is of no use then: who would answer there is the same. */
static void
test_refused (Rig *rig, gconstpointer data)
{
  Owner owner = { 0 };
  FakeBus *private;

  leave_socket (rig);
  owner_come (&owner, rig);
  connect_rig (rig);
  run_for (REFUSED_USEC);
  g_assert_cmpuint (rig->connected, ==, 0);
  g_assert_cmpint (g_unlink (rig->socket), ==, 0);
  private = fake_bus_new (rig->socket, NULL, answer, NULL);
  fixture_wait (rig->connected == 1);
  g_assert_cmpuint (owner.subscribed, ==, 0);
  fake_bus_free (private);
  owner_go (&owner);
}

/* One that nobody will listen at any more. */
static void
test_stale (Rig *rig, gconstpointer data)
{
  Owner owner = { 0 };

  leave_socket (rig);
  owner_come (&owner, rig);
  connect_rig (rig);
  fixture_wait (rig->connected == 1);
  g_assert_cmpuint (owner.subscribed, ==, 1);
  assert_is_told (rig, &owner);
  owner_go (&owner);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Rig *rig, gconstpointer data);
  } tests[] = {
    { "/systemd-link/bus", test_bus },
    { "/systemd-link/lost", test_lost },
    { "/systemd-link/nobody", test_nobody },
    { "/systemd-link/another-owner", test_another_owner },
    { "/systemd-link/refused", test_refused },
    { "/systemd-link/stale", test_stale },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Rig, NULL, rig_set_up, tests[i].test, rig_tear_down);
  return g_test_run ();
}
