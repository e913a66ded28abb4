/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kubernetes quantities ("500m", "256Mi", "1.5Gi", "2e3"): the grammar and the rounding of
 * k8s.io/apimachinery/pkg/api/resource (quantity.go, suffix.go). Two things are errors here that
 * are not there: what overflows, and a number without a digit ("m", ".", "-"), which Kubernetes
 * takes for 0.
 *
 * The form: [+-] digits [. digits] suffix, with digits on at least one side of the point and no
 * blanks anywhere. The suffix is one of n u m k M G T P E, of Ki Mi Gi Ti Pi Ei, or "e" or "E" with
 * a signed integer. There may be any number of digits; the result is exact before it is rounded.
 */
#pragma once

#include <glib.h>

/**
 * ncg_quantity_parse_value:
 * @text: the quantity
 * @ret_value: whole base units, rounded up away from zero, as Quantity.Value(); "-1" is a quantity,
 *   so whoever wants none below zero checks
 *
 * Returns: %TRUE on success; else %NCG_ERROR_INVALID_ARGUMENT: wrong form, unknown suffix, or out
 * of the range of a gint64. The message quotes @text (shortened) and says what is allowed.
 */
gboolean ncg_quantity_parse_value (const char *text, gint64 *ret_value, GError **error);

/**
 * ncg_quantity_parse_milli:
 * @ret_milli: thousandths, rounded up away from zero, as Quantity.MilliValue()
 *
 * As ncg_quantity_parse_value(); the range is that of the thousandths.
 */
gboolean ncg_quantity_parse_milli (const char *text, gint64 *ret_milli, GError **error);

/**
 * ncg_quantity_format_bytes:
 *
 * Returns: (transfer full): the canonical binary form: no fraction, the largest of Ki … Ei that
 *   keeps the value exact ("64Mi", "1536Mi", "1000")
 */
char *ncg_quantity_format_bytes (guint64 bytes);

/**
 * ncg_quantity_format_milli:
 *
 * Returns: (transfer full): the canonical decimal form: no fraction, the largest of m, "", k … E
 *   that keeps the value exact ("500m", "2", "1500m", and "2k" for two thousand)
 */
char *ncg_quantity_format_milli (guint64 milli);
