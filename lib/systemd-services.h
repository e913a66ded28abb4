/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Units that are not ours, watched: whenever systemd says that one of them has changed, it is asked
 * what the unit is like now, and the owner is told if that is another than before.
 *
 * A unit is not loaded for that: asking its object would load it, and tell everybody so, again and
 * again. Signals that come while systemd is being asked make one more question together.
 */
#pragma once

#include "lib/driver.h"
#include "lib/systemd.h"

typedef struct NcgSystemdServices NcgSystemdServices;

/* As NcgDriverListener.service_changed. */
typedef void (*NcgSystemdServicesChanged) (const NcgService *service, gpointer user_data);

/* @systemd outlives it, except for its own end. */
NcgSystemdServices *ncg_systemd_services_new (NcgSystemd *systemd,
                                              NcgSystemdServicesChanged changed,
                                              gpointer user_data);
void ncg_systemd_services_free (NcgSystemdServices *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgSystemdServices, ncg_systemd_services_free)

/* See ncg_driver_watch_services(). */
void ncg_systemd_services_watch (NcgSystemdServices *self, const char *const *units);

/* A unit's object was loaded, changed or unloaded; a hash lookup if it is none of ours. */
void ncg_systemd_services_touch (NcgSystemdServices *self, const char *path);

/* All of them are asked for, and told, again: what happened meanwhile is not known. */
void ncg_systemd_services_ask_all (NcgSystemdServices *self);
