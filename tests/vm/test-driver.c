/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every resource with either driver on whichever hierarchy: set, read back in the kernel's file and
 * in the unit's property, changed, changed back; still so after systemd loaded its units again and
 * after it was executed anew; kept where something else writes; gone in the end. What a hierarchy
 * cannot do has to be refused before anything is made.
 *
 *   test-driver systemd|cgroupfs
 */
#include "lib/apply.h"
#include "lib/error.h"
#include "lib/verify.h"
#include "tests/vm/disk.h"
#include "tests/vm/driver.h"
#include "tests/vm/machine.h"
#include "tests/vm/settings-leaf.h"
#include "tests/vm/settings-table.h"

#include <string.h>

static const char *driver_name;
static TestDriver *driver;
static NcgPlace **places;

static gboolean
is_systemd (void)
{
  return g_str_equal (driver_name, "systemd");
}

static void
assert_property (const SettingsRow *row, const NcgPlace *place, SettingsValue value)
{
  g_auto (GStrv) pair = NULL;
  g_autofree char *shown = NULL;

  if (!is_systemd () || row->properties[value] == NULL)
    return;
  /* Where the files are not systemd's, it is not told of them either. */
  if (settings_find_tree (row)->is_v1
          ? g_str_equal (row->controller, "cpuset") || g_str_equal (row->name, "memory-low") ||
                g_str_has_prefix (row->name, "swap")
          : machine_get_hierarchy ()->mode != NCG_HIERARCHY_UNIFIED)
    return;
  pair = g_strsplit (row->properties[value], "=", 2);
  shown = machine_show (place->unit, pair[0]);
  g_assert_cmpstr (shown, ==, pair[1]);
}

static gboolean
is_refused (const SettingsRow *row)
{
  return settings_expect_files (row, SETTINGS_FIRST) == NULL ||
         (row->needs_systemd && !is_systemd ());
}

