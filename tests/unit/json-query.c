/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON documents, by json-glib.
 */
#include "tests/unit/json-query.h"

#include <json-glib/json-glib.h>

/* (transfer full) (element-type JsonNode) */
static JsonArray *
query (const char *text, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = json_from_string (text, &error);
  g_autoptr (JsonNode) found = NULL;

  g_assert_no_error (error);
  found = json_path_query (path, root, &error);
  g_assert_no_error (error);
  return json_array_ref (json_node_get_array (found));
}

void
json_query_assert (const char *text, const char *path, const char *expected)
{
  g_autoptr (JsonArray) found = query (text, path);
  g_autofree char *value = NULL;

  if (json_array_get_length (found) != 1)
    g_error ("%s leads to %u values", path, json_array_get_length (found));
  value = json_to_string (json_array_get_element (found, 0), FALSE);
  g_assert_cmpstr (value, ==, expected);
}

void
json_query_assert_count (const char *text, const char *path, guint expected)
{
  g_autoptr (JsonArray) found = query (text, path);

  g_assert_cmpuint (json_array_get_length (found), ==, expected);
}
