/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the driver told last of the services that are watched: the table from which everybody takes
 * it who has to look at them again later.
 */
#pragma once

#include "lib/driver.h"

typedef struct Services Services;

Services *services_new (void);
void services_free (Services *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Services, services_free)

/* Copied; in place of what was told of the unit before. */
void services_take (Services *self, const NcgService *service);

/* (transfer none) (nullable): valid until the next services_take(); NULL if nothing was told */
const NcgService *services_find (const Services *self, const char *unit);

/* (transfer none) (nullable): the same, of a unit that runs */
const NcgService *services_find_active (const Services *self, const char *unit);

/* See runtime_choose(). @ret_cgroup: (nullable): the cgroup of the runtime's daemon, valid until
 * the next services_take(); NULL if it does not run, or there is none */
const char *
services_find_runtime (const Services *self, const char *configured, const char **ret_cgroup);
