/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where messages go: into the journal with all their fields if standard error leads there, else to
 * standard error as plain lines.
 */
#pragma once

#include <glib.h>

/* Once, before the first message. */
void log_init (void);

/* Whether debugging messages of the daemon go out, too; then a plain line has the message's fields
 * behind it. May change at any time. Without it they do where GLib's G_MESSAGES_DEBUG says so. */
void log_set_debug (gboolean is_debug);
