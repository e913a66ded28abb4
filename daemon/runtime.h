/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The container runtime of the node: which one it is, and what it runs outside the pods.
 *
 * The conditions "ContainerRuntime" and "StrayContainers". No limit is ever set on a runtime.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"
#include "daemon/services.h"

typedef struct Runtime Runtime;

/* All of them outlive it. */
Runtime *runtime_new (Manager *manager, const Services *services, Conditions *conditions);
void runtime_free (Runtime *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Runtime, runtime_free)

/* @services has something new, of whichever unit. */
void runtime_services_changed (Runtime *self);

/* Looks again, also for containers, in the manager's worker. */
void runtime_check (Runtime *self);
