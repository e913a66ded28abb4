/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whose a cgroup is, where no systemd remembers it: a description, as an extended attribute of the
 * directory, so that it lasts as long as the cgroup does (xattr(7); cgroupfs keeps them in memory).
 *
 * The attribute is trusted.nodecgroups, which only root can write; who is not root uses
 * user.nodecgroups (Linux 5.7 on cgroup v2).
 */
#pragma once

#include "lib/cgroup.h"

/* Returns: %TRUE; else %NCG_ERROR_NOT_FOUND if the cgroup is gone, or %NCG_ERROR_NOT_SUPPORTED if
 * there can be no such attribute */
gboolean ncg_cgroup_mark_write (const NcgCgroup *cgroup, const char *description, GError **error);

/* (transfer full) (nullable): the description, which may be empty; %NULL if there is none */
char *ncg_cgroup_mark_read (const NcgCgroup *cgroup);
