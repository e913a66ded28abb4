/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configurations for tests: files below a directory that stands for the machine's root, and a
 * command line. Whatever fails ends the test, but for what is returned as an error.
 */
#pragma once

#include "daemon/config/arguments.h"

/* The first two lines of each file of ours; what follows begins in line 3. */
#define CONFIG_HEADER "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"

#define KUBELET_HEADER "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

/* (transfer full): of a command line, its arguments separated by blanks; @arguments: (nullable) */
ConfigSources *config_rig_parse (const char *arguments, ConfigAction *ret_action, GError **error);

/* (transfer full): what is below @root, with @arguments (nullable); systemd runs there if
 * @has_systemd */
Config *
config_rig_load (const char *root, const char *arguments, gboolean has_systemd, GError **error);

/* (transfer full): as above, and it must be right */
Config *config_rig_must_load (const char *root, const char *arguments);

/**
 * config_rig_complain:
 * @text: of config.yaml, after CONFIG_HEADER
 * @arguments: (nullable): of the command line; with "cgroupfs!" before them systemd does not run
 *
 * Returns: (transfer full): what is wrong with it; "" if it is right. Files are named as if the
 *   directory were the machine's root.
 */
char *config_rig_complain (const char *text, const char *arguments);

/* Everything that the program sees but for origins and files. */
void config_rig_assert_equal (const Config *a, const Config *b);
