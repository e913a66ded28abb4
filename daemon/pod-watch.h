/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When pods and containers begin to be watched: soon, and not while somebody waits for a reply.
 *
 * To watch a cgroup takes dozens of system calls. What happens to it before it is watched is not
 * missed: its settings are compared once when it is, and kills are counted by the kernel.
 */
#pragma once

#include "daemon/pod.h"

typedef struct Manager Manager;
typedef struct PodWatch PodWatch;

/* @manager: outlives it */
PodWatch *pod_watch_new (Manager *manager);
void pod_watch_free (PodWatch *self);

/* All of @pod, or one container in it, is watched when the main loop comes by next, as far as it is
 * in a state to be watched then. */
void pod_watch_soon (PodWatch *self, Pod *pod);
void pod_watch_container_soon (PodWatch *self, Pod *pod, const Container *container);
