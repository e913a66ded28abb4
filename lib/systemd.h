/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to systemd: one sd-bus connection on the GLib main loop, to the private socket
 * /run/systemd/private or, where that is missing or goes on refusing, to the system bus. It
 * reconnects by itself, keeps a bounded window of calls in flight, and every call has a deadline.
 *
 * Interface: org.freedesktop.systemd1(5).
 */
#pragma once

#include "lib/driver.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef struct NcgSystemd NcgSystemd;

#define NCG_SYSTEMD_NAME "org.freedesktop.systemd1"
#define NCG_SYSTEMD_PATH "/org/freedesktop/systemd1"
#define NCG_SYSTEMD_MANAGER "org.freedesktop.systemd1.Manager"

/* What the connection tells its owner. All members may be NULL; all are called from the main loop.
 */
typedef struct {
  /* systemd has answered on a new connection, the first or a later one; what happened meanwhile is
   * not known, and no signal is missed from now on. */
  void (*connected) (gpointer user_data);
  void (*disconnected) (gpointer user_data);
  /* systemd has loaded its units again: Reloading(false) */
  void (*reloaded) (gpointer user_data);
  void (*unit_removed) (const char *unit, gpointer user_data);
  /* The unit with this object path was loaded, has changed, or was unloaded (UnitNew,
   * PropertiesChanged, UnitRemoved). Of all units there are: most of these calls have to cost
   * next to nothing. */
  void (*unit_touched) (const char *path, gpointer user_data);
} NcgSystemdListener;

typedef struct {
  /* The path of the private socket; not used if NULL. */
  const char *private_socket;
  /* The address of the bus to use where the private socket is missing or goes on refusing; none if
   * NULL. */
  const char *bus_address;
  /* How many calls are in flight at most; more wait in a queue. */
  guint window;
} NcgSystemdConfig;

/**
 * ncg_systemd_new:
 *
 * It starts to connect at once, in the background of the thread-default main context; calls may be
 * made right away and wait for the connection.
 *
 * Returns: (transfer full): the connection
 */
NcgSystemd *ncg_systemd_new (const NcgSystemdConfig *config,
                             const NcgSystemdListener *listener,
                             gpointer user_data);

/* Calls that are under way end with %NCG_ERROR_DISCONNECTED, from the main loop. */
void ncg_systemd_free (NcgSystemd *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgSystemd, ncg_systemd_free)

gboolean ncg_systemd_is_connected (const NcgSystemd *self);

/* See ncg_driver_set_trace(), ncg_driver_get_silence() and ncg_driver_describe_latencies(). */
void ncg_systemd_set_trace (NcgSystemd *self, NcgDriverTrace trace, gpointer user_data);
gint64 ncg_systemd_get_silence (const NcgSystemd *self);
GVariant *ncg_systemd_describe_latencies (const NcgSystemd *self);

typedef enum {
  NCG_SYSTEMD_CALL_NONE = 0,
  /* The reply is a job: the call ends with the job, and fails unless the job's result is "done". */
  NCG_SYSTEMD_CALL_WAIT_FOR_JOB = 1 << 0,
} NcgSystemdCallFlags;

/**
 * ncg_systemd_call_async:
 * @path: the object's path, or %NULL for the manager's
 * @interface: the interface, or %NULL for the manager's
 * @arguments: (transfer floating) (nullable): a tuple
 * @fds: (nullable): the descriptors that "h" values in @arguments index
 * @deadline_usec: when to give up, in g_get_monotonic_time()'s clock
 *
 * Errors: %NCG_ERROR_TIMEOUT after the deadline (the outcome is unknown), %NCG_ERROR_DISCONNECTED
 * if the connection broke while the call was under way (unknown too), %NCG_ERROR_UNIT_EXISTS,
 * %NCG_ERROR_NO_SUCH_UNIT, %NCG_ERROR_UNKNOWN_PROPERTY, %NCG_ERROR_NO_SUCH_PROCESS, and
 * %NCG_ERROR_SYSTEMD_FAILED with systemd's own words for everything else.
 */
void ncg_systemd_call_async (NcgSystemd *self,
                             const char *path,
                             const char *interface,
                             const char *member,
                             GVariant *arguments,
                             GUnixFDList *fds,
                             NcgSystemdCallFlags flags,
                             gint64 deadline_usec,
                             GAsyncReadyCallback callback,
                             gpointer user_data);

/* Returns: (transfer full): the reply's arguments as a tuple. */
GVariant *ncg_systemd_call_finish (GAsyncResult *result, GError **error);
