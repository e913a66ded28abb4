/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One error domain for the library and the daemon, with the codes that a caller would branch on.
 *
 * A message says what was asked, what stood in the way and, where there is one, what to do.
 */
#pragma once

#include <glib.h>

/**
 * NcgError:
 *
 * The first %NCG_ERROR_N_PUBLIC codes have a D-Bus name each, see ncg_error_get_name(). The others
 * are between the floors of the program: whoever sees one decides what it means to the caller.
 */
typedef enum {
  NCG_ERROR_FAILED,
  NCG_ERROR_INVALID_ARGUMENT,
  NCG_ERROR_NO_SUCH_POD,
  NCG_ERROR_NO_SUCH_CONTAINER,
  NCG_ERROR_NO_SUCH_PROCESS,
  NCG_ERROR_POD_EXISTS,
  NCG_ERROR_CONTAINER_EXISTS,
  NCG_ERROR_NOT_SUPPORTED,  /* this systemd, kernel or hierarchy cannot */
  NCG_ERROR_NOT_READY,      /* not yet: bootstrapping, or no connection to systemd */
  NCG_ERROR_BUSY,           /* something holds it; the message names the holders */
  NCG_ERROR_TIMEOUT,        /* the deadline passed; the outcome is not known */
  NCG_ERROR_LIMIT_EXCEEDED, /* too much asked for at once */
  NCG_ERROR_SYSTEMD_FAILED, /* systemd said no; the message has its own word */
  NCG_ERROR_ACCESS_DENIED,
  NCG_ERROR_N_PUBLIC,

  NCG_ERROR_UNIT_EXISTS = NCG_ERROR_N_PUBLIC, /* org.freedesktop.systemd1.UnitExists */
  NCG_ERROR_NO_SUCH_UNIT,                     /* org.freedesktop.systemd1.NoSuchUnit */
  NCG_ERROR_UNKNOWN_PROPERTY,                 /* this systemd does not know a unit property */
  NCG_ERROR_DISCONNECTED,                     /* the reply was lost: the outcome is not known */
  NCG_ERROR_NOT_FOUND,                        /* a file or cgroup that is not there */
  NCG_ERROR_NOT_PERMITTED,                    /* the kernel lets us not write a cgroup's file */
} NcgError;

/* The domain of every error here. */
#define NCG_ERROR (ncg_error_quark ())
GQuark ncg_error_quark (void);

/**
 * ncg_error_get_name:
 *
 * Returns: the D-Bus error name of @code, "org.example.NodeCgroups.Error.…" or, for
 *   %NCG_ERROR_ACCESS_DENIED, the bus's own name. A code that is not public has the name of the
 *   public code that a caller should see: SystemdFailed for what systemd said, NotSupported for a
 *   property that it does not know, else Failed.
 */
const char *ncg_error_get_name (NcgError code);

/**
 * ncg_error_escape:
 * @text: any bytes, of any length
 *
 * What came from outside, as a message may quote it: at most 64 characters, then "…"; valid UTF-8;
 * control characters, quotation marks, backslashes and bytes that are no UTF-8 as "\xNN".
 *
 * Returns: (transfer full): the text, without quotation marks around it
 */
char *ncg_error_escape (const char *text);

/* (transfer full): the same for a path, which is not shortened, and keeps quotation marks and
 * backslashes. */
char *ncg_error_escape_path (const char *path);

/* (transfer full): the same for a whole message, which may have lines. For where it leaves us: what
 * it quotes has been escaped before, but for what others said, such as systemd. */
char *ncg_error_escape_message (const char *message);
