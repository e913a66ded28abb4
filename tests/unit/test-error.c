/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Error names, and what messages quote.
 */
#include "lib/error.h"

#include <gio/gio.h>

static void
test_names_of_public_codes (void)
{
  g_assert_cmpstr (ncg_error_get_name (NCG_ERROR_FAILED), ==,
                   "org.example.NodeCgroups.Error.Failed");
  g_assert_cmpstr (ncg_error_get_name (NCG_ERROR_INVALID_ARGUMENT), ==,
                   "org.example.NodeCgroups.Error.InvalidArgument");
  g_assert_cmpstr (ncg_error_get_name (NCG_ERROR_ACCESS_DENIED), ==,
                   "org.freedesktop.DBus.Error.AccessDenied");
}

static void
test_names_are_valid_and_differ (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint code = 0; code < NCG_ERROR_N_PUBLIC; code++) {
    const char *name = ncg_error_get_name ((NcgError) code);

    g_assert_nonnull (name);
    /* An error name has the form of an interface's. */
    g_assert_true (g_dbus_is_interface_name (name));
    g_assert_true (g_hash_table_add (seen, (gpointer) name));
  }
}

static void
test_names_of_inner_codes (void)
{
  static const struct {
    NcgError code;
    NcgError seen_as;
  } rows[] = {
    { NCG_ERROR_UNIT_EXISTS, NCG_ERROR_SYSTEMD_FAILED },
    { NCG_ERROR_NO_SUCH_UNIT, NCG_ERROR_SYSTEMD_FAILED },
    { NCG_ERROR_DISCONNECTED, NCG_ERROR_SYSTEMD_FAILED },
    { NCG_ERROR_UNKNOWN_PROPERTY, NCG_ERROR_NOT_SUPPORTED },
    { NCG_ERROR_NOT_FOUND, NCG_ERROR_FAILED },
    { (NcgError) 1000, NCG_ERROR_FAILED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpstr (ncg_error_get_name (rows[i].code), ==, ncg_error_get_name (rows[i].seen_as));
}

static void
test_escape (void)
{
  static const struct {
    const char *text;
    const char *escaped;
  } rows[] = {
    { "", "" },
    { "plain text", "plain text" },
    { "grün…", "grün…" },
    { "a\"b\\c", "a\\x22b\\x5cc" },
    { "a\nb\tc\177", "a\\x0ab\\x09c\\x7f" },
    { "\xff"
      "a\xc3",
      "\\xffa\\xc3" },
    /* U+202E turns the direction of what follows, and is no picture of anything. */
    { "\xe2\x80\xae", "\\xe2\\x80\\xae" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *escaped = ncg_error_escape (rows[i].text);
    g_assert_cmpstr (escaped, ==, rows[i].escaped);
  }
}

static void
test_escape_shortens (void)
{
  g_autofree char *longest = g_strnfill (64, 'x');
  g_autofree char *longer = g_strnfill (65, 'x');
  g_autofree char *shortened = g_strconcat (longest, "…", NULL);
  g_autofree char *a = ncg_error_escape (longest);
  g_autofree char *b = ncg_error_escape (longer);

  g_assert_cmpstr (a, ==, longest);
  g_assert_cmpstr (b, ==, shortened);
}

static void
test_escape_path (void)
{
  g_autofree char *nasty = ncg_error_escape_path ("/a\nb\x1b[1m\"\\\xff/\xc2\x9bé");
  g_autofree char *name = g_strnfill (4000, 'a');
  g_autofree char *whole = ncg_error_escape_path (name);

  g_assert_cmpstr (nasty, ==, "/a\\x0ab\\x1b[1m\"\\\\xff/\\xc2\\x9bé");
  g_assert_cmpstr (whole, ==, name);
}

static void
test_escape_message (void)
{
  g_autofree char *message =
      ncg_error_escape_message ("file:1: \"a\"\nfile:2:\t\x07\r\x7f\xe2\x80");

  g_assert_cmpstr (message, ==, "file:1: \"a\"\nfile:2:\\x09\\x07\\x0d\\x7f\\xe2\\x80");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/names/public", test_names_of_public_codes);
  g_test_add_func ("/error/names/valid-and-differ", test_names_are_valid_and_differ);
  g_test_add_func ("/error/names/inner", test_names_of_inner_codes);
  g_test_add_func ("/error/escape", test_escape);
  g_test_add_func ("/error/escape/shortens", test_escape_shortens);
  g_test_add_func ("/error/escape/path", test_escape_path);
  g_test_add_func ("/error/escape/message", test_escape_message);
  return g_test_run ();
}
