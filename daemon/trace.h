/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debug mode (logLevel: debug): each call of systemd as it ends, with what it was about, what
 * came of it, and how long it took.
 */
#pragma once

#include "daemon/config/config.h"
#include "lib/driver.h"

/* Has the log and @driver be as @config says, now and after each reload. */
void trace_configure (NcgDriver *driver, const Config *config);
