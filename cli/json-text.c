/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers are written here, and json-glib writes what is in them. As a whole it cannot: its
 * integers have a sign, and the kernel's "no limit" is 2^64 - 1.
 */
#include "cli/json-text.h"

#include <json-glib/json-glib.h>
#include <math.h>

#define INDENT 2

typedef struct {
  GString *out;
  JsonTextLayout layout;
  guint depth;
} Writer;

static void write_value (Writer *writer, GVariant *value);

static void
write_node (Writer *writer, JsonNode *node)
{
  g_autofree char *text = json_to_string (node, FALSE);

  g_string_append (writer->out, text);
  json_node_unref (node);
}

/* Most strings are keys and names, and of a thousand pods there are many. */
static gboolean
is_plain (const char *text)
{
  while (g_ascii_isprint (*text) && *text != '"' && *text != '\\')
    text++;
  return *text == '\0';
}

static void
write_string (Writer *writer, const char *text)
{
  if (is_plain (text))
    g_string_append_printf (writer->out, "\"%s\"", text);
  else
    write_node (writer, json_node_init_string (json_node_alloc (), text));
}

/* Where the next element of a container begins, or its end. */
static void
break_line (Writer *writer)
{
  if (writer->layout == JSON_TEXT_PRETTY)
    g_string_append_printf (writer->out, "\n%*s", (int) (writer->depth * INDENT), "");
}

static void
write_key (Writer *writer, GVariant *key)
{
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (key, G_VARIANT_TYPE_STRING))
    text = g_variant_dup_string (key, NULL);
  else
    text = g_variant_print (key, FALSE);
  write_string (writer, text);
  g_string_append (writer->out, writer->layout == JSON_TEXT_PRETTY ? ": " : ":");
}

static void
write_element (Writer *writer, GVariant *element, gboolean is_object)
{
  g_autoptr (GVariant) key = NULL;
  g_autoptr (GVariant) value = NULL;

  if (!is_object) {
    write_value (writer, element);
    return;
  }
  key = g_variant_get_child_value (element, 0);
  value = g_variant_get_child_value (element, 1);
  write_key (writer, key);
  write_value (writer, value);
}

static void
write_container (Writer *writer, GVariant *value)
{
  gboolean is_object = g_variant_is_of_type (value, G_VARIANT_TYPE_DICTIONARY);
  gsize n = g_variant_n_children (value);

  g_string_append_c (writer->out, is_object ? '{' : '[');
  writer->depth++;
  for (gsize i = 0; i < n; i++) {
    g_autoptr (GVariant) element = g_variant_get_child_value (value, i);

    if (i > 0)
      g_string_append_c (writer->out, ',');
    break_line (writer);
    write_element (writer, element, is_object);
  }
  writer->depth--;
  if (n > 0)
    break_line (writer);
  g_string_append_c (writer->out, is_object ? '}' : ']');
}

/* Integers: GVariant's own text of them, without a type before it, is JSON's, but for bytes. */
static void
write_integer (Writer *writer, GVariant *value)
{
  g_autofree char *text = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BYTE))
    text = g_strdup_printf ("%u", g_variant_get_byte (value));
  else
    text = g_variant_print (value, FALSE);
  g_string_append (writer->out, text);
}

/* JSON has no number that is none. */
static void
write_double (Writer *writer, double number)
{
  if (isfinite (number))
    write_node (writer, json_node_init_double (json_node_alloc (), number));
  else
    g_string_append (writer->out, "null");
}

static void
write_value (Writer *writer, GVariant *value)
{
  switch (g_variant_classify (value)) {
  case G_VARIANT_CLASS_BOOLEAN:
    g_string_append (writer->out, g_variant_get_boolean (value) ? "true" : "false");
    break;
  case G_VARIANT_CLASS_DOUBLE:
    write_double (writer, g_variant_get_double (value));
    break;
  case G_VARIANT_CLASS_STRING:
  case G_VARIANT_CLASS_OBJECT_PATH:
  case G_VARIANT_CLASS_SIGNATURE:
    write_string (writer, g_variant_get_string (value, NULL));
    break;
  case G_VARIANT_CLASS_VARIANT: {
    g_autoptr (GVariant) inner = g_variant_get_variant (value);

    write_value (writer, inner);
    break;
  }
  case G_VARIANT_CLASS_MAYBE: {
    g_autoptr (GVariant) inner = g_variant_get_maybe (value);

    if (inner != NULL)
      write_value (writer, inner);
    else
      g_string_append (writer->out, "null");
    break;
  }
  case G_VARIANT_CLASS_ARRAY:
  case G_VARIANT_CLASS_TUPLE:
  case G_VARIANT_CLASS_DICT_ENTRY:
    write_container (writer, value);
    break;
  default:
    write_integer (writer, value);
  }
}

char *
json_text_format (GVariant *value, JsonTextLayout layout)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  Writer writer = { .out = g_string_new (NULL), .layout = layout };

  write_value (&writer, owned);
  g_string_append_c (writer.out, '\n');
  return g_string_free (writer.out, FALSE);
}

static GVariant *
name_fields_of_one (GVariant *row, const char *const *names)
{
  GVariantBuilder fields;

  g_variant_builder_init (&fields, G_VARIANT_TYPE_VARDICT);
  for (gsize i = 0; names[i] != NULL; i++) {
    g_autoptr (GVariant) field = g_variant_get_child_value (row, i);

    if (names[i][0] != '\0')
      g_variant_builder_add (&fields, "{sv}", names[i], field);
  }
  return g_variant_builder_end (&fields);
}

GVariant *
json_text_name_fields (GVariant *rows, const char *const *names)
{
  GVariantBuilder objects;

  g_variant_builder_init (&objects, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    g_autoptr (GVariant) row = g_variant_get_child_value (rows, i);

    g_variant_builder_add_value (&objects, name_fields_of_one (row, names));
  }
  return g_variant_ref_sink (g_variant_builder_end (&objects));
}
