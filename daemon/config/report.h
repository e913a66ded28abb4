/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that is wrong with a configuration, told at once and in the order of the files: for each
 * problem the place, the key's path, the value, what is allowed, and the line with a caret.
 */
#pragma once

#include "daemon/config/source.h"

/* More problems than these are only counted. */
#define CONFIG_REPORT_MAX 100

typedef struct ConfigReport ConfigReport;

ConfigReport *config_report_new (void);
void config_report_free (ConfigReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigReport, config_report_free)

/**
 * config_report_add:
 * @place: copied
 * @key: (nullable): the key's path, "systemReserved.memory"; %NULL for a problem of the whole file
 * @value: (nullable): what was given; escaped and shortened here
 * @format: what is allowed and what to do, "it takes systemd or cgroupfs"; any bytes in its
 *   arguments must be escaped by the caller
 */
void config_report_add (ConfigReport *self,
                        const ConfigPlace *place,
                        const char *key,
                        const char *value,
                        const char *format,
                        ...) G_GNUC_PRINTF (5, 6);

guint config_report_get_length (const ConfigReport *self);

/**
 * config_report_check:
 *
 * Returns: %TRUE if there is no problem; else %FALSE with %NCG_ERROR_INVALID_ARGUMENT, whose
 *   message has several lines: the problems, the first line without any prefix
 */
gboolean config_report_check (ConfigReport *self, GError **error);
