/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cpu.shares of cgroup v1 (2 to 262144, 1024 by default) and cpu.weight of v2 (1 to 10000, 100 by
 * default). Three formulas are in use, and they give a container of 1024 shares the weights 100, 39
 * and 100; of 102 shares 9, 4 and 17.
 */
#pragma once

#include <glib.h>

#define NCG_SHARES_MIN 2u
#define NCG_SHARES_MAX 262144u
#define NCG_SHARES_DEFAULT 1024u

typedef enum {
  NCG_SHARES_PROPORTIONAL, /* shares × 100 / 1024: systemd, cgroup_cpu_shares_to_weight() */
  NCG_SHARES_KUBELET,      /* 1 + (shares - 2) × 9999 / 262142: the kubelet's getCPUWeight(), and
                              container runtimes before 2025: the ends meet, the defaults do not */
  NCG_SHARES_RUNC, /* 10^((L² + 125 L) / 612 - 7 / 34) rounded up, L = log2(shares): runc from 1.3.2
                      and crun from 1.23: ends and defaults meet */
} NcgSharesFormula;

/* "proportional", "kubelet", "runc" */
const char *ncg_shares_formula_to_string (NcgSharesFormula formula);
gboolean ncg_shares_formula_from_string (const char *text, NcgSharesFormula *ret_formula);

/* Whole numbers, rounded as the formula's own program does, within the range of the result; what is
 * out of the range of the argument is taken for the nearest that is not. That some programs take 0
 * for "not set" is for the caller to know. */
guint64 ncg_shares_to_weight (NcgSharesFormula formula, guint64 shares);

/* The inverse: for the runc formula, which has none of its own, the least shares of that weight or
 * more. */
guint64 ncg_shares_from_weight (NcgSharesFormula formula, guint64 weight);
