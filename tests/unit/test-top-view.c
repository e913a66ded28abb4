/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What top looks like.
 */
#include "cli/top-view.h"

#include "cli/width.h"

#include <string.h>

#define N_PODS 30

static void
row_free (gpointer data)
{
  TopRow *row = data;

  g_free (row->name);
  g_ptr_array_unref (row->containers);
  g_free (row);
}

static TopRow *
add (GPtrArray *rows, char *name, guint64 memory)
{
  TopRow *row = g_new0 (TopRow, 1);

  row->name = name;
  row->load.cpu = (LoadOf){ TRUE, TRUE, 120, 500 };
  row->load.memory = (LoadOf){ TRUE, FALSE, memory, 0 };
  row->load.pids = (LoadOf){ TRUE, TRUE, 3, 100 };
  row->read = (LoadOf){ TRUE, FALSE, 1024, 0 };
  row->written = (LoadOf){ TRUE, FALSE, 2048, 0 };
  row->containers = g_ptr_array_new_with_free_func (row_free);
  g_ptr_array_add (rows, row);
  return row;
}

/* "p00" to "p29"; "p00" has two containers. */
static GPtrArray *
make (guint n)
{
  GPtrArray *rows = g_ptr_array_new_with_free_func (row_free);

  for (guint i = 0; i < n; i++)
    add (rows, g_strdup_printf ("p%02u", i), 4096);
  if (n > 0) {
    add (((TopRow *) g_ptr_array_index (rows, 0))->containers, g_strdup ("app"), 1);
    add (((TopRow *) g_ptr_array_index (rows, 0))->containers, g_strdup ("web"), 1);
  }
  return rows;
}

static GArray *
make_parts (void)
{
  GArray *parts = g_array_new (FALSE, FALSE, sizeof (Part));
  const Part part = { "node", "capacity", { .cpu = { TRUE, TRUE, 1, 4000 } } };

  g_array_append_val (parts, part);
  return parts;
}

static void
assert_line (const GPtrArray *lines, guint i, const char *expected)
{
  g_assert_cmpuint (i, <, lines->len);
  g_assert_cmpstr (g_ptr_array_index (lines, i), ==, expected);
}

static const TableLook narrow = { .columns = 80, .is_utf8 = TRUE, .has_header = TRUE };

/* A screen that is too low for all. */
static void
test_fill (void)
{
  g_autoptr (GPtrArray) rows = make (N_PODS);
  const TopPicture picture = { .rows = rows };
  TopState state = { .delay_usec = 2500000, .first = 1 };
  g_autoptr (GPtrArray) lines = NULL;

  g_assert_cmpuint (top_view_count_rows (&picture), ==, N_PODS + 2);
  g_assert_cmpuint (top_view_count_places (&picture, 10), ==, 6);
  lines = top_view_fill (&picture, &state, &narrow, 10);
  g_assert_cmpuint (lines->len, ==, 10);
  g_assert_nonnull (strstr (g_ptr_array_index (lines, 0), "  30 pods: CPU 3.60, memory 120.0K, "
                                                          "pids 90; every 2.5s by CPU"));
  assert_line (lines, 1, "2 to 7 of 32");
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 2), "NAME "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 3), "├─app "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 4), "└─web "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 8), "p04 "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 9), "q quit  "));
}

/* The parts stay where they are, and one who reads sees where the pods begin. */
static void
test_parts (void)
{
  g_autoptr (GPtrArray) rows = make (N_PODS);
  g_autoptr (GArray) parts = make_parts ();
  const TopPicture picture = { .rows = rows, .parts = parts, .note = "it is gone" };
  TopState state = { .first = 5, .is_paused = TRUE, .is_reversed = TRUE };
  g_autoptr (GPtrArray) lines = top_view_fill (&picture, &state, &narrow, 12);

  g_assert_cmpuint (top_view_count_places (&picture, 12), ==, 6);
  g_assert_true (g_str_has_suffix (g_ptr_array_index (lines, 0), " by CPU reversed"));
  assert_line (lines, 1, "it is gone");
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 3), "node "));
  assert_line (lines, 4, "");
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 5), "p03 "));
  g_assert_true (g_str_has_prefix (g_ptr_array_index (lines, 10), "p08 "));
}

