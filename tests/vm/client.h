/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of nodecgroupsd on the system bus. Arguments are written in GVariant's text format, of
 * the types that the interface's description has.
 */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

#define CLIENT_NAME "org.example.NodeCgroups"
#define CLIENT_PATH "/org/example/NodeCgroups"
#define CLIENT_NODE "org.example.NodeCgroups.Node"
#define CLIENT_POD "org.example.NodeCgroups.Pod"

/* (transfer none): the connection that the functions without @bus use */
GDBusConnection *client_get_bus (void);

/* (transfer full): a connection of one's own, for a thread */
GDBusConnection *client_connect (void);

/**
 * client_call_on:
 * @path: the object
 * @interface: one of the three of this project
 * @arguments: a tuple as text, "('a', {'CPULimit': <'500m'>})"
 *
 * Returns: (transfer full) (nullable): the reply's arguments as a tuple, or the D-Bus error
 */
GVariant *client_call_on (GDBusConnection *bus,
                          const char *path,
                          const char *interface,
                          const char *method,
                          const char *arguments,
                          GError **error);

/* The same without waiting; @fds (nullable) go with it, and are what an "ah" in @arguments indexes.
 * Ends with g_dbus_connection_call_with_unix_fd_list_finish(). */
void client_begin_on (GDBusConnection *bus,
                      const char *path,
                      const char *interface,
                      const char *method,
                      const char *arguments,
                      GUnixFDList *fds,
                      GAsyncReadyCallback callback,
                      gpointer user_data);

/* A method of org.example.NodeCgroups, which has to succeed. */
GVariant *client_call (const char *method, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* The same for one that has to fail, with an error whose name ends like that, "NoSuchPod".
 * Returns: (transfer full): its message */
char *client_fail (const char *wanted, const char *method, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Ends the test unless @error is the one that is @wanted: "NoSuchPod", or a whole name. */
void client_assert_error (const char *what, const GError *error, const char *wanted);

/* The common calls. @spec, @options: an a{sv} as text, "{}".
 * Returns: (transfer full): the pod's or the container's cgroup */
char *client_create_pod (const char *uid, const char *spec);
char *client_join_pod (const char *uid, const char *container, pid_t pid, const char *options);
void client_update_pod (const char *uid, const char *spec);
void client_remove_pod (const char *uid);

/* Removes all pods that there are. */
void client_remove_all (void);

/* (transfer full): the uids of all pods, sorted and separated by blanks */
char *client_list_pods (void);

/* (transfer full): the object of a pod */
char *client_get_pod (const char *uid);

/* (transfer full): a property, asked for now */
GVariant *client_get (const char *path, const char *interface, const char *property);

/* (transfer full): a property of a pod as text; strings as they are */
char *client_get_of_pod (const char *uid, const char *property);

/* A property of a pod reads so; other values are expected to become that one. */
void client_wait_for (const char *uid, const char *property, const char *wanted);

/* (transfer full) (nullable): the message of a condition of the node; NULL if there is no such
 * condition */
char *client_get_condition (const char *name, gboolean *ret_holds);

/* How many rows a Verify… has that are not ok. Returns: (transfer full): the first of them, or ""
 */
char *client_verify_pod (const char *uid);
char *client_verify_node (void);
