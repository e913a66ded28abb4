/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as files of a cgroup: which file in whichever hierarchy the controller is, what is
 * written, what the kernel then prints, and which of it systemd does by a unit property.
 *
 * Rules: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ in the kernel;
 * systemd.resource-control(5). systemd up to 257 knows cgroup v1; later ones accept the same
 * properties there and ignore them, so that it is the hierarchy that decides.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

/* One file of a cgroup, or one line of a file that has a line for each device. */
typedef struct {
  const NcgTree *tree;    /* where; NULL if no hierarchy has the controller */
  const char *controller; /* static: "cpu", "cpuset", "memory", "pids", "io", "blkio", "hugetlb",
                             "" for the files of the core, else from the name of the file */
  char *file;
  char *key;    /* (nullable): of the line, "8:0" of io.max */
  char *value;  /* what is written, without the key */
  char *wanted; /* as the kernel prints it */
  char *actual; /* (nullable): as read; NULL if the file is not there */
  /* (nullable) static: the unit property that stands for it in this hierarchy; NULL: systemd does
   * not do it, we do */
  const char *property;
  gboolean is_optional; /* without the file nothing is missed: no limit, or nobody asked for it */
  gboolean ok;
} NcgFileSetting;

void ncg_file_setting_free (NcgFileSetting *self);

/**
 * ncg_file_settings_list:
 *
 * Every file of @resources in this hierarchy. What the hierarchy has no file for at all
 * (MemoryHigh on v1) is listed under the name that it has on v2, with @tree %NULL; it is optional
 * if it asks for nothing but the kernel's default.
 *
 * Conversions for v1: weight to cpu.shares and blkio.weight as systemd converts them (1024 for 100;
 * 500 for 100), memory.memsw.limit_in_bytes = limit + swap, the quota to cpu.cfs_quota_us.
 *
 * Returns: (transfer container) (element-type NcgFileSetting): in an order in which they may be
 *   written to a new cgroup; with @actual not filled in. @hierarchy must outlive it.
 */
GPtrArray *ncg_file_settings_list (const NcgResources *resources, const NcgHierarchy *hierarchy);

/* Whether @text, the whole of the file, says what is wanted: CPU lists in any form, a line of many,
 * bytes rounded down to pages, unlimited in whichever way v1 prints it. Fills in @actual and @ok.
 */
void ncg_file_setting_compare (NcgFileSetting *self, const char *text);
