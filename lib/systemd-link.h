/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The link to systemd, made again whenever it is lost: over the private socket, or over a bus where
 * there is none. Private to systemd.c.
 */
#pragma once

#include "lib/systemd-signals.h"

typedef struct NcgSystemdLink NcgSystemdLink;

typedef void (*NcgSystemdLinkFunc) (gpointer user_data);

/**
 * ncg_systemd_link_new:
 * @config: copied; its window is not used
 * @signals: used as long as there is a link
 * @context: in which all callbacks are called
 * @up: systemd has answered: no signal is missed from now on
 * @down: it had begun to connect, whether or not systemd had answered yet, and is at it again
 *
 * Returns: (transfer full): it begins to connect in @context
 */
NcgSystemdLink *ncg_systemd_link_new (const NcgSystemdConfig *config,
                                      const NcgSystemdSignals *signals,
                                      GMainContext *context,
                                      NcgSystemdLinkFunc up,
                                      NcgSystemdLinkFunc down,
                                      gpointer user_data);

/* From none of the callbacks. */
void ncg_systemd_link_free (NcgSystemdLink *self);

/* (transfer none) (nullable): the connection, if it is up */
sd_bus *ncg_systemd_link_get_bus (const NcgSystemdLink *self);

/* While a message is handled, see ncg_sd_bus_source_yield(). */
void ncg_systemd_link_yield (NcgSystemdLink *self);
