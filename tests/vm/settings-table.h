/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A table of all settings: two values of each, and what the kernel and systemd have of them then.
 */
#pragma once

#include "lib/hierarchy.h"
#include "lib/resources.h"

typedef enum { SETTINGS_FIRST, SETTINGS_SECOND } SettingsValue;

/* Linux 5.14 */
#define KERNEL(version, patch_level) (1000u * version + patch_level)

/* A setting and two values of it. The lists are "FILE=TEXT;FILE=TEXT", as the kernel prints it: all
 * of the file or a line of it; "TEXT|TEXT" where versions of systemd differ, "!MAJ:MIN" if there is
 * no line of that device. "MAPPED" and "BFQ" stand for the numbers of devices. */
typedef struct {
  const char *name;
  void (*set) (NcgResources *resources, SettingsValue value);
  const char *controller;  /* on v2 */
  const char *v1;          /* the controller on v1, if it is another */
  const char *v2_files[2]; /* NULL: refused on v2 */
  const char *v1_files[2]; /* NULL: refused on v1 */
  const char *properties[2];
  guint v2_since; /* KERNEL() of the first of Debian's for clouds that has the files; 0: all do */
  guint v1_since;
  gboolean needs_systemd; /* refused by the driver cgroupfs */
} SettingsRow;

extern const SettingsRow settings_table[];
extern const gsize n_settings;

/* (nullable): the hierarchy in which the row's controller is */
const NcgTree *settings_find_tree (const SettingsRow *row);

/* (nullable): the files that the row has here; NULL: it has to be refused */
const char *settings_expect_files (const SettingsRow *row, SettingsValue value);

/* Whether this kernel has not the files, though its hierarchy would. */
gboolean settings_is_lacking (const SettingsRow *row);

/* (out): only what the row sets */
void settings_fill (const SettingsRow *row, SettingsValue value, NcgResources *ret_resources);

/* Whether the cgroup has the files of the row. */
gboolean settings_has_files (const SettingsRow *row, const char *cgroup, SettingsValue value);

/* The same as an assertion, also by what the library reads back. */
void settings_assert_files (const SettingsRow *row, const char *cgroup, SettingsValue value);
