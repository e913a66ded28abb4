/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of problems: its order, its carets, and its end.
 */
#include "daemon/config/report.h"
#include "lib/error.h"

#include <string.h>

static char *
finish (ConfigReport *report)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (config_report_check (report, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  return g_strdup (error->message);
}

static void
test_none (void)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (config_report_check (report, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (config_report_get_length (report), ==, 0);
}

/* By file, line and column, whatever comes first; at one place as they came. */
static void
test_order (void)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autoptr (ConfigSource) first = config_source_new ("/z", "a: b\nc: d\n", -1, 1);
  g_autoptr (ConfigSource) second = config_source_new ("/a", "x\n", -1, 2);
  g_autoptr (ConfigSource) option = config_source_new ("--b", NULL, 0, G_MAXUINT);
  g_autofree char *text = NULL;

  config_report_add (report, &(ConfigPlace){ option, 0, 0 }, "k", "v", "six");
  config_report_add (report, &(ConfigPlace){ second, 1, 1 }, NULL, NULL, "five");
  config_report_add (report, &(ConfigPlace){ first, 2, 4 }, "c", "d", "three");
  config_report_add (report, &(ConfigPlace){ first, 2, 4 }, "c", NULL, "four");
  config_report_add (report, &(ConfigPlace){ first, 1, 4 }, "a", "b", "%s", "two");
  config_report_add (report, &(ConfigPlace){ first, 1, 1 }, "a", NULL, "one");
  text = finish (report);
  g_assert_cmpstr (text, ==,
                   "/z:1:1: a: one\n    1 | a: b\n      | ^\n"
                   "/z:1:4: a is \"b\": two\n    1 | a: b\n      |    ^\n"
                   "/z:2:4: c is \"d\": three\n    2 | c: d\n      |    ^\n"
                   "/z:2:4: c: four\n    2 | c: d\n      |    ^\n"
                   "/a:1:1: five\n    1 | x\n      | ^\n"
                   "--b: k is \"v\": six");
}

/* A caret stands below its character, not its byte; a tab is as wide as any other. */
static void
test_caret (void)
{
  g_autoptr (ConfigSource) source = config_source_new ("f", "\303\244\tb\r\n", -1, 1);
  g_autofree char *caret = config_place_format_caret (&(ConfigPlace){ source, 1, 3 });
  g_autofree char *beyond = config_place_format_caret (&(ConfigPlace){ source, 3, 1 });

  g_assert_cmpstr (caret, ==, "\n    1 | \303\244 b\n      |   ^");
  g_assert_null (beyond);
}

static void
test_long_line (void)
{
  g_autofree char *line = g_strnfill (5000, 'x');
  g_autoptr (ConfigSource) source = config_source_new ("f", line, -1, 1);
  g_autofree char *caret = config_place_format_caret (&(ConfigPlace){ source, 1, 4000 });
  const char *second = strchr (caret + 1, '\n');

  g_assert_cmpuint (strlen (caret), <, 200);
  g_assert_cmpstr (strchr (second, '^'), ==, "^");
  g_assert_cmpint ((int) (strchr (second, '^') - second), ==, (int) strlen ("\n      | ") + 59);
}

/* Any bytes in the value. */
static void
test_value (void)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autofree char *text = NULL;

  config_report_add (report, &(ConfigPlace){ 0 }, "a\n", "\x1b\"\xff", "no");
  text = finish (report);
  g_assert_cmpstr (text, ==, "default: a\\x0a is \"\\x1b\\x22\\xff\": no");
}

static void
test_many (void)
{
  g_autoptr (ConfigReport) report = config_report_new ();
  g_autofree char *text = NULL;

  for (guint i = 0; i < CONFIG_REPORT_MAX + 7; i++)
    config_report_add (report, &(ConfigPlace){ 0 }, NULL, NULL, "p");
  g_assert_cmpuint (config_report_get_length (report), ==, CONFIG_REPORT_MAX + 7);
  text = finish (report);
  g_assert_true (g_str_has_suffix (text, "\nand 7 more problems"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-report/none", test_none);
  g_test_add_func ("/config-report/order", test_order);
  g_test_add_func ("/config-report/caret", test_caret);
  g_test_add_func ("/config-report/long-line", test_long_line);
  g_test_add_func ("/config-report/value", test_value);
  g_test_add_func ("/config-report/many", test_many);
  return g_test_run ();
}
