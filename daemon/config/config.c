/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The defaults, and names of values.
 */
#include "daemon/config/config.h"

#include "daemon/build-config.h"
#include "lib/cpu-bandwidth.h"
#include "lib/file-settings.h"

#define OOM_SCORE (-999)
#define PROTECTION_CAP 500000 /* the half */

/* pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables. */
static const ConfigSysctl sysctls[CONFIG_N_SYSCTLS] = {
  { "vm.overcommit_memory", "1", CONFIG_SYSCTL_ENFORCE },
  { "vm.panic_on_oom", "0", CONFIG_SYSCTL_ENFORCE },
  { "kernel.panic", "10", CONFIG_SYSCTL_ENFORCE },
  { "kernel.panic_on_oops", "1", CONFIG_SYSCTL_ENFORCE },
  { "kernel.keys.root_maxkeys", "1000000", CONFIG_SYSCTL_ENFORCE },
  { "kernel.keys.root_maxbytes", "25000000", CONFIG_SYSCTL_ENFORCE },
};

static const char *const daemons[] = { "kubelet.service", "kube-proxy.service", "docker.service",
                                       "containerd.service", "crio.service" };

const char *
config_resource_to_string (ConfigResource resource)
{
  static const char *const names[CONFIG_N_RESOURCES] = {
    [CONFIG_CPU] = "cpu",
    [CONFIG_MEMORY] = "memory",
    [CONFIG_EPHEMERAL_STORAGE] = "ephemeral-storage",
    [CONFIG_PID] = "pid",
  };

  return names[resource];
}

const char *
config_enforce_to_string (ConfigEnforce key)
{
  static const char *const names[CONFIG_N_ENFORCE] = {
    "pods",
    "system-reserved",
    "kube-reserved",
    "system-reserved-compressible",
    "kube-reserved-compressible",
  };

  for (guint i = 0; i < CONFIG_N_ENFORCE; i++)
    if (key == (ConfigEnforce) (1u << i))
      return names[i];
  return NULL;
}

const char *
config_sysctl_mode_to_string (ConfigSysctlMode mode)
{
  static const char *const names[] = {
    [CONFIG_SYSCTL_ENFORCE] = "enforce",
    [CONFIG_SYSCTL_WARN] = "warn",
    [CONFIG_SYSCTL_OFF] = "off",
  };

  return names[mode];
}

void
config_oom_score_free (gpointer self)
{
  ConfigOomScore *score = self;

  g_free (score->unit);
  g_free (score);
}

static void
add_oom_score (Config *self, const char *unit, int score)
{
  ConfigOomScore *entry = g_new0 (ConfigOomScore, 1);

  entry->unit = g_strdup (unit);
  entry->score = score;
  g_ptr_array_add (self->oom_scores, entry);
}

Config *
config_new (void)
{
  Config *self = g_new0 (Config, 1);

  self->root = g_strdup ("");
  self->group = g_strdup (NCG_DEFAULT_GROUP);
  self->cgroup_root = g_strdup ("/machine");
  self->daemons_group = g_strdup ("/kubernetes");
  self->system_group = g_strdup ("/system");
  self->container_runtime = g_strdup ("auto");
  self->enforced = CONFIG_ENFORCE_PODS;
  self->protection_cap = PROTECTION_CAP;
  self->pod_pids_limit = NCG_UNLIMITED;
  self->cpu_cfs_quota = TRUE;
  self->cpu_cfs_quota_period_usec = NCG_CPU_PERIOD_DEFAULT;
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++)
    self->sysctls[i] = sysctls[i];
  self->oom_scores = g_ptr_array_new_with_free_func (config_oom_score_free);
  for (gsize i = 0; i < G_N_ELEMENTS (daemons); i++)
    add_oom_score (self, daemons[i], OOM_SCORE);
  return self;
}

void
config_free (Config *self)
{
  if (self == NULL)
    return;
  g_free (self->root);
  g_free (self->bus_address);
  g_free (self->driver);
  g_free (self->cgroup_root);
  g_free (self->daemons_group);
  g_free (self->system_group);
  g_free (self->system_container);
  g_free (self->resource_container);
  g_free (self->container_runtime);
  g_free (self->group);
  ncg_cpuset_free (self->reserved_cpus);
  g_ptr_array_unref (self->oom_scores);
  g_clear_pointer (&self->origins, g_ptr_array_unref);
  g_strfreev (self->files);
  g_free (self);
}
