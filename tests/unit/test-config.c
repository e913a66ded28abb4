/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What there is without any configuration, and what cannot change while the daemon runs.
 */
#include "daemon/build-config.h"
#include "lib/resources.h"
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

static void
test_defaults (void)
{
  char *root = temp_dir_new ();
  g_autoptr (Config) config = config_rig_must_load (root, NULL);
  const ConfigOomScore *first = g_ptr_array_index (config->oom_scores, 0);

  g_assert_cmpstr (config->root, ==, root);
  g_assert_null (config->bus_address);
  g_assert_false (config->is_user);
  g_assert_false (config->may_drop);
  g_assert_cmpstr (config->group, ==, NCG_DEFAULT_GROUP);
  g_assert_cmpstr (config->driver, ==, "systemd");
  g_assert_cmpstr (config->cgroup_root, ==, "/machine");
  g_assert_cmpstr (config->daemons_group, ==, "/kubernetes");
  g_assert_cmpstr (config->system_group, ==, "/system");
  g_assert_null (config->system_container);
  g_assert_null (config->resource_container);
  g_assert_cmpstr (config->container_runtime, ==, "auto");
  g_assert_cmpuint (config->system_reserved.set | config->kube_reserved.set, ==, 0);
  g_assert_false (config->eviction_memory.is_set || config->eviction_nodefs.is_set);
  g_assert_cmpuint (config->enforced, ==, CONFIG_ENFORCE_PODS);
  g_assert_cmpint ((int) config->policy, ==, CONFIG_PROTECT);
  g_assert_cmpuint (config->protection_cap, ==, 500000);
  g_assert_null (config->reserved_cpus);
  g_assert_true (config->pod_pids_limit == NCG_UNLIMITED);
  g_assert_true (config->cpu_cfs_quota);
  g_assert_cmpint ((int) config->cpu_weight_formula, ==, NCG_SHARES_PROPORTIONAL);
  g_assert_cmpuint (config->cpu_cfs_quota_period_usec, ==, 100000);
  g_assert_false (config->protect_kernel_defaults);
  g_assert_cmpuint (config->oom_scores->len, ==, 5);
  g_assert_cmpstr (first->unit, ==, "kubelet.service");
  g_assert_cmpint (first->score, ==, -999);
  g_assert_cmpuint (g_strv_length (config->files), ==, 0);
  temp_dir_free (root);
}

/* There systemd has no slice for the system. */
static void
test_defaults_cgroupfs (void)
{
  char *root = temp_dir_new ();
  g_autoptr (Config) config = config_rig_load (root, NULL, FALSE, NULL);

  g_assert_cmpstr (config->driver, ==, "cgroupfs");
  g_assert_null (config->system_group);
  g_assert_null (config->system_container);
  g_assert_cmpstr (config->daemons_group, ==, "/kubernetes");
  temp_dir_free (root);
}

/* A user's manager is systemd, whatever the machine has. */
static void
test_defaults_user (void)
{
  char *root = temp_dir_new ();
  g_autoptr (Config) config = config_rig_load (root, "--user", FALSE, NULL);

  g_assert_cmpstr (config->driver, ==, "systemd");
  g_assert_true (config->is_user);
  temp_dir_free (root);
}

/* Of a value of each of them, what it says when it becomes another one. */
static void
test_change (void)
{
  static const struct {
    const char *arguments;
    const char *key;
  } cases[] = {
    { "--cgroup-driver cgroupfs", "cgroupDriver from \"systemd\" to \"cgroupfs\"" },
    { "--cgroup-root /a", "cgroupRoot from \"/machine\" to \"/a\"" },
    { "--group wheel", "group from" },
    { "--drop-unknown-properties", "dropUnknownProperties from \"false\" to \"true\"" },
    { "--bus-address unix:path=/a", "--bus-address from \"\" to \"unix:path=/a\"" },
    { "--user", "--user from \"false\" to \"true\"" },
  };
  char *root = temp_dir_new ();
  g_autoptr (Config) old = config_rig_must_load (root, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (Config) new = config_rig_must_load (root, cases[i].arguments);
    g_autoptr (GError) error = NULL;

    g_assert_false (config_check_change (old, new, &error));
    g_assert_nonnull (strstr (error->message, cases[i].key));
    g_assert_nonnull (strstr (error->message, "restart"));
  }
  temp_dir_free (root);
}

static void
test_reload (void)
{
  char *root = temp_dir_new ();
  ConfigAction action;
  g_autoptr (ConfigSources) sources = config_rig_parse (NULL, &action, NULL);
  g_autoptr (Config) current = config_rig_must_load (root, NULL);
  g_autoptr (Config) config = NULL;
  g_autoptr (GError) error = NULL;

  g_free (sources->root);
  sources->root = g_strdup (root);
  temp_dir_write (root, "etc/nodecgroups/config.yaml",
                  CONFIG_HEADER "systemReserved: {memory: 1Gi}\npodPidsLimit: 5\n");
  config = config_reload (sources, current, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config->pod_pids_limit, ==, 5);
  temp_dir_write (root, "etc/nodecgroups/config.yaml", CONFIG_HEADER "cgroupRoot: /a\n");
  g_assert_null (config_reload (sources, current, &error));
  g_assert_nonnull (strstr (error->message, "cgroupRoot"));
  g_clear_error (&error);
  temp_dir_write (root, "etc/nodecgroups/config.yaml", "a: b: c\n");
  g_assert_null (config_reload (sources, current, &error));
  g_assert_nonnull (strstr (error->message, "config.yaml:1:"));
  temp_dir_free (root);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/defaults-cgroupfs", test_defaults_cgroupfs);
  g_test_add_func ("/config/defaults-user", test_defaults_user);
  g_test_add_func ("/config/change", test_change);
  g_test_add_func ("/config/reload", test_reload);
  return g_test_run ();
}
