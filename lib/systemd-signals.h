/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signals of systemd: which of them a connection is asked for, and what they say.
 *
 * Interface: org.freedesktop.systemd1(5).
 */
#pragma once

#include "lib/systemd.h"

#include <systemd/sd-bus.h>

/* Where the signals go. */
typedef struct {
  const NcgSystemdListener *listener; /* its members may be NULL */
  gpointer user_data;                 /* of the listener */
  void (*job_removed) (const char *job, const char *unit, const char *result, gpointer owner);
  gpointer owner; /* of job_removed */
} NcgSystemdSignals;

/**
 * ncg_systemd_signals_match:
 * @bus: a connection that is being set up
 * @on_bus: it leads to a bus, where systemd has to be asked for its signals besides, with
 *   Subscribe; over the private socket the signals of every unit arrive unasked
 * @signals: is used, and not copied, as long as @bus is there
 *
 * Returns: 0 or more, or a negative errno
 */
int ncg_systemd_signals_match (sd_bus *bus, gboolean on_bus, const NcgSystemdSignals *signals);
