/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sums that are kept: the same as those that are made anew, after whatever.
 */
#include "daemon/policy/demand-sums.h"

#define N_PODS 40
#define N_STEPS 20000

typedef struct {
  Spec spec;
  QosClass qos;
  gboolean is_there;
  DemandShare share;
} Item;

/* Large ones as well, of which a few are more than 64 bits. */
static guint64
random_bytes (void)
{
  static const guint64 some[] = { 0, 1, 4096, G_MAXUINT64, G_MAXUINT64 - 1, 1ULL << 63 };
  guint32 choice = g_test_rand_int_range (0, 2 * (gint32) G_N_ELEMENTS (some));

  return choice < G_N_ELEMENTS (some) ? some[choice] : (guint32) g_test_rand_int ();
}

static void
set_randomly (Spec *spec)
{
  spec->set = (1u << SPEC_MEMORY_MIN) | (1u << SPEC_CPU_REQUEST);
  if (g_test_rand_bit ())
    spec->set |= 1u << SPEC_MEMORY_LOW;
  spec->amounts[SPEC_CPU_REQUEST] = (guint64) g_test_rand_int_range (0, 100000);
  spec->amounts[SPEC_MEMORY_MIN] = random_bytes ();
  spec->amounts[SPEC_MEMORY_LOW] = random_bytes ();
}

static void
assert_sums (const DemandSums *sums, const Item *items)
{
  for (int qos = 0; qos < N_QOS_CLASSES; qos++) {
    QosDemand wanted = { 0 }, kept;

    for (guint i = 0; i < N_PODS; i++)
      if (items[i].is_there && (items[i].qos == (QosClass) qos || qos == QOS_GUARANTEED))
        settings_add_demand (&wanted, &items[i].spec);
    demand_sums_get (sums, (QosClass) qos, &kept);
    g_assert_cmpuint (kept.cpu_request, ==, wanted.cpu_request);
    g_assert_cmpuint (kept.memory_min, ==, wanted.memory_min);
    g_assert_cmpuint (kept.memory_low, ==, wanted.memory_low);
  }
}

static void
test_random (void)
{
  static Item items[N_PODS];
  DemandSums sums = { 0 };

  for (guint step = 0; step < N_STEPS; step++) {
    Item *item = &items[g_test_rand_int_range (0, N_PODS)];

    item->is_there = g_test_rand_int_range (0, 3) > 0;
    item->qos = (QosClass) g_test_rand_int_range (0, N_QOS_CLASSES);
    set_randomly (&item->spec);
    demand_sums_put (&sums, &item->share, item->qos, item->is_there ? &item->spec : NULL);
    assert_sums (&sums, items);
  }
}

/* What is more than there can be comes back to what it was. */
static void
test_beyond (void)
{
  Spec small = { .set = 1u << SPEC_MEMORY_MIN, .amounts[SPEC_MEMORY_MIN] = 5 };
  Spec large = { .set = 1u << SPEC_MEMORY_MIN, .amounts[SPEC_MEMORY_MIN] = G_MAXUINT64 - 1 };
  DemandSums sums = { 0 };
  DemandShare first = { 0 }, second = { 0 };
  QosDemand demand;

  demand_sums_put (&sums, &first, QOS_BURSTABLE, &small);
  demand_sums_put (&sums, &second, QOS_GUARANTEED, &large);
  demand_sums_get (&sums, QOS_GUARANTEED, &demand);
  g_assert_cmpuint (demand.memory_min, ==, NCG_UNLIMITED);
  demand_sums_put (&sums, &second, QOS_GUARANTEED, NULL);
  demand_sums_put (&sums, &second, QOS_GUARANTEED, NULL);
  demand_sums_get (&sums, QOS_GUARANTEED, &demand);
  g_assert_cmpuint (demand.memory_min, ==, 5);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/demand-sums/random", test_random);
  g_test_add_func ("/demand-sums/beyond", test_beyond);
  return g_test_run ();
}
