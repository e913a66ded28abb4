/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One value of the configuration.
 */
#include "daemon/config/values.h"

#include "lib/error.h"
#include "lib/names.h"
#include "lib/quantity.h"

#include <errno.h>
#include <string.h>

/* Of YAML's core schema; what is not quoted and none of these is a text. */
static const char *const booleans[] = { "false", "False", "FALSE", "true", "True", "TRUE", NULL };
#define N_FALSE 3

static const char *
kind_to_string (ConfigNodeKind kind)
{
  return kind == CONFIG_NODE_MAP ? "a map" : "a list";
}

gboolean
config_value_check_scalar (ConfigReport *report,
                           const char *key,
                           const ConfigNode *node,
                           const char *what)
{
  if (node->kind == CONFIG_NODE_MAP || node->kind == CONFIG_NODE_LIST)
    config_report_add (report, &node->place, key, NULL, "it takes %s, and this is %s", what,
                       kind_to_string (node->kind));
  else if (config_node_is_null (node))
    config_report_add (report, &node->place, key, NULL, "it takes %s, and there is nothing", what);
  else
    return node->kind == CONFIG_NODE_SCALAR;
  return FALSE;
}

static int
find_word (const char *const *words, const char *text)
{
  for (int i = 0; words[i] != NULL; i++)
    if (g_str_equal (words[i], text))
      return i;
  return -1;
}

/* (nullable): what a scalar is that is not quoted and no text */
static const char *
find_other_type (const char *text)
{
  const char *number = text + (text[0] == '-' || text[0] == '+');
  char *end = NULL;

  if (find_word (booleans, text) >= 0)
    return "true or false";
  if (!g_ascii_isdigit (number[0]) && !(number[0] == '.' && g_ascii_isdigit (number[1])))
    return NULL;
  if (number[0] == '0' && number[1] == 'o' && number[2] != '\0')
    return number[2 + strspn (number + 2, "01234567")] == '\0' ? "a number" : NULL;
  g_ascii_strtod (number, &end);
  return *end == '\0' ? "a number" : NULL;
}

gboolean
config_value_get_text (ConfigReport *report,
                       const char *key,
                       const ConfigNode *node,
                       const char **ret_text)
{
  const char *other;

  if (!config_value_check_scalar (report, key, node, "a text"))
    return FALSE;
  other = node->is_plain ? find_other_type (node->text) : NULL;
  if (other != NULL) {
    config_report_add (report, &node->place, key, node->text,
                       "it takes a text, and this is %s: put it in quotes", other);
    return FALSE;
  }
  *ret_text = node->text;
  return TRUE;
}

gboolean
config_value_get_boolean (ConfigReport *report,
                          const char *key,
                          const ConfigNode *node,
                          gboolean *ret_value)
{
  int found;

  if (!config_value_check_scalar (report, key, node, "true or false"))
    return FALSE;
  found = node->is_plain ? find_word (booleans, node->text) : -1;
  if (found < 0) {
    config_report_add (report, &node->place, key, node->text, "it takes true or false%s",
                       node->is_plain ? "" : ", without quotes");
    return FALSE;
  }
  *ret_value = found >= N_FALSE;
  return TRUE;
}

/* As YAML's core schema has them: decimal, 0o7 and 0xf. FALSE for what is none; one that does not
 * fit is the least or greatest there is. */
static gboolean
parse_integer (const char *text, gint64 *ret_value)
{
  gboolean is_octal = g_str_has_prefix (text, "0o");
  int base = is_octal ? 8 : g_str_has_prefix (text, "0x") ? 16 : 10;
  const char *digits = base == 10 ? text + (text[0] == '-' || text[0] == '+') : text + 2;
  char *end = NULL;

  if (!g_ascii_isxdigit (digits[0]))
    return FALSE;
  *ret_value = g_ascii_strtoll (base == 10 ? text : digits, &end, base);
  return *end == '\0' && end != digits;
}

