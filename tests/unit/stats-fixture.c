/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine's root for the tests of figures.
 */
#include "tests/unit/stats-fixture.h"

#include "tests/unit/temp-dir.h"

#include <stdio.h>
#include <string.h>

#define CGROUPS "sys/fs/cgroup"

static void
add_mount (StatsFixture *self, GString *mountinfo, const char *name)
{
  gboolean is_unified = g_str_equal (name, "unified");
  g_autofree char *path = g_build_filename (CGROUPS, name, NULL);
  g_autofree char *controllers = g_build_filename (path, "cgroup.controllers", NULL);

  temp_dir_make (self->root, path);
  if (is_unified)
    temp_dir_write (self->root, controllers, "\n");
  g_string_append_printf (mountinfo, "40 25 0:40 / /%s rw - %s cgroup rw,%s\n", path,
                          is_unified ? "cgroup2" : "cgroup",
                          is_unified                      ? "nsdelegate"
                          : g_str_equal (name, "systemd") ? "xattr,name=systemd"
                                                          : name);
}

void
stats_fixture_init (StatsFixture *self, const char *const *mounts)
{
  g_autoptr (GString) mountinfo = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  self->root = temp_dir_new ();
  if (mounts == NULL) {
    temp_dir_write (self->root, CGROUPS "/cgroup.controllers", "cpu io memory hugetlb pids\n");
    g_string_append (mountinfo, "30 22 0:26 / /" CGROUPS " rw - cgroup2 cgroup2 rw\n");
  } else {
    g_string_append (mountinfo, "25 22 0:22 / /" CGROUPS " rw - tmpfs tmpfs rw,mode=755\n");
    for (; *mounts != NULL; mounts++)
      add_mount (self, mountinfo, *mounts);
  }
  temp_dir_write (self->root, "proc/self/mountinfo", mountinfo->str);
  temp_dir_make (self->root, "sys/kernel/mm/hugepages/hugepages-2048kB");
  temp_dir_make (self->root, "sys/kernel/mm/hugepages/hugepages-1048576kB");
  self->hierarchy = ncg_hierarchy_detect (self->root, &error);
  g_assert_no_error (error);
}

void
stats_fixture_clear (StatsFixture *self)
{
  ncg_hierarchy_free (self->hierarchy);
  temp_dir_free (self->root);
}

void
stats_fixture_write (StatsFixture *self, const char *path, const char *text)
{
  g_autofree char *whole = g_build_filename (CGROUPS, path, NULL);

  temp_dir_write (self->root, whole, text);
}

void
stats_fixture_make (StatsFixture *self, const char *path)
{
  g_autofree char *whole = g_build_filename (CGROUPS, path, NULL);

  temp_dir_make (self->root, whole);
}

char *
stats_fixture_get_path (StatsFixture *self, const char *path)
{
  return g_build_filename (self->root, CGROUPS, path, NULL);
}

void
stats_fixture_remove (StatsFixture *self, const char *path)
{
  g_autofree char *whole = stats_fixture_get_path (self, path);

  g_assert_cmpint (remove (whole), ==, 0);
}

/* What was written as bytes is what GVariant would have written. */
static void
assert_normal (GVariant *stats)
{
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (stats);
  g_autoptr (GVariant) untrusted =
      g_variant_ref_sink (g_variant_new_from_bytes (G_VARIANT_TYPE_VARDICT, bytes, FALSE));

  g_assert_true (g_variant_is_normal_form (untrusted));
}

GVariant *
stats_fixture_read (StatsFixture *self, NcgStatsFields fields)
{
  g_autoptr (GError) error = NULL;
  GVariant *stats = ncg_stats_read (self->hierarchy, "/pod", fields, &error);

  g_assert_no_error (error);
  g_assert_false (g_variant_is_floating (stats));
  assert_normal (stats);
  return stats;
}

void
stats_fixture_assert (StatsFixture *self, const char *expected)
{
  g_autoptr (GVariant) stats =
      stats_fixture_read (self, NCG_STATS_ALL & ~NCG_STATS_BIT (NCG_STATS_TIMESTAMP));
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) wanted =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, expected, NULL, NULL, &error);
  g_autofree char *text = g_variant_print (stats, FALSE);

  g_assert_no_error (error);
  g_test_message ("%s", text);
  for (gsize i = 0; i < g_variant_n_children (wanted); i++) {
    g_autoptr (GVariant) value = NULL;
    g_autoptr (GVariant) actual = NULL;
    const char *key;

    g_variant_get_child (wanted, i, "{&sv}", &key, &value);
    actual = g_variant_lookup_value (stats, key, NULL);
    g_test_message ("%s", key);
    g_assert_nonnull (actual);
    g_assert_cmpvariant (actual, value);
  }
  g_assert_cmpuint (g_variant_n_children (stats), ==, g_variant_n_children (wanted));
}
