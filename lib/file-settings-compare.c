/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file says, against what is wanted of it.
 */
#include "lib/cpuset.h"
#include "lib/file-settings.h"
#include "lib/memory-amount.h"

#include <string.h>
#include <unistd.h>

static gboolean
same_set (const char *wanted, const char *actual)
{
  g_autoptr (NcgCpuset) a = ncg_cpuset_parse (wanted, NULL);
  g_autoptr (NcgCpuset) b = ncg_cpuset_parse (actual, NULL);

  return a != NULL && b != NULL && ncg_cpuset_equal (a, b);
}

/* "20" is printed as "20.00" by cpu.uclamp.min. */
static gboolean
same_fraction (const char *wanted, const char *actual)
{
  char *end_wanted, *end_actual;
  double a = g_ascii_strtod (wanted, &end_wanted);
  double b = g_ascii_strtod (actual, &end_actual);

  return end_wanted != wanted && end_actual != actual && *end_wanted == '\0' &&
         *end_actual == '\0' && a == b;
}

/* Of a file that nobody knows the unit of: "1G" is said in bytes, and these in whole pages. */
static gboolean
same_amount (const char *wanted, const char *actual)
{
  guint64 a, b;

  if (!ncg_memory_amount_parse (wanted, &a) || !ncg_memory_amount_parse (actual, &b))
    return FALSE;
  return a == b || (b > 0 && ncg_memory_amount_round (a, (guint64) sysconf (_SC_PAGESIZE)) == b);
}

static gboolean
is_amount_of_bytes (const NcgFileSetting *self)
{
  return g_str_equal (self->controller, "memory") || g_str_equal (self->controller, "hugetlb");
}

static gboolean
same_value (const NcgFileSetting *self, const char *wanted, const char *actual)
{
  if (g_str_equal (wanted, actual) || same_fraction (wanted, actual))
    return TRUE;
  if (!is_amount_of_bytes (self))
    return FALSE;
  return same_amount (wanted, actual) ||
         (ncg_memory_amount_is_unlimited (wanted) && ncg_memory_amount_is_unlimited (actual));
}

static gboolean
is_right (const NcgFileSetting *self, const char *actual)
{
  g_auto (GStrv) others = NULL;

  if (self->form == NCG_FILE_SET && same_set (self->wanted, actual))
    return TRUE;
  if (same_value (self, self->wanted, actual))
    return TRUE;
  if (self->also == NULL)
    return FALSE;
  others = g_strsplit (self->also, " ", -1);
  return g_strv_contains ((const char *const *) others, actual);
}

static void
take (NcgFileSetting *self, const char *actual)
{
  g_free (self->actual);
  self->actual = g_strdup (actual);
  self->ok = is_right (self, actual);
}

/* (transfer full) (nullable): what follows @key and a blank in its line */
static char *
find_line (const char *text, const char *key)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gsize length = strlen (key);

  for (guint i = 0; lines[i] != NULL; i++)
    if (strncmp (lines[i], key, length) == 0 && lines[i][length] == ' ')
      return g_strchomp (g_strdup (lines[i] + length + 1));
  return NULL;
}

static void
compare_text (NcgFileSetting *self, const char *text)
{
  g_autofree char *stripped = g_strchomp (g_strdup (text));

  take (self, stripped);
}

static void
compare_weight (NcgFileSetting *self, const char *text)
{
  g_autofree char *found = find_line (text, "default");

  if (found != NULL)
    take (self, found);
  else
    compare_text (self, text);
}

static void
compare_keyed (NcgFileSetting *self, const char *text)
{
  g_autofree char *found = find_line (text, self->key);

  if (found != NULL)
    take (self, found);
  else
    take (self, self->absent != NULL ? self->absent : "");
}

/* The length of "NAME=" */
static gsize
name_length (const char *field)
{
  gsize length = strcspn (field, "=");

  return length + (field[length] == '=');
}

/* (transfer full): the field with the name of @wanted in @fields, else with what it means that
 * there is none */
static char *
find_field (const NcgFileSetting *self, const char *fields, const char *wanted)
{
  g_auto (GStrv) words = g_strsplit_set (fields, " \t", -1);
  gsize length = name_length (wanted);

  for (guint i = 0; words[i] != NULL; i++)
    if (name_length (words[i]) == length && strncmp (words[i], wanted, length) == 0)
      return g_strdup (words[i]);
  if (wanted[length] == '\0')
    return g_strdup ("");
  return g_strdup_printf ("%.*s%s", (int) length, wanted, self->absent != NULL ? self->absent : "");
}

static gboolean
same_field (const NcgFileSetting *self, const char *wanted, const char *actual)
{
  gsize length = name_length (wanted);

  return name_length (actual) == length && same_value (self, wanted + length, actual + length);
}

/* Only the fields that we have are compared, each by itself, in our order. */
static void
compare_fields (NcgFileSetting *self, const char *text)
{
  g_autofree char *line = find_line (text, self->key);
  g_auto (GStrv) wanted = g_strsplit (self->wanted, " ", -1);
  g_autoptr (GString) actual = g_string_new (NULL);

  self->ok = TRUE;
  for (guint i = 0; wanted[i] != NULL; i++) {
    g_autofree char *found = find_field (self, line != NULL ? line : "", wanted[i]);

    g_string_append_printf (actual, "%s%s", i > 0 ? " " : "", found);
    self->ok = self->ok && same_field (self, wanted[i], found);
  }
  g_free (self->actual);
  self->actual = g_string_free (g_steal_pointer (&actual), FALSE);
}

void
ncg_file_setting_compare (NcgFileSetting *self, const char *text)
{
  static void (*const comparers[]) (NcgFileSetting *, const char *) = {
    [NCG_FILE_TEXT] = compare_text,     [NCG_FILE_SET] = compare_text,
    [NCG_FILE_WEIGHT] = compare_weight, [NCG_FILE_KEYED] = compare_keyed,
    [NCG_FILE_FIELDS] = compare_fields,
  };

  comparers[self->form](self, text);
}
