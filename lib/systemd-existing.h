/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd takes only when a unit is made, in a unit that is there: whether it is what is
 * wanted now.
 *
 * A value that is no list has to be the same. Of a list all that is wanted has to be in what the
 * unit has, since systemd adds to some (After, Before, Conflicts) by itself; a unit may be named by
 * an alias there, and a path need not be normalized. Not compared, and taken for the same, is what
 * systemd gives back otherwise than it takes it: with another type (Conditions, ExecStart), as a
 * tuple (SystemCallFilter, whose groups it resolves), as a set of bits (CPUAffinity, in any
 * length); and what it leaves out without a word, OnFailure of a slice and Before of a device.
 */
#pragma once

#include "lib/systemd.h"

#include <gio/gio.h>

/**
 * ncg_systemd_existing_check_async:
 * @existing: an a{sv}: what systemd says of @unit
 * @entries: an a(sv): all that is wanted of one property, which @existing has
 *
 * %NCG_ERROR_NOT_SUPPORTED naming the property if @unit was made with another value. systemd is
 * asked only about names that may be aliases. Other errors: ncg_systemd_call_async().
 */
void ncg_systemd_existing_check_async (NcgSystemd *systemd,
                                       const char *unit,
                                       GVariant *existing,
                                       GVariant *entries,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean ncg_systemd_existing_check_finish (GAsyncResult *result, GError **error);
