/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which place each value of a configuration came from.
 */
#include "daemon/config/origin.h"

#include <string.h>

typedef struct {
  char *key;
  ConfigPlace place;
} Origin;

static void
origin_free (gpointer data)
{
  Origin *origin = data;

  g_free (origin->key);
  config_place_clear (&origin->place);
  g_free (origin);
}

GPtrArray *
config_origins_new (void)
{
  return g_ptr_array_new_with_free_func (origin_free);
}

static Origin *
find (const GPtrArray *origins, const char *key)
{
  for (guint i = 0; i < origins->len; i++) {
    Origin *origin = g_ptr_array_index (origins, i);

    if (g_str_equal (origin->key, key))
      return origin;
  }
  return NULL;
}

void
config_origins_set (GPtrArray *origins, const char *key, const ConfigPlace *place)
{
  Origin *origin = find (origins, key);
  ConfigPlace copy = config_place_copy (place);

  if (origin == NULL) {
    origin = g_new0 (Origin, 1);
    origin->key = g_strdup (key);
    g_ptr_array_add (origins, origin);
  }
  config_place_clear (&origin->place);
  origin->place = copy;
}

void
config_origins_remove (GPtrArray *origins, const char *key)
{
  gsize length = strlen (key);

  for (guint i = origins->len; i > 0; i--) {
    const Origin *origin = g_ptr_array_index (origins, i - 1);

    if (strncmp (origin->key, key, length) == 0 &&
        (origin->key[length] == '\0' || origin->key[length] == '.'))
      g_ptr_array_remove_index (origins, i - 1);
  }
}

const ConfigPlace *
config_origins_find (const GPtrArray *origins, const char *key)
{
  const Origin *origin = find (origins, key);

  return origin != NULL ? &origin->place : NULL;
}
