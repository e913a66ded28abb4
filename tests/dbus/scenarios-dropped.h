/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Operations in which something is left out that systemd does not know.
 */
#pragma once

#include "tests/dbus/scenario.h"

const Scenario *scenarios_dropped_list (gsize *ret_n);
