/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Ends the processes of a pod or a container: asks them to, waits, and kills what is left.
 */
#pragma once

#include "daemon/manager.h"

/**
 * cgroup_end_async:
 * @place: (transfer none): what it names must outlive the call
 * @grace_usec: how long they may take after SIGTERM; 0 kills them without one
 * @deadline_usec: for all but the grace, in g_get_monotonic_time()'s clock
 *
 * Ends at once if there is no such cgroup, or nothing in it in the primary hierarchy; what is in
 * another one alone is left to ncg_driver_stop_async().
 */
void cgroup_end_async (Manager *manager,
                       const NcgPlace *place,
                       guint64 grace_usec,
                       gint64 deadline_usec,
                       GAsyncReadyCallback callback,
                       gpointer user_data);

/* When a grace that begins now ends, for another life of the daemon: in g_get_monotonic_time()'s
 * clock, which goes on until the machine stops, as the pods do; 0 of none. */
gint64 cgroup_end_of_grace (guint64 grace_usec);

/* How much is left of it, for cgroup_end_async(). */
guint64 cgroup_end_grace_left (gint64 grace_end_usec);

/**
 * cgroup_end_finish:
 * @ret_deadline_usec: (out): the deadline, later by the grace if they were given it
 */
gboolean cgroup_end_finish (GAsyncResult *result, gint64 *ret_deadline_usec, GError **error);

/* Has a %NCG_ERROR_TIMEOUT of stopping @place name the processes that are in it still. */
void cgroup_end_explain (const Manager *manager, const NcgPlace *place, GError *error);
