/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sizes of huge pages.
 */
#include "lib/page-size.h"

static void
test_sizes (void)
{
  static const struct {
    guint64 bytes;
    const char *kernel;
    const char *kubernetes;
  } cases[] = {
    { 16384, "16KB", "16Ki" },    { 65536, "64KB", "64Ki" },
    { 524288, "512KB", "512Ki" }, { 1048576, "1MB", "1Mi" },
    { 2097152, "2MB", "2Mi" },    { 536870912, "512MB", "512Mi" },
    { 1073741824, "1GB", "1Gi" }, { G_GUINT64_CONSTANT (17179869184), "16GB", "16Gi" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = ncg_page_size_format (cases[i].bytes);
    g_autofree char *plain = g_strdup_printf ("%" G_GUINT64_FORMAT, cases[i].bytes);
    const char *const forms[] = { cases[i].kernel, cases[i].kubernetes, plain };

    g_assert_cmpstr (text, ==, cases[i].kernel);
    for (gsize j = 0; j < G_N_ELEMENTS (forms); j++) {
      guint64 bytes = 0;

      g_assert_true (ncg_page_size_parse (forms[j], &bytes));
      g_assert_cmpuint (bytes, ==, cases[i].bytes);
    }
  }
}

static void
test_refused (void)
{
  static const char *const cases[] = { "",     "MB", "2 MB", "0MB", "-2MB", "2mb",          "3MB",
                                       "0",    "-1", "2M",   "3Mi", "1e3",  "9999999999GB", "max",
                                       "2Mib", "1",  "512" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint64 bytes;

    g_test_message ("%s", cases[i]);
    g_assert_false (ncg_page_size_parse (cases[i], &bytes));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/page-size/sizes", test_sizes);
  g_test_add_func ("/page-size/refused", test_refused);
  return g_test_run ();
}
