/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each kill is told once, of the container that it was in.
 */
#include "daemon/policy/oom-told.h"

#include <stdlib.h>

/* What the kernel counts: "TOTAL LEAF=N LEAF=N"; without a total over all "=TOTAL …". */
static void
parse_count (const char *text, NcgOomCount *count)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);

  count->has_total = text[0] != '=';
  count->total = strtoull (words[0] + (count->has_total ? 0 : 1), NULL, 10);
  count->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 1; words[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (words[i], "=", 2);

    g_hash_table_insert (count->leaves, g_strdup (parts[0]),
                         GSIZE_TO_POINTER ((gsize) strtoull (parts[1], NULL, 10)));
  }
}

static void
assert_told (OomTold *told, const char *count, const char *expected)
{
  g_auto (NcgOomCount) now = { 0 };
  g_autoptr (GPtrArray) kills = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  parse_count (count, &now);
  kills = oom_told_compare (told, &now);
  for (guint i = 0; i < kills->len; i++) {
    const OomKill *kill = g_ptr_array_index (kills, i);

    g_string_append_printf (text, "%s%s=%" G_GUINT64_FORMAT, i > 0 ? " " : "", kill->leaf,
                            kill->kills);
  }
  g_test_message ("%s", count);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_leaves (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "0", "");
  assert_told (&told, "0 a=0 b=0", "");
  assert_told (&told, "1 a=1 b=0", "a=1");
  assert_told (&told, "1 a=1 b=0", "");
  assert_told (&told, "6 a=2 b=4", "a=1 b=4");
  assert_told (&told, "6 a=2 b=4 c=0", "");
  assert_told (&told, "7 a=2 b=4 c=1", "c=1");
}

/* What was before somebody looked for the first time is nobody's business. */
static void
test_begin (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "7 a=3", "");
  assert_told (&told, "8 a=4", "a=1");
}

/* One that has come is named, though it is gone before anybody looked at it. */
static void
test_added (void)
{
  g_auto (OomTold) told = { 0 };

  oom_told_add_leaf (&told, "a");
  assert_told (&told, "1 a=1", "");
  oom_told_add_leaf (&told, "a");
  assert_told (&told, "2 a=2", "a=1");
  oom_told_add_leaf (&told, "b");
  assert_told (&told, "3 a=2", "b=1");
  assert_told (&told, "3 a=2", "");
}

/* A container that is gone is told of by the pod's count. */
static void
test_gone (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "0 a=0 b=0", "");
  assert_told (&told, "1 b=0", "a=1");
  assert_told (&told, "1 b=0", "");
  /* One that has never been seen, or two of which it may have been either. */
  assert_told (&told, "2 b=0", "=1");
  assert_told (&told, "2 b=0 c=0", "");
  assert_told (&told, "3", "=1");
  /* One that is there, and one that is gone. */
  assert_told (&told, "3 d=0 e=0", "");
  assert_told (&told, "6 e=2", "d=1 e=2");
}

static void
test_made_anew (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "0 a=0", "");
  assert_told (&told, "2 a=2", "a=2");
  assert_told (&told, "3 a=1", "a=1");
  /* The pod, too. */
  assert_told (&told, "1 a=1", "a=1");
  assert_told (&told, "0", "");
  assert_told (&told, "1 a=1", "a=1");
}

/* The kernel counts in the leaf first. */
static void
test_in_between (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "0 a=0", "");
  assert_told (&told, "0 a=1", "");
  assert_told (&told, "1 a=1", "a=1");
  assert_told (&told, "1 a=1", "");
}

/* Each counts its own, and it goes with it. */
static void
test_v1 (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "=0 a=0 b=0", "");
  assert_told (&told, "=0 a=1 b=2", "a=1 b=2");
  assert_told (&told, "=3 a=1", "=3");
  assert_told (&told, "=3 a=1 b=1", "b=1");
  assert_told (&told, "=3", "");
}

static void
reload (OomTold *told)
{
  g_autoptr (GVariant) saved = g_variant_ref_sink (oom_told_save (told));
  g_autofree char *text = g_variant_print (saved, FALSE);

  g_test_message ("%s", text);
  oom_told_clear (told);
  *told = (OomTold){ 0 };
  oom_told_load (told, saved);
}

static void
test_restart (void)
{
  g_auto (OomTold) told = { 0 };

  assert_told (&told, "0 a=0", "");
  assert_told (&told, "3 a=3", "a=3");
  reload (&told);
  assert_told (&told, "3 a=3 b=0", "");
  reload (&told);
  assert_told (&told, "5 a=4 b=1", "a=1 b=1");
  reload (&told);
  /* Who was there meanwhile is not known. */
  assert_told (&told, "7 b=1", "=2");
  reload (&told);
  assert_told (&told, "7 b=1", "");
}

/* What was never looked at has begun as well, once it was saved. */
static void
test_restart_at_once (void)
{
  g_auto (OomTold) told = { 0 };

  reload (&told);
  assert_told (&told, "1 a=1", "a=1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oom-told/leaves", test_leaves);
  g_test_add_func ("/oom-told/begin", test_begin);
  g_test_add_func ("/oom-told/added", test_added);
  g_test_add_func ("/oom-told/gone", test_gone);
  g_test_add_func ("/oom-told/made-anew", test_made_anew);
  g_test_add_func ("/oom-told/in-between", test_in_between);
  g_test_add_func ("/oom-told/v1", test_v1);
  g_test_add_func ("/oom-told/restart", test_restart);
  g_test_add_func ("/oom-told/restart-at-once", test_restart_at_once);
  return g_test_run ();
}
