/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * GVariants as JSON. What a verb has to say is put together as a GVariant, since that has all types
 * of the API, and is written here. (json_ is the prefix of json-glib.)
 *
 * A dictionary is an object, with its keys as they are on the bus; an array and a tuple are arrays;
 * a variant is what is in it, and a maybe too, or null; strings, object paths and signatures are
 * strings. Numbers are exact over the whole of 64 bits, with and without a sign. "max", where the
 * API has it, stays a string.
 */
#pragma once

#include <glib.h>

typedef enum {
  JSON_TEXT_SHORT,  /* one line */
  JSON_TEXT_PRETTY, /* indented */
} JsonTextLayout;

/**
 * json_text_format:
 * @value: (transfer floating)
 *
 * Returns: (transfer full): @value as JSON, with a newline at the end
 */
char *json_text_format (GVariant *value, JsonTextLayout layout);

/**
 * json_text_name_fields:
 * @rows: an array of tuples, "a(ssssb)"
 * @names: (array zero-terminated=1): a name for each field; "" leaves it out
 *
 * Returns: (transfer full): an "aa{sv}": an object for each tuple
 */
GVariant *json_text_name_fields (GVariant *rows, const char *const *names);
