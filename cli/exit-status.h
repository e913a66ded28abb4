/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How nodecgroupsctl ends. Scripts rely on the numbers: they stay what they are.
 */
#pragma once

#include <glib.h>

typedef enum {
  EXIT_STATUS_OK = 0,
  EXIT_STATUS_FAILED = 1,        /* or verify and status found something */
  EXIT_STATUS_USAGE = 2,         /* the command line, or an argument that the daemon refused */
  EXIT_STATUS_NOT_FOUND = 3,     /* no such pod, container or process */
  EXIT_STATUS_NOT_PERMITTED = 4, /* the caller may not */
  EXIT_STATUS_UNREACHABLE = 5,   /* no daemon, no bus, no way to the host */
  EXIT_STATUS_TRY_AGAIN = 6,     /* busy, too much at once, or not done in time */
  EXIT_STATUS_N,
} ExitStatus;

/* What it means, as --help says it. */
const char *exit_status_describe (ExitStatus status);

/**
 * EXIT_STATUS_ERROR:
 *
 * Errors that are our own, and not the daemon's or a library's: the code is an #ExitStatus.
 */
#define EXIT_STATUS_ERROR (exit_status_error_quark ())
GQuark exit_status_error_quark (void);
