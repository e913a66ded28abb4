/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Quality of service classes.
 */
#include "daemon/policy/qos.h"

static void
test_names (void)
{
  static const char *const names[N_QOS_CLASSES] = { "Guaranteed", "Burstable", "BestEffort" };

  for (int i = 0; i < N_QOS_CLASSES; i++) {
    QosClass qos = N_QOS_CLASSES;

    g_assert_cmpstr (qos_to_string ((QosClass) i), ==, names[i]);
    g_assert_true (qos_from_string (names[i], &qos));
    g_assert_cmpint ((int) qos, ==, i);
  }
}

static void
test_no_names (void)
{
  static const char *const names[] = { "", "guaranteed", "Best Effort", "BestEffort " };
  QosClass qos = QOS_BURSTABLE;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_false (qos_from_string (names[i], &qos));
  g_assert_cmpint ((int) qos, ==, QOS_BURSTABLE);
}

static void
test_components (void)
{
  g_assert_cmpstr (qos_get_component (QOS_GUARANTEED), ==, "");
  g_assert_cmpstr (qos_get_component (QOS_BURSTABLE), ==, "burstable");
  g_assert_cmpstr (qos_get_component (QOS_BESTEFFORT), ==, "besteffort");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qos/names", test_names);
  g_test_add_func ("/qos/no-names", test_no_names);
  g_test_add_func ("/qos/components", test_components);
  return g_test_run ();
}
