/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking another configuration while the daemon runs: all of it or nothing.
 */
#pragma once

#include "daemon/config/load.h"
#include "daemon/node.h"

typedef struct Reload Reload;

/**
 * reload_new:
 * @sources: where to load from, outlives it
 * @config: (transfer full): the one in force, which the manager has
 */
Reload *reload_new (Manager *manager, Node *node, const ConfigSources *sources, Config *config);

/* After the manager: it has the configuration. */
void reload_free (Reload *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Reload, reload_free)

/**
 * reload_run_async:
 *
 * Loads the configuration again, and has the node be as it says; pods are not touched. One that is
 * asked for meanwhile comes after it, and reads the files again.
 *
 * Errors: those of config_reload() and node_check_config(), and then the one before is in force and
 * nothing has changed. What this machine cannot do is a condition, and no error.
 */
void reload_run_async (Reload *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean reload_run_finish (GAsyncResult *result, GError **error);
