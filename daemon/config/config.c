/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Defaults and the command line.
 */
#include "daemon/config/config.h"

#include "daemon/build-config.h"
#include "daemon/config/arguments.h"
#include "lib/cpu-bandwidth.h"
#include "lib/error.h"
#include "lib/file-settings.h"
#include "lib/names.h"

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
  g_free (self);
}

static void
replace (char **field, char *value)
{
  if (value == NULL)
    return;
  g_free (*field);
  *field = value;
}

static gboolean
check (const Config *self, GError **error)
{
  static const char *const drivers[] = { "systemd", "cgroupfs", NULL };
  g_autofree char *slice = NULL;

  if (self->driver != NULL && !g_strv_contains (drivers, self->driver)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "--cgroup-driver is '%s'; it takes systemd or cgroupfs", self->driver);
    return FALSE;
  }
  if (self->is_user && g_strcmp0 (self->driver, "cgroupfs") == 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "--user asks the systemd of the session, and does not go with "
                 "--cgroup-driver=cgroupfs");
    return FALSE;
  }
  if (self->root[0] != '\0' && self->root[0] != '/') {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "--root is '%s'; it takes an absolute path", self->root);
    return FALSE;
  }
  slice = ncg_names_slice_from_path (self->cgroup_root, error);
  if (slice == NULL)
    g_prefix_error (error, "--cgroup-root: ");
  return slice != NULL;
}

gboolean
config_parse_arguments (
    Config *self, int *argc, char ***argv, ConfigAction *ret_action, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  char *root = NULL, *bus = NULL, *driver = NULL, *cgroup_root = NULL, *group = NULL;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &root,
      "Take /sys, /proc and /run below DIR instead of the machine's", "DIR" },
    { "bus-address", 0, 0, G_OPTION_ARG_STRING, &bus, "Serve this bus instead of the system bus",
      "ADDRESS" },
    { "cgroup-driver", 0, 0, G_OPTION_ARG_STRING, &driver,
      "systemd or cgroupfs (default: systemd where it runs)", "NAME" },
    { "cgroup-root", 0, 0, G_OPTION_ARG_STRING, &cgroup_root,
      "The cgroup under which pods are (default: /machine)", "PATH" },
    { "group", 0, 0, G_OPTION_ARG_STRING, &group,
      "The group whose members may change things (default: " NCG_DEFAULT_GROUP ")", "NAME" },
    { "user", 0, 0, G_OPTION_ARG_NONE, &self->is_user,
      "Ask the systemd of the user's session and serve the session bus, for development", NULL },
    { "drop-unknown-properties", 0, 0, G_OPTION_ARG_NONE, &self->may_drop,
      "Leave out those of SystemdProperties that systemd does not know", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { NULL },
  };
  gboolean parsed;

  g_option_context_set_summary (context, "Sets a node up for containers and owns its pod cgroups; "
                                         "serves org.example.NodeCgroups on the system bus.");
  g_option_context_add_main_entries (context, entries, NULL);
  parsed = g_option_context_parse (context, argc, argv, error);
  replace (&self->root, root);
  replace (&self->bus_address, bus);
  replace (&self->driver, driver);
  replace (&self->cgroup_root, cgroup_root);
  replace (&self->group, group);
  if (!parsed)
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "there is no argument '%s'; see --help", (*argv)[1]);
    return FALSE;
  }
  if (!check (self, error))
    return FALSE;
  *ret_action = version ? CONFIG_SHOW_VERSION : CONFIG_RUN;
  return TRUE;
}
