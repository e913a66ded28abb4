/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a node must be.
 */
#include "daemon/policy/bootstrap.h"

static void
test_sysctls (void)
{
  gsize n;
  const BootstrapSysctl *sysctls = bootstrap_get_sysctls (&n);
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    g_string_append_printf (text, "%s=%s ", sysctls[i].name, sysctls[i].wanted);
  g_assert_cmpstr (text->str, ==,
                   "vm.overcommit_memory=1 vm.panic_on_oom=0 kernel.panic=10 "
                   "kernel.panic_on_oops=1 ");
}

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
  g_test_add_func ("/bootstrap/sysctls", test_sysctls);
  g_test_add_func ("/bootstrap/controllers", test_controllers);
  return g_test_run ();
}