/* However small, no more lines than there are, and none too long. */
static void
test_small (void)
{
  g_autoptr (GPtrArray) rows = make (N_PODS);
  g_autoptr (GArray) parts = make_parts ();
  const TopPicture picture = { .rows = rows, .parts = parts };
  const TableLook look = { .columns = 20, .has_header = TRUE };
  TopState state = { 0 };

  for (guint n = 1; n < 12; n++) {
    g_autoptr (GPtrArray) lines = top_view_fill (&picture, &state, &look, n);

    g_assert_cmpuint (lines->len, ==, n);
    g_assert_cmpuint (width_of (g_ptr_array_index (lines, 0)), <=, 20);
  }
  state.shows_help = TRUE;
  for (guint n = 1; n < 40; n++) {
    g_autoptr (GPtrArray) lines = top_view_fill (&picture, &state, &narrow, n);

    g_assert_cmpuint (lines->len, <=, n);
  }
}

static void
test_paused (void)
{
  g_autoptr (GPtrArray) rows = make (2);
  const TopPicture picture = { .rows = rows };
  TopState state = { .is_paused = TRUE };
  g_autoptr (GPtrArray) lines = top_view_fill (&picture, &state, &narrow, 24);
  g_autoptr (GPtrArray) few = top_view_fill (&picture, &state, &narrow, 6);

  assert_line (lines, 1, "paused");
  assert_line (few, 1, "paused, 1 to 2 of 4");
}

static void
test_no_pods (void)
{
  g_autoptr (GPtrArray) rows = make (0);
  const TopPicture picture = { .rows = rows };
  TopState state = { 0 };
  g_autoptr (GPtrArray) lines = top_view_fill (&picture, &state, &narrow, 10);

  assert_line (lines, 2, "There are no pods.");
  g_assert_nonnull (strstr (g_ptr_array_index (lines, 0), "  0 pods: CPU -, memory -, pids -;"));
}

static void
assert_header (guint width, TopSort sort, const char *expected)
{
  g_autoptr (GPtrArray) rows = make (1);
  const TopPicture picture = { .rows = rows };
  const TableLook look = { .columns = width, .has_header = TRUE };
  TopState state = { .sort = sort };
  g_autofree char *text = top_view_format (&picture, &state, &look);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_auto (GStrv) words = g_regex_split_simple (" +", lines[1], 0, 0);
  g_autofree char *found = g_strjoinv (" ", words);

  g_assert_cmpstr (found, ==, expected);
  for (guint i = 0; width != 0 && lines[i] != NULL; i++)
    g_assert_cmpuint (width_of (lines[i]), <=, width);
}

/* The wider it is, the more there is to see. */
static void
test_columns (void)
{
  assert_header (80, TOP_SORT_CPU, "NAME CPU MEMORY PIDS");
  assert_header (80, TOP_SORT_IO, "NAME CPU MEMORY I/O/s");
  assert_header (100, TOP_SORT_IO, "NAME CPU MEMORY PIDS READ/s WRITE/s");
  assert_header (145, TOP_SORT_CPU, "NAME QOS CPU MEMORY PIDS READ/s WRITE/s");
  assert_header (0, TOP_SORT_CPU, "NAME QOS CPU MEMORY PIDS READ/s WRITE/s");
}

static void
test_format (void)
{
  g_autoptr (GPtrArray) rows = make (2);
  const TopPicture picture = { .rows = rows };
  const TableLook bare = { .columns = 80, .is_utf8 = FALSE };
  TopState state = { .sort = TOP_SORT_IO };
  g_autofree char *text = top_view_format (&picture, &state, &bare);

  g_assert_cmpstr (text, ==,
                   "p00     120m of 500m              4.0K       3.0K\n"
                   "|-app   120m of 500m                1B       3.0K\n"
                   "`-web   120m of 500m                1B       3.0K\n"
                   "p01     120m of 500m              4.0K       3.0K\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/top-view/fill", test_fill);
  g_test_add_func ("/top-view/parts", test_parts);
  g_test_add_func ("/top-view/small", test_small);
  g_test_add_func ("/top-view/paused", test_paused);
  g_test_add_func ("/top-view/no-pods", test_no_pods);
  g_test_add_func ("/top-view/columns", test_columns);
  g_test_add_func ("/top-view/format", test_format);
  return g_test_run ();
}
