/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The YAML is read by libyaml, which drops comments: these are looked up by the line of the value.
 */
#include "cli/effective.h"

#include "cli/exit-status.h"
#include "cli/style.h"

#include <string.h>
#include <yaml.h>

#define COMMENT " # "
#define DEPTH_MOST 8

/* Their values are amounts, "1" as well as "500m". */
static const char *const amounts[] = { "systemReserved", "kubeReserved", "evictionHard", NULL };

typedef struct {
  yaml_document_t document;
  char **lines;
} Reader;

/* Behind the value, which may have a # in quotes. It is ASCII; what follows need not be. */
static const char *
find_origin (const Reader *reader, const yaml_node_t *node)
{
  const yaml_mark_t *end = &node->end_mark;
  const char *line = end->line < g_strv_length (reader->lines) ? reader->lines[end->line] : "";
  const char *comment = end->column < strlen (line) ? strstr (line + end->column, COMMENT) : NULL;

  return comment != NULL ? comment + strlen (COMMENT) : "";
}

static GVariant *
convert_scalar (const yaml_node_t *node, gboolean is_amount)
{
  const char *text = (const char *) node->data.scalar.value;
  gint64 number;

  if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || is_amount)
    return g_variant_new_string (text);
  if (g_str_equal (text, "true") || g_str_equal (text, "false"))
    return g_variant_new_boolean (g_str_equal (text, "true"));
  if (g_str_equal (text, "null"))
    return g_variant_new_maybe (G_VARIANT_TYPE_STRING, NULL);
  if (g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &number, NULL))
    return g_variant_new_int64 (number);
  return g_variant_new_string (text);
}

/* (transfer floating): @value (transfer floating) with the origin of @node */
static GVariant *
make_leaf (const Reader *reader, const yaml_node_t *node, GVariant *value)
{
  GVariantBuilder leaf;

  g_variant_builder_init (&leaf, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&leaf, "{sv}", "Value", value);
  g_variant_builder_add (&leaf, "{sv}", "Origin",
                         g_variant_new_string (find_origin (reader, node)));
  return g_variant_builder_end (&leaf);
}

static GVariant *convert (Reader *reader, int index, gboolean is_amount, guint depth);

static GVariant *
convert_list (Reader *reader, const yaml_node_t *node, guint depth)
{
  GVariantBuilder list;

  if (node->data.sequence.items.start == node->data.sequence.items.top)
    return make_leaf (reader, node, g_variant_new_array (G_VARIANT_TYPE_VARIANT, NULL, 0));
  g_variant_builder_init (&list, G_VARIANT_TYPE ("av"));
  for (yaml_node_item_t *item = node->data.sequence.items.start;
       item < node->data.sequence.items.top; item++)
    g_variant_builder_add (&list, "v", convert (reader, *item, FALSE, depth));
  return g_variant_builder_end (&list);
}

static GVariant *
convert_map (Reader *reader, const yaml_node_t *node, gboolean is_amount, guint depth)
{
  GVariantBuilder map;

  if (depth > 1 && node->data.mapping.pairs.start == node->data.mapping.pairs.top)
    return make_leaf (reader, node, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0));
  g_variant_builder_init (&map, G_VARIANT_TYPE_VARDICT);
  for (yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
       pair++) {
    const yaml_node_t *key = yaml_document_get_node (&reader->document, pair->key);
    const char *name = key->type == YAML_SCALAR_NODE ? (const char *) key->data.scalar.value : "";

    g_variant_builder_add (
        &map, "{sv}", name,
        convert (reader, pair->value, is_amount || g_strv_contains (amounts, name), depth));
  }
  return g_variant_builder_end (&map);
}

/* (transfer floating): the node @index */
static GVariant *
convert (Reader *reader, int index, gboolean is_amount, guint depth)
{
  const yaml_node_t *node = yaml_document_get_node (&reader->document, index);

  /* It is not as deep as this; one that refers to itself has no end. */
  if (depth > DEPTH_MOST || node->type == YAML_NO_NODE)
    return g_variant_new_string ("");
  if (node->type == YAML_SEQUENCE_NODE)
    return convert_list (reader, node, depth + 1);
  if (node->type == YAML_MAPPING_NODE)
    return convert_map (reader, node, is_amount, depth + 1);
  return make_leaf (reader, node, convert_scalar (node, is_amount));
}

/* A document has to be deleted whether or not it was loaded. */
static gboolean
load (Reader *reader, const char *text, GError **error)
{
  yaml_parser_t parser;
  gboolean ok;

  yaml_parser_initialize (&parser);
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, strlen (text));
  ok = yaml_parser_load (&parser, &reader->document) != 0;
  if (!ok)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED,
                 "line %u of what nodecgroupsd prints is not understood: %s",
                 (guint) parser.problem_mark.line + 1, parser.problem);
  yaml_parser_delete (&parser);
  return ok;
}

GVariant *
effective_describe (const char *text, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  Reader reader = { .lines = lines };
  const yaml_node_t *root;
  GVariant *value = NULL;

  if (!load (&reader, text, error))
    return NULL;
  root = yaml_document_get_root_node (&reader.document);
  if (root != NULL && root->type == YAML_MAPPING_NODE)
    value = g_variant_ref_sink (convert_map (&reader, root, FALSE, 1));
  yaml_document_delete (&reader.document);
  if (value == NULL)
    g_set_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_FAILED,
                 "nodecgroupsd prints no configuration");
  return value;
}

char *
effective_format (const char *text, gboolean has_colors)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  GString *out = g_string_new (NULL);

  for (gsize i = 0; lines[i] != NULL; i++) {
    char *comment = strstr (lines[i], COMMENT);

    g_string_append_len (out, lines[i], comment != NULL ? comment - lines[i] : -1);
    if (comment != NULL)
      style_append (out, STYLE_DIM, has_colors, comment);
    if (lines[i + 1] != NULL)
      g_string_append_c (out, '\n');
  }
  return g_string_free (out, FALSE);
}
