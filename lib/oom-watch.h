/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells when processes of many cgroups may have been killed for want of memory, without looking at
 * them all the time and without a descriptor for each.
 *
 * On v2 by inotify on memory.events, and on the cgroup's directory for what comes and goes in it.
 * On v1 by the notifications of memory.oom_control (Documentation/admin-guide/cgroup-v1/memory.rst,
 * "OOM Control"), of which many cgroups share a descriptor. These come just before the kernel
 * kills; what it kills because the whole machine is out of memory v1 does not tell of.
 */
#pragma once

#include "lib/hierarchy.h"

typedef struct NcgOomWatch NcgOomWatch;

/* Somebody may have been killed in the cgroup @key or below, or, if @is_about_leaves, something has
 * come or gone right below it. At once, and then at most five times a second, or ten on v1. */
typedef void (*NcgOomChanged) (const char *key, gboolean is_about_leaves, gpointer user_data);

/* (transfer full) (nullable): on the thread-default main context; %NULL with errno set if the
 * kernel gives no more instances. @memory: the hierarchy that has the controller; outlives it */
NcgOomWatch *ncg_oom_watch_new (const NcgTree *memory, NcgOomChanged changed, gpointer user_data);
void ncg_oom_watch_free (NcgOomWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgOomWatch, ncg_oom_watch_free)

/* Watches the cgroup @key and those right below it, those to come included. To be called again
 * after the cgroup was made anew. What cannot be watched is left out. */
void ncg_oom_watch_add (NcgOomWatch *self, const char *key);
void ncg_oom_watch_remove (NcgOomWatch *self, const char *key);
