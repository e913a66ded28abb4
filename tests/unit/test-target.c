/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UID and UID/CONTAINER.
 */
#include "cli/target.h"

#include "cli/exit-status.h"

static const char *const keys[] = { "PidsLimit=10", NULL };

static void
assert_described (const Target *target, const char *expected)
{
  g_autoptr (GVariant) described = g_variant_ref_sink (target_describe (target));
  g_autofree char *text = g_variant_print (described, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_pod (void)
{
  g_auto (Target) target = { 0 };

  g_assert_true (target_parse (&target, "a-b", NULL, NULL));
  g_assert_cmpstr (target.uid, ==, "a-b");
  g_assert_null (target.container);
  g_assert_null (target.spec);
  assert_described (&target, "{'Uid': <'a-b'>}");
}

static void
test_container (void)
{
  g_auto (Target) target = { 0 };

  g_assert_true (target_parse (&target, "a/web", (char **) keys, NULL));
  g_assert_cmpstr (target.uid, ==, "a");
  g_assert_cmpstr (target.container, ==, "web");
  g_assert_true (g_variant_lookup (target.spec, "PidsLimit", "s", NULL));
  assert_described (&target, "{'Uid': <'a'>, 'Container': <'web'>}");
}

static void
assert_refused (const char *name, char **some_keys)
{
  g_auto (Target) target = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_false (target_parse (&target, name, some_keys, &error));
  g_assert_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE);
}

static void
test_refused (void)
{
  static const char *const wrong[] = { "PidsLimit", NULL };

  assert_refused ("/web", NULL);
  assert_refused ("a/", NULL);
  assert_refused ("/", NULL);
  assert_refused ("a", (char **) wrong);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/target/pod", test_pod);
  g_test_add_func ("/target/container", test_container);
  g_test_add_func ("/target/refused", test_refused);
  return g_test_run ();
}
