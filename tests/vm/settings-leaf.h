/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings of leaves.
 */
#pragma once

#include "tests/vm/driver.h"

/* A leaf with many rows of the table at once, held empty or around a process: started, changed,
 * after a reload of systemd, stopped. */
void settings_test_leaf (TestDriver *driver, gboolean is_systemd, gboolean has_process);
