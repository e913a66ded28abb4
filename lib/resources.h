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
  NCG_SETTING_CPU_WEIGHT,      /* 1 to 10000; 0 is idle: only what its siblings leave (cpu.idle) */
  NCG_SETTING_CPU_QUOTA_USEC,  /* µs of CPU time per second, or NCG_UNLIMITED */
  NCG_SETTING_CPU_PERIOD_USEC, /* 1000 to 1000000 */
  NCG_SETTING_MEMORY_MIN,      /* bytes, as the others of memory */
  NCG_SETTING_MEMORY_LOW,
  NCG_SETTING_MEMORY_HIGH,
  NCG_SETTING_MEMORY_MAX,
  NCG_SETTING_MEMORY_SWAP_MAX, /* swap alone, as on cgroup v2 */
  NCG_SETTING_PIDS_MAX,
  NCG_SETTING_IO_WEIGHT, /* 1 to 10000 */
  NCG_SETTING_OOM_GROUP, /* 0 or 1 */
  NCG_N_SETTINGS,
} NcgSetting;

/* What the kernel has where nothing is set. */
guint64 ncg_setting_get_default (NcgSetting setting);

/* The limit of one size of huge pages. */
typedef struct {
  guint64 page_bytes;
  guint64 limit_bytes; /* or NCG_UNLIMITED */
} NcgHugepageLimit;

typedef enum {
  NCG_IO_LIMIT_READ_BANDWIDTH,  /* bytes per second */
  NCG_IO_LIMIT_WRITE_BANDWIDTH, /* bytes per second */
  NCG_IO_LIMIT_READ_IOPS,       /* operations per second */
  NCG_IO_LIMIT_WRITE_IOPS,      /* operations per second */
  NCG_N_IO_LIMITS,
} NcgIoLimit;

/* The limits of one block device. */
typedef struct {
  char *path; /* as it was given: "/dev/sda", or "8:0" */
  guint major, minor;
  gboolean is_whole_disk;          /* no partition, nothing of device-mapper: what systemd, which
                                      looks for the disk behind a device, takes for itself */
  guint32 set;                     /* bit i: limits[i] is set */
  guint64 limits[NCG_N_IO_LIMITS]; /* or NCG_UNLIMITED */
} NcgDeviceLimits;

/* A file of cgroup v2 that no setting above stands for, and what is to be written into it. */
typedef struct {
  char *file;  /* "cpu.max.burst" */
  char *value; /* of several lines: each is written by itself */
} NcgUnifiedFile;

/* A GDestroyNotify. */
void ncg_unified_file_free (gpointer self);

/* Embedded or on the stack; all zero is valid and has nothing set. */
typedef struct {
  guint32 set;      /* bit i: numbers[i] is set */
  guint32 optional; /* bit i: nobody asked for it: a machine without the controller is fine */
  guint64 numbers[NCG_N_SETTINGS];
  NcgCpuset *cpus;         /* (nullable): unset if NULL */
  NcgCpuset *memory_nodes; /* (nullable) */
  GArray *hugepages;       /* (nullable) (element-type NcgHugepageLimit): by size */
  GPtrArray *devices;      /* (nullable) (element-type NcgDeviceLimits): by number */
  GPtrArray *unified;      /* (nullable) (element-type NcgUnifiedFile): by name */
  GVariant *properties;    /* (nullable): a(sv), for systemd as they are */
} NcgResources;

/* All is unset again. */
void ncg_resources_clear (NcgResources *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (NcgResources, ncg_resources_clear)

/* (out): all of it, with lists of its own; what @ret_copy had is not released. */
void ncg_resources_copy (const NcgResources *self, NcgResources *ret_copy);

/* Whether the two set the same; what is optional is no part of it. */
gboolean ncg_resources_equal (const NcgResources *a, const NcgResources *b);

/* In the units of NcgSetting, or %NCG_UNLIMITED; the range is for the caller to know. */
void ncg_resources_set (NcgResources *self, NcgSetting setting, guint64 value);
gboolean ncg_resources_is_set (const NcgResources *self, NcgSetting setting);
void ncg_resources_unset (NcgResources *self, NcgSetting setting);

/* Returns: the value, or @otherwise if it is unset */
guint64 ncg_resources_get (const NcgResources *self, NcgSetting setting, guint64 otherwise);

/* Adds the limit of a size of huge pages, or replaces it. */
void ncg_resources_set_hugepages (NcgResources *self, guint64 page_bytes, guint64 limit_bytes);

/* Adds the limits of a block device; what @limits leaves unset stays as it is. Copied. */
void ncg_resources_set_device (NcgResources *self, const NcgDeviceLimits *limits);

/* Adds to @self the kernel's defaults of all that only @other has, for a cgroup that had @self, got
 * @other, and is to be as before. Sets of CPUs and nodes, properties, and files of which no default
 * is known are left out. */
void ncg_resources_add_defaults (NcgResources *self, const NcgResources *other);

/**
 * ncg_resources_set_unified:
 * @file: a file of cgroup v2, "memory.high", as in the OCI runtime specification (config-linux.md,
 *   "Unified"): CONTROLLER.NAME without a slash. Files of the core ("cgroup.…") are refused, but
 *   for cgroup.max.depth, cgroup.max.descendants and cgroup.pressure; so is what is no setting: a
 *   trigger (memory.reclaim), a second name (cpu.weight.nice).
 * @value: as it would be written; of several lines each is taken by itself. Bytes may have one of
 *   the kernel's suffixes, K to E.
 *
 * A file that a setting stands for becomes that setting, so that it is said to systemd as a
 * property; another is written as it is. The quota of cpu.max is rounded up to whole percents of a
 * CPU as everywhere, "cpu.idle" is the weight 0, which a "cpu.weight" after it does not change, an
 * empty list of CPUs or nodes unsets them.
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the file, the value and what is allowed;
 *   then @self may have some of its lines
 */
gboolean
ncg_resources_set_unified (NcgResources *self, const char *file, const char *value, GError **error);

/* Adds a line to a file that no setting stands for, without a check, unless there is one of the
 * same key. @key: (nullable): how @line begins where the file has a line for each; without it,
 * unless the file is there. */
void ncg_resources_add_unified_line (NcgResources *self,
                                     const char *file,
                                     const char *key,
                                     const char *line);

/* Takes back a file that no setting stands for. */
void ncg_resources_unset_unified (NcgResources *self, const char *file);
