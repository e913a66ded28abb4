/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slices of pods that no file knows: what a daemon that was killed in the middle of a creation left
 * behind, and what others made under our root.
 */
#pragma once

#include "daemon/manager.h"

/**
 * strays_remove_async:
 *
 * Stops the slices under the cgroup root that are named and described as pods of ours, are not in
 * the tables, and have neither a process nor a cgroup in them: nobody was ever told of them. All
 * others are left alone; one of ours that has either, or whose file may have been lost, is worth a
 * warning, and is left alone from then on.
 */
void strays_remove_async (Manager *manager, GAsyncReadyCallback callback, gpointer user_data);
void strays_remove_finish (GAsyncResult *result);
