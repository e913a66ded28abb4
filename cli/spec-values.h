/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kinds of values that a spec's keys have, each from text and to text.
 */
#pragma once

#include <glib.h>

typedef enum {
  SPEC_VALUE_CPU,   /* an amount: sent as it is written; given back as millicores */
  SPEC_VALUE_BYTES, /* the same of bytes */
  SPEC_VALUE_COUNT, /* and of what is counted */
  SPEC_VALUE_NUMBER,
  SPEC_VALUE_WEIGHT, /* a number or "auto" */
  SPEC_VALUE_TEXT,
  SPEC_VALUE_SWITCH,
  SPEC_VALUE_SIZES,      /* SIZE:AMOUNT, several after commas */
  SPEC_VALUE_DEVICES,    /* DEVICE:LIMIT:AMOUNT */
  SPEC_VALUE_STRINGS,    /* KEY:VALUE */
  SPEC_VALUE_PROPERTIES, /* NAME=VALUE in GVariant's text format */
  SPEC_VALUE_N,
} SpecValueKind;

/* Whether a key of this kind may be given several times. */
gboolean spec_values_is_list (SpecValueKind kind);

/**
 * spec_values_parse:
 * @key: for the message
 * @texts: (array zero-terminated=1): one, or several of a list
 *
 * Returns: (transfer full): the value as it is sent; else %EXIT_STATUS_USAGE
 */
GVariant *spec_values_parse (SpecValueKind kind, const char *key, char **texts, GError **error);

/* Appends (element-type utf8) to @ret_texts what spec_values_parse() makes the same of. A @value of
 * another type than those of the kind is left out. */
void spec_values_format (SpecValueKind kind, GVariant *value, GPtrArray *ret_texts);
