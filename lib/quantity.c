/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kubernetes quantities. A number is kept as its decimal digits and the place of its point, so that
 * neither a suffix nor the number of digits can lose anything before the one rounding at the end.
 */
#include "lib/quantity.h"

#include "lib/error.h"

#include <string.h>

/* Beyond any number of digits that fits into memory; sums of a few of them do not overflow. */
#define MAX_EXPONENT G_MAXINT32

typedef struct {
  const char *text;
  int exponent10;  /* a decimal suffix multiplies by 10^this */
  guint power1024; /* a binary suffix multiplies by 1024^this */
} Suffix;

static const Suffix suffixes[] = {
  { "", 0, 0 },   { "n", -9, 0 }, { "u", -6, 0 }, { "m", -3, 0 }, { "k", 3, 0 },  { "M", 6, 0 },
  { "G", 9, 0 },  { "T", 12, 0 }, { "P", 15, 0 }, { "E", 18, 0 }, { "Ki", 0, 1 }, { "Mi", 0, 2 },
  { "Gi", 0, 3 }, { "Ti", 0, 4 }, { "Pi", 0, 5 }, { "Ei", 0, 6 },
};

/* 0.DIGITS × 10^point; no leading zeros, and no digits at all for zero */
typedef struct {
  gboolean is_negative;
  GByteArray *digits; /* 0 … 9, most significant first */
  gint64 point;
} Number;

static void
number_clear (Number *self)
{
  g_clear_pointer (&self->digits, g_byte_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Number, number_clear)

static void
drop_leading_zeros (Number *self)
{
  guint n = 0;

  while (n < self->digits->len && self->digits->data[n] == 0)
    n++;
  g_byte_array_remove_range (self->digits, 0, n);
  self->point -= n;
}

static void
append_digits (GByteArray *digits, const char **cursor)
{
  for (; g_ascii_isdigit (**cursor); (*cursor)++) {
    guint8 digit = (guint8) g_ascii_digit_value (**cursor);
    g_byte_array_append (digits, &digit, 1);
  }
}

static gboolean
scan_number (const char **cursor, Number *self)
{
  self->is_negative = **cursor == '-';
  self->digits = g_byte_array_new ();

  if (**cursor == '+' || **cursor == '-')
    (*cursor)++;
  append_digits (self->digits, cursor);
  self->point = self->digits->len;
  if (**cursor == '.') {
    (*cursor)++;
    append_digits (self->digits, cursor);
  }
  if (self->digits->len == 0)
    return FALSE;

  drop_leading_zeros (self);
  return TRUE;
}

/* In place and in decimal: exact for however many digits. */
static void
multiply_by_1024 (Number *self)
{
  guint8 carried[4] = { 0 }; /* 1023 carries at most 1023 */
  guint carry = 0;

  for (guint i = self->digits->len; i-- > 0;) {
    guint product = self->digits->data[i] * 1024 + carry;
    self->digits->data[i] = (guint8) (product % 10);
    carry = product / 10;
  }
  for (guint i = G_N_ELEMENTS (carried); i-- > 0; carry /= 10)
    carried[i] = (guint8) (carry % 10);

  g_byte_array_prepend (self->digits, carried, sizeof carried);
  self->point += (gint64) sizeof carried;
  drop_leading_zeros (self);
}

/* "e3", "E-6", "e+12"; one that is beyond all reason is capped, and so overflows or rounds up. */
static gboolean
scan_exponent (const char *text, gint64 *ret_exponent)
{
  gboolean is_negative;
  gint64 exponent = 0;

  if (text[0] != 'e' && text[0] != 'E')
    return FALSE;
  text++;
  is_negative = *text == '-';
  if (*text == '+' || *text == '-')
    text++;
  if (!g_ascii_isdigit (*text))
    return FALSE;

  for (; g_ascii_isdigit (*text); text++)
    exponent = MIN (exponent * 10 + g_ascii_digit_value (*text), MAX_EXPONENT);
  if (*text != '\0')
    return FALSE;
  *ret_exponent = is_negative ? -exponent : exponent;
  return TRUE;
}

static gboolean
apply_suffix (const char *text, Number *self)
{
  gint64 exponent = 0;

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++) {
    if (!g_str_equal (text, suffixes[i].text))
      continue;
    self->point += suffixes[i].exponent10;
    for (guint n = 0; n < suffixes[i].power1024; n++)
      multiply_by_1024 (self);
    return TRUE;
  }

  if (!scan_exponent (text, &exponent))
    return FALSE;
  self->point += exponent;
  return TRUE;
}

/* The integer of the first @n_digits digits, one more if any other digit is not 0. */
static guint64
round_away (const Number *self, gint64 n_digits)
{
  guint64 value = 0;

  for (gint64 i = 0; i < n_digits; i++)
    value = value * 10 + (i < self->digits->len ? self->digits->data[i] : 0);
  for (gint64 i = MAX (n_digits, 0); i < self->digits->len; i++)
    if (self->digits->data[i] != 0)
      return value + 1;
  return value;
}

/* The number × 10^@shift. */
static gboolean
number_to_integer (const Number *self, int shift, gint64 *ret_integer)
{
  const guint64 limit = self->is_negative ? (guint64) G_MAXINT64 + 1 : (guint64) G_MAXINT64;
  gint64 n_digits = self->point + shift;
  guint64 magnitude;

  if (self->digits->len == 0) {
    *ret_integer = 0;
    return TRUE;
  }
  /* 19 digits always fit a guint64, and one more digit than that is never in range. */
  if (n_digits > 19)
    return FALSE;
  magnitude = round_away (self, n_digits);
  if (magnitude > limit)
    return FALSE;

  /* Negated without a sign, because the smallest gint64 has no positive counterpart. */
  *ret_integer = (gint64) (self->is_negative ? -magnitude : magnitude);
  return TRUE;
}

static gboolean
parse (const char *text, int shift, const char *range, gint64 *ret_integer, GError **error)
{
  g_auto (Number) number = { 0 };
  g_autofree char *escaped = NULL;
  const char *cursor = text;
  gboolean is_quantity = scan_number (&cursor, &number) && apply_suffix (cursor, &number);

  if (is_quantity && number_to_integer (&number, shift, ret_integer))
    return TRUE;

  escaped = ncg_error_escape (text);
  if (is_quantity)
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "the quantity \"%s\" is out of range, which is %s", escaped, range);
  else
    g_set_error (
        error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
        "\"%s\" is not a quantity: it must be a decimal number without blanks, and may end "
        "in one of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent: 500m, 1.5Gi, 2e3",
        escaped);
  return FALSE;
}

gboolean
ncg_quantity_parse_value (const char *text, gint64 *ret_value, GError **error)
{
  return parse (text, 0, "-9223372036854775808 to 9223372036854775807", ret_value, error);
}

gboolean
ncg_quantity_parse_milli (const char *text, gint64 *ret_milli, GError **error)
{
  return parse (text, 3, "-9223372036854775.808 to 9223372036854775.807", ret_milli, error);
}

/* Divides by @base while that is exact and there is a further suffix. */
static char *
format (guint64 value, guint base, const char *const *units)
{
  while (value != 0 && value % base == 0 && units[1] != NULL) {
    value /= base;
    units++;
  }
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%s", value, value != 0 ? units[0] : "");
}

char *
ncg_quantity_format_bytes (guint64 bytes)
{
  static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", NULL };

  return format (bytes, 1024, units);
}

char *
ncg_quantity_format_milli (guint64 milli)
{
  static const char *const units[] = { "m", "", "k", "M", "G", "T", "P", "E", NULL };

  return format (milli, 1000, units);
}
