/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names: what is accepted is a name that systemd and the kernel take, and can be told back.
 *
 * The input is lines: a uid, a container, a path or a unit; each is tried as everything.
 */
#include "lib/error.h"
#include "lib/names.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

#define ALPHANUMERIC G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS

/* systemd's VALID_CHARS in unit-name.c, without those of escapes and instances, which no name of
 * ours has */
static void
check_unit (const char *unit)
{
  g_assert_cmpuint (strlen (unit), <=, NCG_NAMES_UNIT_MAX);
  g_assert_cmpuint (strspn (unit, ALPHANUMERIC ":-_."), ==, strlen (unit));
  g_assert_true (strrchr (unit, '.') > unit);
}

static gboolean
check_id (const char *text)
{
  g_autoptr (GError) error = NULL;
  gboolean is_uid = ncg_names_check_uid (text, &error);
  gboolean should = g_ascii_isalnum (text[0]) && strspn (text, ALPHANUMERIC "._-") == strlen (text);

  g_assert_cmpint (is_uid, ==, should);
  fuzz_check_result (is_uid, &error);
  g_assert_cmpint (ncg_names_check_container (text, &error), ==, should);
  fuzz_check_result (should, &error);
  return is_uid;
}

/* From a path to a slice and back. */
static void
check_path (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *slice = ncg_names_slice_from_path (path, &error);
  g_autofree char *again = slice != NULL ? ncg_names_path_from_slice (slice, NULL) : NULL;

  fuzz_check_result (slice != NULL, &error);
  if (slice == NULL)
    return;
  g_assert_true (g_str_has_suffix (slice, ".slice"));
  g_assert_cmpstr (again, ==, path);
  check_unit (slice);
}

/* From a slice to a path and back. */
static void
check_slice (const char *slice)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = ncg_names_path_from_slice (slice, &error);
  g_autofree char *again = path != NULL ? ncg_names_slice_from_path (path, NULL) : NULL;

  fuzz_check_result (path != NULL, &error);
  g_assert_cmpstr (again, ==, path != NULL ? slice : NULL);
}

/* A child's path is that of its parent and one component more. */
static void
check_child (const char *parent, const char *component)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *child = ncg_names_child_slice (parent, component, &error);
  g_autofree char *parent_path = ncg_names_path_from_slice (parent, NULL);
  g_autofree char *own = g_strdelimit (g_strdup (component), "_", '-');
  g_autofree char *path = NULL;
  g_autofree char *expected = NULL;

  fuzz_check_result (child != NULL, &error);
  if (child == NULL)
    return;
  check_unit (child);
  g_assert_nonnull (parent_path);
  expected = g_strconcat (g_str_equal (parent_path, "/") ? "" : parent_path, "/", own, NULL);
  path = ncg_names_path_from_slice (child, NULL);
  g_assert_cmpstr (path, ==, expected);
}

/* From a pod and a container to a unit and back, also as systemd escapes the cgroup's name. */
static void
check_leaf (const char *uid, const char *container, const char *suffix)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *unit = ncg_names_leaf_unit (uid, container, suffix, &error);
  g_autofree char *escaped = g_strconcat ("_", unit, NULL);
  g_autofree char *again = NULL;
  g_autofree char *again_escaped = NULL;

  fuzz_check_result (unit != NULL, &error);
  if (unit == NULL)
    return;
  check_unit (unit);
  g_assert_true (g_str_has_prefix (unit, "pod"));
  again = ncg_names_container_from_unit (uid, unit);
  again_escaped = ncg_names_container_from_unit (uid, escaped);
  g_assert_cmpstr (again, ==, container);
  g_assert_cmpstr (again_escaped, ==, container);
}

/* What is taken for a leaf is one of this pod. */
static void
check_unit_of_pod (const char *uid, const char *unit)
{
  g_autofree char *container = ncg_names_container_from_unit (uid, unit);
  const char *suffix = strrchr (unit, '.');
  g_autofree char *again = NULL;

  if (container == NULL || !ncg_names_check_uid (uid, NULL))
    return;
  again = ncg_names_leaf_unit (uid, container, suffix, NULL);
  if (again != NULL)
    g_assert_cmpstr (again, ==, unit + (unit[0] == '_'));
  else
    g_assert_cmpuint (strlen (unit), >, NCG_NAMES_UNIT_MAX);
}

/* Any text may be quoted, and what is plain stays as it is. */
static void
check_escape (const char *text)
{
  g_autofree char *escaped = ncg_error_escape (text);

  g_assert_true (g_utf8_validate (escaped, -1, NULL));
  g_assert_null (strpbrk (escaped, "\"\n\t\r\x1b"));
  g_assert_cmpint (g_utf8_strlen (escaped, -1), <=, 64 * strlen ("\\x00") * 4 + 1);
  if (strlen (text) <= 64 && strspn (text, ALPHANUMERIC " :-_./") == strlen (text))
    g_assert_cmpstr (escaped, ==, text);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  g_autofree char *text = fuzz_text (data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 4);

  check_escape (text);
  for (guint i = 0; lines[i] != NULL; i++) {
    check_id (lines[i]);
    check_path (lines[i]);
    check_slice (lines[i]);
    for (guint j = 0; lines[j] != NULL; j++) {
      check_child (lines[i], lines[j]);
      check_leaf (lines[i], lines[j], ".scope");
      check_leaf (lines[i], lines[j], ".service");
      check_unit_of_pod (lines[i], lines[j]);
    }
  }
  return 0;
}
