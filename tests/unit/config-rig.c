/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configurations for tests.
 */
#include "tests/unit/config-rig.h"

#include "tests/unit/temp-dir.h"

#include <string.h>

#define NO_SYSTEMD "cgroupfs!"

ConfigSources *
config_rig_parse (const char *arguments, ConfigAction *ret_action, GError **error)
{
  g_autofree char *line = g_strconcat ("nodecgroupsd ", arguments != NULL ? arguments : "", NULL);
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);
  int argc = (int) g_strv_length (words);
  g_autofree char **argv = g_new0 (char *, (gsize) argc + 1);
  char **left = argv;

  /* What is understood is taken out of the array, but not freed. */
  memcpy (argv, words, (gsize) argc * sizeof *argv);
  return config_arguments_parse (&argc, &left, ret_action, error);
}

Config *
config_rig_load (const char *root, const char *arguments, gboolean has_systemd, GError **error)
{
  ConfigAction action;
  g_autoptr (ConfigSources) sources = config_rig_parse (arguments, &action, error);

  if (sources == NULL)
    return NULL;
  g_free (sources->root);
  sources->root = g_strdup (root);
  sources->has_systemd = has_systemd;
  return config_load (sources, error);
}

Config *
config_rig_must_load (const char *root, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  Config *config = config_rig_load (root, arguments, TRUE, &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);
  return config;
}

char *
config_rig_complain (const char *text, const char *arguments)
{
  char *root = temp_dir_new ();
  g_autofree char *file = g_strconcat (CONFIG_HEADER, text, NULL);
  gboolean has_systemd = arguments == NULL || !g_str_has_prefix (arguments, NO_SYSTEMD);
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = NULL;
  g_auto (GStrv) parts = NULL;

  temp_dir_write (root, "etc/nodecgroups/config.yaml", file);
  config = config_rig_load (root, has_systemd ? arguments : arguments + strlen (NO_SYSTEMD),
                            has_systemd, &error);
  g_assert_true ((config == NULL) == (error != NULL));
  parts = g_strsplit (error != NULL ? error->message : "", root, -1);
  temp_dir_free (root);
  return g_strjoinv ("", parts);
}

static void
assert_equal_reservations (const ConfigReservation *a, const ConfigReservation *b)
{
  g_assert_cmpuint (a->set, ==, b->set);
  for (guint i = 0; i < CONFIG_N_RESOURCES; i++)
    g_assert_cmpuint (a->amounts[i], ==, b->amounts[i]);
}

static void
assert_equal_thresholds (const ConfigThreshold *a, const ConfigThreshold *b)
{
  g_assert_cmpint (a->is_set, ==, b->is_set);
  g_assert_cmpint (a->is_share, ==, b->is_share);
  g_assert_cmpuint (a->amount, ==, b->amount);
}

static int
compare_scores (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const ConfigOomScore *const *) a)->unit,
                 (*(const ConfigOomScore *const *) b)->unit);
}

/* In any order. */
static void
assert_equal_scores (const Config *a, const Config *b)
{
  g_assert_cmpuint (a->oom_scores->len, ==, b->oom_scores->len);
  g_ptr_array_sort (a->oom_scores, compare_scores);
  g_ptr_array_sort (b->oom_scores, compare_scores);
  for (guint i = 0; i < a->oom_scores->len; i++) {
    const ConfigOomScore *one = g_ptr_array_index (a->oom_scores, i);
    const ConfigOomScore *other = g_ptr_array_index (b->oom_scores, i);

    g_assert_cmpstr (one->unit, ==, other->unit);
    g_assert_cmpint (one->score, ==, other->score);
  }
}

static void
assert_equal_places (const Config *a, const Config *b)
{
  g_assert_cmpstr (a->root, ==, b->root);
  g_assert_cmpstr (a->bus_address, ==, b->bus_address);
  g_assert_cmpint (a->is_user, ==, b->is_user);
  g_assert_cmpint (a->may_drop, ==, b->may_drop);
  g_assert_cmpstr (a->group, ==, b->group);
  g_assert_cmpstr (a->driver, ==, b->driver);
  g_assert_cmpstr (a->cgroup_root, ==, b->cgroup_root);
  g_assert_cmpstr (a->system_group, ==, b->system_group);
  g_assert_cmpstr (a->daemons_group, ==, b->daemons_group);
  g_assert_cmpstr (a->system_container, ==, b->system_container);
  g_assert_cmpstr (a->resource_container, ==, b->resource_container);
  g_assert_cmpstr (a->container_runtime, ==, b->container_runtime);
}

void
config_rig_assert_equal (const Config *a, const Config *b)
{
  assert_equal_places (a, b);
  assert_equal_reservations (&a->system_reserved, &b->system_reserved);
  assert_equal_reservations (&a->kube_reserved, &b->kube_reserved);
  assert_equal_thresholds (&a->eviction_memory, &b->eviction_memory);
  assert_equal_thresholds (&a->eviction_nodefs, &b->eviction_nodefs);
  g_assert_cmpuint (a->enforced, ==, b->enforced);
  g_assert_cmpint ((int) a->policy, ==, (int) b->policy);
  g_assert_cmpint ((int) a->cpu_weight_formula, ==, (int) b->cpu_weight_formula);
  g_assert_cmpuint (a->protection_cap, ==, b->protection_cap);
  g_assert_true ((a->reserved_cpus == NULL) == (b->reserved_cpus == NULL));
  if (a->reserved_cpus != NULL)
    g_assert_true (ncg_cpuset_equal (a->reserved_cpus, b->reserved_cpus));
  g_assert_cmpuint (a->pod_pids_limit, ==, b->pod_pids_limit);
  g_assert_cmpint (a->cpu_cfs_quota, ==, b->cpu_cfs_quota);
  g_assert_cmpuint (a->cpu_cfs_quota_period_usec, ==, b->cpu_cfs_quota_period_usec);
  for (guint i = 0; i < CONFIG_N_SYSCTLS; i++)
    g_assert_cmpint ((int) a->sysctls[i].mode, ==, (int) b->sysctls[i].mode);
  g_assert_cmpint (a->protect_kernel_defaults, ==, b->protect_kernel_defaults);
  assert_equal_scores (a, b);
}
