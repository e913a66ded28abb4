/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a spec depends on the machine, and so is not the policy's: the block devices that it
 * names, and the sizes of huge pages that there are.
 */
#pragma once

#include "daemon/policy/spec.h"

/**
 * spec_facts_find:
 * @root: "" or a directory that stands for the machine's root
 *
 * Finds the devices of IOLimits, anew if it was done before.
 *
 * Returns: %TRUE; else %NCG_ERROR_INVALID_ARGUMENT naming a device that is not there, or a size of
 *   huge pages with those that there are
 */
gboolean spec_facts_find (Spec *spec, const char *root, GError **error);

/* The same for a spec that was taken on earlier: what is not there any more has no limits. */
void spec_facts_find_again (Spec *spec, const char *root);
