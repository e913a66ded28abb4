/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the systemd driver knows of the units that it made: which settings systemd was told last,
 * and what it was not told.
 */
#pragma once

#include "lib/driver.h"

typedef struct {
  char *unit;
  char *cgroup;
  NcgResources resources; /* as systemd acknowledged them */
  GPtrArray *dropped;     /* (nullable) (element-type NcgDropped) */
  GHashTable *originals;  /* see systemd-originals.h; lasts until it is forgotten */
  gboolean is_doubtful;   /* something else was said since, and may have been carried out */
} NcgSystemdUnit;

typedef struct NcgSystemdUnits NcgSystemdUnits;

NcgSystemdUnits *ncg_systemd_units_new (void);
void ncg_systemd_units_free (NcgSystemdUnits *self);

/* (nullable): valid until it is forgotten */
const NcgSystemdUnit *ncg_systemd_units_find (NcgSystemdUnits *self, const char *unit);

/* (transfer full): the names of all */
GStrv ncg_systemd_units_list (const NcgSystemdUnits *self);

/* A unit has been told @resources, but for @dropped ((nullable), transfer full). Copied. */
void ncg_systemd_units_remember (NcgSystemdUnits *self,
                                 const NcgPlace *place,
                                 const NcgResources *resources,
                                 GPtrArray *dropped);

/* A call for the unit, which need not be known, leaves out @dropped (element-type NcgDropped):
 * until it is remembered, or the call has failed. */
void ncg_systemd_units_drop (NcgSystemdUnits *self, const char *unit, GPtrArray *dropped);
void ncg_systemd_units_fail (NcgSystemdUnits *self, const char *unit);

/* (transfer full) (element-type NcgDropped): what the unit was not told, and what a call for it
 * leaves out */
GPtrArray *ncg_systemd_units_list_dropped (const NcgSystemdUnits *self, const char *unit);

/* Nobody knows whether the unit has still what it was told, until it is told the next time. */
void ncg_systemd_units_doubt (NcgSystemdUnits *self, const char *unit);
void ncg_systemd_units_forget (NcgSystemdUnits *self, const char *unit);
