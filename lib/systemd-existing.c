/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comparing what is wanted with a unit that is there.
 */
#include "lib/systemd-existing.h"

#include "lib/error.h"
#include "lib/systemd-path.h"

#include <string.h>

typedef struct {
  NcgSystemd *systemd;
  char *unit;
  char *property;
  GVariant *has;      /* a list */
  GPtrArray *missing; /* (element-type GVariant): elements that are not in it by that name */
  gint64 deadline;
} Check;

static void check_next (GTask *task);

static void
check_free (gpointer data)
{
  Check *check = data;

  g_free (check->unit);
  g_free (check->property);
  g_clear_pointer (&check->has, g_variant_unref);
  g_ptr_array_unref (check->missing);
  g_free (check);
}

static GError *
explain (const Check *check, const char *how, GVariant *value)
{
  g_autofree char *printed = g_variant_print (value, FALSE);

  return g_error_new (NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                      "systemd takes the property %s only when a unit is made, and %s was made %s "
                      "%s; leave it out, or remove it and create it again",
                      check->property, check->unit, how, printed);
}

/* (transfer full): as text, with paths as systemd keeps them: "/a//b/" is "/a/b" */
static char *
normalize (GVariant *element)
{
  g_autofree char *printed = g_variant_print (element, TRUE);
  GString *text = g_string_new (NULL);

  for (const char *c = printed; *c != '\0'; c++)
    if (*c != '/' || (c[1] != '/' && c[1] != '\'' && c[1] != '"'))
      g_string_append_c (text, *c);
  return g_string_free (text, FALSE);
}

static gboolean
has_element (GVariant *list, GVariant *wanted)
{
  g_autofree char *text = normalize (wanted);

  for (gsize i = 0; i < g_variant_n_children (list); i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (list, i);
    g_autofree char *other = normalize (element);

    if (g_str_equal (text, other))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_left_out (const Check *check, GVariant *element)
{
  if (g_str_equal (check->property, "OnFailure"))
    return g_str_has_suffix (check->unit, ".slice");
  return g_str_equal (check->property, "Before") &&
         g_str_has_suffix (g_variant_get_string (element, NULL), ".device");
}

/* An empty one takes away what was named before. */
static void
add_missing (Check *check, GVariant *wanted)
{
  gsize n = g_variant_n_children (wanted);

  if (n == 0)
    g_ptr_array_set_size (check->missing, 0);
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (wanted, i);

    if (!has_element (check->has, element) && !is_left_out (check, element))
      g_ptr_array_add (check->missing, g_variant_ref (element));
  }
}

static gboolean
is_comparable (GVariant *has, GVariant *wanted)
{
  const GVariantType *type = g_variant_get_type (has);

  return g_variant_type_is_array (type) && g_variant_is_of_type (wanted, type) &&
         !g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING);
}

static GError *
compare (Check *check, GVariant *entries)
{
  for (gsize i = 0; i < g_variant_n_children (entries); i++) {
    g_autoptr (GVariant) wanted = NULL;
    gboolean is_last = i + 1 == g_variant_n_children (entries);

    g_variant_get_child (entries, i, "(&sv)", NULL, &wanted);
    if (is_comparable (check->has, wanted))
      add_missing (check, wanted);
    else if (is_last && !g_variant_is_container (check->has) &&
             !g_variant_equal (check->has, wanted))
      return explain (check, "with", check->has);
  }
  return NULL;
}

static gboolean
is_unit_name (GVariant *element)
{
  static const char *const suffixes[] = {
    ".automount", ".device", ".mount", ".path",   ".scope", ".service",
    ".slice",     ".socket", ".swap",  ".target", ".timer",
  };
  const char *name;

  if (!g_variant_is_of_type (element, G_VARIANT_TYPE_STRING))
    return FALSE;
  name = g_variant_get_string (element, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (name, suffixes[i]))
      return TRUE;
  return FALSE;
}

/* Whether @path is the object of a unit in @list. */
static gboolean
has_object (GVariant *list, const char *path)
{
  for (gsize i = 0; i < g_variant_n_children (list); i++) {
    g_autofree char *object = NULL;
    const char *name;

    g_variant_get_child (list, i, "&s", &name);
    object = ncg_systemd_unit_path (name);
    if (g_str_equal (object, path))
      return TRUE;
  }
  return FALSE;
}

static void
on_unit_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Check *check = g_task_get_task_data (task);
  GVariant *element = g_ptr_array_index (check->missing, check->missing->len - 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = ncg_systemd_call_finish (result, &error);
  const char *path = "";

  if (reply == NULL && !g_error_matches (error, NCG_ERROR, NCG_ERROR_NO_SUCH_UNIT)) {
    g_task_return_error (task, g_steal_pointer (&error));
    return;
  }
  if (reply != NULL)
    g_variant_get (reply, "(&o)", &path);
  if (!has_object (check->has, path)) {
    g_task_return_error (task, explain (check, "without", element));
    return;
  }
  g_ptr_array_set_size (check->missing, (int) check->missing->len - 1);
  check_next (task);
}

/* systemd names a unit as it is called itself. One that is not loaded nothing depends on. */
static void
check_next (GTask *task)
{
  Check *check = g_task_get_task_data (task);
  GVariant *element;

  if (check->missing->len == 0) {
    g_task_return_boolean (task, TRUE);
    return;
  }
  element = g_ptr_array_index (check->missing, check->missing->len - 1);
  if (is_unit_name (element))
    ncg_systemd_call_async (check->systemd, NULL, NULL, "GetUnit",
                            g_variant_new ("(s)", g_variant_get_string (element, NULL)), NULL,
                            NCG_SYSTEMD_CALL_NONE, check->deadline, on_unit_found,
                            g_object_ref (task));
  else
    g_task_return_error (task, explain (check, "without", element));
}

void
ncg_systemd_existing_check_async (NcgSystemd *systemd,
                                  const char *unit,
                                  GVariant *existing,
                                  GVariant *entries,
                                  gint64 deadline_usec,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  Check *check = g_new0 (Check, 1);
  GError *error;

  check->systemd = systemd;
  check->unit = g_strdup (unit);
  g_variant_get_child (entries, 0, "(sv)", &check->property, NULL);
  check->has = g_variant_lookup_value (existing, check->property, NULL);
  check->missing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  check->deadline = deadline_usec;
  g_task_set_task_data (task, check, check_free);
  error = compare (check, entries);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    check_next (task);
}

gboolean
ncg_systemd_existing_check_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
