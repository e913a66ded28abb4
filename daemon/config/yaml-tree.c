/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From the events of libyaml to a tree. Events and not its documents, because a document resolves
 * aliases and keeps the last of two equal keys.
 */
#include "daemon/config/yaml-tree.h"

#include "lib/error.h"

#include <string.h>
#include <yaml.h>

typedef struct {
  yaml_parser_t parser;
  ConfigSource *source;
  ConfigReport *report;
  const char *text;
  GString *path; /* of the value that is read: "systemReserved.memory" */
  guint depth;
  gboolean has_failed; /* no more events */
} Reader;

ConfigNode *
config_node_new (ConfigNodeKind kind, const ConfigPlace *place, const char *text)
{
  ConfigNode *self = g_new0 (ConfigNode, 1);

  self->kind = kind;
  self->place = config_place_copy (place);
  self->text = g_strdup (text);
  if (kind == CONFIG_NODE_MAP || kind == CONFIG_NODE_LIST)
    self->children = g_ptr_array_new_with_free_func ((GDestroyNotify) config_node_free);
  return self;
}

void
config_node_free (ConfigNode *self)
{
  if (self == NULL)
    return;
  config_place_clear (&self->place);
  config_place_clear (&self->key_place);
  g_free (self->key);
  g_free (self->text);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_free (self);
}

void
config_node_add (ConfigNode *self, const char *key, const ConfigPlace *place, ConfigNode *value)
{
  value->key = g_strdup (key);
  value->key_place = config_place_copy (place);
  g_ptr_array_add (self->children, value);
}

ConfigNode *
config_node_find (const ConfigNode *self, const char *key)
{
  for (guint i = 0; self->kind == CONFIG_NODE_MAP && i < self->children->len; i++) {
    ConfigNode *child = g_ptr_array_index (self->children, i);

    if (g_str_equal (child->key, key))
      return child;
  }
  return NULL;
}

gboolean
config_node_is_null (const ConfigNode *self)
{
  static const char *const names[] = { "", "~", "null", "Null", "NULL", NULL };

  return self->kind == CONFIG_NODE_SCALAR && self->is_plain && g_strv_contains (names, self->text);
}

static ConfigPlace
place_of (const Reader *reader, const yaml_mark_t *mark)
{
  return (ConfigPlace){ reader->source, (guint) mark->line + 1, (guint) mark->column + 1 };
}

/* A byte's line and column, for errors that have no mark. */
static ConfigPlace
place_of_byte (ConfigSource *source, const char *text, gsize offset)
{
  ConfigPlace place = { source, 1, 1 };

  for (gsize i = 0; i < offset; i++) {
    if (text[i] == '\n') {
      place.line++;
      place.column = 1;
    } else if (((guchar) text[i] & 0xc0) != 0x80) {
      place.column++;
    }
  }
  return place;
}

static void
add_problem (Reader *reader, const yaml_mark_t *mark, const char *key, const char *message)
{
  ConfigPlace place = place_of (reader, mark);

  config_report_add (reader->report, &place, key, NULL, "%s", message);
}

static void
report_failure (Reader *reader)
{
  const yaml_parser_t *parser = &reader->parser;
  ConfigPlace place = place_of (reader, &parser->problem_mark);

  if (parser->error == YAML_READER_ERROR)
    place = place_of_byte (reader->source, reader->text, parser->problem_offset);
  config_report_add (reader->report, &place, NULL, NULL, "this is no YAML: %s%s%s",
                     parser->problem != NULL ? parser->problem : "out of memory",
                     parser->context != NULL ? ", " : "",
                     parser->context != NULL ? parser->context : "");
}

/* FALSE at the end, after an error that @reader's report has. */
static gboolean
next_event (Reader *reader, yaml_event_t *event)
{
  memset (event, 0, sizeof *event);
  if (reader->has_failed)
    return FALSE;
  if (yaml_parser_parse (&reader->parser, event))
    return TRUE;
  report_failure (reader);
  reader->has_failed = TRUE;
  return FALSE;
}

static void
check_decoration (Reader *reader, const yaml_event_t *event, const void *anchor, const void *tag)
{
  if (anchor != NULL)
    add_problem (reader, &event->start_mark, NULL,
                 "anchors are not taken; write the value wherever it is needed");
  if (tag != NULL)
    add_problem (reader, &event->start_mark, NULL, "tags are not taken; leave it out");
}

static ConfigNode *read_node (Reader *reader, yaml_event_t *event);

static ConfigNode *
read_scalar (Reader *reader, const yaml_event_t *event)
{
  ConfigPlace place = place_of (reader, &event->start_mark);
  ConfigNode *node =
      config_node_new (CONFIG_NODE_SCALAR, &place, (const char *) event->data.scalar.value);

  check_decoration (reader, event, event->data.scalar.anchor, event->data.scalar.tag);
  node->is_plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (strlen (node->text) != event->data.scalar.length) {
    add_problem (reader, &event->start_mark, NULL, "a text with a zero byte (\\0) is not taken");
    node->kind = CONFIG_NODE_BAD;
  }
  return node;
}

