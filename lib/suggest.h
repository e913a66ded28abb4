/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What somebody probably meant.
 */
#pragma once

#include <glib.h>

/* (nullable): the word of @words (array zero-terminated=1) that is at most two letters away from
 * @text, or differs in upper and lower case only */
const char *ncg_suggest_word (const char *text, const char *const *words);
