/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of reading figures: the files that a full reading reads, opened, read and closed, and
 * nothing made of them.
 */
#pragma once

#include "lib/hierarchy.h"

/* (transfer full) (element-type utf8): those that are there, of all @cgroups */
GPtrArray *stats_files_find (const NcgHierarchy *hierarchy, const GPtrArray *cgroups);

void stats_files_read (const GPtrArray *files);
