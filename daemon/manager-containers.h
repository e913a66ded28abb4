/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers in the manager's tables, for the operations on them.
 */
#pragma once

#include "daemon/manager.h"

/* (transfer none): the pod, if it is there to have containers: else %NCG_ERROR_NO_SUCH_POD, or
 * %NCG_ERROR_FAILED with its state */
Pod *manager_find_active_pod (Manager *self, const char *uid, GError **error);

/* (transfer none): %NCG_ERROR_NO_SUCH_CONTAINER naming those there are */
Container *manager_find_container (const Pod *pod, const char *name, GError **error);

/* @error: why a leaf could not be started. That its unit or cgroup is there and somebody else's is
 * made %NCG_ERROR_CONTAINER_EXISTS, and says what to do. */
void manager_explain_taken (GError *error);

void
manager_set_container_state (Manager *self, Pod *pod, Container *container, ContainerState state);

/**
 * manager_settle_container:
 *
 * An operation on @container is over, and whether its leaf is there has to be seen: then it is
 * active. Else one that is held has vanished, and another, or one whose removal timed out, has
 * ended, and is freed.
 *
 * Returns: whether the leaf is there
 */
gboolean manager_settle_container (Manager *self, Pod *pod, Container *container);

/* (transfer full): where the leaf @unit will be, or would be; and the same for @container to have.
 */
char *manager_predict_leaf (const Pod *pod, const char *unit);
void manager_predict_container (const Pod *pod, Container *container);
