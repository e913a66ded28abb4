/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The leaf of a container that is held: made, or made again, and verified.
 */
#pragma once

#include "daemon/manager.h"

/**
 * container_make_async:
 * @container: held, and starting
 *
 * The leaf of a container that is in the tables is there, by the kernel, with all of its settings;
 * one that was there already is taken. For whoever has the turn of the pod. The container's state
 * is left to the caller.
 */
void container_make_async (Manager *manager,
                           Pod *pod,
                           Container *container,
                           gint64 deadline_usec,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
gboolean container_make_finish (GAsyncResult *result, GError **error);