gboolean
config_value_get_integer (ConfigReport *report,
                          const char *key,
                          const ConfigNode *node,
                          gint64 least,
                          gint64 greatest,
                          gint64 *ret_value)
{
  gint64 value;

  if (!config_value_check_scalar (report, key, node, "a whole number"))
    return FALSE;
  errno = 0;
  if (!node->is_plain || !parse_integer (node->text, &value)) {
    config_report_add (report, &node->place, key, node->text, "it takes a whole number%s",
                       node->is_plain ? "" : ", without quotes");
    return FALSE;
  }
  if (errno == ERANGE || value < least || value > greatest) {
    config_report_add (report, &node->place, key, node->text,
                       "it takes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, greatest);
    return FALSE;
  }
  *ret_value = value;
  return TRUE;
}

gboolean
config_value_get_word (ConfigReport *report,
                       const char *key,
                       const ConfigNode *node,
                       const char *const *words,
                       guint *ret_index)
{
  g_autofree char *all = g_strjoinv (", ", (char **) words);
  g_autofree char *what = g_strconcat ("one of ", all, NULL);
  int found;

  if (!config_value_check_scalar (report, key, node, what))
    return FALSE;
  found = find_word (words, node->text);
  if (found < 0) {
    config_report_add (report, &node->place, key, node->text, "it takes %s", what);
    return FALSE;
  }
  *ret_index = (guint) found;
  return TRUE;
}

gboolean
config_value_get_amount (ConfigReport *report,
                         const char *key,
                         const ConfigNode *node,
                         gboolean is_milli,
                         guint64 *ret_amount)
{
  g_autoptr (GError) error = NULL;
  gint64 amount;

  if (!config_value_check_scalar (report, key, node, "a quantity such as 500m or 1Gi"))
    return FALSE;
  if (!(is_milli ? ncg_quantity_parse_milli (node->text, &amount, &error)
                 : ncg_quantity_parse_value (node->text, &amount, &error))) {
    config_report_add (report, &node->place, key, NULL, "%s", error->message);
    return FALSE;
  }
  if (amount < 0) {
    config_report_add (report, &node->place, key, node->text,
                       "it takes a quantity that is not negative");
    return FALSE;
  }
  *ret_amount = (guint64) amount;
  return TRUE;
}

gboolean
config_value_is_share (const ConfigNode *node)
{
  return node->kind == CONFIG_NODE_SCALAR && g_str_has_suffix (node->text, "%");
}

/* Digits, at most one point, and the sign. */
static gboolean
parse_share (const char *text, guint64 *ret_millionths)
{
  gsize whole = strspn (text, "0123456789");
  gsize parts = text[whole] == '.' ? strspn (text + whole + 1, "0123456789") : 0;
  const char *end = text + whole + (text[whole] == '.' ? 1 + parts : 0);
  guint64 value = 0;

  if (whole + parts == 0 || !g_str_equal (end, "%"))
    return FALSE;
  for (gsize i = 0; i < whole && value <= 100; i++)
    value = value * 10 + (guint64) (text[i] - '0');
  for (gsize i = 0; i < 4; i++)
    value = value * 10 + (i < parts ? (guint64) (text[whole + 1 + i] - '0') : 0);
  *ret_millionths = value;
  return value <= CONFIG_WHOLE;
}

gboolean
config_value_get_share (ConfigReport *report,
                        const char *key,
                        const ConfigNode *node,
                        guint64 *ret_millionths)
{
  if (!config_value_check_scalar (report, key, node, "a share, 0% to 100%"))
    return FALSE;
  if (parse_share (node->text, ret_millionths))
    return TRUE;
  config_report_add (report, &node->place, key, node->text, "it takes a share, 0%% to 100%%");
  return FALSE;
}

/* time.ParseDuration() */
static gboolean
parse_duration (const char *text, double *ret_nsec)
{
  static const struct {
    const char *unit;
    double nsec;
  } units[] = { { "ns", 1 },   { "us", 1e3 }, { "\302\265s", 1e3 }, { "\316\274s", 1e3 },
                { "ms", 1e6 }, { "s", 1e9 },  { "m", 60e9 },        { "h", 3600e9 } };
  double sum = 0;

  do {
    gsize length = strspn (text, "0123456789.");
    g_autofree char *number = g_strndup (text, length);
    gsize unit = 0;
    char *end = NULL;
    double value = g_ascii_strtod (number, &end);

    /* The longer ones come first: "ms" is not "m". */
    while (unit < G_N_ELEMENTS (units) && !g_str_has_prefix (text + length, units[unit].unit))
      unit++;
    if (length == 0 || *end != '\0' || unit == G_N_ELEMENTS (units))
      return FALSE;
    sum += value * units[unit].nsec;
    text += length + strlen (units[unit].unit);
  } while (*text != '\0');
  *ret_nsec = sum;
  return TRUE;
}

gboolean
config_value_get_duration (ConfigReport *report,
                           const char *key,
                           const ConfigNode *node,
                           guint64 least_usec,
                           guint64 greatest_usec,
                           guint64 *ret_usec)
{
  double nsec;

  if (!config_value_check_scalar (report, key, node, "a duration such as 100ms"))
    return FALSE;
  if (!parse_duration (node->text, &nsec)) {
    config_report_add (report, &node->place, key, node->text,
                       "it takes a duration such as 100ms or 0.5s");
    return FALSE;
  }
  if (nsec < (double) least_usec * 1e3 || nsec > (double) greatest_usec * 1e3) {
    config_report_add (report, &node->place, key, node->text,
                       "it takes %" G_GUINT64_FORMAT "ms to %" G_GUINT64_FORMAT "ms",
                       least_usec / 1000, greatest_usec / 1000);
    return FALSE;
  }
  *ret_usec = (guint64) (nsec + 0.5) / 1000;
  return TRUE;
}

/* "foo-bar.slice" is "foo.slice/foo-bar.slice" in the tree. */
static gboolean
is_in_its_parents (const char *slice, const char *given)
{
  g_autoptr (GString) whole = g_string_new (NULL);
  const char *dash = slice;

  while ((dash = strchr (dash, '-')) != NULL) {
    g_string_append_printf (whole, "%.*s.slice/", (int) (dash - slice), slice);
    dash++;
  }
  g_string_append (whole, slice);
  return g_str_equal (given, slice) || g_str_equal (given, whole->str);
}

/* @text without the first "/" */
static char *
parse_group (const char *text, GError **error)
{
  const char *slash = strrchr (text, '/');
  const char *last = slash != NULL ? slash + 1 : text;
  g_autofree char *path = g_strconcat ("/", text, NULL);
  g_autofree char *slice = NULL;
  g_autofree char *escaped = NULL;

  if (g_str_has_suffix (last, ".slice") && is_in_its_parents (last, text)) {
    g_free (path);
    path = ncg_names_path_from_slice (last, error);
  }
  slice = path != NULL ? ncg_names_slice_from_path (path, error) : NULL;
  if (slice == NULL)
    return NULL;
  if (strstr (path, ".slice/") == NULL && !g_str_has_suffix (path, ".slice"))
    return g_str_equal (path, "/") ? g_strdup ("") : g_steal_pointer (&path);
  escaped = ncg_error_escape (text);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is no slice in its parents; write the slice alone, \"a-b.slice\", or its "
               "path, \"/a/b\"",
               escaped);
  return NULL;
}

gboolean
config_value_get_group (ConfigReport *report,
                        const char *key,
                        const ConfigNode *node,
                        char **ret_path)
{
  g_autoptr (GError) error = NULL;
  const char *text;
  char *path;

  if (!config_value_get_text (report, key, node, &text))
    return FALSE;
  path = parse_group (text + (text[0] == '/'), &error);
  if (path == NULL)
    config_report_add (report, &node->place, key, NULL, "%s", error->message);
  else
    *ret_path = path;
  return path != NULL;
}
