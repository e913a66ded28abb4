/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures as people read them, in the words of systemd's tools. Each returns (transfer full) a text
 * for a table's cell. What they leave out is in the JSON.
 */
#pragma once

#include <glib.h>

/* "512B", "1.0K", "123.4M": powers of 1024, rounded down to a tenth. */
char *human_bytes (guint64 bytes);

/* CPU as cores: "20m", "500m", "1.50", "12.00". */
char *human_millicores (guint64 millicores);

/* "1234": as it is, for those who take a function. */
char *human_count (guint64 number);

/* The two largest units that it has: "350us", "1.234s", "2min 3s", "1h 2min", "3d 4h". */
char *human_usec (guint64 usec);

/* "12%"; of nothing "-" */
char *human_percent (guint64 used, guint64 of);

/* A moment in local time, "Sun 2026-11-29 15:12:31 CET", and how long ago it is, "3min 2s ago".
 * @usec: since 1970 */
char *human_moment (guint64 usec);
char *human_ago (guint64 usec, guint64 now_usec);

/* "3 of 100", and without a limit "3". @limit: (nullable) */
char *human_of (const char *used, const char *limit);
