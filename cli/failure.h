/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the user sees of an error: the daemon's message as it is, and what to try. What an error
 * means to a script, its exit status, is decided by the same table.
 */
#pragma once

#include "cli/exit-status.h"

/**
 * failure_format:
 * @verb: (nullable): what was asked for
 * @ret_status: how the program is to end
 *
 * Returns: (transfer full): "nodecgroupsctl: MESSAGE", and where there is something to try "Try:
 * …", each with a newline
 */
char *failure_format (const GError *error, const char *verb, ExitStatus *ret_status);

/* (transfer full): what it says, alone and without a newline, for who goes on */
char *failure_describe (const GError *error);

/* Says it on standard error. Returns: the status */
ExitStatus failure_report (const GError *error, const char *verb);