static gboolean
is_anywhere (const char *cgroup)
{
  const GPtrArray *trees = machine_get_hierarchy ()->trees;

  for (guint i = 0; i < trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (trees, i);
    g_autofree char *path = g_strconcat (tree->mount, cgroup, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return TRUE;
  }
  return FALSE;
}

static void
assert_refused (const SettingsRow *row, const char *path, GError **error)
{
  g_autofree char *cgroup = ncg_driver_predict_cgroup (driver->driver, path);

  g_assert_error (*error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_test_message ("%s: %s", row->name, (*error)->message);
  g_assert_false (is_anywhere (cgroup));
}

static void
test_create (gconstpointer data)
{
  const SettingsRow *row = data;
  NcgPlace **place = &places[row - settings_table];
  g_autofree char *path = g_strconcat ("/machine/nct", row->name, NULL);
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  settings_fill (row, SETTINGS_FIRST, &resources);
  *place = test_driver_ensure_group (driver, path, &resources, &error);
  if (is_refused (row) || settings_is_lacking (row)) {
    assert_refused (row, path, &error);
    return;
  }
  g_assert_no_error (error);
  settings_assert_files (row, (*place)->cgroup, SETTINGS_FIRST);
  assert_property (row, *place, SETTINGS_FIRST);
}

static void
change_to (const SettingsRow *row, SettingsValue value)
{
  const NcgPlace *place = places[row - settings_table];
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  if (place == NULL)
    return;
  settings_fill (row, value, &resources);
  test_driver_set (driver, place, &resources, &error);
  g_assert_no_error (error);
  settings_assert_files (row, place->cgroup, value);
  assert_property (row, place, value);
}

static void
test_change (gconstpointer data)
{
  change_to (data, SETTINGS_SECOND);
  change_to (data, SETTINGS_FIRST);
  change_to (data, SETTINGS_SECOND);
}

/* What systemd does not know comes back by our hand, which may take a moment. */
static void
assert_all (SettingsValue value)
{
  for (gsize i = 0; i < n_settings; i++) {
    if (places[i] == NULL)
      continue;
    g_test_message ("%s", settings_table[i].name);
    machine_wait_until (settings_has_files (&settings_table[i], places[i]->cgroup, value));
    assert_property (&settings_table[i], places[i], value);
  }
}

static void
change_all (SettingsValue value)
{
  for (gsize i = 0; i < n_settings; i++)
    change_to (&settings_table[i], value);
}

/* With either value, since one of the two may be systemd's own. */
static void
test_reload (void)
{
  machine_reload_systemd ();
  assert_all (SETTINGS_SECOND);
  change_all (SETTINGS_FIRST);
  machine_reload_systemd ();
  assert_all (SETTINGS_FIRST);
}

static void
reexecute (void)
{
  driver->is_connected = FALSE;
  machine_reexecute_systemd ();
  test_driver_reconnect (driver);
}

static void
test_reexecute (void)
{
  reexecute ();
  assert_all (SETTINGS_FIRST);
  change_all (SETTINGS_SECOND);
  reexecute ();
  assert_all (SETTINGS_SECOND);
}

/* A weight that is not in the way of what the row has. */
static const char *
find_weight (const SettingsRow *row, SettingsValue value)
{
  static const char *const weights[][2] = { { "77", "50" }, { "78", "200" } };

  if (g_str_equal (row->name, "idle"))
    return value == SETTINGS_FIRST ? "idle" : "200";
  return weights[value][g_str_equal (row->name, "weight") ? 1 : 0];
}

/* systemd writes all that it knows of a unit whenever one thing changes. */
static void
change_properties (SettingsValue value)
{
  for (gsize i = 0; i < n_settings; i++)
    if (places[i] != NULL)
      g_free (machine_run ("systemctl set-property --runtime %s CPUWeight=%s", places[i]->unit,
                           find_weight (&settings_table[i], value)));
}

static void
test_property_changed (void)
{
  change_properties (SETTINGS_SECOND);
  assert_all (SETTINGS_SECOND);
  change_all (SETTINGS_FIRST);
  change_properties (SETTINGS_FIRST);
  assert_all (SETTINGS_FIRST);
}

/* (transfer container): the files of the row that are not systemd's to write */
static GPtrArray *
list_own (const SettingsRow *row, SettingsValue value)
{
  g_auto (NcgResources) resources = { 0 };
  GPtrArray *settings;

  settings_fill (row, value, &resources);
  settings = ncg_file_settings_list (&resources, machine_get_hierarchy ());
  for (guint i = settings->len; i > 0; i--) {
    const NcgFileSetting *setting = settings->pdata[i - 1];

    if (setting->tree == NULL || (is_systemd () && setting->property != NULL))
      g_ptr_array_remove_index (settings, i - 1);
  }
  return settings;
}

/* Somebody writes the other value into all files that are ours; whether there are any. */
static gboolean
write_wrong (gsize i)
{
  g_autoptr (GPtrArray) own = list_own (&settings_table[i], SETTINGS_SECOND);
  g_autoptr (GError) error = NULL;

  ncg_apply_write (places[i]->cgroup, own, &error);
  g_assert_no_error (error);
  return own->len > 0;
}

static void
keep (gsize i)
{
  g_auto (NcgResources) resources = { 0 };
  NcgKept kept = { .place = places[i], .resources = &resources };

  settings_fill (&settings_table[i], SETTINGS_FIRST, &resources);
  ncg_driver_keep (driver->driver, &kept);
}

/* The next driver is told what it should keep. What was changed meanwhile it finds when it is told
 * to set the same; what is changed then it sets itself, as far as there is a driver that watches.
 */
static void
test_restart (void)
{
  change_all (SETTINGS_FIRST);
  g_clear_pointer (&driver, test_driver_free);
  for (gsize i = 0; i < n_settings; i++)
    if (places[i] != NULL && write_wrong (i))
      g_assert_false (settings_has_files (&settings_table[i], places[i]->cgroup, SETTINGS_FIRST));
  driver = test_driver_new (driver_name);
  for (gsize i = 0; i < n_settings; i++)
    if (places[i] != NULL)
      keep (i);
  change_all (SETTINGS_FIRST);
  for (gsize i = 0; i < n_settings; i++)
    if (places[i] != NULL)
      write_wrong (i);
  if (!is_systemd ())
    change_all (SETTINGS_FIRST);
  assert_all (SETTINGS_FIRST);
  change_all (SETTINGS_SECOND);
  assert_all (SETTINGS_SECOND);
}

/* A value that the kernel does not take: everything is as it was. */
static void
test_roll_back (void)
{
  static const char nowhere[] = "4095";
  const NcgPlace *place = NULL;
  g_auto (NcgResources) good = { 0 };
  g_auto (NcgResources) bad = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgPlace) made = NULL;

  if (!ncg_hierarchy_has_controller (machine_get_hierarchy (), "cpuset"))
    return;
  good.cpus = ncg_cpuset_parse ("0", NULL);
  ncg_resources_set (&good, NCG_SETTING_PIDS_MAX, 100);
  made = test_driver_ensure_group (driver, "/machine/nctback", &good, &error);
  g_assert_no_error (error);
  place = made;
  ncg_resources_set (&bad, NCG_SETTING_PIDS_MAX, 200);
  bad.cpus = ncg_cpuset_parse (nowhere, NULL);
  /* systemd does not tell what the kernel says; whoever called reads it back. */
  if (test_driver_set (driver, place, &bad, &error)) {
    g_assert_true (is_systemd ());
    ncg_verify_cgroup (machine_get_hierarchy (), place->cgroup, &bad, &error);
    g_assert_nonnull (error);
    g_clear_error (&error);
    test_driver_set (driver, place, &good, &error);
    g_assert_no_error (error);
  } else {
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, "cpuset.cpus"));
    g_clear_error (&error);
  }
  ncg_verify_cgroup (machine_get_hierarchy (), place->cgroup, &good, &error);
  g_assert_no_error (error);
  test_driver_stop (driver, place, &error);
  g_assert_no_error (error);
}

