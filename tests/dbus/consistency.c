/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What fits together.
 */
#include "tests/dbus/consistency.h"

#include <string.h>

/* A scope whose process has gone elsewhere ends a moment later, and then the daemon is told. */
#define PATIENCE_USEC (5 * G_USEC_PER_SEC)

/* Only where that is allowed. */
static gboolean
is_left_out (const Fixture *fixture, const char *actual)
{
  return g_strcmp0 (fixture->option, "--drop-unknown-properties") == 0 &&
         g_str_has_prefix (actual, "left out: ");
}

/* (transfer full) (nullable): of what has no cgroup any more; all else is as it should be */
static char *
find_missing (Fixture *fixture, const char *uid)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", uid), &error);
  g_autoptr (GVariantIter) rows = NULL;
  const char *cgroup, *setting, *wanted, *actual;
  gboolean ok;
  char *missing = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(a(ssssb))", &rows);
  while (g_variant_iter_next (rows, "(&s&s&s&sb)", &cgroup, &setting, &wanted, &actual, &ok)) {
    g_test_message ("%s %s: %s, %s", cgroup, setting, wanted, actual);
    if (!g_str_equal (setting, "cgroup") || !g_str_equal (actual, "missing"))
      g_assert_true (ok || is_left_out (fixture, actual));
    else if (missing == NULL)
      missing = g_path_get_basename (cgroup);
  }
  return missing;
}

void
consistency_check_pod (Fixture *fixture, const char *uid)
{
  g_autofree char *missing = find_missing (fixture, uid);

  g_assert_cmpstr (missing, ==, NULL);
}

/* Adds to @units those of all pods that the daemon knows, each of which is as it should be.
 *
 * Returns: (transfer full) (nullable): one that the daemon knows, and that has no cgroup */
static char *
list_known_units (Fixture *fixture, GHashTable *units)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call (fixture, "ListPods", NULL, &error);
  g_autoptr (GVariantIter) pods = NULL;
  const char *uid, *slice, *state;
  char *missing = NULL;

  g_assert_no_error (error);
  g_variant_get (reply, "(a(ssoss))", &pods);
  while (missing == NULL &&
         g_variant_iter_next (pods, "(&s&s&o&s&s)", &uid, NULL, NULL, &slice, &state)) {
    g_autoptr (GVariant) containers = fixture_get_pod_property (fixture, uid, "Containers");

    g_assert_cmpstr (state, ==, "active");
    missing = find_missing (fixture, uid);
    g_hash_table_add (units, g_strdup (slice));
    for (gsize i = 0; i < g_variant_n_children (containers); i++) {
      char *unit;

      g_variant_get_child (containers, i, "(ssss)", NULL, &unit, NULL, NULL);
      g_hash_table_add (units, unit);
    }
  }
  return missing;
}

/* Besides what was set aside, there are only files of pods as they are. */
static void
assert_files (Fixture *fixture)
{
  g_autofree char *path = g_strconcat (fixture->root, "/run/nodecgroups/pods", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (directory);
  while ((name = g_dir_read_name (directory)) != NULL) {
    g_test_message ("%s", name);
    g_assert_true (g_str_has_suffix (name, ".pod") || g_str_has_suffix (name, ".bad"));
  }
}

/* (transfer full) (nullable): a unit of a pod that not all have: daemon, systemd, kernel */
static char *
find_difference (Fixture *fixture)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *missing = list_known_units (fixture, known);
  g_auto (GStrv) units = fake_systemd_list_units (fixture->systemd);
  GHashTableIter iter;
  gpointer unit;

  if (missing != NULL)
    return g_strdup_printf ("%s is known, and the kernel has none", missing);
  for (guint i = 0; units[i] != NULL; i++)
    if (strstr (units[i], "pod") != NULL && !g_hash_table_remove (known, units[i]))
      return g_strdup_printf ("%s is left over", units[i]);
  g_hash_table_iter_init (&iter, known);
  return g_hash_table_iter_next (&iter, &unit, NULL)
             ? g_strdup_printf ("%s is known, and systemd has none", (const char *) unit)
             : NULL;
}

void
consistency_check (Fixture *fixture)
{
  gint64 end = g_get_monotonic_time () + PATIENCE_USEC;
  g_autofree char *difference = find_difference (fixture);

  while (difference != NULL) {
    if (g_get_monotonic_time () > end)
      g_error ("%s", difference);
    fixture_iterate ();
    g_free (difference);
    difference = find_difference (fixture);
  }
  assert_files (fixture);
}

void
consistency_remove_all (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call (fixture, "ListPods", NULL, &error);
  g_autoptr (GVariantIter) pods = NULL;
  const char *uid;

  g_assert_no_error (error);
  g_variant_get (reply, "(a(ssoss))", &pods);
  while (g_variant_iter_next (pods, "(&s&s&o&s&s)", &uid, NULL, NULL, NULL, NULL))
    fixture_must_remove (fixture, uid);
  consistency_check (fixture);
}
