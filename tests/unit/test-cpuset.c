/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of CPUs.
 */
#include "lib/cpuset.h"

#include "lib/error.h"

#include <string.h>

static NcgCpuset *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  NcgCpuset *set = ncg_cpuset_parse (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (set);
  return set;
}

static void
test_parse_and_format (void)
{
  static const struct {
    const char *text;
    const char *canonical;
    guint count;
  } rows[] = {
    { "", "", 0 },
    { "\n", "", 0 },
    { "0", "0", 1 },
    { "0-3,7", "0-3,7", 5 },
    { "0-3,7\n", "0-3,7", 5 },
    { " 0-3,7 \n", "0-3,7", 5 },
    { "7,0-3", "0-3,7", 5 },
    { "0,1,2,3", "0-3", 4 },
    { "0-1,2-3", "0-3", 4 },
    { "0-5,3-9,4", "0-9", 10 },
    { "5-5", "5", 1 },
    { "0,1", "0-1", 2 },
    { "007", "7", 1 },
    { "8191", "8191", 1 },
    { "0-8191", "0-8191", 8192 },
    { "0,2,4,8190-8191", "0,2,4,8190-8191", 5 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (NcgCpuset) set = parse (rows[i].text);
    g_autofree char *list = ncg_cpuset_format (set);
    g_autoptr (NcgCpuset) again = parse (list);

    g_assert_cmpstr (list, ==, rows[i].canonical);
    g_assert_cmpuint (ncg_cpuset_count (set), ==, rows[i].count);
    g_assert_cmpint (ncg_cpuset_is_empty (set), ==, rows[i].count == 0);
    g_assert_true (ncg_cpuset_equal (set, again));
  }
}

static void
test_bad (void)
{
  static const char *const bad[] = {
    ",",          "0,",         ",0",    "0,,1", "-",    "-1",   "0-",   "3-1",
    "0-1-2",      "a",          "0x1",   "0 1",  "0, 1", "0 -1", "+1",   "8192",
    "0-8192",     "1.5",        "0-3:1", "all",  "0;1",  "0\n1", "\xff", "99999999999999999999999",
    "4294967296", "4294967297", NULL,
  };

  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *shown = ncg_error_escape (bad[i]);

    g_test_message ("%s", shown);
    g_assert_null (ncg_cpuset_parse (bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_nonnull (strstr (error->message, "below 8192"));
  }
}

static void
test_copy_and_equal (void)
{
  g_autoptr (NcgCpuset) set = parse ("0-3,7");
  g_autoptr (NcgCpuset) copy = ncg_cpuset_copy (set);
  g_autoptr (NcgCpuset) other = parse ("0-3,8");

  g_assert_true (copy != set);
  g_assert_true (ncg_cpuset_equal (set, copy));
  g_assert_false (ncg_cpuset_equal (set, other));
}

static void
test_subset (void)
{
  static const struct {
    const char *set;
    const char *of;
    gboolean is_subset;
  } rows[] = {
    { "", "", TRUE },        { "", "0", TRUE },       { "0", "", FALSE },
    { "1,3", "0-3", TRUE },  { "0-3", "1,3", FALSE }, { "0-3", "0-3", TRUE },
    { "64", "0-63", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (NcgCpuset) set = parse (rows[i].set);
    g_autoptr (NcgCpuset) of = parse (rows[i].of);
    g_assert_cmpint (ncg_cpuset_is_subset (set, of), ==, rows[i].is_subset);
  }
}

static void
test_bytes (void)
{
  static const struct {
    const char *text;
    const char *bytes;
    gsize n_bytes;
  } rows[] = {
    { "", "", 0 },          { "0", "\x01", 1 },     { "7", "\x80", 1 },
    { "0-3,7", "\x8f", 1 }, { "8", "\x00\x01", 2 }, { "0,9,16", "\x01\x02\x01", 3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (NcgCpuset) set = parse (rows[i].text);
    gsize n_bytes = 77;
    const guint8 *bytes = ncg_cpuset_to_bytes (set, &n_bytes);

    g_assert_cmpmem (bytes, n_bytes, rows[i].bytes, rows[i].n_bytes);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cpuset/parse-and-format", test_parse_and_format);
  g_test_add_func ("/cpuset/bad", test_bad);
  g_test_add_func ("/cpuset/copy-and-equal", test_copy_and_equal);
  g_test_add_func ("/cpuset/subset", test_subset);
  g_test_add_func ("/cpuset/bytes", test_bytes);
  return g_test_run ();
}
