/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables for people.
 */
#include "cli/table.h"

static const TableColumn columns[] = {
  { "NAME", TABLE_SHRINKS },
  { "SIZE", TABLE_RIGHT },
  { "STATE", TABLE_LEFT },
};

static const TableLook plain = { .has_header = TRUE, .is_utf8 = TRUE };

static Table *
make (void)
{
  Table *table = table_new (columns, G_N_ELEMENTS (columns));

  table_add (table, STYLE_PLAIN, "a");
  table_take (table, STYLE_WARN, g_strdup ("12345"));
  table_add (table, STYLE_GOOD, "active");
  table_add (table, STYLE_PLAIN, "日本語-and-more");
  table_add (table, STYLE_PLAIN, "7");
  table_add (table, STYLE_DIM, "");
  return table;
}

static void
assert_format (const Table *table, TableLook look, const char *expected)
{
  g_autofree char *text = table_format (table, &look);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_plain (void)
{
  g_autoptr (Table) table = make ();
  TableLook look = plain;

  g_assert_cmpuint (table_count_rows (table), ==, 2);
  assert_format (table, look,
                 "NAME              SIZE  STATE\n"
                 "a                12345  active\n"
                 "日本語-and-more      7\n");
  look.has_header = FALSE;
  look.indent = 2;
  assert_format (table, look,
                 "  a                12345  active\n"
                 "  日本語-and-more      7\n");
}

/* Escape sequences take no column. */
static void
test_colors (void)
{
  g_autoptr (Table) table = make ();
  TableLook look = plain;

  look.has_colors = TRUE;
  assert_format (table, look,
                 "\033[1mNAME\033[0m              \033[1mSIZE\033[0m  \033[1mSTATE\033[0m\n"
                 "a                \033[33m12345\033[0m  \033[32mactive\033[0m\n"
                 "日本語-and-more      7\n");
}

static void
test_narrow (void)
{
  g_autoptr (Table) table = make ();
  TableLook look = plain;

  look.columns = 25;
  assert_format (table, look,
                 "NAME         SIZE  STATE\n"
                 "a           12345  active\n"
                 "日本語-an…      7\n");
  look.is_utf8 = FALSE;
  assert_format (table, look,
                 "NAME         SIZE  STATE\n"
                 "a           12345  active\n"
                 "日本語-...      7\n");
  /* Some of it stays, in any case. */
  look.columns = 5;
  look.is_utf8 = TRUE;
  assert_format (table, look,
                 "NAME       SIZE  STATE\n"
                 "a         12345  active\n"
                 "日本語-…      7\n");
}

/* The last gives way first, and the others to what is left. */
static void
test_narrow_several (void)
{
  static const TableColumn several[] = {
    { "UID", TABLE_SHRINKS },
    { "N", TABLE_LEFT },
    { "UNIT", TABLE_SHRINKS_FRONT },
  };
  g_autoptr (Table) table = table_new (several, G_N_ELEMENTS (several));
  TableLook look = { .is_utf8 = TRUE };

  table_add (table, STYLE_PLAIN, "abcdefghijklmnopqrst");
  table_add (table, STYLE_PLAIN, "1");
  table_add (table, STYLE_PLAIN, "machine-abcdefghijklmnopqrst.slice");
  look.columns = 50;
  assert_format (table, look, "abcdefghijklmnopqrst  1  …cdefghijklmnopqrst.slice\n");
  look.columns = 40;
  assert_format (table, look, "abcdefghij…  1  …defghijklmnopqrst.slice\n");
}

/* What is shown again and again stays where it is. */
static void
test_least (void)
{
  static const TableColumn wide[] = { { "NAME", TABLE_LEFT, 6 }, { "N", TABLE_RIGHT, 4 } };
  g_autoptr (Table) table = table_new (wide, G_N_ELEMENTS (wide));

  table_add (table, STYLE_PLAIN, "a");
  table_add (table, STYLE_PLAIN, "1");
  assert_format (table, plain, "NAME       N\na          1\n");
  table_add (table, STYLE_PLAIN, "longer-name");
  table_add (table, STYLE_PLAIN, "12345");
  assert_format (table, plain,
                 "NAME             N\n"
                 "a                1\n"
                 "longer-name  12345\n");
}

static void
test_none (void)
{
  g_autoptr (Table) table = table_new (columns, G_N_ELEMENTS (columns));

  assert_format (table, plain, "");
}

/* What others called something moves no cursor. */
static void
test_control (void)
{
  g_autoptr (Table) table = table_new (columns, 1);
  TableLook look = plain;

  look.has_header = FALSE;
  table_add (table, STYLE_PLAIN, "a\033[2Jb\nc");
  assert_format (table, look, "a\\x1b[2Jb c\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/table/plain", test_plain);
  g_test_add_func ("/table/colors", test_colors);
  g_test_add_func ("/table/narrow", test_narrow);
  g_test_add_func ("/table/narrow/several", test_narrow_several);
  g_test_add_func ("/table/least", test_least);
  g_test_add_func ("/table/none", test_none);
  g_test_add_func ("/table/control", test_control);
  return g_test_run ();
}
