/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells when devices come, go, or are switched on and off: the kernel's own uevents, from a netlink
 * socket on the main loop. They do not need udev, and are not those that udev sends on.
 *
 * Rule: lib/kobject_uevent.c in the kernel: a message is "ACTION@DEVPATH", then "KEY=VALUE" fields,
 * each of them terminated by a zero byte.
 */
#pragma once

#include <glib.h>

/* What matters of one; the strings are parts of the message. */
typedef struct {
  const char *action;    /* "add", "remove", "online", "offline", "change", … */
  const char *devpath;   /* "/devices/system/cpu/cpu1" */
  const char *subsystem; /* "cpu" */
} NcgUevent;

/**
 * ncg_uevent_parse:
 * @message: @length bytes, any
 *
 * Returns: whether it is a uevent of the kernel with all three fields, whose header agrees with
 *   them
 */
gboolean ncg_uevent_parse (const char *message, gsize length, NcgUevent *ret_event);

typedef struct NcgUevents NcgUevents;

/* One of the devices came, went, or was switched on or off; or messages were lost, of whatever
 * devices. */
typedef void (*NcgUeventsHappened) (gpointer user_data);

/**
 * ncg_uevents_new:
 * @subsystems: (array zero-terminated=1): static: of which subsystems; all others are passed over
 *
 * On the thread-default main context. What does not come from the kernel (another sender's nl_pid
 * is not 0) is passed over, and so are actions but add, remove, online and offline.
 *
 * Returns: (transfer full): it; %NCG_ERROR_NOT_SUPPORTED where such sockets are not allowed
 *   (RestrictAddressFamilies= of a unit, a container), %NCG_ERROR_FAILED for all else
 */
NcgUevents *ncg_uevents_new (const char *const *subsystems,
                             NcgUeventsHappened happened,
                             gpointer user_data,
                             GError **error);
void ncg_uevents_free (NcgUevents *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgUevents, ncg_uevents_free)

/* The port of its socket, for tests that send to it. */
guint32 ncg_uevents_get_port (const NcgUevents *self);
