/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GetStats: the figures of many pods in one call.
 */
#pragma once

#include <glib.h>

#define STATS_CALL "GetStats"

/* (transfer floating): its arguments, "(asa{sv})". @uids: (nullable) (array zero-terminated=1): of
 * these pods; none, or NULL, is all. @fields: (array zero-terminated=1): what is wanted */
GVariant *stats_call_arguments (char **uids, gboolean has_containers, const char *const *fields);
