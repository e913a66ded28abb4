/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which conditions have changed.
 */
#include "cli/monitor-conditions.h"

static void
append (const MonitorCondition *condition, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s;", condition->name,
                          condition->message == NULL ? "dropped"
                          : condition->holds         ? "holds"
                                                     : condition->message);
}

static void
assert_changed (MonitorConditions *conditions, const char *now, const char *expected)
{
  g_autoptr (GString) changed = g_string_new (NULL);
  g_autoptr (GVariant) value = g_variant_ref_sink (g_variant_new_parsed (now));

  monitor_conditions_update (conditions, value, append, changed);
  g_assert_cmpstr (changed->str, ==, expected);
}

static void
test_update (void)
{
  g_autoptr (MonitorConditions) conditions = monitor_conditions_new ();
  g_autoptr (GVariant) first = g_variant_ref_sink (
      g_variant_new_parsed ("[('a', true, ''), ('c', true, ''), ('b', true, '')]"));

  monitor_conditions_update (conditions, first, NULL, NULL);
  assert_changed (conditions, "[('a', true, ''), ('b', true, ''), ('c', true, '')]", "");
  assert_changed (conditions, "[('a', false, 'x'), ('b', true, ''), ('c', true, '')]", "a x;");
  assert_changed (conditions, "[('a', false, 'y'), ('b', true, ''), ('c', true, '')]", "a y;");
  assert_changed (conditions, "[('a', true, 'y'), ('d', true, '')]",
                  "a holds;d holds;b dropped;c dropped;");
  assert_changed (conditions, "@a(sbs) []", "a dropped;d dropped;");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/monitor-conditions/update", test_update);
  return g_test_run ();
}