static void
set_period (const NcgPlace *place, guint64 period)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, period);
  test_driver_set (driver, place, &resources, &error);
  g_assert_no_error (error);
  ncg_verify_cgroup (machine_get_hierarchy (), place->cgroup, &resources, &error);
  g_assert_no_error (error);
}

/* (transfer full): with half a CPU in periods of 100 ms */
static NcgPlace *
make_half (const char *path)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;
  NcgPlace *place;

  ncg_resources_set (&resources, NCG_SETTING_CPU_QUOTA_USEC, 500000);
  ncg_resources_set (&resources, NCG_SETTING_CPU_PERIOD_USEC, 100000);
  place = test_driver_ensure_group (driver, path, &resources, &error);
  g_assert_no_error (error);
  return place;
}

/* Each in periods of its own, and none ever with more than the one above it or less than the one
 * below it, which v1 would not have. */
static void
test_periods (void)
{
  static const guint64 periods[] = { 50000, 200000, 20000, 100000 };
  g_autoptr (NcgPlace) outer = make_half ("/machine/ncta");
  g_autoptr (NcgPlace) middle = make_half ("/machine/ncta/b");
  g_autoptr (NcgPlace) inner = make_half ("/machine/ncta/b/c");
  const NcgPlace *const all[] = { outer, middle, inner };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (periods); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (all); j++)
      set_period (all[(i + j) % G_N_ELEMENTS (all)], periods[i]);
  test_driver_stop (driver, outer, &error);
  g_assert_no_error (error);
}

/* The same description is the same group; another's is not touched. */
static void
test_again (void)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgPlace) first = NULL;
  g_autoptr (NcgPlace) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *description = NULL;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 100);
  first = test_driver_ensure_group (driver, "/machine/nctagain", &resources, &error);
  g_assert_no_error (error);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 200);
  second = test_driver_ensure_group (driver, "/machine/nctagain", &resources, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first->unit, ==, second->unit);
  g_assert_cmpstr (first->cgroup, ==, second->cgroup);
  ncg_verify_cgroup (machine_get_hierarchy (), second->cgroup, &resources, &error);
  g_assert_no_error (error);
  description = test_driver_describe (driver, first, &error);
  g_assert_cmpstr (description, ==, "NodeCgroups test /machine/nctagain");
  test_driver_stop (driver, first, &error);
  g_assert_no_error (error);
  test_driver_stop (driver, first, &error);
  g_assert_no_error (error);
}

/* Without the private socket: the same over the system bus, signals and jobs included. */
static void
test_bus (void)
{
  g_autoptr (TestDriver) on_bus = test_driver_new_on_bus ();
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgPlace) place = NULL;
  g_autoptr (GError) error = NULL;
  guint reloads;

  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 100);
  place = test_driver_ensure_group (on_bus, "/machine/nctbus", &resources, &error);
  g_assert_no_error (error);
  ncg_resources_set (&resources, NCG_SETTING_PIDS_MAX, 200);
  test_driver_set (on_bus, place, &resources, &error);
  g_assert_no_error (error);
  ncg_verify_cgroup (machine_get_hierarchy (), place->cgroup, &resources, &error);
  g_assert_no_error (error);
  reloads = on_bus->reloads;
  machine_reload_systemd ();
  machine_wait_until (on_bus->reloads > reloads);
  /* Whatever systemd is asked while it executes itself anew may be lost. */
  on_bus->is_connected = FALSE;
  machine_reexecute_systemd ();
  test_driver_reconnect (on_bus);
  test_driver_stop (on_bus, place, &error);
  g_assert_no_error (error);
  machine_wait_until (g_hash_table_contains (on_bus->removed, place->unit));
}

