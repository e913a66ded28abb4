/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What VerifyPod and Verify say, "a(ssssb)": object, setting, wanted, actual, ok.
 */
#pragma once

#include "cli/table.h"

/* A table of them; its rows are added by settings_add(). */
Table *settings_new_table (void);

/* Adds a row for each setting, or for those that differ. @below: (nullable): a cgroup; its own
 * settings are those of ".", and those of cgroups in it are named from there. Returns: how many
 * differ */
guint settings_add (Table *table, GVariant *settings, const char *below, gboolean only_different);

/* Appends (element-type a{sv}) to an "aa{sv}" each setting, or those that differ: Uid (where one is
 * given), Object, Setting, Wanted, Actual, Ok. @uid: (nullable) */
void settings_describe (GVariantBuilder *builder,
                        GVariant *settings,
                        const char *uid,
                        gboolean only_different);
