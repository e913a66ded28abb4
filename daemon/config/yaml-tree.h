/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A YAML file (or JSON, which is YAML) as a tree of scalars, maps and lists, each with its place.
 *
 * What a configuration does not need is a problem and not supported: anchors, aliases and merge
 * keys (and with them growth beyond the file's size), tags, several documents, keys that are no
 * scalars, more than 16 levels, more than 256 KiB, and what is not UTF-8.
 */
#pragma once

#include "daemon/config/report.h"

#define CONFIG_FILE_MAX (256 * 1024)
#define CONFIG_DEPTH_MAX 16

typedef enum {
  CONFIG_NODE_SCALAR,
  CONFIG_NODE_MAP,
  CONFIG_NODE_LIST,
  CONFIG_NODE_BAD, /* what stood there is a problem already, and says nothing */
} ConfigNodeKind;

typedef struct {
  ConfigNodeKind kind;
  ConfigPlace place;
  char *key;             /* (nullable): its key, in a map */
  ConfigPlace key_place; /* where that is */
  char *text;            /* of a scalar */
  gboolean is_plain;     /* not quoted: may be a number, a boolean or null */
  gboolean replaces;     /* a map that replaces one of before, and is not merged with it */
  GPtrArray *children;   /* (element-type ConfigNode): of a map or list, in order */
} ConfigNode;

/* (transfer full): at @place, which is copied; @text is that of a scalar */
ConfigNode *config_node_new (ConfigNodeKind kind, const ConfigPlace *place, const char *text);
void config_node_free (ConfigNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfigNode, config_node_free)

/* Adds @value (transfer full) to the map @self; @key and @place, where it stands, are copied. */
void
config_node_add (ConfigNode *self, const char *key, const ConfigPlace *place, ConfigNode *value);

/* (nullable): the value of @key in a map; the other kinds have none */
ConfigNode *config_node_find (const ConfigNode *self, const char *key);

/* Whether it is nothing: an empty scalar, null, Null, NULL or ~, not quoted. */
gboolean config_node_is_null (const ConfigNode *self);

/**
 * config_yaml_parse:
 * @source: names the file
 * @text: @length bytes, not trusted
 * @report: gets a problem for everything that is wrong
 *
 * Returns: (transfer full) (nullable): the tree; %NULL for a file without anything but comments,
 *   and for one that is no YAML, which @report then says
 */
ConfigNode *
config_yaml_parse (ConfigSource *source, const char *text, gsize length, ConfigReport *report);