static void
test_held_leaf (void)
{
  settings_test_leaf (driver, is_systemd (), FALSE);
}

static void
test_started_leaf (void)
{
  settings_test_leaf (driver, is_systemd (), TRUE);
}

static void
test_remove (gconstpointer data)
{
  const SettingsRow *row = data;
  NcgPlace **place = &places[row - settings_table];
  g_autoptr (GError) error = NULL;

  if (*place == NULL)
    return;
  test_driver_stop (driver, *place, &error);
  g_assert_no_error (error);
  g_assert_false (is_anywhere ((*place)->cgroup));
  g_clear_pointer (place, ncg_place_free);
}

static void
add_rows (const char *phase, void (*test) (gconstpointer data))
{
  for (gsize i = 0; i < n_settings; i++) {
    g_autofree char *path =
        g_strdup_printf ("/driver/%s/%s/%s", driver_name, phase, settings_table[i].name);

    g_test_add_data_func (path, &settings_table[i], test);
  }
}

static gboolean
make_with (const char *properties, GError **error)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (NcgPlace) place = NULL;

  resources.properties = g_variant_ref_sink (g_variant_new_parsed (properties));
  place = test_driver_ensure_group (driver, "/machine/nctmade", &resources, error);
  return place != NULL;
}

/* What systemd takes only when a unit is made it does not give back as it was given: it adds to
 * lists, knows a unit by its name, normalizes paths, and leaves out what makes no sense to it. The
 * same again is the same all the same, and more is not. */
static void
test_made_with (void)
{
  static const char made[] = "[('After', <['ctrl-alt-del.target', 'no-such.service']>), "
                             "('Before', <['dev-none.device', 'no-such.target']>), "
                             "('OnFailure', <['no-such.service']>), "
                             "('RequiresMountsFor', <['/tmp//a/']>), "
                             "('CollectMode', <'inactive-or-failed'>)]";
  g_autoptr (GError) error = NULL;
  NcgPlace place = { .unit = (char *) "machine-nctmade.slice" };

  for (int i = 0; i < 2; i++) {
    make_with (made, &error);
    g_assert_no_error (error);
  }
  g_assert_false (make_with ("[('After', <['no-such.service', 'basic.target']>)]", &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (
      strstr (error->message, "machine-nctmade.slice was made without 'basic.target'"));
  g_clear_error (&error);
  g_assert_false (make_with ("[('RequiresMountsFor', <['/tmp']>)]", &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);
  place.cgroup = ncg_driver_predict_cgroup (driver->driver, "/machine/nctmade");
  test_driver_stop (driver, &place, &error);
  g_assert_no_error (error);
  g_free (place.cgroup);
}

static void
add (const char *name, void (*test) (void))
{
  g_autofree char *path = g_strdup_printf ("/driver/%s/%s", driver_name, name);

  g_test_add_func (path, test);
}

int
main (int argc, char **argv)
{
  int status;

  driver_name = argc > 1 ? argv[1] : "systemd";
  machine_init (argc, argv);
  places = g_new0 (NcgPlace *, n_settings);
  driver = test_driver_new (driver_name);
  add_rows ("create", test_create);
  add_rows ("change", test_change);
  if (is_systemd ()) {
    add ("reload/all", test_reload);
    add ("reexecute/all", test_reexecute);
    add ("property-changed/all", test_property_changed);
    add ("bus/all", test_bus);
    add ("made-with", test_made_with);
  }
  add ("restart/all", test_restart);
  add ("roll-back/all", test_roll_back);
  add ("periods/all", test_periods);
  add ("again/all", test_again);
  add ("leaf/held", test_held_leaf);
  add ("leaf/started", test_started_leaf);
  add_rows ("remove", test_remove);
  status = g_test_run ();
  disk_remove_all ();
  g_clear_pointer (&driver, test_driver_free);
  return status;
}
