/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU shares and weights.
 */
#include "lib/shares.h"

#include <math.h>

#define WEIGHT_MIN 1u
#define WEIGHT_MAX 10000u
#define WEIGHT_DEFAULT 100u
#define SHARES_RANGE (NCG_SHARES_MAX - NCG_SHARES_MIN)
#define WEIGHT_RANGE (WEIGHT_MAX - WEIGHT_MIN)

static guint64
proportional_to_weight (guint64 shares)
{
  return shares * WEIGHT_DEFAULT / NCG_SHARES_DEFAULT;
}

static guint64
proportional_from_weight (guint64 weight)
{
  return weight * NCG_SHARES_DEFAULT / WEIGHT_DEFAULT;
}

static guint64
kubelet_to_weight (guint64 shares)
{
  return WEIGHT_MIN + (shares - NCG_SHARES_MIN) * WEIGHT_RANGE / SHARES_RANGE;
}

static guint64
kubelet_from_weight (guint64 weight)
{
  return NCG_SHARES_MIN + (weight - WEIGHT_MIN) * SHARES_RANGE / WEIGHT_RANGE;
}

/* The ends are exact by themselves, where rounding up what log2() and pow() give need not be. */
static guint64
runc_to_weight (guint64 shares)
{
  double l = log2 ((double) shares);

  if (shares == NCG_SHARES_MIN)
    return WEIGHT_MIN;
  if (shares == NCG_SHARES_MAX)
    return WEIGHT_MAX;
  return (guint64) ceil (pow (10, (l * l + 125 * l) / 612.0 - 7.0 / 34.0));
}

static guint64
runc_from_weight (guint64 weight)
{
  guint64 low = NCG_SHARES_MIN, high = NCG_SHARES_MAX;

  while (low < high) {
    guint64 middle = (low + high) / 2;

    if (runc_to_weight (middle) < weight)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct {
  const char *name;
  guint64 (*to_weight) (guint64 shares);
  guint64 (*from_weight) (guint64 weight);
} formulas[] = {
  [NCG_SHARES_PROPORTIONAL] = { "proportional", proportional_to_weight, proportional_from_weight },
  [NCG_SHARES_KUBELET] = { "kubelet", kubelet_to_weight, kubelet_from_weight },
  [NCG_SHARES_RUNC] = { "runc", runc_to_weight, runc_from_weight },
};

const char *
ncg_shares_formula_to_string (NcgSharesFormula formula)
{
  return formulas[formula].name;
}

gboolean
ncg_shares_formula_from_string (const char *text, NcgSharesFormula *ret_formula)
{
  for (gsize i = 0; i < G_N_ELEMENTS (formulas); i++) {
    if (g_str_equal (text, formulas[i].name)) {
      *ret_formula = (NcgSharesFormula) i;
      return TRUE;
    }
  }
  return FALSE;
}

guint64
ncg_shares_to_weight (NcgSharesFormula formula, guint64 shares)
{
  guint64 weight = formulas[formula].to_weight (CLAMP (shares, NCG_SHARES_MIN, NCG_SHARES_MAX));

  return CLAMP (weight, WEIGHT_MIN, WEIGHT_MAX);
}

guint64
ncg_shares_from_weight (NcgSharesFormula formula, guint64 weight)
{
  guint64 shares = formulas[formula].from_weight (CLAMP (weight, WEIGHT_MIN, WEIGHT_MAX));

  return CLAMP (shares, NCG_SHARES_MIN, NCG_SHARES_MAX);
}
