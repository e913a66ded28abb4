/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What goes back to the kernel. With a sanitizer memory is its own.
 */
#include "daemon/memory.h"

#include <errno.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE (300 * 1024)

/* Of the code of GLib, in KiB: what is resident of it (proc_pid_smaps(5)), and its place. */
static guint64
read_code (char **ret_begin, char **ret_end)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  gboolean is_in_it = FALSE;

  g_assert_true (g_file_get_contents ("/proc/self/smaps", &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    if (strstr (lines[i], "/libglib-2.0.so") != NULL && strstr (lines[i], " r-xp ") != NULL) {
      char *end;

      *ret_begin = GSIZE_TO_POINTER ((gsize) g_ascii_strtoull (lines[i], &end, 16));
      *ret_end = GSIZE_TO_POINTER ((gsize) g_ascii_strtoull (end + 1, NULL, 16));
      is_in_it = TRUE;
    }
    if (is_in_it && g_str_has_prefix (lines[i], "Rss:"))
      return g_ascii_strtoull (g_strchug (lines[i] + 4), NULL, 10);
  }
  g_assert_not_reached ();
}

static guint
sum_pages (const char *begin, const char *end)
{
  guint sum = 0;

  for (const volatile char *page = begin; page < end; page += 4096)
    sum += (guchar) *page;
  return sum;
}

/* And it is the same when it comes back. */
static void
test_code (void)
{
  char *begin = NULL, *end = NULL;
  guint64 before;
  guint sum;

  read_code (&begin, &end);
  sum = sum_pages (begin, end);
  before = read_code (&begin, &end);
  g_assert_cmpuint (before, ==, (guint64) (end - begin) / 1024);
  memory_give_back ();
  g_assert_cmpuint (read_code (&begin, &end), <, before);
  g_assert_cmpuint (sum_pages (begin, end), ==, sum);
}

#ifndef __SANITIZE_ADDRESS__
/* mincore(2) */
static gboolean
is_mapped (gsize page)
{
  unsigned char is_resident;

  if (mincore (GSIZE_TO_POINTER (page), 1, &is_resident) == 0)
    return TRUE;
  g_assert_cmpint (errno, ==, ENOMEM);
  return FALSE;
}

/* Also after one was freed, from when on the C library would keep those of its size. */
static void
test_large (void)
{
  for (guint i = 0; i < 3; i++) {
    char *block = g_malloc (LARGE);
    gsize page = (GPOINTER_TO_SIZE (block) + LARGE / 2) & ~(gsize) 4095;

    block[0] = 'a';
    g_assert_true (is_mapped (page));
    g_free (block);
    g_assert_false (is_mapped (page));
  }
}
#endif

int
main (int argc, char **argv)
{
  memory_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/code", test_code);
#ifndef __SANITIZE_ADDRESS__
  g_test_add_func ("/memory/large", test_large);
#endif
  return g_test_run ();
}
