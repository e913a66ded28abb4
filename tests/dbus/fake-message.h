/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a message to the fake systemd says. This is apart from lib/bus-value.h, since that is what
 * is tested.
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Adds a value of any type but "h". */
void fake_message_append (sd_bus_message *message, GVariant *value);

/* (transfer full): all arguments as a tuple; a descriptor, "h", becomes the number of the process
 * that it stands for, "u" */
GVariant *fake_message_read (sd_bus_message *message);
