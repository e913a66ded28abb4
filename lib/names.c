/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Names of pods, containers, slices and leaves.
 */
#include "lib/names.h"

#include "lib/error.h"

#include <string.h>

#define ALPHANUMERIC G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS

#define ID_CHARS ALPHANUMERIC "._-"
#define PATH_COMPONENT_CHARS ALPHANUMERIC ":.-"
#define CHILD_COMPONENT_CHARS ALPHANUMERIC ":._-"
/* In a unit's name "-" is what separates components. */
#define SLICE_COMPONENT_CHARS ALPHANUMERIC ":._"

#define SLICE_SUFFIX ".slice"
#define ROOT_SLICE "-.slice"

static gboolean
consists_of (const char *text, const char *chars)
{
  return text[strspn (text, chars)] == '\0';
}

static gboolean
check_id (const char *what, const char *id, GError **error)
{
  g_autofree char *escaped = NULL;

  if (g_ascii_isalnum (id[0]) && consists_of (id, ID_CHARS))
    return TRUE;

  escaped = ncg_error_escape (id);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not a %s: it must have letters, digits, \".\", \"_\" and \"-\" only, and "
               "start with a letter or digit",
               escaped, what);
  return FALSE;
}

gboolean
ncg_names_check_uid (const char *uid, GError **error)
{
  return check_id ("pod's uid", uid, error);
}

gboolean
ncg_names_check_container (const char *name, GError **error)
{
  return check_id ("container's name", name, error);
}

static gboolean
is_component (const char *text, const char *chars)
{
  return text[0] != '\0' && !g_str_equal (text, ".") && !g_str_equal (text, "..") &&
         consists_of (text, chars);
}

static gboolean
are_components (char **components, const char *chars)
{
  for (guint i = 0; components[i] != NULL; i++)
    if (!is_component (components[i], chars))
      return FALSE;
  return components[0] != NULL;
}

/* Takes @unit; %NULL with @error set if it is too long. */
static char *
limit_length (char *unit, GError **error)
{
  g_autofree char *owned = unit;
  g_autofree char *escaped = NULL;

  if (strlen (unit) <= NCG_NAMES_UNIT_MAX)
    return g_steal_pointer (&owned);

  escaped = ncg_error_escape (unit);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the unit's name \"%s\" would have %" G_GSIZE_FORMAT
               " bytes, of %d that it may have: use shorter names",
               escaped, strlen (unit), NCG_NAMES_UNIT_MAX);
  return NULL;
}

static void
set_path_error (const char *path, GError **error)
{
  g_autofree char *escaped = ncg_error_escape (path);

  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not the path of a slice: it must be \"/\", or start with \"/\" and have "
               "components of letters, digits, \":\", \".\" and \"-\", as in \"/machine/batch\"",
               escaped);
}

char *
ncg_names_slice_from_path (const char *path, GError **error)
{
  g_auto (GStrv) components = NULL;
  g_autofree char *joined = NULL;

  if (g_str_equal (path, "/"))
    return g_strdup (ROOT_SLICE);

  components = g_strsplit (path[0] == '/' ? path + 1 : "", "/", -1);
  if (!are_components (components, PATH_COMPONENT_CHARS)) {
    set_path_error (path, error);
    return NULL;
  }

  for (guint i = 0; components[i] != NULL; i++)
    g_strdelimit (components[i], "-", '_');
  joined = g_strjoinv ("-", components);
  return limit_length (g_strconcat (joined, SLICE_SUFFIX, NULL), error);
}

/* (transfer full) (nullable): the components of @slice, none for the root */
static GStrv
split_slice (const char *slice, GError **error)
{
  g_auto (GStrv) components = NULL;

  if (g_str_equal (slice, ROOT_SLICE))
    return g_new0 (char *, 1);

  if (g_str_has_suffix (slice, SLICE_SUFFIX) && strlen (slice) <= NCG_NAMES_UNIT_MAX) {
    g_autofree char *stem = g_strndup (slice, strlen (slice) - strlen (SLICE_SUFFIX));
    components = g_strsplit (stem, "-", -1);
  }
  if (components == NULL || !are_components (components, SLICE_COMPONENT_CHARS)) {
    g_autofree char *escaped = ncg_error_escape (slice);
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "\"%s\" is not the name of a slice, such as \"machine-batch.slice\"", escaped);
    return NULL;
  }
  return g_steal_pointer (&components);
}

char *
ncg_names_path_from_slice (const char *slice, GError **error)
{
  g_auto (GStrv) components = split_slice (slice, error);
  g_autofree char *joined = NULL;

  if (components == NULL)
    return NULL;

  for (guint i = 0; components[i] != NULL; i++)
    g_strdelimit (components[i], "_", '-');
  joined = g_strjoinv ("/", components);
  return g_strconcat ("/", joined, NULL);
}

char *
ncg_names_child_slice (const char *parent, const char *component, GError **error)
{
  g_auto (GStrv) parents = split_slice (parent, error);
  g_autofree char *own = g_strdelimit (g_strdup (component), "-", '_');
  g_autofree char *prefix = NULL;

  if (parents == NULL)
    return NULL;
  if (!is_component (component, CHILD_COMPONENT_CHARS)) {
    g_autofree char *escaped = ncg_error_escape (component);
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "\"%s\" cannot be part of a slice's name: it must have letters, digits, \":\", "
                 "\".\", \"_\" and \"-\" only",
                 escaped);
    return NULL;
  }

  prefix = g_strjoinv ("-", parents);
  return limit_length (g_strconcat (prefix, prefix[0] != '\0' ? "-" : "", own, SLICE_SUFFIX, NULL),
                       error);
}

/* What all leaves of a pod start with. */
static char *
leaf_prefix (const char *uid)
{
  g_autofree char *own = g_strdelimit (g_strdup (uid), "-", '_');

  return g_strconcat ("pod", own, "-", NULL);
}

char *
ncg_names_leaf_unit (const char *uid, const char *container, const char *suffix, GError **error)
{
  g_autofree char *prefix = leaf_prefix (uid);

  if (!ncg_names_check_uid (uid, error) || !ncg_names_check_container (container, error))
    return NULL;
  return limit_length (g_strconcat (prefix, container, suffix, NULL), error);
}

static const char *const leaf_suffixes[] = { ".scope", ".service" };

char *
ncg_names_container_from_unit (const char *uid, const char *unit)
{
  g_autofree char *prefix = leaf_prefix (uid);
  const char *name = unit + (unit[0] == '_' ? 1 : 0);

  if (!g_str_has_prefix (name, prefix))
    return NULL;
  name += strlen (prefix);

  for (guint i = 0; i < G_N_ELEMENTS (leaf_suffixes); i++) {
    if (g_str_has_suffix (name, leaf_suffixes[i])) {
      g_autofree char *container = g_strndup (name, strlen (name) - strlen (leaf_suffixes[i]));
      return ncg_names_check_container (container, NULL) ? g_steal_pointer (&container) : NULL;
    }
  }
  return NULL;
}
