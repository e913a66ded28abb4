/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that may be longer than the screen, shown by less or what the user has in its place.
 */
#pragma once

#include "cli/terminal.h"

/* Shows @text, and returns when the user has seen it. %FALSE if the pager cannot be started; then
 * nothing was shown. */
gboolean pager_show (const Terminal *terminal, const char *text);
