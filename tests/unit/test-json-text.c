/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GVariants as JSON.
 */
#include "cli/json-text.h"

#include <json-glib/json-glib.h>

static const struct {
  const char *value; /* in GVariant's text format */
  const char *json;
} rows[] = {
  { "true", "true" },
  { "'a'", "\"a\"" },
  { "'a\"b\\\\c\\n\\u0001'", "\"a\\\"b\\\\c\\n\\u0001\"" },
  { "'ä…'", "\"ä…\"" },
  { "objectpath '/a'", "\"/a\"" },
  { "signature 'as'", "\"as\"" },
  { "byte 255", "255" },
  { "int16 -3", "-3" },
  { "uint32 4294967295", "4294967295" },
  { "int64 -9223372036854775808", "-9223372036854775808" },
  { "uint64 9223372036854775807", "9223372036854775807" },
  { "uint64 9223372036854775808", "9223372036854775808" },
  { "uint64 18446744073709551615", "18446744073709551615" },
  { "0.5", "0.5" },
  { "2.0", "2.0" },
  { "nan", "null" },
  { "@ms nothing", "null" },
  { "@ms 'a'", "\"a\"" },
  { "@as []", "[]" },
  { "@a{sv} {}", "{}" },
  { "['a', 'b']", "[\"a\",\"b\"]" },
  { "('a', uint32 1, false)", "[\"a\",1,false]" },
  { "{'a': <uint64 1>, 'b': <<'max'>>}", "{\"a\":1,\"b\":\"max\"}" },
  { "{'x': {'y': uint64 18446744073709551615}}", "{\"x\":{\"y\":18446744073709551615}}" },
  { "{uint32 5: 'a'}", "{\"5\":\"a\"}" },
  { "[('8:0', {'ReadBytes': uint64 1})]", "[[\"8:0\",{\"ReadBytes\":1}]]" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *expected = g_strconcat (rows[i].json, "\n", NULL);
    g_autofree char *text =
        json_text_format (g_variant_new_parsed (rows[i].value), JSON_TEXT_SHORT);
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonNode) parsed = NULL;

    g_assert_cmpstr (text, ==, expected);
    /* A parser agrees that it is JSON. */
    parsed = json_from_string (text, &error);
    g_assert_no_error (error);
  }
}

static void
test_pretty (void)
{
  GVariant *value = g_variant_new_parsed ("{'a': <[('x', true)]>, 'b': <@as []>}");
  g_autofree char *text = json_text_format (value, JSON_TEXT_PRETTY);

  g_assert_cmpstr (text, ==,
                   "{\n"
                   "  \"a\": [\n"
                   "    [\n"
                   "      \"x\",\n"
                   "      true\n"
                   "    ]\n"
                   "  ],\n"
                   "  \"b\": []\n"
                   "}\n");
}

static void
test_name_fields (void)
{
  static const char *const names[] = { "Uid", "", "Ok", NULL };
  g_autoptr (GVariant) rows_in =
      g_variant_ref_sink (g_variant_new_parsed ("[('a', 'x', true), ('b', 'y', false)]"));
  g_autoptr (GVariant) objects = json_text_name_fields (rows_in, names);
  g_autofree char *text = json_text_format (objects, JSON_TEXT_SHORT);

  g_assert_cmpstr (text, ==, "[{\"Uid\":\"a\",\"Ok\":true},{\"Uid\":\"b\",\"Ok\":false}]\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-text/rows", test_rows);
  g_test_add_func ("/json-text/pretty", test_pretty);
  g_test_add_func ("/json-text/name-fields", test_name_fields);
  return g_test_run ();
}
