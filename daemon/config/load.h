/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading the configuration: defaults, the KubeletConfiguration that our files name, our files, the
 * command line; later ones win. All that is wrong in any of them is one error.
 *
 * Loading changes nothing but the configuration that it returns, so a reload is a load and a swap.
 */
#pragma once

#include "daemon/config/config.h"
#include "daemon/config/yaml-tree.h"

#define CONFIG_FILE "/etc/nodecgroups/config.yaml"

/* Where to load from: what stays the same from one load to the next. */
typedef struct {
  char *root;           /* "" or the directory that all files but @file are below */
  char *bus_address;    /* (nullable): as in Config */
  gboolean is_user;     /* as in Config */
  char *file;           /* (nullable): instead of CONFIG_FILE, and it has to be there */
  ConfigNode *options;  /* (nullable): the fields that the command line sets */
  gboolean has_systemd; /* systemd runs here, and is the default driver (sd_booted(3)) */
} ConfigSources;

/* (transfer full): of no command line, of a machine with systemd */
ConfigSources *config_sources_new (void);
void config_sources_free (ConfigSources *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigSources, config_sources_free)

/**
 * config_load:
 *
 * Reads CONFIG_FILE, if it is there, and its drop-ins: the files *.yaml of config.yaml.d in
 * /etc/nodecgroups, /run/nodecgroups and /usr/lib/nodecgroups, by the order of their names. Of
 * several of one name that in /etc counts, then that in /run; one that is empty, or a link to
 * /dev/null, is as if there were none (as systemd's are).
 *
 * Returns: (transfer full): the configuration, valid by config_validate(); else
 *   %NCG_ERROR_INVALID_ARGUMENT with all problems, a message of several lines: see report.h
 */
Config *config_load (const ConfigSources *sources, GError **error);

/**
 * config_check_change:
 *
 * Returns: %TRUE if @new may take the place of @old in a daemon that runs; else
 *   %NCG_ERROR_INVALID_ARGUMENT naming every key that needs a restart: cgroupDriver, cgroupRoot,
 *   group, dropUnknownProperties, --root, --bus-address, --user
 */
gboolean config_check_change (const Config *old, const Config *new, GError **error);

/* config_load() for a daemon that runs with @current: both errors are its own. */
Config *config_reload (const ConfigSources *sources, const Config *current, GError **error);
