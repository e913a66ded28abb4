/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon was told: where things are and who may do what. Reservations and everything else
 * of a configuration file will join it here.
 */
#pragma once

#include <glib.h>

typedef struct {
  char *root;        /* "" or a directory that stands for the machine's root */
  char *bus_address; /* (nullable): of the bus to serve; NULL is the system bus */
  char
      *driver; /* (nullable): "systemd" or "cgroupfs"; NULL: systemd where it runs, else cgroupfs */
  gboolean is_user;    /* ask the manager of the user's own session, and serve the session bus */
  gboolean may_drop;   /* a unit property that systemd does not know is left out, and is no error */
  char *cgroup_root;   /* "/machine": under it are the pods */
  char *daemons_group; /* "/kubernetes": the slice of Kubernetes' daemons */
  char *system_group;  /* "/system" */
  char *group;         /* the Unix group whose members may change things */
} Config;

/* (transfer full): the defaults */
Config *config_new (void);
void config_free (Config *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Config, config_free)

/**
 * config_parse_arguments:
 * @argv: the command line; what is understood is taken out of it
 * @ret_action: CONFIG_RUN, or what was asked for instead of running
 *
 * Returns: %TRUE, or an error that names the option, the value and what is allowed
 */
typedef enum { CONFIG_RUN, CONFIG_SHOW_VERSION } ConfigAction;

gboolean config_parse_arguments (
    Config *self, int *argc, char ***argv, ConfigAction *ret_action, GError **error);
