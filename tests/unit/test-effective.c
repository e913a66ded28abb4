/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration with origins, as a value and for a terminal.
 */
#include "cli/effective.h"

#include "cli/exit-status.h"

static const char text[] = "kind: NodeCgroupsConfiguration\n"
                           "cgroupRoot: \"/a # b\"       # --cgroup-root\n"
                           "# other: 1                   # default\n"
                           "systemReserved:\n"
                           "  cpu: 1                     # /etc/a # b.yaml:3\n"
                           "kubeReserved: {}             # default\n"
                           "enforceNodeAllocatable:\n"
                           "- pods                       # x:1\n"
                           "- system-reserved            # y:2\n"
                           "podPidsLimit: -1             # default\n"
                           "cpuCFSQuota: true            # default\n"
                           "oomScores:\n"
                           "  crio.service: -999         # default\n"
                           "  docker.service: null       # z:6\n";

static void
test_describe (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) value = effective_describe (text, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  printed = g_variant_print (value, FALSE);
  g_assert_cmpstr (
      printed, ==,
      "{'kind': <{'Value': <'NodeCgroupsConfiguration'>, 'Origin': <''>}>, "
      "'cgroupRoot': <{'Value': <'/a # b'>, 'Origin': <'--cgroup-root'>}>, "
      "'systemReserved': <{'cpu': <{'Value': <'1'>, 'Origin': <'/etc/a # b.yaml:3'>}>}>, "
      "'kubeReserved': <{'Value': <@a{sv} {}>, 'Origin': <'default'>}>, "
      "'enforceNodeAllocatable': <[<{'Value': <'pods'>, 'Origin': <'x:1'>}>, "
      "<{'Value': <'system-reserved'>, 'Origin': <'y:2'>}>]>, "
      "'podPidsLimit': <{'Value': <int64 -1>, 'Origin': <'default'>}>, "
      "'cpuCFSQuota': <{'Value': <true>, 'Origin': <'default'>}>, "
      "'oomScores': <{'crio.service': <{'Value': <int64 -999>, 'Origin': <'default'>}>, "
      "'docker.service': <{'Value': <@ms nothing>, 'Origin': <'z:6'>}>}>}");
}

static void
test_wrong (void)
{
  static const char *const wrong[] = { "", "a: [", "- a\n", "a", "a: &x [*x]\n- b\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (effective_describe (wrong[i], &error));
    g_assert_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED);
  }
}

/* What refers to itself comes to an end. */
static void
test_endless (void)
{
  g_autoptr (GVariant) value = effective_describe ("a: &x\n  b: *x\n", NULL);

  g_assert_nonnull (value);
}

static void
test_format (void)
{
  g_autofree char *plain = effective_format (text, FALSE);
  g_autofree char *colored = effective_format ("a:\n  b: 1   # c\nd: 2\n", TRUE);

  g_assert_cmpstr (plain, ==, text);
  g_assert_cmpstr (colored, ==, "a:\n  b: 1  \033[2m # c\033[0m\nd: 2\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/effective/describe", test_describe);
  g_test_add_func ("/effective/wrong", test_wrong);
  g_test_add_func ("/effective/endless", test_endless);
  g_test_add_func ("/effective/format", test_format);
  return g_test_run ();
}
