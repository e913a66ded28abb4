/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as files of a cgroup: which file in whichever hierarchy the controller is, what is
 * written, what the kernel then prints, and which of it systemd does by a unit property.
 *
 * Rules: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ in the kernel;
 * systemd.resource-control(5). systemd up to 257 knows cgroup v1; later ones accept the same
 * properties there and ignore them, so that it is the hierarchy that decides. Where systemd runs
 * with controllers on v1 (hybrid), it does nothing on v2.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

/* How a file says what it has. */
typedef enum {
  NCG_FILE_TEXT,   /* the whole of it: a number, a word, "50000 100000" */
  NCG_FILE_SET,    /* a list of CPUs or memory nodes */
  NCG_FILE_WEIGHT, /* "100", or "default 100" among lines for devices */
  NCG_FILE_KEYED,  /* "KEY VALUE", a line for each */
  NCG_FILE_FIELDS, /* "KEY NAME=VALUE NAME=VALUE", a line for each; we have some of the fields */
} NcgFileForm;

/* One file of a cgroup, or one line of a file that has a line for each device, or one field of it.
 */
typedef struct {
  const NcgTree *tree; /* where; NULL if no hierarchy has the controller */
  char *controller;    /* "cpu", "cpuset", "memory", "pids", "io", "blkio", "hugetlb", "" for the
                          files of the core, else from the name of the file */
  char *file;
  char *key;    /* (nullable): of the line, "8:0" of io.max */
  char *value;  /* what is written, without the key */
  char *wanted; /* as the kernel prints it */
  char *also;   /* (nullable): what is as right, divided by blanks: how other versions of systemd
                   convert it */
  char *actual; /* (nullable): as read; NULL if the file is not there */
  /* (nullable) static: the unit property that stands for it in this hierarchy; NULL: systemd does
   * not do it, we do */
  const char *property;
  /* (nullable) static: another file of the list that does the same for other devices
   * ("io.bfq.weight" beside "io.weight"): if one of the two is there, the other may be missing */
  const char *alternative;
  const char *absent; /* (nullable) static: what it means that there is no line of this key */
  NcgFileForm form;
  gboolean is_optional; /* without the file nothing is missed: no limit, or nobody asked for it */
  gboolean ok;
} NcgFileSetting;

/* With all that it has but the tree. */
void ncg_file_setting_free (NcgFileSetting *self);

/* (transfer full): one of the file @file, which is to read @value once that is written; all else is
 * the caller's to say. */
NcgFileSetting *ncg_file_setting_new (const NcgTree *tree,
                                      const char *controller,
                                      const char *file,
                                      const char *value);

/* (transfer full): what to call it: "memory.max", "io.max 8:0" */
char *ncg_file_setting_get_name (const NcgFileSetting *self);

/**
 * ncg_file_settings_list:
 *
 * Every file of @resources in this hierarchy. What the hierarchy has no file for at all
 * (MemoryHigh on v1) is listed under the name that it has on v2, with @tree %NULL; it is optional
 * if it asks for nothing but the kernel's default.
 *
 * Each limit of a device is an entry of its own. So is hugetlb.<size>.rsvd.max beside
 * hugetlb.<size>.max, which older kernels do not have; it has the same limit, unless
 * NcgResources.unified names it.
 *
 * Conversions for v1: weight to cpu.shares and blkio.weight as systemd converts them (1024 for 100;
 * 500 for 100), memory.memsw.limit_in_bytes = limit + swap, MemoryLow to
 * memory.soft_limit_in_bytes (0 is its default, no limit), the quota to cpu.cfs_quota_us.
 *
 * Returns: (transfer container) (element-type NcgFileSetting): in an order in which they may be
 *   written to a new cgroup; with @actual not filled in. @hierarchy must outlive it.
 */
GPtrArray *ncg_file_settings_list (const NcgResources *resources, const NcgHierarchy *hierarchy);

/* Adds what @file of NcgResources.unified is: an entry for each line. On v1 only files that are
 * there too, by whichever name, have a @tree. Part of ncg_file_settings_list(), in
 * file-settings-unified.c. */
void ncg_file_settings_add_unified (GPtrArray *settings,
                                    const NcgUnifiedFile *file,
                                    const NcgHierarchy *hierarchy);

/* Whether @text, the whole of the file, says what is wanted: CPU lists in any form, a line of many,
 * bytes rounded down to pages, unlimited in whichever way v1 prints it. Fills in @actual, the part
 * of @text that it is about, and @ok. In file-settings-compare.c.
 */
void ncg_file_setting_compare (NcgFileSetting *self, const char *text);
