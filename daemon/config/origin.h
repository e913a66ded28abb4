/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which place each value of a configuration came from, by the path of its key.
 */
#pragma once

#include "daemon/config/source.h"

/* (transfer full): an empty array of them, Config.origins */
GPtrArray *config_origins_new (void);

/* @key came from @place, which is copied; the one of before is forgotten. */
void config_origins_set (GPtrArray *origins, const char *key, const ConfigPlace *place);

/* Forgets @key and all below it, "key.…". */
void config_origins_remove (GPtrArray *origins, const char *key);

/* (nullable) (transfer none): where @key came from; %NULL for a default */
const ConfigPlace *config_origins_find (const GPtrArray *origins, const char *key);
