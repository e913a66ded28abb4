/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The driver for machines with systemd as PID 1: groups are slices, leaves are scopes, and every
 * setting is a unit property, all of a unit's in one call.
 */
#pragma once

#include "lib/driver.h"

extern const NcgDriverOps ncg_driver_systemd_ops;
