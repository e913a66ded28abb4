/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line.
 */
#include "daemon/config/arguments.h"

#include <string.h>

/* @text: the arguments, separated by blanks */
static gboolean
parse (Config *config, const char *text, ConfigAction *ret_action, GError **error)
{
  g_autofree char *line = g_strconcat ("nodecgroupsd ", text, NULL);
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);
  int argc = (int) g_strv_length (words);
  g_autofree char **argv = g_new0 (char *, (gsize) argc + 1);
  char **left = argv;

  /* What is understood is taken out of the array, but not freed. */
  memcpy (argv, words, (gsize) argc * sizeof *argv);
  return config_parse_arguments (config, &argc, &left, ret_action, error);
}

static void
test_defaults (void)
{
  g_autoptr (Config) config = config_new ();
  g_autoptr (GError) error = NULL;
  ConfigAction action = CONFIG_SHOW_VERSION;

  g_assert_true (parse (config, "", &action, &error));
  g_assert_no_error (error);
  g_assert_cmpint ((int) action, ==, CONFIG_RUN);
  g_assert_cmpstr (config->root, ==, "");
  g_assert_null (config->bus_address);
  g_assert_null (config->driver);
  g_assert_false (config->is_user);
  g_assert_false (config->may_drop);
  g_assert_cmpstr (config->cgroup_root, ==, "/machine");
  g_assert_cmpstr (config->daemons_group, ==, "/kubernetes");
  g_assert_cmpstr (config->system_group, ==, "/system");
  g_assert_cmpstr (config->group, ==, "nodecgroups");
}

static void
test_options (void)
{
  g_autoptr (Config) config = config_new ();
  g_autoptr (GError) error = NULL;
  ConfigAction action;

  g_assert_true (parse (config,
                        "--root=/tmp/x --bus-address unix:path=/y --cgroup-root /a/b --group wheel "
                        "--cgroup-driver=cgroupfs --drop-unknown-properties",
                        &action, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (config->root, ==, "/tmp/x");
  g_assert_cmpstr (config->bus_address, ==, "unix:path=/y");
  g_assert_cmpstr (config->cgroup_root, ==, "/a/b");
  g_assert_cmpstr (config->group, ==, "wheel");
  g_assert_cmpstr (config->driver, ==, "cgroupfs");
  g_assert_true (config->may_drop);
}

static void
test_version (void)
{
  g_autoptr (Config) config = config_new ();
  ConfigAction action = CONFIG_RUN;

  g_assert_true (parse (config, "--version", &action, NULL));
  g_assert_cmpint ((int) action, ==, CONFIG_SHOW_VERSION);
}

static void
test_refused (void)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
    { "--nothing", "--nothing" },
    { "--root", "--root" },
    { "--root a/b", "--root" },
    { "--cgroup-root machine", "--cgroup-root" },
    { "--cgroup-root /a//b", "/a//b" },
    { "--cgroup-root /a/../b", "/a/../b" },
    { "run", "run" },
    { "--group wheel run", "run" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Config) config = config_new ();
    g_autoptr (GError) error = NULL;
    ConfigAction action;

    g_assert_false (parse (config, cases[i].text, &action, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].message));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/options", test_options);
  g_test_add_func ("/config/version", test_version);
  g_test_add_func ("/config/refused", test_refused);
  return g_test_run ();
}
