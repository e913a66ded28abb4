/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of pods, containers, slices and leaves.
 */
#include "lib/names.h"

#include "lib/error.h"

#include <string.h>

#define UUID "0a1b2c3d-4e5f-6789-abcd-ef0123456789"

static void
test_ids (void)
{
  static const char *const good[] = { "a", "7", UUID, "a_b", "A.b-c_9", "a-", "a..", NULL };
  static const char *const bad[] = {
    "", "-a", "_a", ".a", "..", "a/b", "a b", "a\n", "a:b", "a@b", "a\\x2d", "ä", "\xff", NULL,
  };

  for (guint i = 0; good[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_true (ncg_names_check_uid (good[i], &error));
    g_assert_true (ncg_names_check_container (good[i], &error));
    g_assert_no_error (error);
  }
  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_false (ncg_names_check_uid (bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_false (ncg_names_check_container (bad[i], NULL));
  }
}

static void
test_id_message (void)
{
  g_autofree char *name = g_strnfill (10000, '/');
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_names_check_container (name, &error));
  g_assert_nonnull (strstr (error->message, "\"////"));
  g_assert_nonnull (strstr (error->message, "container's name"));
  g_assert_nonnull (strstr (error->message, "letters, digits"));
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static const struct {
  const char *path;
  const char *slice;
} slices[] = {
  { "/", "-.slice" },
  { "/foo", "foo.slice" },
  { "/foo/bar", "foo-bar.slice" },
  { "/foo-bar", "foo_bar.slice" },
  { "/machine/burstable/pod" UUID,
    "machine-burstable-pod0a1b2c3d_4e5f_6789_abcd_ef0123456789.slice" },
  { "/a.b:c", "a.b:c.slice" },
  { "/pods.slice", "pods.slice.slice" },
  { "/-", "_.slice" },
};

static void
test_slices_round_trip (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (slices); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *slice = ncg_names_slice_from_path (slices[i].path, &error);
    g_autofree char *path = ncg_names_path_from_slice (slices[i].slice, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (slice, ==, slices[i].slice);
    g_assert_cmpstr (path, ==, slices[i].path);
  }
}

static void
test_bad_paths (void)
{
  static const char *const bad[] = {
    "",      "foo",  "//", "/foo/",    "/foo//bar", "/foo_bar", "/.",    "/foo/..", "/a b",
    "/a\nb", "/a@b", "/ä", "/a\\x2db", "./a",       "/a/./b",   "/\xff", NULL,
  };

  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (ncg_names_slice_from_path (bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
}

static void
test_bad_slices (void)
{
  static const char *const bad[] = {
    "",         ".slice",     "-a.slice", "a-.slice",  "a--b.slice", "a/b.slice",
    "--.slice", "a.scope",    "a",        "a@b.slice", "a b.slice",  "a\\x2db.slice",
    "..slice",  "a-...slice", "a.slice ", "slice",     NULL,
  };

  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (ncg_names_path_from_slice (bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_null (ncg_names_child_slice (bad[i], "a", NULL));
  }
}

/* Each makes a unit's name of @length bytes, or fails. */
static char *
slice_of_length (gsize length, GError **error)
{
  g_autofree char *path = g_strnfill (length - strlen (".slice") + 1, 'x');

  path[0] = '/';
  return ncg_names_slice_from_path (path, error);
}

static char *
child_of_length (gsize length, GError **error)
{
  g_autofree char *component = g_strnfill (length - strlen ("machine-.slice"), 'x');

  return ncg_names_child_slice ("machine.slice", component, error);
}

static char *
leaf_of_length (gsize length, GError **error)
{
  g_autofree char *container = g_strnfill (length - strlen ("podab-.service"), 'x');

  return ncg_names_leaf_unit ("ab", container, ".service", error);
}

static void
test_longest_unit (void)
{
  char *(*const makers[]) (gsize, GError **) = { slice_of_length, child_of_length, leaf_of_length };

  for (guint i = 0; i < G_N_ELEMENTS (makers); i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *longest = makers[i](NCG_NAMES_UNIT_MAX, &error);
    g_autofree char *longer = NULL;

    g_assert_no_error (error);
    g_assert_cmpuint (strlen (longest), ==, 250);

    longer = makers[i](NCG_NAMES_UNIT_MAX + 1, &error);
    g_assert_null (longer);
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull (strstr (error->message, "251"));
  }
}

static void
test_longest_slice_is_read (void)
{
  g_autofree char *longest = slice_of_length (NCG_NAMES_UNIT_MAX, NULL);
  g_autofree char *longer = g_strconcat ("x", longest, NULL);
  g_autofree char *path = ncg_names_path_from_slice (longest, NULL);

  g_assert_nonnull (path);
  g_assert_null (ncg_names_path_from_slice (longer, NULL));
}

static void
test_child_slice (void)
{
  static const struct {
    const char *parent;
    const char *component;
    const char *child;
  } rows[] = {
    { "-.slice", "machine", "machine.slice" },
    { "machine.slice", "podab-c", "machine-podab_c.slice" },
    { "machine-burstable.slice", "poda_b", "machine-burstable-poda_b.slice" },
    { "-.slice", "a-b", "a_b.slice" },
  };
  static const char *const bad[] = { "", ".", "..", "a/b", "a b", "a\\b", "ä", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *child = ncg_names_child_slice (rows[i].parent, rows[i].component, NULL);
    g_assert_cmpstr (child, ==, rows[i].child);
  }
  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (ncg_names_child_slice ("machine.slice", bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
}

static void
test_leaf_round_trip (void)
{
  static const struct {
    const char *uid;
    const char *container;
    const char *suffix;
    const char *unit;
  } rows[] = {
    { "ab", "web", ".scope", "podab-web.scope" },
    { "a-b", "web-1", ".service", "poda_b-web-1.service" },
    { "a.b", "x.scope", ".scope", "poda.b-x.scope.scope" },
    { "a_b", "x_y-", ".service", "poda_b-x_y-.service" },
    { UUID, "c", ".scope", "pod0a1b2c3d_4e5f_6789_abcd_ef0123456789-c.scope" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *unit =
        ncg_names_leaf_unit (rows[i].uid, rows[i].container, rows[i].suffix, NULL);
    g_autofree char *escaped = g_strconcat ("_", rows[i].unit, NULL);
    g_autofree char *container = ncg_names_container_from_unit (rows[i].uid, unit);
    g_autofree char *from_escaped = ncg_names_container_from_unit (rows[i].uid, escaped);

    g_assert_cmpstr (unit, ==, rows[i].unit);
    g_assert_cmpstr (container, ==, rows[i].container);
    g_assert_cmpstr (from_escaped, ==, rows[i].container);
  }
}

static void
test_not_a_leaf (void)
{
  static const char *const bad[] = {
    "",
    "podab",
    "podab-",
    "podab-.scope",
    "podab-c",
    "podab-c.x",
    "podab-c.slice",
    "podabc-d.scope",
    "poda-b.scope",
    "ab-c.scope",
    "podab_c.scope",
    "__podab-c.scope",
    "podab-/.scope",
    "podab--c.scope",
    NULL,
  };

  for (guint i = 0; bad[i] != NULL; i++)
    g_assert_null (ncg_names_container_from_unit ("ab", bad[i]));
}

static void
test_leaf_checks_its_parts (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ncg_names_leaf_unit ("a/b", "c", ".scope", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_null (ncg_names_leaf_unit ("a", "", ".scope", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/ids", test_ids);
  g_test_add_func ("/names/ids/message", test_id_message);
  g_test_add_func ("/names/slice/round-trip", test_slices_round_trip);
  g_test_add_func ("/names/slice/bad-paths", test_bad_paths);
  g_test_add_func ("/names/slice/bad-slices", test_bad_slices);
  g_test_add_func ("/names/slice/longest-is-read", test_longest_slice_is_read);
  g_test_add_func ("/names/longest-unit", test_longest_unit);
  g_test_add_func ("/names/child-slice", test_child_slice);
  g_test_add_func ("/names/leaf/round-trip", test_leaf_round_trip);
  g_test_add_func ("/names/leaf/not-a-leaf", test_not_a_leaf);
  g_test_add_func ("/names/leaf/checks-its-parts", test_leaf_checks_its_parts);
  return g_test_run ();
}
