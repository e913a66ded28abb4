/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The rows that go together: those that are systemd's, and those that are ours on either hierarchy.
 */
#include "tests/vm/settings-leaf.h"

#include "tests/vm/machine.h"
#include "tests/vm/settings-table.h"
#include "tests/vm/workload.h"

#define GROUP "/machine/nctleafs"

static const char *const names[] = { "weight",    "swap", "pids",      "cpus", "hugepages",
                                     "io-weight", "disk", "oom-group", NULL };

/* Here, and in this kernel. */
static gboolean
is_used (const SettingsRow *row)
{
  return g_strv_contains (names, row->name) &&
         settings_expect_files (row, SETTINGS_FIRST) != NULL && !settings_is_lacking (row);
}

/* (out) */
static void
fill (SettingsValue value, NcgResources *ret_resources)
{
  *ret_resources = (NcgResources){ 0 };
  for (gsize i = 0; i < n_settings; i++)
    if (is_used (&settings_table[i]))
      settings_table[i].set (ret_resources, value);
}

static void
assert_files (const NcgPlace *place, SettingsValue value)
{
  for (gsize i = 0; i < n_settings; i++)
    if (is_used (&settings_table[i])) {
      g_test_message ("%s", settings_table[i].name);
      machine_wait_until (settings_has_files (&settings_table[i], place->cgroup, value));
      settings_assert_files (&settings_table[i], place->cgroup, value);
    }
}

static NcgPlace *
start (TestDriver *driver, const Workload *workload)
{
  g_auto (NcgResources) resources = { 0 };
  const pid_t pids[] = { workload != NULL ? workload->pid : -1, -1 };
  g_autoptr (GError) error = NULL;
  NcgLeaf leaf = {
    .parent = GROUP,
    .uid = "nctleafs",
    .name = workload != NULL ? "started" : "held",
    .description = "NodeCgroups test leaf",
    .resources = &resources,
    .user = NCG_NO_USER,
  };
  NcgPlace *place;

  fill (SETTINGS_FIRST, &resources);
  place = test_driver_start_leaf (driver, &leaf, workload != NULL ? pids : NULL, &error);
  g_assert_no_error (error);
  return place;
}

static void
change_to (TestDriver *driver, const NcgPlace *place, SettingsValue value)
{
  g_auto (NcgResources) resources = { 0 };
  g_autoptr (GError) error = NULL;

  fill (value, &resources);
  test_driver_set (driver, place, &resources, &error);
  g_assert_no_error (error);
  assert_files (place, value);
}

static void
stop (TestDriver *driver, const NcgPlace *place)
{
  g_autoptr (GError) error = NULL;

  test_driver_stop (driver, place, &error);
  g_assert_no_error (error);
}

void
settings_test_leaf (TestDriver *driver, gboolean is_systemd, gboolean has_process)
{
  const NcgResources nothing = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgPlace) group = test_driver_ensure_group (driver, GROUP, &nothing, &error);
  g_autoptr (Workload) workload = has_process ? workload_start () : NULL;
  g_autoptr (NcgPlace) place = NULL;

  g_assert_no_error (error);
  place = start (driver, workload);
  assert_files (place, SETTINGS_FIRST);
  change_to (driver, place, SETTINGS_SECOND);
  change_to (driver, place, SETTINGS_FIRST);
  if (is_systemd) {
    machine_reload_systemd ();
    assert_files (place, SETTINGS_FIRST);
  }
  if (workload != NULL)
    machine_assert_process_in (workload->pid, place->cgroup);
  stop (driver, place);
  stop (driver, group);
}
