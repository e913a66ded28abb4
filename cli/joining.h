/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JoinPod and JoinPodByPidFd: whichever is safer.
 */
#pragma once

#include "cli/bus.h"

#include <sys/types.h>

typedef struct {
  const char *uid;
  const char *container;
  const pid_t *pids;
  guint n_pids;
  GVariant *options;   /* "a{sv}" */
  gboolean is_distant; /* the processes are another machine's, and have no descriptors here */
} Joining;

/**
 * joining_begin:
 * @callback: has to call joining_finish()
 *
 * Up to 16 processes are held by pidfds, so that none is joined that has the number of one that has
 * ended since; else, and where the kernel has no pidfd of one, the numbers are sent.
 *
 * Returns: %FALSE if one of the processes does not exist, which is %EXIT_STATUS_NOT_FOUND; there is
 *   no callback then
 */
gboolean joining_begin (Bus *bus,
                        const Joining *self,
                        GAsyncReadyCallback callback,
                        gpointer user_data,
                        GError **error);

/* (transfer full): the container's unit and cgroup */
gboolean joining_finish (
    GObject *source, GAsyncResult *result, char **ret_unit, char **ret_cgroup, GError **error);
