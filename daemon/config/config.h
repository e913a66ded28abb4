/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon was told: by its defaults, configuration files and command line. Names and
 * meanings are those of KubeletConfiguration (kubelet.config.k8s.io/v1beta1) where it has them.
 *
 * How it is read is in load.h; here is what the rest of the program sees. It is constant once it is
 * loaded; a reload makes another one.
 */
#pragma once

#include "lib/cpuset.h"
#include "lib/shares.h"

/* What can be reserved, with the names that the D-Bus properties have, and their units. */
typedef enum {
  CONFIG_CPU,               /* "cpu", millicores */
  CONFIG_MEMORY,            /* "memory", bytes */
  CONFIG_EPHEMERAL_STORAGE, /* "ephemeral-storage", bytes */
  CONFIG_PID,               /* "pid" */
  CONFIG_N_RESOURCES,
} ConfigResource;

const char *config_resource_to_string (ConfigResource resource);

/* systemReserved, kubeReserved; all zero is none. */
typedef struct {
  guint set; /* bit i: amounts[i] was given */
  guint64 amounts[CONFIG_N_RESOURCES];
} ConfigReservation;

/* A threshold of evictionHard: an amount, or a share of the capacity. */
typedef struct {
  gboolean is_set;
  gboolean is_share;
  guint64 amount; /* bytes; a share in millionths of the capacity ("10%" is 100000) */
} ConfigThreshold;

/* enforceNodeAllocatable; "none" and an empty list are 0. */
typedef enum {
  CONFIG_ENFORCE_PODS = 1 << 0,
  CONFIG_ENFORCE_SYSTEM = 1 << 1, /* system-reserved */
  CONFIG_ENFORCE_KUBE = 1 << 2,   /* kube-reserved */
  CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE = 1 << 3,
  CONFIG_ENFORCE_KUBE_COMPRESSIBLE = 1 << 4,
} ConfigEnforce;

/* (nullable): of exactly one bit: "system-reserved-compressible"; NULL for another value */
const char *config_enforce_to_string (ConfigEnforce key);
#define CONFIG_N_ENFORCE 5

/* enforcementPolicy */
typedef enum {
  CONFIG_PROTECT, /* the reservation is kept free for its owner: CPU weight and MemoryMin */
  CONFIG_LIMIT,   /* the reservation is all that its owner gets: MemoryMax, TasksMax, CPU weight */
} ConfigPolicy;

typedef enum { CONFIG_SYSCTL_ENFORCE, CONFIG_SYSCTL_WARN, CONFIG_SYSCTL_OFF } ConfigSysctlMode;

const char *config_sysctl_mode_to_string (ConfigSysctlMode mode);

typedef struct {
  const char *name;   /* "vm.overcommit_memory"; static */
  const char *wanted; /* "1"; static */
  ConfigSysctlMode mode;
} ConfigSysctl;

#define CONFIG_N_SYSCTLS 6

/* An oom_score_adj for the main process of a service, or for all processes of a slice. */
typedef struct {
  char *unit; /* "kubelet.service", "kubernetes.slice" */
  int score;  /* -1000 to 1000 */
} ConfigOomScore;

void config_oom_score_free (gpointer self);

typedef struct {
  /* From the command line alone. */
  char *root;        /* "" or a directory that stands for the machine's root */
  char *bus_address; /* (nullable): of the bus to serve; NULL is the system bus */
  gboolean is_user;  /* ask the manager of the user's own session, and serve the session bus */
  gboolean may_drop; /* a unit property that systemd does not know is left out, and is no error */
  char *group;       /* the Unix group whose members may change things */
  gboolean is_debug; /* logLevel: each call of systemd is logged, with the time that it took */

  /* Where things are. Groups are paths that do not depend on the driver, "/a/b". */
  char *driver;             /* "systemd" or "cgroupfs": what was asked for, else what runs here */
  char *cgroup_root;        /* "/machine": under it are the pods; never "/" */
  char *system_group;       /* (nullable): "/system": of what systemReserved is for; NULL: none */
  char *daemons_group;      /* "/kubernetes": of what kubeReserved is for */
  char *system_container;   /* (nullable): cgroupfs: into it go the processes of the root cgroup */
  char *resource_container; /* (nullable): cgroupfs: into it goes the daemon itself */
  char *container_runtime;  /* "auto", "docker", "containerd", "crio", "rkt" or "none" */

  /* What is kept for whom. */
  ConfigReservation system_reserved;
  ConfigReservation kube_reserved;
  ConfigThreshold eviction_memory; /* evictionHard: memory.available */
  ConfigThreshold eviction_nodefs; /* nodefs.available */
  guint enforced;                  /* of ConfigEnforce */
  ConfigPolicy policy;
  guint64 protection_cap;   /* of all MemoryMin of reservations, in millionths of the capacity */
  NcgCpuset *reserved_cpus; /* (nullable): reservedSystemCPUs */

  /* Pods that do not say it themselves. */
  guint64 pod_pids_limit; /* NCG_UNLIMITED (lib/resources.h) if there is none */
  gboolean cpu_cfs_quota; /* a CPULimit becomes a quota */
  guint64 cpu_cfs_quota_period_usec;
  NcgSharesFormula cpu_weight_formula; /* from a request to a weight, on cgroup v2 */

  /* The kernel. */
  ConfigSysctl sysctls[CONFIG_N_SYSCTLS];
  gboolean protect_kernel_defaults; /* a sysctl that differs is an error and not set */
  GPtrArray *oom_scores;            /* (element-type ConfigOomScore) */

  GPtrArray *origins; /* where each value is from, for config_show(): see origin.h */
  char **files;       /* (nullable) (array zero-terminated=1): those that were read, in order */
} Config;

/* (transfer full): the defaults of a machine with systemd */
Config *config_new (void);
void config_free (Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_free)
