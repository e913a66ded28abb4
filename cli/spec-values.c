/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Kinds of values: one row each in the table at the end.
 */
#include "cli/spec-values.h"

#include "cli/exit-status.h"
#include "lib/quantity.h"

#include <string.h>

#define NO_LIMIT "max"
#define NO_RATE G_MAXUINT64

typedef struct {
  gboolean is_list;
  const char *takes; /* for the message */
  GVariant *(*parse) (char **texts);
  void (*format) (GVariant *value, GPtrArray *ret_texts);
} Kind;

/* (transfer full) */
static char *
format_number (guint64 number)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, number);
}

/* (transfer full): an amount that was given back, or a word in its place; NULL for what is neither
 */
static char *
format_amount (GVariant *value, char *(*format) (guint64))
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    return format (g_variant_get_uint64 (value));
  return NULL;
}

static void
add_if (GPtrArray *texts, char *text)
{
  if (text != NULL)
    g_ptr_array_add (texts, text);
}

static GVariant *
parse_text (char **texts)
{
  return g_variant_new_string (texts[0]);
}

static void
format_cpu (GVariant *value, GPtrArray *ret_texts)
{
  add_if (ret_texts, format_amount (value, ncg_quantity_format_milli));
}

static void
format_bytes (GVariant *value, GPtrArray *ret_texts)
{
  add_if (ret_texts, format_amount (value, ncg_quantity_format_bytes));
}

static void
format_count (GVariant *value, GPtrArray *ret_texts)
{
  add_if (ret_texts, format_amount (value, format_number));
}

static GVariant *
parse_number (char **texts)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (texts[0], 10, 0, G_MAXUINT64, &number, NULL))
    return NULL;
  return g_variant_new_uint64 (number);
}

static GVariant *
parse_weight (char **texts)
{
  return g_str_equal (texts[0], "auto") ? g_variant_new_string ("auto") : parse_number (texts);
}

static GVariant *
parse_switch (char **texts)
{
  static const struct {
    const char *word;
    gboolean is_on;
  } words[] = {
    { "yes", TRUE }, { "no", FALSE },  { "true", TRUE }, { "false", FALSE },
    { "on", TRUE },  { "off", FALSE }, { "1", TRUE },    { "0", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (words[i].word, texts[0]) == 0)
      return g_variant_new_boolean (words[i].is_on);
  return NULL;
}

static void
format_switch (GVariant *value, GPtrArray *ret_texts)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    g_ptr_array_add (ret_texts, g_strdup (g_variant_get_boolean (value) ? "yes" : "no"));
}

/* Cuts @text at its first or its last @separator. Returns: what is behind it, NULL without one, or
 * with nothing before it */
static char *
cut (char *text, char separator, gboolean at_last)
{
  char *found = at_last ? strrchr (text, separator) : strchr (text, separator);

  if (found == NULL || found == text)
    return NULL;
  *found = '\0';
  return found + 1;
}

/* An empty text is an empty list: it adds nothing. */
static GVariant *
parse_sizes (char **texts)
{
  g_auto (GVariantDict) sizes = G_VARIANT_DICT_INIT (NULL);

  for (gsize i = 0; texts[i] != NULL; i++) {
    g_auto (GStrv) pairs = g_strsplit (texts[i], ",", -1);

    for (gsize j = 0; pairs[j] != NULL; j++) {
      char *amount = cut (pairs[j], ':', FALSE);

      if (amount == NULL)
        return NULL;
      g_variant_dict_insert (&sizes, pairs[j], "s", amount);
    }
  }
  return g_variant_dict_end (&sizes);
}

static void
format_sizes (GVariant *value, GPtrArray *ret_texts)
{
  GVariantIter iter;
  const char *size;
  GVariant *amount;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_loop (&iter, "{&sv}", &size, &amount)) {
    g_autofree char *text = format_amount (amount, ncg_quantity_format_bytes);

    if (text != NULL)
      g_ptr_array_add (ret_texts, g_strconcat (size, ":", text, NULL));
  }
}

