/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a node must be before pods come: decided here from what was found, done in daemon/node.c.
 */
#pragma once

#include <glib.h>

/**
 * bootstrap_find_missing_controllers:
 * @controllers: the content of a cgroup.controllers file
 *
 * Returns: (transfer full) (nullable): those of cpu and memory that are not in it, "cpu, memory";
 *   %NULL if both are
 */
char *bootstrap_find_missing_controllers (const char *controllers);
