/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values between GVariant, in which the program builds and reads them, and sd-bus, which carries
 * them to systemd.
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (sd_bus_message, sd_bus_message_unref)

/**
 * ncg_bus_value_append:
 * @value: a value of any D-Bus type; a "h" is an index into @fds
 * @fds: (array length=n_fds) (nullable): descriptors, duplicated by sd-bus
 *
 * Returns: 0 or a negative errno, as sd-bus does
 */
int ncg_bus_value_append (sd_bus_message *message, GVariant *value, const int *fds, gsize n_fds);

/**
 * ncg_bus_value_read_all:
 * @ret_value: (transfer full): a tuple of all arguments of @message; "h" is not supported
 *
 * Returns: 0 or a negative errno
 */
int ncg_bus_value_read_all (sd_bus_message *message, GVariant **ret_value);
