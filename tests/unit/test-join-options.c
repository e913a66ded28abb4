/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of a join.
 */
#include "daemon/policy/join-options.h"

#include "lib/error.h"

#include <string.h>

static void
test_everything (void)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (
      g_variant_new_parsed ("{'PidsLimit': <uint64 7>, 'Delegate': <true>, 'Subgroup': <'a/b'>, "
                            "'User': <'nobody'>}"));
  g_auto (JoinOptions) options = { 0 };
  g_auto (JoinOptions) copy = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (join_options_parse (variant, &options, &error));
  g_assert_no_error (error);
  join_options_copy (&options, &copy);
  g_assert_true (copy.is_delegated);
  g_assert_cmpstr (copy.subgroup, ==, "a/b");
  g_assert_cmpstr (copy.user, ==, "nobody");
  g_assert_cmpuint (copy.spec.amounts[SPEC_PIDS_LIMIT], ==, 7);
}

static void
test_nothing (void)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (g_variant_new_parsed ("@a{sv} {}"));
  g_auto (JoinOptions) options = { 0 };

  g_assert_true (join_options_parse (variant, &options, NULL));
  g_assert_false (options.is_delegated);
  g_assert_null (options.subgroup);
  g_assert_null (options.user);
  g_assert_true (spec_is_empty (&options.spec));
}

static const struct {
  const char *options;
  const char *named;
} errors[] = {
  { "{'Delegate': <'yes'>}", "Delegate" },
  { "{'Delegate': <uint64 1>}", "boolean" },
  { "{'Subgroup': <true>}", "Subgroup" },
  { "{'Subgroup': <''>}", "Subgroup" },
  { "{'Subgroup': <'/a'>}", "/a" },
  { "{'Subgroup': <'a/'>}", "a/" },
  { "{'Subgroup': <'a//b'>}", "a//b" },
  { "{'Subgroup': <'..'>}", ".." },
  { "{'Subgroup': <'a/../b'>}", "a/../b" },
  { "{'Subgroup': <'cgroup.procs'>}", "cgroup.procs" },
  { "{'Subgroup': <'memory.max'>}", "memory.max" },
  { "{'Subgroup': <'a\\nb'>}", "Subgroup" },
  { "{'User': <uint32 0>}", "User" },
  { "{'User': <''>}", "User" },
  { "{'Delegated': <true>}", "Delegated" },
  { "{'QosClass': <'Burstable'>}", "QosClass" },
  { "{'Delegate': <true>, 'Delegate': <true>}", "Delegate" },
};

static void
test_errors (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++) {
    g_autoptr (GVariant) variant =
        g_variant_parse (G_VARIANT_TYPE_VARDICT, errors[i].options, NULL, NULL, NULL);
    JoinOptions options;
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (variant);
    g_assert_false (join_options_parse (variant, &options, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_test_message ("%s: %s", errors[i].options, error->message);
    g_assert_nonnull (strstr (error->message, errors[i].named));
  }
}

/* Of a container that is created: all but the subgroup. */
static void
test_container (void)
{
  g_autoptr (GVariant) good = g_variant_ref_sink (
      g_variant_new_parsed ("{'PidsLimit': <uint64 7>, 'Delegate': <true>, 'User': <'nobody'>}"));
  g_autoptr (GVariant) bad =
      g_variant_ref_sink (g_variant_new_parsed ("{'Delegate': <true>, 'Subgroup': <'a'>}"));
  g_auto (JoinOptions) options = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (join_options_parse_container (good, &options, &error));
  g_assert_no_error (error);
  g_assert_true (options.is_delegated);
  g_assert_cmpstr (options.user, ==, "nobody");
  g_assert_false (join_options_parse_container (bad, &options, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "Subgroup"));
  g_assert_cmpstr (options.user, ==, "nobody");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/join-options/everything", test_everything);
  g_test_add_func ("/join-options/nothing", test_nothing);
  g_test_add_func ("/join-options/errors", test_errors);
  g_test_add_func ("/join-options/container", test_container);
  return g_test_run ();
}
