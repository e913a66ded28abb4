/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Trees as people read them: a row for each node, with lines that lead to it.
 */
#pragma once

#include "cli/call.h"
#include "cli/tree.h"

/* Appends the trees one below the other. A narrow terminal gets fewer and shorter bars.
 * @roots: (element-type TreeNode) */
void tree_view_append (const Call *call, GString *out, const GPtrArray *roots);