/* Of these the bus has only numbers. */
static gboolean
parse_rate (const char *text, guint64 *ret_rate)
{
  gint64 rate;

  if (g_str_equal (text, NO_LIMIT)) {
    *ret_rate = NO_RATE;
    return TRUE;
  }
  if (!ncg_quantity_parse_value (text, &rate, NULL) || rate < 0)
    return FALSE;
  *ret_rate = (guint64) rate;
  return TRUE;
}

/* "/dev/sda:ReadIOPSMax:100": a device may have colons itself ("8:0"), so from the right. */
static gboolean
add_device (GHashTable *devices, GPtrArray *order, const char *text)
{
  g_autofree char *device = g_strdup (text);
  char *amount = cut (device, ':', TRUE);
  char *limit = amount != NULL ? cut (device, ':', TRUE) : NULL;
  GVariantDict *limits;
  guint64 rate;

  if (limit == NULL || limit[0] == '\0' || !parse_rate (amount, &rate))
    return FALSE;
  limits = g_hash_table_lookup (devices, device);
  if (limits == NULL) {
    limits = g_variant_dict_new (NULL);
    g_ptr_array_add (order, g_strdup (device));
    g_hash_table_insert (devices, g_steal_pointer (&device), limits);
  }
  g_variant_dict_insert (limits, limit, "t", rate);
  return TRUE;
}

/* An "a{sv}" of numbers as an "a{st}". */
static GVariant *
strip_variants (GVariantDict *limits)
{
  g_autoptr (GVariant) values = g_variant_ref_sink (g_variant_dict_end (limits));
  GVariantBuilder numbers;
  GVariantIter iter;
  const char *limit;
  GVariant *number;

  g_variant_builder_init (&numbers, G_VARIANT_TYPE ("a{st}"));
  g_variant_iter_init (&iter, values);
  while (g_variant_iter_loop (&iter, "{&sv}", &limit, &number))
    g_variant_builder_add (&numbers, "{st}", limit, g_variant_get_uint64 (number));
  return g_variant_builder_end (&numbers);
}

static GVariant *
parse_devices (char **texts)
{
  g_autoptr (GHashTable) devices = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                          (GDestroyNotify) g_variant_dict_unref);
  g_autoptr (GPtrArray) order = g_ptr_array_new_with_free_func (g_free);
  GVariantBuilder all;

  for (gsize i = 0; texts[i] != NULL; i++)
    if (!add_device (devices, order, texts[i]))
      return NULL;
  g_variant_builder_init (&all, G_VARIANT_TYPE ("a(sa{st})"));
  for (guint i = 0; i < order->len; i++) {
    const char *device = g_ptr_array_index (order, i);

    g_variant_builder_add (&all, "(s@a{st})", device,
                           strip_variants (g_hash_table_lookup (devices, device)));
  }
  return g_variant_builder_end (&all);
}

static void
format_devices (GVariant *value, GPtrArray *ret_texts)
{
  GVariantIter iter;
  const char *device;
  GVariantIter *limits;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sa{st})")))
    return;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_loop (&iter, "(&sa{st})", &device, &limits)) {
    const char *limit;
    guint64 rate;

    while (g_variant_iter_loop (limits, "{&st}", &limit, &rate)) {
      g_autofree char *amount = NULL;

      if (rate == NO_RATE)
        amount = g_strdup (NO_LIMIT);
      else
        amount = g_str_has_suffix (limit, "BandwidthMax") ? ncg_quantity_format_bytes (rate)
                                                          : format_number (rate);
      g_ptr_array_add (ret_texts, g_strjoin (":", device, limit, amount, NULL));
    }
  }
}

/* One empty text is the empty dictionary, which takes away what was there. */
static GVariant *
parse_strings (char **texts)
{
  g_autoptr (GHashTable) strings = g_hash_table_new (g_str_hash, g_str_equal);
  GVariantBuilder all;
  gboolean is_empty = texts[0][0] == '\0' && texts[1] == NULL;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a{ss}"));
  for (gsize i = 0; texts[i] != NULL && !is_empty; i++) {
    char *value = cut (texts[i], ':', FALSE);

    if (value == NULL || !g_hash_table_add (strings, texts[i])) {
      g_variant_builder_clear (&all);
      return NULL;
    }
    g_variant_builder_add (&all, "{ss}", texts[i], value);
  }
  return g_variant_builder_end (&all);
}

