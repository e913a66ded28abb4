/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kubernetes quantities.
 */
#include "lib/quantity.h"

#include "lib/error.h"

#include <string.h>

#define HIGHEST G_MAXINT64
#define LOWEST G_MININT64

/* No such number: parsing must fail. */
#define NONE (G_GINT64_CONSTANT (-424242424242))

static const struct {
  const char *text;
  gint64 value;
  gint64 milli;
} good[] = {
  { "0", 0, 0 },
  { "-0", 0, 0 },
  { "+0", 0, 0 },
  { "0.0", 0, 0 },
  { "00", 0, 0 },
  { "0Ei", 0, 0 },
  { "0e999999999999", 0, 0 },
  { "1", 1, 1000 },
  { "+1", 1, 1000 },
  { "007", 7, 7000 },
  { "1.", 1, 1000 },
  { "1.G", 1000000000, 1000000000000 },
  { ".5", 1, 500 },
  { "0.5", 1, 500 },
  { "1.5", 2, 1500 },
  { "-1.5", -2, -1500 },
  { "-1", -1, -1000 },
  { "1.0005", 2, 1001 },
  { "-1.0005", -2, -1001 },

  { "100n", 1, 1 },
  { "0.1n", 1, 1 },
  { "-0.1n", -1, -1 },
  { "1000000000n", 1, 1000 },
  { "1000000001n", 2, 1001 },
  { "1u", 1, 1 },
  { "1000u", 1, 1 },
  { "1001u", 1, 2 },
  { "0.1m", 1, 1 },
  { "1m", 1, 1 },
  { "500m", 1, 500 },
  { "1000m", 1, 1000 },
  { "1001m", 2, 1001 },
  { "2k", 2000, 2000000 },
  { "3M", 3000000, 3000000000 },
  { "1T", 1000000000000, 1000000000000000 },
  { "1P", 1000000000000000, 1000000000000000000 },
  { "1E", 1000000000000000000, NONE },
  { "9E", 9000000000000000000, NONE },
  { "10E", NONE, NONE },

  { "1Ki", 1024, 1024000 },
  { "256Mi", 268435456, 268435456000 },
  { "1.5Gi", 1610612736, 1610612736000 },
  { "0.5Ki", 512, 512000 },
  { "0.1Ki", 103, 102400 },
  { "0.0001Ki", 1, 103 },
  { "1Ti", 1099511627776, 1099511627776000 },
  { "1Pi", 1125899906842624, 1125899906842624000 },
  { "1Ei", 1152921504606846976, NONE },
  { "7Ei", 8070450532247928832, NONE },
  { "7.9999999999999999999Ei", NONE, NONE },
  { "8Ei", NONE, NONE },
  { "-8Ei", LOWEST, NONE },
  /* 7 / 2^60, and a little more: a place that neither a double nor 128 bits still see */
  { "0.000000000000000006071532165918824830441735684871673583984375Ei", 7, 7000 },
  { "0.0000000000000000060715321659188248304417356848716735839843750001Ei", 8, 7001 },

  { "1e3", 1000, 1000000 },
  { "1E3", 1000, 1000000 },
  { "1e+3", 1000, 1000000 },
  { "2e3", 2000, 2000000 },
  { "1.5e3", 1500, 1500000 },
  { "1e0", 1, 1000 },
  { "1e-3", 1, 1 },
  { "1E-3", 1, 1 },
  { "12345e-3", 13, 12345 },
  { "1e-9", 1, 1 },
  { "1e-10", 1, 1 },
  { "1e-999999999", 1, 1 },
  { "-1e-999999999", -1, -1 },
  { "1e-99999999999999999999999", 1, 1 },
  { "1e18", 1000000000000000000, NONE },
  { "1e19", NONE, NONE },
  { "1e999999999999", NONE, NONE },
  /* 2^64 + 1, where an exponent would wrap around to 1 */
  { "1e18446744073709551617", NONE, NONE },
  { "1e-18446744073709551617", 1, 1 },
  { "1e99999999999999999999999", NONE, NONE },

  { "9223372036854775807", HIGHEST, NONE },
  { "9223372036854775808", NONE, NONE },
  { "9223372036854775807.1", NONE, NONE },
  { "9223372036854775806.1", HIGHEST, NONE },
  { "-9223372036854775808", LOWEST, NONE },
  { "-9223372036854775809", NONE, NONE },
  { "9223372036854775.807", 9223372036854776, HIGHEST },
  { "9223372036854775.8071", 9223372036854776, NONE },
  { "9223372036854775.808", 9223372036854776, NONE },
  { "-9223372036854775.808", -9223372036854776, LOWEST },
  { "18446744073709551615", NONE, NONE },
  { "18446744073709551616", NONE, NONE },
  { "99999999999999999999", NONE, NONE },
  { "340282366920938463463374607431768211457", NONE, NONE },
};

typedef gboolean (*Parse) (const char *text, gint64 *ret_value, GError **error);

static void
check_parse (Parse parse, const char *text, gint64 expected)
{
  g_autoptr (GError) error = NULL;
  gint64 value = 77;
  gboolean ok = parse (text, &value, &error);

  g_test_message ("%s", text);
  if (expected == NONE) {
    g_assert_false (ok);
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull (strstr (error->message, "out of range"));
    g_assert_nonnull (strstr (error->message, text));
    g_assert_cmpint (value, ==, 77);
  } else {
    g_assert_no_error (error);
    g_assert_true (ok);
    g_assert_cmpint (value, ==, expected);
  }
}

