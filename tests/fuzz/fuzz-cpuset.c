/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lists of CPUs: each is taken as a second, simple reader takes it; the canonical list is the same
 * set; and sets are sets.
 */
#include "lib/cpuset.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static NcgCpuset *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  NcgCpuset *set = ncg_cpuset_parse (text, &error);

  fuzz_check_result (set != NULL, &error);
  return set;
}

static gboolean
read_number (const char *text, guint64 *ret_number)
{
  return g_ascii_isdigit (text[0]) &&
         g_ascii_string_to_unsigned (text, 10, 0, NCG_CPUSET_MAX - 1, ret_number, NULL);
}

/* "3" or "0-3", which sets the members in @bits. */
static gboolean
read_range (const char *text, guint8 *bits)
{
  g_auto (GStrv) ends = g_strsplit (text, "-", 2);
  guint64 first, last;

  if (ends[0] == NULL || !read_number (ends[0], &first))
    return FALSE;
  last = first;
  if ((ends[1] != NULL && !read_number (ends[1], &last)) || last < first)
    return FALSE;
  memset (bits + first, 1, last - first + 1);
  return TRUE;
}

/* The second reader. */
static gboolean
read_list (const char *text, guint8 *bits)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  g_auto (GStrv) ranges = g_strsplit (stripped, ",", -1);

  for (guint i = 0; ranges[i] != NULL; i++)
    if (!read_range (ranges[i], bits))
      return FALSE;
  return TRUE;
}

static void
check_members (const NcgCpuset *set, const guint8 *bits)
{
  gsize n_bytes;
  const guint8 *bytes = ncg_cpuset_to_bytes (set, &n_bytes);
  guint count = 0;

  g_assert_true (n_bytes == 0 || bytes[n_bytes - 1] != 0);
  for (gsize i = 0; i < NCG_CPUSET_MAX; i++) {
    gboolean has = i / 8 < n_bytes && (bytes[i / 8] >> (i % 8) & 1) != 0;

    g_assert_cmpint (has, ==, bits[i]);
    count += has;
  }
  g_assert_cmpuint (ncg_cpuset_count (set), ==, count);
  g_assert_cmpint (ncg_cpuset_is_empty (set), ==, count == 0);
}

static void
check_canonical (const NcgCpuset *set)
{
  g_autofree char *list = ncg_cpuset_format (set);
  g_autoptr (NcgCpuset) again = parse (list);
  g_autoptr (NcgCpuset) copy = ncg_cpuset_copy (set);
  g_autofree char *list_again = NULL;

  g_assert_nonnull (again);
  g_assert_true (ncg_cpuset_equal (set, again));
  g_assert_true (ncg_cpuset_equal (set, copy));
  list_again = ncg_cpuset_format (again);
  g_assert_cmpstr (list, ==, list_again);
}

/* Two lists joined are the union of the two sets. */
static void
check_union (const char *left_text, const char *right_text)
{
  g_autoptr (NcgCpuset) left = parse (left_text);
  g_autoptr (NcgCpuset) right = parse (right_text);
  g_autofree char *left_list = left != NULL ? ncg_cpuset_format (left) : NULL;
  g_autofree char *right_list = right != NULL ? ncg_cpuset_format (right) : NULL;
  g_autofree char *joined = NULL;
  g_autoptr (NcgCpuset) both = NULL;

  if (left == NULL || right == NULL || left_list[0] == '\0' || right_list[0] == '\0')
    return;
  joined = g_strconcat (left_list, ",", right_list, NULL);
  both = parse (joined);
  g_assert_nonnull (both);
  g_assert_true (ncg_cpuset_is_subset (left, both));
  g_assert_true (ncg_cpuset_is_subset (right, both));
  g_assert_cmpint (ncg_cpuset_is_subset (left, right), ==, ncg_cpuset_equal (both, right));
  g_assert_cmpuint (ncg_cpuset_count (both), <=,
                    ncg_cpuset_count (left) + ncg_cpuset_count (right));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_autoptr (NcgCpuset) set = parse (text);
  guint8 bits[NCG_CPUSET_MAX] = { 0 };
  char *second = strchr (text, '\n');

  g_assert_cmpint (read_list (text, bits), ==, set != NULL);
  if (set != NULL) {
    check_members (set, bits);
    check_canonical (set);
  }
  if (second != NULL) {
    *second++ = '\0';
    check_union (text, second);
  }
  return 0;
}
