/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is in a JSON document. Whatever fails ends the test.
 */
#pragma once

#include <glib.h>

/* @text is one document, in which @path (JSONPath) leads to exactly one value, which is that, as
 * JSON: "\"a\"", "5". */
void json_query_assert (const char *text, const char *path, const char *expected);

/* The same, and how many values it leads to. */
void json_query_assert_count (const char *text, const char *path, guint expected);
