/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of what is wrong with a configuration.
 */
#include "daemon/config/report.h"

#include "lib/error.h"

typedef struct {
  ConfigPlace place;
  char *text;   /* without the place */
  guint number; /* sorting is to keep the order of those at the same place */
} Problem;

struct ConfigReport {
  GPtrArray *problems; /* (element-type Problem) */
  guint length;
};

static void
problem_free (gpointer data)
{
  Problem *problem = data;

  config_place_clear (&problem->place);
  g_free (problem->text);
  g_free (problem);
}

ConfigReport *
config_report_new (void)
{
  ConfigReport *self = g_new0 (ConfigReport, 1);

  self->problems = g_ptr_array_new_with_free_func (problem_free);
  return self;
}

void
config_report_free (ConfigReport *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->problems);
  g_free (self);
}

static char *
describe (const char *key, const char *value, const char *allowed)
{
  g_autofree char *quoted = value != NULL ? ncg_error_escape (value) : NULL;
  g_autofree char *name = key != NULL ? ncg_error_escape (key) : NULL;

  if (name == NULL)
    return quoted == NULL ? g_strdup (allowed) : g_strdup_printf ("\"%s\": %s", quoted, allowed);
  if (quoted == NULL)
    return g_strdup_printf ("%s: %s", name, allowed);
  return g_strdup_printf ("%s is \"%s\": %s", name, quoted, allowed);
}

void
config_report_add (ConfigReport *self,
                   const ConfigPlace *place,
                   const char *key,
                   const char *value,
                   const char *format,
                   ...)
{
  g_autofree char *allowed = NULL;
  Problem *problem;
  va_list arguments;

  self->length++;
  if (self->problems->len >= CONFIG_REPORT_MAX)
    return;
  va_start (arguments, format);
  allowed = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  problem = g_new0 (Problem, 1);
  problem->place = config_place_copy (place);
  problem->text = describe (key, value, allowed);
  problem->number = self->length;
  g_ptr_array_add (self->problems, problem);
}

guint
config_report_get_length (const ConfigReport *self)
{
  return self->length;
}

static int
compare_problems (gconstpointer a, gconstpointer b)
{
  const Problem *one = *(const Problem *const *) a;
  const Problem *other = *(const Problem *const *) b;
  int result = config_place_compare (&one->place, &other->place);

  if (result != 0)
    return result;
  return one->number < other->number ? -1 : 1;
}

static void
append_problem (GString *text, const Problem *problem)
{
  g_autofree char *place = config_place_format (&problem->place);
  g_autofree char *caret = config_place_format_caret (&problem->place);

  g_string_append_printf (text, "%s%s: %s%s", text->len > 0 ? "\n" : "", place, problem->text,
                          caret != NULL ? caret : "");
}

gboolean
config_report_check (ConfigReport *self, GError **error)
{
  g_autoptr (GString) text = NULL;

  if (self->length == 0)
    return TRUE;
  text = g_string_new (NULL);
  g_ptr_array_sort (self->problems, compare_problems);
  for (guint i = 0; i < self->problems->len; i++)
    append_problem (text, g_ptr_array_index (self->problems, i));
  if (self->length > self->problems->len)
    g_string_append_printf (text, "\nand %u more problems", self->length - self->problems->len);
  g_set_error_literal (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, text->str);
  return FALSE;
}
