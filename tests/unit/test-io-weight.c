/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights of block I/O.
 */
#include "lib/io-weight.h"

typedef struct {
  guint64 from;
  guint64 to;
} Pair;

static void
check (guint64 (*convert) (guint64), const Pair *pairs, gsize n_pairs)
{
  for (gsize i = 0; i < n_pairs; i++)
    g_assert_cmpuint (convert (pairs[i].from), ==, pairs[i].to);
}

static void
test_blkio (void)
{
  static const Pair to[] = { { 0, 10 },
                             { 1, 10 },
                             { 2, 10 },
                             { 3, 15 },
                             { 100, 500 },
                             { 199, 995 },
                             { 200, 1000 },
                             { 201, 1000 },
                             { 10000, 1000 },
                             { 10001, 1000 },
                             { G_MAXUINT64, 1000 } };
  static const Pair from[] = { { 0, 2 },      { 10, 2 },     { 14, 2 },
                               { 15, 3 },     { 500, 100 },  { 999, 199 },
                               { 1000, 200 }, { 1001, 200 }, { G_MAXUINT64, 200 } };

  check (ncg_io_weight_to_blkio, to, G_N_ELEMENTS (to));
  check (ncg_io_weight_from_blkio, from, G_N_ELEMENTS (from));
}

static void
test_oci (void)
{
  static const Pair from[] = { { 0, 1 },        { 10, 1 },       { 11, 11 },
                               { 100, 910 },    { 500, 4950 },   { 999, 9989 },
                               { 1000, 10000 }, { 1001, 10000 }, { G_MAXUINT64, 10000 } };

  check (ncg_io_weight_from_oci, from, G_N_ELEMENTS (from));
}

static void
test_bfq (void)
{
  static const Pair to[] = { { 0, 1 },      { 1, 1 },        { 99, 99 },           { 100, 100 },
                             { 101, 100 },  { 111, 101 },    { 200, 109 },         { 500, 136 },
                             { 9999, 999 }, { 10000, 1000 }, { G_MAXUINT64, 1000 } };
  static const Pair from[] = { { 0, 1 },        { 1, 1 },        { 100, 100 },
                               { 101, 111 },    { 500, 4500 },   { 999, 9989 },
                               { 1000, 10000 }, { 1001, 10000 }, { G_MAXUINT64, 10000 } };

  check (ncg_io_weight_to_bfq, to, G_N_ELEMENTS (to));
  check (ncg_io_weight_from_bfq, from, G_N_ELEMENTS (from));
  for (guint64 bfq = 1; bfq <= 1000; bfq++)
    g_assert_cmpuint (ncg_io_weight_to_bfq (ncg_io_weight_from_bfq (bfq)), ==, bfq);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io-weight/blkio", test_blkio);
  g_test_add_func ("/io-weight/oci", test_oci);
  g_test_add_func ("/io-weight/bfq", test_bfq);
  return g_test_run ();
}
