/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a node must be.
 */
#include "daemon/policy/bootstrap.h"

static void
test_controllers (void)
{
  static const struct {
    const char *controllers;
    const char *missing;
  } cases[] = {
    { "cpuset cpu io memory hugetlb pids\n", NULL },
    { "memory cpu", NULL },
    { "cpu pids", "memory" },
    { "cpuset memory", "cpu" },
    { "cpuset memorys", "cpu, memory" },
    { "", "cpu, memory" },
    { "\n", "cpu, memory" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *missing = bootstrap_find_missing_controllers (cases[i].controllers);
    g_assert_cmpstr (missing, ==, cases[i].missing);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bootstrap/controllers", test_controllers);
  return g_test_run ();
}
