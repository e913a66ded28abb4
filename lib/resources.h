/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resource model: what one cgroup should have, in the kernel's own units and apart from how it
 * is said (unit properties, files). Unset, unlimited and 0 are three different things.
 *
 * Rules of the values: Documentation/admin-guide/cgroup-v2.rst in the kernel,
 * systemd.resource-control(5).
 */
#pragma once

#include "lib/cpuset.h"

/* No limit: the kernel's "max", systemd's "infinity". */
#define NCG_UNLIMITED G_MAXUINT64

typedef enum {
  NCG_SETTING_CPU_WEIGHT,      /* 1 to 10000 */
  NCG_SETTING_CPU_QUOTA_USEC,  /* µs of CPU time per second, or NCG_UNLIMITED */
  NCG_SETTING_CPU_PERIOD_USEC, /* 1000 to 1000000 */
  NCG_SETTING_MEMORY_MIN,      /* bytes, as the others of memory */
  NCG_SETTING_MEMORY_LOW,
  NCG_SETTING_MEMORY_HIGH,
  NCG_SETTING_MEMORY_MAX,
  NCG_SETTING_MEMORY_SWAP_MAX, /* swap alone, as on cgroup v2 */
  NCG_SETTING_PIDS_MAX,
  NCG_N_SETTINGS,
} NcgSetting;

/* Embedded or on the stack; all zero is valid and has nothing set. */
typedef struct {
  guint32 set;      /* bit i: numbers[i] is set */
  guint32 optional; /* bit i: nobody asked for it: a machine without the controller is fine */
  guint64 numbers[NCG_N_SETTINGS];
  NcgCpuset *cpus;         /* (nullable): unset if NULL */
  NcgCpuset *memory_nodes; /* (nullable) */
} NcgResources;

void ncg_resources_clear (NcgResources *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgResources, ncg_resources_clear)

void ncg_resources_copy (const NcgResources *self, NcgResources *ret_copy);
gboolean ncg_resources_equal (const NcgResources *a, const NcgResources *b);

void ncg_resources_set (NcgResources *self, NcgSetting setting, guint64 value);
gboolean ncg_resources_is_set (const NcgResources *self, NcgSetting setting);

/* Returns: the value, or @otherwise if it is unset */
guint64 ncg_resources_get (const NcgResources *self, NcgSetting setting, guint64 otherwise);

/* One file of a cgroup and what it should read. */
typedef struct {
  const char *controller; /* static: "cpu", "cpuset", "memory", "pids" */
  const char *file;       /* static */
  char *wanted;           /* as the kernel prints it */
  char *actual;           /* (nullable): as read; NULL if the file is not there */
  gboolean is_optional;   /* without the file nothing is missed: no limit, or nobody asked for it */
  gboolean ok;
} NcgCheck;

void ncg_check_free (NcgCheck *self);

/**
 * ncg_resources_expect:
 *
 * What the kernel's files on the unified hierarchy must read once @self is applied: memory rounded
 * down to pages, the quota in its period.
 *
 * Returns: (transfer container) (element-type NcgCheck): the files of all settings that are set,
 * with
 *   @actual not filled in; free with g_ptr_array_unref()
 */
GPtrArray *ncg_resources_expect (const NcgResources *self);

/**
 * ncg_resources_expect_v1:
 *
 * The same for controllers on cgroup v1, as systemd up to 257 converts them: the weight to shares
 * (1024 for 100), MemoryMax to memory.limit_in_bytes. What v1 or systemd on v1 has no file for is
 * expected in the file of v2, where it will not be found.
 */
GPtrArray *ncg_resources_expect_v1 (const NcgResources *self);
