/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The real daemon on a private bus, over a fake systemd and a fake kernel. Whatever fails ends the
 * test.
 */
#pragma once

#include "tests/dbus/fake-systemd.h"

#include <gio/gio.h>

#define BUS_NAME "org.example.NodeCgroups"
#define MANAGER_PATH "/org/example/NodeCgroups"
#define MANAGER_INTERFACE "org.example.NodeCgroups"
#define NODE_INTERFACE "org.example.NodeCgroups.Node"
#define POD_INTERFACE "org.example.NodeCgroups.Pod"

typedef struct {
  FakeKernel *kernel;
  FakeSystemd *systemd;
  const char *root;
  char *bus_directory;
  char *bus_address;
  GSubprocess *bus;
  GSubprocess *daemon; /* NULL while there is none */
  const char *option;  /* (nullable): one more for the daemon */
  const char *program; /* (nullable): another daemon than the one that is installed */
  gboolean is_barred;  /* modes of files count for the daemon even if it is root's */
  char *log;    /* (nullable): the file for the daemon's standard error, anew at each start */
  char *notify; /* (nullable): the daemon's NOTIFY_SOCKET */
  GDBusConnection *connection;
} Fixture;

/* A fake machine and a bus; with the daemon, and without it. For g_test_add(). */
void fixture_set_up (Fixture *self, gconstpointer data);
void fixture_set_up_without_daemon (Fixture *self, gconstpointer data);

/* The daemon, if it runs, ends as fixture_stop_daemon() says. */
void fixture_tear_down (Fixture *self, gconstpointer data);

#define FIXTURE_TEST(path, function)                                                               \
  g_test_add (path, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
#define FIXTURE_TEST_WITHOUT_DAEMON(path, function)                                                \
  g_test_add (path, Fixture, NULL, fixture_set_up_without_daemon, function, fixture_tear_down)

/* Starts it; and waits until it has its name. */
void fixture_launch_daemon (Fixture *self);
void fixture_start_daemon (Fixture *self);

/* SIGTERM, after which it has to end with status 0; sanitizers let it end with another if they
 * found something. */
void fixture_stop_daemon (Fixture *self);
void fixture_kill_daemon (Fixture *self);

/* How many the daemon has open. */
guint fixture_count_descriptors (Fixture *self);

/* A further one, with these arguments (not the program's name); its output goes into a pipe. */
GSubprocess *fixture_spawn_daemon (const char *const *arguments);

/* The daemon, for a group whose only member may be the user of that number. */
void fixture_start_daemon_for (Fixture *self, guint group);

/* The bus ends, with all connections to it, and the same is there again. */
void fixture_stop_bus (Fixture *self);
void fixture_start_bus (Fixture *self);

/* (transfer full): a connection of its own */
GDBusConnection *fixture_connect (Fixture *self);
gboolean fixture_has_name (Fixture *self);
void fixture_wait_for_name (Fixture *self);

/* A method of the manager's object. @arguments: (transfer floating) (nullable) */
GVariant *fixture_call (Fixture *self, const char *method, GVariant *arguments, GError **error);

/* A method of any object. */
GVariant *fixture_call_object (Fixture *self,
                               const char *path,
                               const char *interface,
                               const char *method,
                               GVariant *arguments,
                               GError **error);

/* @spec: in GVariant's text format, "{'CPULimit': <'500m'>}" */
GVariant *fixture_create (Fixture *self, const char *uid, const char *spec, GError **error);
gboolean fixture_update (Fixture *self, const char *uid, const char *spec, GError **error);
gboolean fixture_remove (Fixture *self, const char *uid, GError **error);

/* These have to succeed. (transfer full): the pod's slice */
char *fixture_must_create (Fixture *self, const char *uid, const char *spec);
void fixture_must_remove (Fixture *self, const char *uid);

/* (transfer full): a property of an object; of a pod */
GVariant *
fixture_get_property (Fixture *self, const char *path, const char *interface, const char *name);
GVariant *fixture_get_pod_property (Fixture *self, const char *uid, const char *name);
gboolean fixture_has_pod_state (Fixture *self, const char *uid, const char *expected);

/* Somebody else stops the pod's slice, and it has vanished. */
void fixture_stop_pod (Fixture *self, const char *uid, const char *slice);

/* (transfer full): the reply of ListPods as text; whether it has @text in it */
char *fixture_list_pods (Fixture *self);
gboolean fixture_lists (Fixture *self, const char *text);
guint fixture_count_pods (Fixture *self);

/* @error is the daemon's error @name, without "org.example.NodeCgroups.Error.", and its message has
 * @text in it. It is cleared. */
void fixture_assert_error (GError **error, const char *name, const char *text);

/* Whether the daemon's directory has a file of that name, and writing one. */
gboolean fixture_has_file (Fixture *self, const char *name);
char *fixture_read_file (Fixture *self, const char *name);
void fixture_write_file (Fixture *self, const char *name, const char *text);

/* Serves the main context until the condition holds, for 20 s at most. */
#define fixture_wait(condition)                                                                    \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 fixture_end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;                            \
    while (!(condition)) {                                                                         \
      g_assert_cmpint (g_get_monotonic_time (), <, fixture_end);                                   \
      fixture_iterate ();                                                                          \
    }                                                                                              \
  }                                                                                                \
  G_STMT_END

/* Serves the main context for a moment. */
void fixture_iterate (void);
