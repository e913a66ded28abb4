/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU shares and weights, by each of the formulas.
 */
#include "lib/shares.h"

static void
test_names (void)
{
  for (int i = 0; i <= NCG_SHARES_RUNC; i++) {
    NcgSharesFormula formula;

    g_assert_true (ncg_shares_formula_from_string (
        ncg_shares_formula_to_string ((NcgSharesFormula) i), &formula));
    g_assert_cmpint ((int) formula, ==, i);
  }
  g_assert_false (ncg_shares_formula_from_string ("", &(NcgSharesFormula){ 0 }));
  g_assert_false (ncg_shares_formula_from_string ("Runc", &(NcgSharesFormula){ 0 }));
}

/* By formula. The shares of 10 to 16000 millicores are those of the kubelet's own table. */
static const struct {
  guint64 shares;
  guint64 weights[3];
} to_weights[] = {
  { 0, { 1, 1, 1 } },
  { 1, { 1, 1, 1 } },
  { 2, { 1, 1, 1 } },
  { 3, { 1, 1, 2 } },
  { 10, { 1, 1, 4 } },
  { 20, { 1, 1, 6 } },
  { 21, { 2, 1, 6 } },
  { 28, { 2, 1, 7 } },
  { 29, { 2, 2, 7 } },
  { 51, { 4, 2, 11 } },
  { 102, { 9, 4, 17 } },
  { 256, { 25, 10, 35 } },
  { 512, { 50, 20, 59 } },
  { 1023, { 99, 39, 100 } },
  { 1024, { 100, 39, 100 } },
  { 1025, { 100, 40, 101 } },
  { 4096, { 400, 157, 303 } },
  { 16384, { 1600, 625, 942 } },
  { 102400, { 10000, 3906, 4429 } },
  { 262143, { 10000, 9999, 10000 } },
  { 262144, { 10000, 10000, 10000 } },
  { 262145, { 10000, 10000, 10000 } },
  { G_MAXUINT64, { 10000, 10000, 10000 } },
};

static void
test_to_weight (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (to_weights); i++)
    for (int j = 0; j <= NCG_SHARES_RUNC; j++) {
      g_test_message ("%" G_GUINT64_FORMAT " %s", to_weights[i].shares,
                      ncg_shares_formula_to_string ((NcgSharesFormula) j));
      g_assert_cmpuint (ncg_shares_to_weight ((NcgSharesFormula) j, to_weights[i].shares), ==,
                        to_weights[i].weights[j]);
    }
}

static const struct {
  guint64 weight;
  guint64 shares[3];
} from_weights[] = {
  { 0, { 10, 2, 2 } },
  { 1, { 10, 2, 2 } },
  { 2, { 20, 28, 3 } },
  { 39, { 399, 998, 295 } },
  { 100, { 1024, 2597, 1012 } },
  { 9999, { 102389, 262117, 262085 } },
  { 10000, { 102400, 262144, 262115 } },
  { 10001, { 102400, 262144, 262115 } },
  { G_MAXUINT64, { 102400, 262144, 262115 } },
};

static void
test_from_weight (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (from_weights); i++)
    for (int j = 0; j <= NCG_SHARES_RUNC; j++) {
      g_test_message ("%" G_GUINT64_FORMAT " %s", from_weights[i].weight,
                      ncg_shares_formula_to_string ((NcgSharesFormula) j));
      g_assert_cmpuint (ncg_shares_from_weight ((NcgSharesFormula) j, from_weights[i].weight), ==,
                        from_weights[i].shares[j]);
    }
}

/* More shares are never less weight, all are within the range, and the runc formula's inverse is
 * exact wherever there are shares of a weight. */
static void
test_all (void)
{
  for (int j = 0; j <= NCG_SHARES_RUNC; j++) {
    guint64 before = 1;

    for (guint64 shares = 0; shares <= NCG_SHARES_MAX + 2; shares++) {
      guint64 weight = ncg_shares_to_weight ((NcgSharesFormula) j, shares);

      g_assert_cmpuint (weight, >=, before);
      g_assert_cmpuint (weight, <=, 10000);
      if (j == NCG_SHARES_RUNC && weight > before && shares > NCG_SHARES_MIN)
        g_assert_cmpuint (ncg_shares_from_weight (NCG_SHARES_RUNC, weight), ==, shares);
      before = weight;
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shares/names", test_names);
  g_test_add_func ("/shares/to-weight", test_to_weight);
  g_test_add_func ("/shares/from-weight", test_from_weight);
  g_test_add_func ("/shares/all", test_all);
  return g_test_run ();
}
