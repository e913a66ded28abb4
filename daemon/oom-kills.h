/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The processes of pods that the kernel kills for want of memory: noticed without looking all the
 * time, and told once each, also those that were killed while there was no daemon.
 */
#pragma once

#include "daemon/pod.h"

typedef struct Manager Manager;
typedef struct OomKills OomKills;

/* @manager: whose pods they are; it is told of each by its listener's oom_killed(). */
OomKills *oom_kills_new (Manager *manager);
void oom_kills_free (OomKills *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (OomKills, oom_kills_free)

/* Watches a pod that is active or foreign from now on, and any other no more. To be called again
 * whenever it changes. */
void oom_kills_follow (OomKills *self, Pod *pod);
void oom_kills_unfollow (OomKills *self, const Pod *pod);

/* Now, before the counts go with the cgroup. */
void oom_kills_look (OomKills *self, Pod *pod);

/* Whether somebody hears what is told. At first, and without a bus, nobody does: what happens then
 * is told when somebody does again. */
void oom_kills_set_heard (OomKills *self, gboolean is_heard);