static void
format_strings (GVariant *value, GPtrArray *ret_texts)
{
  GVariantIter iter;
  const char *key, *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{ss}")))
    return;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_loop (&iter, "{&s&s}", &key, &text))
    g_ptr_array_add (ret_texts, g_strconcat (key, ":", text, NULL));
}

static GVariant *
parse_properties (char **texts)
{
  GVariantBuilder all;

  g_variant_builder_init (&all, G_VARIANT_TYPE ("a(sv)"));
  for (gsize i = 0; texts[i] != NULL; i++) {
    char *text = cut (texts[i], '=', FALSE);
    g_autoptr (GVariant) value =
        text != NULL ? g_variant_parse (NULL, text, NULL, NULL, NULL) : NULL;

    if (value == NULL) {
      g_variant_builder_clear (&all);
      return NULL;
    }
    g_variant_builder_add (&all, "(sv)", texts[i], value);
  }
  return g_variant_builder_end (&all);
}

static void
format_properties (GVariant *value, GPtrArray *ret_texts)
{
  GVariantIter iter;
  const char *name;
  GVariant *property;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a(sv)")))
    return;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_loop (&iter, "(&sv)", &name, &property)) {
    g_autofree char *text = g_variant_print (property, TRUE);

    g_ptr_array_add (ret_texts, g_strconcat (name, "=", text, NULL));
  }
}

static const Kind kinds[] = {
  [SPEC_VALUE_CPU] = { FALSE, "CPUs (500m, 1.5) or max", parse_text, format_cpu },
  [SPEC_VALUE_BYTES] = { FALSE, "bytes (256Mi, 1.5Gi) or max", parse_text, format_bytes },
  [SPEC_VALUE_COUNT] = { FALSE, "a number or max", parse_text, format_count },
  [SPEC_VALUE_NUMBER] = { FALSE, "a number", parse_number, format_count },
  [SPEC_VALUE_WEIGHT] = { FALSE, "a number or auto", parse_weight, format_count },
  [SPEC_VALUE_TEXT] = { FALSE, "a text", parse_text, format_count },
  [SPEC_VALUE_SWITCH] = { FALSE, "yes or no", parse_switch, format_switch },
  [SPEC_VALUE_SIZES] = { TRUE, "SIZE:AMOUNT (2Mi:1Gi,1Gi:0)", parse_sizes, format_sizes },
  [SPEC_VALUE_DEVICES] = { TRUE, "DEVICE:LIMIT:AMOUNT (/dev/sda:ReadBandwidthMax:10Mi)",
                           parse_devices, format_devices },
  [SPEC_VALUE_STRINGS] = { TRUE, "NAME:VALUE, each name once", parse_strings, format_strings },
  [SPEC_VALUE_PROPERTIES] = { TRUE, "NAME=VALUE with its type (MemoryZSwapMax=uint64 0)",
                              parse_properties, format_properties },
};
G_STATIC_ASSERT (G_N_ELEMENTS (kinds) == SPEC_VALUE_N);

gboolean
spec_values_is_list (SpecValueKind kind)
{
  return kinds[kind].is_list;
}

GVariant *
spec_values_parse (SpecValueKind kind, const char *key, char **texts, GError **error)
{
  g_auto (GStrv) copies = g_strdupv (texts);
  GVariant *value = kinds[kind].parse (copies);

  if (value == NULL) {
    g_autofree char *given = g_strjoinv (" ", texts);

    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE, "%s is \"%s\": it takes %s", key,
                 given, kinds[kind].takes);
    return NULL;
  }
  return g_variant_ref_sink (value);
}

void
spec_values_format (SpecValueKind kind, GVariant *value, GPtrArray *ret_texts)
{
  kinds[kind].format (value, ret_texts);
}
