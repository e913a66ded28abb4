/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Knowing every pod again: from the files, from the tree, and by finishing what was begun.
 */
#pragma once

#include "daemon/manager.h"

/**
 * recovery_run_async:
 *
 * Ends when every pod of the files is known and has its settings, and everything that was under way
 * is done or undone. A pod whose cgroup is gone is known as vanished. Processes are not touched.
 */
void recovery_run_async (Manager *manager, GAsyncReadyCallback callback, gpointer user_data);
gboolean recovery_run_finish (GAsyncResult *result, GError **error);

/* Looks at all pods again, after systemd was away or has loaded its units anew: what is gone is
 * known as gone, and settings that differ are applied again. It ends in the background. */
void recovery_check_pods (Manager *manager);

/* A unit is gone. If it is the slice of a pod that is there all the same, systemd started it anew
 * for something in it, without the pod's settings: then they are set again. */
void recovery_check_slice (Manager *manager, const char *unit);
