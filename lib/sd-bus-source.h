/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An sd-bus connection as a GSource: sd_bus_get_events(3), "Integrating with external event loops".
 */
#pragma once

#include <glib.h>
#include <systemd/sd-bus.h>

/* Called once, when the connection is of no use any more; the source is destroyed by then. */
typedef void (*NcgSdBusSourceClosed) (int error, gpointer user_data);

/**
 * ncg_sd_bus_source_new:
 * @bus: a started connection; the source holds a reference
 *
 * Returns: (transfer full): the source, to be attached by the caller
 */
GSource *ncg_sd_bus_source_new (sd_bus *bus, NcgSdBusSourceClosed closed, gpointer user_data);

/**
 * ncg_sd_bus_source_yield:
 *
 * While a message is handled: the other sources of the context have one turn before the next
 * message, for what came of this one.
 */
void ncg_sd_bus_source_yield (GSource *source);
