/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The states of pods, containers and the node, and how much of a worry each is.
 */
#pragma once

#include "cli/style.h"

/* One that is not known is as one that passes: a warning. */
Style states_get_style (const char *state);
