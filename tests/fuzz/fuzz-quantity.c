/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quantities: rounding and range do not depend on how a number is written, and what is formatted
 * can be parsed again.
 */
#include "lib/quantity.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

typedef gboolean (*Parse) (const char *text, gint64 *ret_number, GError **error);

static gboolean
parse (Parse how, const char *text, gint64 *ret_number)
{
  g_autoptr (GError) error = NULL;
  gint64 number = 4711;
  gboolean succeeded = how (text, &number, &error);

  if (!succeeded)
    g_assert_cmpint (number, ==, 4711);
  fuzz_check_result (succeeded, &error);
  *ret_number = succeeded ? number : 0;
  return succeeded;
}

/* @left of @text + @left_suffix is @right of @text + @right_suffix, or both are out of range. */
static void
check_same (
    const char *text, Parse left, const char *left_suffix, Parse right, const char *right_suffix)
{
  g_autofree char *left_text = g_strconcat (text, left_suffix, NULL);
  g_autofree char *right_text = g_strconcat (text, right_suffix, NULL);
  gint64 left_number, right_number;

  g_assert_cmpint (parse (left, left_text, &left_number), ==,
                   parse (right, right_text, &right_number));
  g_assert_cmpint (left_number, ==, right_number);
}

/* The same number in other words; @text has no suffix. */
static void
check_suffixes (const char *text)
{
  static const char *const same[][2] = {
    { "k", "e3" },  { "M", "E+6" }, { "G", "e09" }, { "T", "e12" },  { "P", "e15" },
    { "E", "e18" }, { "m", "e-3" }, { "u", "E-6" }, { "n", "e-09" }, { "", "e-0" },
  };
  const Parse value = ncg_quantity_parse_value, milli = ncg_quantity_parse_milli;

  for (guint i = 0; i < G_N_ELEMENTS (same); i++) {
    check_same (text, value, same[i][0], value, same[i][1]);
    check_same (text, milli, same[i][0], milli, same[i][1]);
  }
  check_same (text, milli, "", value, "k");
  check_same (text, milli, "m", value, "");
}

/* Thousandths that are rounded again are what is rounded at once. */
static void
check_rounding (const char *text)
{
  gint64 value, milli;
  gboolean has_value = parse (ncg_quantity_parse_value, text, &value);

  if (parse (ncg_quantity_parse_milli, text, &milli)) {
    g_assert_true (has_value);
    g_assert_cmpint (milli / 1000 + (milli % 1000 > 0) - (milli % 1000 < 0), ==, value);
  } else if (has_value)
    g_assert_true (value >= G_MAXINT64 / 1000 || value <= -(G_MAXINT64 / 1000));
}

/* Both signs have the same magnitude, but for the smallest number. */
static void
check_sign (const char *text)
{
  g_autofree char *negative = g_strconcat ("-", text, NULL);
  gint64 value, negated;

  if (!g_ascii_isdigit (text[0]) && text[0] != '.')
    return;
  if (parse (ncg_quantity_parse_value, text, &value)) {
    g_assert_true (parse (ncg_quantity_parse_value, negative, &negated));
    g_assert_cmpint (negated, ==, -value);
  } else if (parse (ncg_quantity_parse_value, negative, &negated))
    g_assert_cmpint (negated, ==, G_MININT64);
}

static void
check_formats (gint64 number)
{
  g_autofree char *bytes = ncg_quantity_format_bytes ((guint64) number);
  g_autofree char *milli = ncg_quantity_format_milli ((guint64) number);
  gint64 again;

  g_assert_true (parse (ncg_quantity_parse_value, bytes, &again));
  g_assert_cmpint (again, ==, number);
  g_assert_true (parse (ncg_quantity_parse_milli, milli, &again));
  g_assert_cmpint (again, ==, number);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = fuzz_text (data, size);
  gsize length = strlen (text);
  gint64 number;

  check_rounding (text);
  check_sign (text);
  if (length > 0 && strspn (text, "+-.0123456789") == length)
    check_suffixes (text);
  if (parse (ncg_quantity_parse_value, text, &number) && number >= 0)
    check_formats (number);
  if (parse (ncg_quantity_parse_milli, text, &number) && number >= 0)
    check_formats (number);
  return 0;
}