static void
test_good (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    check_parse (ncg_quantity_parse_value, good[i].text, good[i].value);
    check_parse (ncg_quantity_parse_milli, good[i].text, good[i].milli);
  }
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    "",     " ",      "m",     ".",    "-",   "+",      ".m",  "-.",    "--1",   "+-1", "1-",
    "K",    "1K",     "1ki",   "1mi",  "1g",  "1t",     "1i",  "0.1mi", "1.1.M", "1..", "1e",
    "1e+",  "1E-",    "1e1.5", "1e3k", "1kk", "1kB",    "1MB", "1Kib",  "1KiB",  "1eE", "1Eie",
    " 1",   "1 ",     "1 k",   "1\n",  "1\t", "1, 000", "1,5", "0x10",  "max",   "inf", "nan",
    "1e 3", "1m\xff", "½",     "1５",  "e3",  "Ki",     "5%",  "1_000", NULL,
  };

  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    gint64 value = 77;
    g_autofree char *shown = ncg_error_escape (bad[i]);

    g_test_message ("%s", shown);
    g_assert_false (ncg_quantity_parse_value (bad[i], &value, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull (strstr (error->message, "500m, 1.5Gi, 2e3"));
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_cmpint (value, ==, 77);
    g_assert_false (ncg_quantity_parse_milli (bad[i], &value, NULL));
  }
}

static void
test_range_is_named (void)
{
  g_autoptr (GError) value_error = NULL;
  g_autoptr (GError) milli_error = NULL;
  gint64 value;

  g_assert_false (ncg_quantity_parse_value ("10E", &value, &value_error));
  g_assert_nonnull (strstr (value_error->message, "9223372036854775807"));
  g_assert_false (ncg_quantity_parse_milli ("10E", &value, &milli_error));
  g_assert_nonnull (strstr (milli_error->message, "9223372036854775.807"));
}

/* @n times the character @c between the two. */
static char *
stretch (const char *before, char c, gsize n, const char *after)
{
  g_autofree char *middle = g_strnfill (n, c);

  return g_strconcat (before, middle, after, NULL);
}

static void
test_any_number_of_digits (void)
{
  g_autofree char *leading = stretch ("", '0', 10000, "5");
  g_autofree char *trailing = stretch ("5.", '0', 10000, "");
  g_autofree char *just_above = stretch ("5.", '0', 10000, "1");
  g_autofree char *tiny = stretch (".", '0', 10000, "1Ei");
  g_autofree char *scaled = stretch (".", '0', 9999, "5e10000");
  g_autofree char *back = stretch ("5", '0', 10000, "e-10000");
  g_autofree char *huge = stretch ("", '9', 10000, "");
  g_autoptr (GError) error = NULL;
  gint64 value;

  check_parse (ncg_quantity_parse_value, leading, 5);
  check_parse (ncg_quantity_parse_value, trailing, 5);
  check_parse (ncg_quantity_parse_value, just_above, 6);
  check_parse (ncg_quantity_parse_milli, just_above, 5001);
  check_parse (ncg_quantity_parse_value, tiny, 1);
  check_parse (ncg_quantity_parse_value, scaled, 5);
  check_parse (ncg_quantity_parse_milli, back, 5000);

  g_assert_false (ncg_quantity_parse_value (huge, &value, &error));
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static void
test_format_bytes (void)
{
  static const struct {
    guint64 bytes;
    const char *text;
  } rows[] = {
    { 0, "0" },
    { 1, "1" },
    { 1000, "1000" },
    { 1023, "1023" },
    { 1024, "1Ki" },
    { 1025, "1025" },
    { 1536, "1536" },
    { 67108864, "64Mi" },
    { 1610612736, "1536Mi" },
    { G_GUINT64_CONSTANT (1) << 60, "1Ei" },
    { G_GUINT64_CONSTANT (15) << 60, "15Ei" },
    { G_MAXUINT64, "18446744073709551615" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = ncg_quantity_format_bytes (rows[i].bytes);
    gint64 back;

    g_assert_cmpstr (text, ==, rows[i].text);
    if (rows[i].bytes <= G_MAXINT64) {
      g_assert_true (ncg_quantity_parse_value (text, &back, NULL));
      g_assert_cmpuint ((guint64) back, ==, rows[i].bytes);
    }
  }
}

static void
test_format_milli (void)
{
  static const struct {
    guint64 milli;
    const char *text;
  } rows[] = {
    { 0, "0" },
    { 1, "1m" },
    { 500, "500m" },
    { 1000, "1" },
    { 1500, "1500m" },
    { 2000, "2" },
    { 64000, "64" },
    { 2000000, "2k" },
    { 2500000, "2500" },
    { 10000000000000000000u, "10P" },
    { G_MAXUINT64, "18446744073709551615m" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = ncg_quantity_format_milli (rows[i].milli);
    gint64 back;

    g_assert_cmpstr (text, ==, rows[i].text);
    if (rows[i].milli <= G_MAXINT64) {
      g_assert_true (ncg_quantity_parse_milli (text, &back, NULL));
      g_assert_cmpuint ((guint64) back, ==, rows[i].milli);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quantity/good", test_good);
  g_test_add_func ("/quantity/bad", test_bad);
  g_test_add_func ("/quantity/range-is-named", test_range_is_named);
  g_test_add_func ("/quantity/any-number-of-digits", test_any_number_of_digits);
  g_test_add_func ("/quantity/format/bytes", test_format_bytes);
  g_test_add_func ("/quantity/format/milli", test_format_milli);
  return g_test_run ();
}
