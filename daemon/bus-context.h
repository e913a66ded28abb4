/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The context of the thread in which GDBus reads and writes the messages of all connections.
 */
#pragma once

#include <glib.h>

/* (transfer full) (nullable): NULL if this GDBus has none, or does not show it */
GMainContext *bus_context_find (void);
