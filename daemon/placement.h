/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the daemons of Kubernetes are: in their slice, or elsewhere, which is a condition
 * "Placement:kubelet.service" that says what it means and how to mend it. Nothing is ever moved.
 * A process of root in a user's session, which is no service, is told in the same one.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"
#include "daemon/services.h"

typedef struct Placement Placement;

/* All of them outlive it. */
Placement *placement_new (Manager *manager, const Services *services, Conditions *conditions);
void placement_free (Placement *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Placement, placement_free)

/* @services has something new of the unit. */
void placement_service_changed (Placement *self, const char *unit);

/* Looks again, also for daemons that are no service and run in a user's session; that in the
 * manager's worker. */
void placement_check (Placement *self);

/* (transfer full): the cgroups of services of Kubernetes that are outside the daemons' slice, for
 * usage. Not those of sessions, in which other things run as well. */
GStrv placement_list_kube_cgroups (const Placement *self);

/* (nullable): the cgroup of the container runtime's daemon; valid until the next change of
 * @services */
const char *placement_get_runtime_cgroup (const Placement *self);

/* Adds to an open a(ssssb) one row for each daemon of Kubernetes that runs, as a
 * service or in a session: the unit, "slice",
 * wanted, actual, ok. */
void placement_add_rows (const Placement *self, GVariantBuilder *rows);
