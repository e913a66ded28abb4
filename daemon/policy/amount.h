/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amounts as they travel in an a{sv}: "t" in base units, or "s", a Kubernetes quantity or a word.
 */
#pragma once

#include <glib.h>

/* No limit: s "max". */
#define AMOUNT_MAX G_MAXUINT64

/* Leave it to the daemon: s "auto"; no amount that may be that may be 0. */
#define AMOUNT_AUTO 0

typedef enum {
  AMOUNT_MILLICORES, /* a quantity in thousandths, or t */
  AMOUNT_WHOLE,      /* a quantity in ones, or t */
  AMOUNT_NUMBER,     /* t only */
  AMOUNT_SWITCH,     /* b, which is 0 or 1 */
} AmountUnit;

typedef enum {
  AMOUNT_PLAIN = 0,
  AMOUNT_MAY_BE_MAX = 1 << 0,
  AMOUNT_MAY_BE_AUTO = 1 << 1,
} AmountFlags;

typedef struct {
  const char *key;
  AmountUnit unit;
  AmountFlags flags;
  guint64 min;
  guint64 max;
  guint64 otherwise; /* what it is if it is not given, as the API's reference says it */
} AmountRule;

/* Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, the value and what is allowed */
gboolean
amount_parse (const AmountRule *rule, GVariant *value, guint64 *ret_amount, GError **error);

/* (transfer floating): in base units, no limit as s "max" */
GVariant *amount_format (const AmountRule *rule, guint64 amount);

/* Sets %NCG_ERROR_INVALID_ARGUMENT: @key has another type than @wanted, which says it in words.
 * Returns %FALSE. */
gboolean amount_fail_type (const char *key, GVariant *value, const char *wanted, GError **error);
