/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers that somebody runs outside the cgroup root of the pods, found by the names of their
 * cgroups. It may take a while, and is for a worker.
 */
#pragma once

#include <glib.h>

/* More are counted, and not named. */
#define STRAY_CONTAINERS_NAMED 5

typedef struct {
  GPtrArray *names;     /* (element-type utf8): "docker 0123456789ab in /system.slice", sorted */
  guint n_found;        /* how many there are */
  gboolean is_complete; /* every cgroup that can be a container's was looked at */
} StrayContainers;

/**
 * stray_containers_find:
 * @mount: of the primary hierarchy
 * @pods: the cgroup of the pods' root, below which nobody looks
 * @runtime: whose containers are looked for, see runtime_concerns()
 *
 * Those with processes in them. A container in a container is not counted. The tree is walked only
 * so deep and so far, and nothing is read of a cgroup that is not called like a container's.
 */
StrayContainers *stray_containers_find (const char *mount, const char *pods, const char *runtime);
void stray_containers_free (StrayContainers *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrayContainers, stray_containers_free)
