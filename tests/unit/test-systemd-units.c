/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the systemd driver knows of units: what was left out, while a call is under way and after.
 */
#include "lib/systemd-units.h"

#define UNIT "a.scope"

static GPtrArray *
make_dropped (const char *const *settings, guint version)
{
  GPtrArray *dropped = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_dropped_free);

  for (guint i = 0; settings[i] != NULL; i++) {
    NcgDropped *one = g_new0 (NcgDropped, 1);

    one->setting = g_strdup (settings[i]);
    one->wanted = g_strdup ("1");
    one->reason = g_strdup ("left out");
    one->version = version;
    g_ptr_array_add (dropped, one);
  }
  return dropped;
}

static void
assert_dropped (const NcgSystemdUnits *units, const char *expected)
{
  g_autoptr (GPtrArray) all = ncg_systemd_units_list_dropped (units, UNIT);
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < all->len; i++) {
    const NcgDropped *one = g_ptr_array_index (all, i);

    g_assert_cmpstr (one->wanted, ==, "1");
    g_assert_cmpstr (one->reason, ==, "left out");
    g_string_append_printf (text, "%s%s %u", i > 0 ? ", " : "", one->setting, one->version);
  }
  g_assert_cmpstr (text->str, ==, expected);
}

/* Until a call is done, what it leaves out was, and so was what had been before. */
static void
test_dropped (void)
{
  static const char *const before[] = { "A", "B", NULL };
  static const char *const now[] = { "C", "B", NULL };
  const NcgPlace place = { .unit = (char *) UNIT, .cgroup = (char *) "/" UNIT };
  const NcgResources resources = { 0 };
  g_autoptr (GPtrArray) dropping = make_dropped (now, 253);
  NcgSystemdUnits *units = ncg_systemd_units_new ();

  assert_dropped (units, "");
  ncg_systemd_units_drop (units, UNIT, dropping);
  assert_dropped (units, "C 253, B 253");
  ncg_systemd_units_fail (units, UNIT);
  assert_dropped (units, "");
  ncg_systemd_units_remember (units, &place, &resources, make_dropped (before, 252));
  assert_dropped (units, "A 252, B 252");
  ncg_systemd_units_drop (units, UNIT, dropping);
  assert_dropped (units, "A 252, B 253, C 253");
  ncg_systemd_units_fail (units, UNIT);
  assert_dropped (units, "A 252, B 252");
  ncg_systemd_units_drop (units, UNIT, dropping);
  ncg_systemd_units_remember (units, &place, &resources, g_ptr_array_ref (dropping));
  assert_dropped (units, "C 253, B 253");
  ncg_systemd_units_remember (units, &place, &resources, NULL);
  assert_dropped (units, "");
  ncg_systemd_units_free (units);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/systemd-units/dropped", test_dropped);
  return g_test_run ();
}