static void
add_to_map (Reader *reader, ConfigNode *map, GHashTable *seen, ConfigNode *key, ConfigNode *value)
{
  g_autoptr (ConfigNode) owned = value;
  const ConfigNode *before;

  if (key->kind != CONFIG_NODE_SCALAR) {
    if (key->kind != CONFIG_NODE_BAD)
      config_report_add (reader->report, &key->place, NULL, NULL, "a key is a single word");
    return;
  }
  if (key->is_plain && g_str_equal (key->text, "<<")) {
    config_report_add (reader->report, &key->place, NULL, NULL,
                       "merge keys are not taken; write the values wherever they are needed");
    return;
  }
  before = g_hash_table_lookup (seen, key->text);
  if (before != NULL) {
    config_report_add (reader->report, &key->place, reader->path->str, NULL,
                       "it is there already, in line %u; a key is given once",
                       before->key_place.line);
    return;
  }
  config_node_add (map, key->text, &key->place, value);
  g_hash_table_insert (seen, value->key, value);
  g_steal_pointer (&owned);
}

static ConfigNode *
read_map (Reader *reader, const yaml_event_t *start)
{
  ConfigPlace place = place_of (reader, &start->start_mark);
  ConfigNode *map = config_node_new (CONFIG_NODE_MAP, &place, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  gsize outside = reader->path->len;
  yaml_event_t event;

  check_decoration (reader, start, start->data.mapping_start.anchor, start->data.mapping_start.tag);
  while (next_event (reader, &event)) {
    g_autoptr (ConfigNode) key = NULL;
    ConfigNode *value = NULL;

    if (event.type == YAML_MAPPING_END_EVENT) {
      yaml_event_delete (&event);
      break;
    }
    key = read_node (reader, &event);
    if (!next_event (reader, &event))
      break;
    if (key->kind == CONFIG_NODE_SCALAR)
      g_string_append_printf (reader->path, "%s%s", outside > 0 ? "." : "", key->text);
    value = read_node (reader, &event);
    add_to_map (reader, map, seen, key, value);
    g_string_truncate (reader->path, outside);
  }
  return map;
}

static ConfigNode *
read_list (Reader *reader, const yaml_event_t *start)
{
  ConfigPlace place = place_of (reader, &start->start_mark);
  ConfigNode *list = config_node_new (CONFIG_NODE_LIST, &place, NULL);
  yaml_event_t event;

  check_decoration (reader, start, start->data.sequence_start.anchor,
                    start->data.sequence_start.tag);
  while (next_event (reader, &event)) {
    if (event.type == YAML_SEQUENCE_END_EVENT) {
      yaml_event_delete (&event);
      break;
    }
    g_ptr_array_add (list->children, read_node (reader, &event));
  }
  return list;
}

static ConfigNode *
read_bad (Reader *reader, const yaml_event_t *event, const char *message)
{
  ConfigPlace place = place_of (reader, &event->start_mark);

  add_problem (reader, &event->start_mark, NULL, message);
  return config_node_new (CONFIG_NODE_BAD, &place, NULL);
}

/* Takes the event over. Never NULL: after a failure it is what there is so far. */
static ConfigNode *
read_node (Reader *reader, yaml_event_t *event)
{
  ConfigNode *node;

  reader->depth++;
  if (reader->depth > CONFIG_DEPTH_MAX) {
    node = read_bad (reader, event, "this is nested too deeply; 16 levels are allowed");
    reader->has_failed = TRUE;
  } else if (event->type == YAML_SCALAR_EVENT) {
    node = read_scalar (reader, event);
  } else if (event->type == YAML_MAPPING_START_EVENT) {
    node = read_map (reader, event);
  } else if (event->type == YAML_SEQUENCE_START_EVENT) {
    node = read_list (reader, event);
  } else {
    node = read_bad (reader, event, "aliases are not taken; write the value wherever it is needed");
  }
  yaml_event_delete (event);
  reader->depth--;
  return node;
}

static ConfigNode *
read_stream (Reader *reader)
{
  g_autoptr (ConfigNode) root = NULL;
  gboolean is_over = FALSE;
  yaml_event_t event;

  while (!is_over && next_event (reader, &event)) {
    switch (event.type) {
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
      yaml_event_delete (&event);
      break;
    case YAML_DOCUMENT_START_EVENT:
      if (root != NULL) {
        add_problem (reader, &event.start_mark, NULL,
                     "a second document begins here; a file has one");
        is_over = TRUE;
      }
      yaml_event_delete (&event);
      break;
    case YAML_STREAM_END_EVENT:
      is_over = TRUE;
      yaml_event_delete (&event);
      break;
    default:
      root = read_node (reader, &event);
      break;
    }
  }
  /* What is missing from a part would be told as if it had been left out. */
  return reader->has_failed ? NULL : g_steal_pointer (&root);
}

ConfigNode *
config_yaml_parse (ConfigSource *source, const char *text, gsize length, ConfigReport *report)
{
  g_autoptr (GString) path = g_string_new (NULL);
  Reader reader = { .source = source, .report = report, .text = text, .path = path };
  const ConfigPlace whole = { source, 0, 0 };
  const char *end;
  ConfigNode *root;

  if (length > CONFIG_FILE_MAX) {
    config_report_add (report, &whole, NULL, NULL, "the file is larger than %d KiB",
                       CONFIG_FILE_MAX / 1024);
    return NULL;
  }
  if (!g_utf8_validate_len (text, length, &end)) {
    ConfigPlace place = place_of_byte (source, text, (gsize) (end - text));

    config_report_add (report, &place, NULL, NULL, "the byte 0x%02x is not UTF-8 here",
                       (guint) (guchar) *end);
    return NULL;
  }
  if (!yaml_parser_initialize (&reader.parser)) {
    config_report_add (report, &whole, NULL, NULL, "there is no memory to read it");
    return NULL;
  }
  yaml_parser_set_encoding (&reader.parser, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&reader.parser, (const guchar *) text, length);
  root = read_stream (&reader);
  yaml_parser_delete (&reader.parser);
  return root;
}
