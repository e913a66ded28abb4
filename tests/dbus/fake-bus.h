/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A socket on which sd-bus connections are served without a bus daemon, as systemd serves its
 * private one. To be called with the lock held.
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

typedef struct FakeBus FakeBus;

/* A method call came. */
typedef void (*FakeBusCalled) (sd_bus_message *message, gpointer user_data);

FakeBus *
fake_bus_new (const char *socket, GMainContext *context, FakeBusCalled called, gpointer user_data);
void fake_bus_free (FakeBus *self);

void fake_bus_listen (FakeBus *self);

/* All connections are lost. */
void fake_bus_stop_listening (FakeBus *self);
void fake_bus_lose_connections (FakeBus *self);

/* To all connections; @types as in sd_bus_message_append(3). */
void fake_bus_emit (FakeBus *self,
                    const char *path,
                    const char *interface,
                    const char *member,
                    const char *types,
                    ...);
