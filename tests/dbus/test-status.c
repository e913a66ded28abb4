/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon tells systemd of itself, on a socket in place of systemd's.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/fixture.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#define N_PODS 200

typedef struct {
  Fixture base;
  GSocket *socket;
  guint n_lines; /* STATUS= that came */
  char *last;
} Rig;

static void
set_up (Rig *self, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  fixture_set_up_without_daemon (&self->base, NULL);
  self->base.notify = g_build_filename (self->base.bus_directory, "notify", NULL);
  self->last = g_strdup ("");
  self->socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_DATAGRAM,
                               G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_set_blocking (self->socket, FALSE);
  address = g_unix_socket_address_new (self->base.notify);
  g_socket_bind (self->socket, address, FALSE, &error);
  g_assert_no_error (error);
  fixture_start_daemon (&self->base);
}

static void
tear_down (Rig *self, gconstpointer data)
{
  fixture_tear_down (&self->base, NULL);
  g_object_unref (self->socket);
  g_free (self->last);
}

static void
take_all (Rig *self)
{
  char buffer[4096];
  gssize n;

  while ((n = g_socket_receive (self->socket, buffer, sizeof buffer - 1, NULL, NULL)) > 0) {
    const char *status;

    buffer[n] = '\0';
    status = strstr (buffer, "STATUS=");
    if (status == NULL)
      continue;
    self->n_lines++;
    g_free (self->last);
    self->last = g_strdup (status + strlen ("STATUS="));
    g_test_message ("%s", self->last);
  }
}

static gboolean
says (Rig *self, const char *text)
{
  take_all (self);
  return strstr (self->last, text) != NULL;
}

static void
test_pods (Rig *self, gconstpointer data)
{
  g_autoptr (Calls) calls = calls_new (&self->base);
  gint64 begin_usec;
  guint before;

  fixture_wait (says (self, "ready, 0 pods"));
  before = self->n_lines;
  begin_usec = g_get_monotonic_time ();
  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    calls_add (calls, "CreatePod", uid, "{}");
  }
  calls_wait (calls);
  fixture_wait (says (self, "ready, 200 pods"));
  g_assert_cmpuint (self->n_lines - before, <=,
                    2 + (guint) ((g_get_monotonic_time () - begin_usec) / G_USEC_PER_SEC));
}

static void
test_degraded (Rig *self, gconstpointer data)
{
  fixture_wait (says (self, "ready, 0 pods"));
  fake_systemd_stop_listening (self->base.systemd);
  fixture_wait (says (self, "degraded, 0 pods; Systemd: the connection to systemd is lost"));
  fixture_wait (says (self, "; systemd does not answer since "));
  fake_systemd_listen (self->base.systemd);
  fixture_wait (says (self, "ready, 0 pods"));
  g_assert_null (strstr (self->last, ";"));
}

/* It is there, and says nothing. */
static void
test_silent (Rig *self, gconstpointer data)
{
  const FakeFault fault = { "StartTransientUnit", NULL, FAKE_FAULT_NO_REPLY };
  g_autoptr (Calls) calls = calls_new (&self->base);

  fixture_wait (says (self, "ready, 0 pods"));
  fake_systemd_add_fault (self->base.systemd, &fault);
  for (guint i = 0; i < 12; i++) {
    g_autofree char *uid = g_strdup_printf ("p%u", i);

    calls_add (calls, "CreatePod", uid, "{}");
  }
  fixture_wait (says (self, ", 12 operations under way; systemd does not answer since "));
  fake_systemd_clear_faults (self->base.systemd);
  calls_wait (calls);
  fixture_wait (says (self, "ready, 0 pods"));
  g_assert_null (strstr (self->last, "under way"));
}

static void
test_reload (Rig *self, gconstpointer data)
{
  fixture_wait (says (self, "ready, 0 pods"));
  fake_kernel_write_file (self->base.kernel, "/etc/nodecgroups/config.yaml", "nonsense");
  g_subprocess_send_signal (self->base.daemon, SIGHUP);
  fixture_wait (says (self, "could not be reloaded"));
  fake_kernel_write_file (self->base.kernel, "/etc/nodecgroups/config.yaml", "");
  g_subprocess_send_signal (self->base.daemon, SIGHUP);
  fixture_wait (says (self, "ready, 0 pods"));
}

#define TEST(path, function) g_test_add ("/status/" path, Rig, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("pods", test_pods);
  TEST ("degraded", test_degraded);
  TEST ("silent", test_silent);
  TEST ("reload", test_reload);
  return g_test_run ();
}
