/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration: what is accepted is within its ranges, and can be shown and loaded again.
 *
 * The first byte of the input says what follows: "k" a KubeletConfiguration, which a file of ours
 * names; "c" a file of ours on a machine without systemd, else one with it.
 */
#include "daemon/config/load.h"
#include "daemon/config/show.h"
#include "lib/resources.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/config-rig.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define OURS "etc/nodecgroups/config.yaml"
#define KUBELET "kubelet.yaml"
#define TAKES_KUBELET CONFIG_HEADER "kubeletConfig: /" KUBELET "\n"

/* Each problem has a place, a line and a caret, and there are no more than are shown. */
#define MESSAGE_MAX (CONFIG_REPORT_MAX * 4000)

static void
write_bytes (const char *name, const char *data, gsize size)
{
  g_autofree char *path = g_build_filename (fuzz_directory (), name, NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static Config *
load (gboolean has_systemd, GError **error)
{
  g_autoptr (ConfigSources) sources = config_sources_new ();

  g_free (sources->root);
  sources->root = g_strdup (fuzz_directory ());
  sources->has_systemd = has_systemd;
  return config_load (sources, error);
}

static void
check_threshold (const ConfigThreshold *threshold)
{
  g_assert_cmpint (threshold->is_set, ==, threshold->amount > 0);
  if (threshold->is_share)
    g_assert_cmpuint (threshold->amount, <, 1000000);
  g_assert_cmpuint (threshold->amount, <=, G_MAXINT64);
}

static void
check_reservation (const ConfigReservation *reservation)
{
  for (guint i = 0; i < CONFIG_N_RESOURCES; i++) {
    g_assert_cmpuint (reservation->amounts[i], <=, G_MAXINT64);
    if ((reservation->set & (1u << i)) == 0)
      g_assert_cmpuint (reservation->amounts[i], ==, 0);
  }
}

static void
check_group (const char *group)
{
  if (group == NULL)
    return;
  g_assert_true (group[0] == '/' && group[1] != '\0');
  g_assert_false (g_str_has_suffix (group, ".slice"));
}

static gboolean
is_inside (const char *path, const char *group)
{
  return g_str_has_prefix (path, group) && strchr ("/", path[strlen (group)]) != NULL;
}

static void
check_enforced (const Config *config)
{
  guint system = CONFIG_ENFORCE_SYSTEM | CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE;
  guint kube = CONFIG_ENFORCE_KUBE | CONFIG_ENFORCE_KUBE_COMPRESSIBLE;

  g_assert_cmpuint (config->enforced >> CONFIG_N_ENFORCE, ==, 0);
  g_assert_true ((config->enforced & system) != system && (config->enforced & kube) != kube);
  if ((config->enforced & system) != 0) {
    g_assert_cmpuint (config->system_reserved.set, !=, 0);
    g_assert_nonnull (config->system_group);
  }
  if ((config->enforced & kube) != 0)
    g_assert_cmpuint (config->kube_reserved.set, !=, 0);
}

static void
check_limit (const Config *config, ConfigEnforce key, const ConfigReservation *reservation)
{
  static const ConfigResource limited[] = { CONFIG_MEMORY, CONFIG_PID };

  if (config->policy != CONFIG_LIMIT || (config->enforced & key) == 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (limited); i++)
    g_assert_true ((reservation->set & (1u << limited[i])) == 0 ||
                   reservation->amounts[limited[i]] > 0);
}

static void
assert_apart (const char *a, const char *b)
{
  if (a != NULL && b != NULL)
    g_assert_false (is_inside (a, b) || is_inside (b, a));
}

/* What is set on one must not be set on another. */
static void
check_nested (const Config *config)
{
  guint reservations = config->enforced & ~(guint) CONFIG_ENFORCE_PODS;

  if (config->enforced != 0 || config->reserved_cpus != NULL) {
    assert_apart (config->cgroup_root, config->system_group);
    assert_apart (config->cgroup_root, config->daemons_group);
    if (g_str_equal (config->driver, "systemd"))
      assert_apart (config->cgroup_root, "/user");
  }
  if (reservations != 0 || config->reserved_cpus != NULL)
    assert_apart (config->system_group, config->daemons_group);
  if (config->system_container != NULL &&
      !g_str_equal (config->system_container, config->daemons_group))
    assert_apart (config->system_container, config->daemons_group);
  if (g_strcmp0 (config->system_container, config->resource_container) != 0)
    assert_apart (config->system_container, config->resource_container);
}

static void
check_ranges (const Config *config)
{
  check_group (config->cgroup_root);
  check_group (config->system_group);
  check_group (config->daemons_group);
  check_group (config->system_container);
  check_group (config->resource_container);
  g_assert_nonnull (config->cgroup_root);
  g_assert_nonnull (config->daemons_group);
  check_reservation (&config->system_reserved);
  check_reservation (&config->kube_reserved);
  check_threshold (&config->eviction_memory);
  check_threshold (&config->eviction_nodefs);
  check_enforced (config);
  check_limit (config, CONFIG_ENFORCE_SYSTEM, &config->system_reserved);
  check_limit (config, CONFIG_ENFORCE_KUBE, &config->kube_reserved);
  check_nested (config);
  g_assert_cmpuint (config->protection_cap, <=, 1000000);
  g_assert_cmpuint (config->pod_pids_limit, >, 0);
  g_assert_true (config->pod_pids_limit <= G_MAXINT64 || config->pod_pids_limit == NCG_UNLIMITED);
  g_assert_cmpuint (config->cpu_cfs_quota_period_usec, >=, 1000);
  g_assert_cmpuint (config->cpu_cfs_quota_period_usec, <=, 1000000);
  if (g_str_equal (config->driver, "systemd")) {
    g_assert_null (config->system_container);
    g_assert_null (config->resource_container);
  }
  for (guint i = 0; i < config->oom_scores->len; i++) {
    const ConfigOomScore *score = g_ptr_array_index (config->oom_scores, i);

    g_assert_true (score->score >= -1000 && score->score <= 1000);
    g_assert_true (score->score > -1000 || !g_str_has_suffix (score->unit, ".slice"));
  }
}

static void
check_round_trip (const Config *config, gboolean has_systemd)
{
  g_autofree char *text = config_show (config);
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) again = NULL;

  write_bytes (OURS, text, strlen (text));
  again = load (has_systemd, &error);
  g_assert_no_error (error);
  config_rig_assert_equal (config, again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, size_t size)
{
  gboolean is_kubelet = size > 0 && data[0] == 'k';
  gboolean has_systemd = size > 0 && data[0] != 'c';
  const char *text = size > 0 ? (const char *) data + 1 : "";
  g_autoptr (GError) error = NULL;
  g_autoptr (Config) config = NULL;

  fuzz_make_directory ("etc/nodecgroups");
  write_bytes (KUBELET, is_kubelet ? text : KUBELET_HEADER,
               is_kubelet ? size - 1 : strlen (KUBELET_HEADER));
  write_bytes (OURS, is_kubelet ? TAKES_KUBELET : text,
               is_kubelet ? strlen (TAKES_KUBELET) : size - (size > 0));
  config = load (has_systemd, &error);
  if (config == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_cmpuint (strlen (error->message), <, MESSAGE_MAX);
    return 0;
  }
  g_assert_no_error (error);
  check_ranges (config);
  check_round_trip (config, has_systemd);
  return 0;
}
