/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures for people.
 */
#include "cli/human.h"

typedef char *(*Format) (guint64 number);

static const struct {
  Format format;
  guint64 number;
  const char *text;
} rows[] = {
  { human_bytes, 0, "0B" },
  { human_bytes, 1023, "1023B" },
  { human_bytes, 1024, "1.0K" },
  { human_bytes, 1024 * 1024 - 1, "1023.9K" },
  { human_bytes, 129394279, "123.4M" },
  { human_bytes, G_GUINT64_CONSTANT (8) << 30, "8.0G" },
  { human_bytes, G_MAXUINT64, "15.9E" },
  { human_millicores, 0, "0m" },
  { human_millicores, 999, "999m" },
  { human_millicores, 1000, "1.00" },
  { human_millicores, 1509, "1.50" },
  { human_millicores, 64000, "64.00" },
  { human_usec, 0, "0us" },
  { human_usec, 999, "999us" },
  { human_usec, 1000, "1ms" },
  { human_usec, 999999, "999ms" },
  { human_usec, 1234567, "1.234s" },
  { human_usec, 59999999, "59.999s" },
  { human_usec, 60000000, "1min" },
  { human_usec, 123000000, "2min 3s" },
  { human_usec, G_GUINT64_CONSTANT (3723000000), "1h 2min" },
  { human_usec, G_GUINT64_CONSTANT (90000000000), "1d 1h" },
  { human_usec, G_GUINT64_CONSTANT (8640000000000), "100d" },
};

static void
test_rows (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *text = rows[i].format (rows[i].number);

    g_assert_cmpstr (text, ==, rows[i].text);
  }
}

static void
test_percent (void)
{
  g_autofree char *third = human_percent (1, 3);
  g_autofree char *over = human_percent (3, 2);
  g_autofree char *most = human_percent (G_MAXUINT64, G_MAXUINT64);
  g_autofree char *none = human_percent (1, 0);

  g_assert_cmpstr (third, ==, "33%");
  g_assert_cmpstr (over, ==, "150%");
  g_assert_cmpstr (most, ==, "100%");
  g_assert_cmpstr (none, ==, "-");
}

static void
test_moment (void)
{
  g_autofree char *moment = NULL;
  g_autofree char *beyond = human_moment (G_MAXUINT64);

  g_setenv ("TZ", "UTC", TRUE);
  moment = human_moment (G_GUINT64_CONSTANT (1795965151000000));
  g_assert_cmpstr (moment, ==, "Sun 2026-11-29 15:12:31 UTC");
  g_assert_cmpstr (beyond, ==, "-");
}

static void
test_ago (void)
{
  static const struct {
    guint64 usec;
    const char *text;
  } ages[] = {
    { 0, "just now" },       { 999999, "just now" },   { 1999999, "1s ago" },
    { 59999999, "59s ago" }, { 60000000, "1min ago" }, { 182900000, "3min 2s ago" },
  };
  const guint64 now = G_GUINT64_CONSTANT (1795965151000000);
  g_autofree char *future = human_ago (now + 5000000, now);

  for (gsize i = 0; i < G_N_ELEMENTS (ages); i++) {
    g_autofree char *text = human_ago (now - ages[i].usec, now);

    g_assert_cmpstr (text, ==, ages[i].text);
  }
  g_assert_cmpstr (future, ==, "just now");
}

static void
test_of (void)
{
  g_autofree char *with = human_of ("3", "100");
  g_autofree char *without = human_of ("3", NULL);

  g_assert_cmpstr (with, ==, "3 of 100");
  g_assert_cmpstr (without, ==, "3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/human/rows", test_rows);
  g_test_add_func ("/human/percent", test_percent);
  g_test_add_func ("/human/moment", test_moment);
  g_test_add_func ("/human/ago", test_ago);
  g_test_add_func ("/human/of", test_of);
  return g_test_run ();
}
