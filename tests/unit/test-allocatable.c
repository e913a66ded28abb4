/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Capacity less reservations.
 */
#include "daemon/policy/allocatable.h"

#include "lib/error.h"

#include <string.h>

static GVariant *
parse_list (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *list = g_variant_parse (G_VARIANT_TYPE ("a{st}"), text, NULL, NULL, &error);

  g_assert_no_error (error);
  return list;
}

static void
reserve (const char *text, ConfigReservation *reservation)
{
  g_autoptr (GVariant) list = parse_list (text);

  for (int i = 0; i < CONFIG_N_RESOURCES; i++)
    if (g_variant_lookup (list, config_resource_to_string ((ConfigResource) i), "t",
                          &reservation->amounts[i]))
      reservation->set |= 1u << i;
}

static void
assert_list (GVariant *list, const char *expected)
{
  g_autofree char *text = g_variant_print (list, FALSE);

  g_variant_unref (list);
  g_assert_cmpstr (text, ==, expected);
}

#define SMALL "{'cpu': 2000, 'memory': 8000, 'pid': 100, 'hugepages-2Mi': 4096}"

static const struct {
  const char *name;
  const char *capacity;
  const char *system;
  const char *kube;
  ConfigThreshold memory;
  ConfigThreshold nodefs;
  const char *allocatable;
  const char *limit;
} rows[] = {
  { "none", SMALL, "{}", "{}", { 0 }, { 0 }, SMALL, SMALL },
  { "both",
    SMALL,
    "{'cpu': 500, 'memory': 1000}",
    "{'cpu': 250, 'pid': 10}",
    { 0 },
    { 0 },
    "{'cpu': 1250, 'memory': 7000, 'pid': 90, 'hugepages-2Mi': 4096}",
    "{'cpu': 1250, 'memory': 7000, 'pid': 90, 'hugepages-2Mi': 4096}" },
  { "eviction",
    SMALL,
    "{'memory': 1000}",
    "{}",
    { TRUE, FALSE, 100 },
    { 0 },
    "{'cpu': 2000, 'memory': 6900, 'pid': 100, 'hugepages-2Mi': 4096}",
    "{'cpu': 2000, 'memory': 7000, 'pid': 100, 'hugepages-2Mi': 4096}" },
  { "share",
    "{'memory': 1001, 'ephemeral-storage': 999}",
    "{}",
    "{'ephemeral-storage': 9}",
    { TRUE, TRUE, 50000 },
    { TRUE, TRUE, 100000 },
    "{'memory': 951, 'ephemeral-storage': 891}",
    "{'memory': 1001, 'ephemeral-storage': 990}" },
  { "floor",
    "{'cpu': 100, 'memory': 10}",
    "{'cpu': 200, 'memory': 5}",
    "{}",
    { TRUE, FALSE, 100 },
    { 0 },
    "{'cpu': 0, 'memory': 0}",
    "{'cpu': 0, 'memory': 5}" },
  { "overflow",
    "{'memory': 10}",
    "{'memory': 18446744073709551615}",
    "{'memory': 18446744073709551615}",
    { TRUE, FALSE, G_MAXUINT64 },
    { 0 },
    "{'memory': 0}",
    "{'memory': 0}" },
  { "large share",
    "{'memory': 18446744073709551615}",
    "{}",
    "{}",
    { TRUE, TRUE, 1000000 },
    { 0 },
    "{'memory': 0}",
    "{'memory': 18446744073709551615}" },
  { "unknown capacity", "{}", "{'cpu': 200}", "{}", { TRUE, FALSE, 1 }, { 0 }, "{}", "{}" },
};

static void
test_compute (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Config) config = config_new ();
    g_autoptr (GVariant) capacity = parse_list (rows[i].capacity);

    g_test_message ("%s", rows[i].name);
    reserve (rows[i].system, &config->system_reserved);
    reserve (rows[i].kube, &config->kube_reserved);
    config->eviction_memory = rows[i].memory;
    config->eviction_nodefs = rows[i].nodefs;
    assert_list (allocatable_compute (config, capacity), rows[i].allocatable);
    assert_list (allocatable_compute_limit (config, capacity), rows[i].limit);
  }
}

static void
test_lists (void)
{
  g_autoptr (Config) config = config_new ();
  g_autoptr (GVariant) capacity = parse_list ("{'memory': 1000, 'ephemeral-storage': 1000}");

  assert_list (allocatable_list_reservation (&config->system_reserved), "{}");
  assert_list (allocatable_list_eviction (config, capacity), "{}");
  reserve ("{'memory': 0, 'cpu': 3}", &config->system_reserved);
  config->eviction_nodefs = (ConfigThreshold){ TRUE, TRUE, 100000 };
  assert_list (allocatable_list_reservation (&config->system_reserved), "{'cpu': 3, 'memory': 0}");
  assert_list (allocatable_list_eviction (config, capacity), "{'ephemeral-storage': 100}");
}

#define ABOVE "more is reserved than this machine has: "
#define LOWER "; lower systemReserved or kubeReserved"

static const struct {
  const char *system;
  const char *kube;
  guint enforced;
  const char *message; /* NULL: nothing is wrong */
} checks[] = {
  { "{}", "{}", CONFIG_ENFORCE_PODS, NULL },
  { "{'cpu': 1000, 'memory': 4096}", "{'cpu': 1000}", CONFIG_ENFORCE_PODS, NULL },
  { "{'cpu': 1000}", "{'cpu': 1001}", 0,
    ABOVE "cpu: a reservation of 2001m (systemReserved 1 and kubeReserved 1001m) but a capacity of "
          "2" LOWER },
  { "{'memory': 8193}", "{}", 0,
    ABOVE "memory: a reservation of 8193 (systemReserved 8193) but a capacity of 8Ki" LOWER },
  { "{'memory': 8192}", "{}", 0, NULL },
  { "{'memory': 8192}", "{}", CONFIG_ENFORCE_PODS,
    ABOVE "memory: a reservation of 8Ki (systemReserved 8Ki) but a capacity of 8Ki, which leaves "
          "nothing for the pods that are held to the rest" LOWER },
  { "{'cpu': 9000}", "{'pid': 101}", 0,
    ABOVE "cpu: a reservation of 9 (systemReserved 9) but a capacity of 2; pid: a reservation of "
          "101 (kubeReserved 101) but a capacity of 100" LOWER },
  /* Of what could not be read nothing is known. */
  { "{'ephemeral-storage': 9000}", "{}", 0, NULL },
};

static void
test_check (void)
{
  g_autoptr (GVariant) capacity = parse_list ("{'cpu': 2000, 'memory': 8192, 'pid': 100}");

  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++) {
    g_autoptr (Config) config = config_new ();
    g_autoptr (GError) error = NULL;
    gboolean is_right;

    reserve (checks[i].system, &config->system_reserved);
    reserve (checks[i].kube, &config->kube_reserved);
    config->enforced = checks[i].enforced;
    is_right = allocatable_check (config, capacity, &error);
    g_assert_cmpstr (error != NULL ? error->message : NULL, ==, checks[i].message);
    g_assert_cmpint (is_right, ==, checks[i].message == NULL);
    if (!is_right)
      g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_INVALID_ARGUMENT);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/allocatable/compute", test_compute);
  g_test_add_func ("/allocatable/lists", test_lists);
  g_test_add_func ("/allocatable/check", test_check);
  return g_test_run ();
}
