/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The end of a benchmark that cannot go on: it says why, what was measured so far is still printed,
 * and the exit status is 1.
 */
#pragma once

#include <glib.h>

void fail (const char *format, ...) G_GNUC_PRINTF (1, 2) G_GNUC_NORETURN;

/* Fails if @r is a negative errno, as sd-bus has them; @what says what was done. */
void fail_if_negative (int r, const char *what);
