/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One value of the configuration: from a node of the tree to what the program works with.
 *
 * All of them: @key is the path for the problem; what is not of the type or out of range becomes a
 * problem of @report that says what is allowed, and %FALSE is returned. A scalar that is not quoted
 * is what YAML's core schema takes it for, so that `true` and `5` are no texts.
 */
#pragma once

#include "daemon/config/yaml-tree.h"

#define CONFIG_WHOLE 1000000u /* a share of 100% */

/* A problem for one that is no scalar or nothing; @what: "a text", "true or false" */
gboolean config_value_check_scalar (ConfigReport *report,
                                    const char *key,
                                    const ConfigNode *node,
                                    const char *what);

/* @ret_text: (transfer none): "" is one */
gboolean config_value_get_text (ConfigReport *report,
                                const char *key,
                                const ConfigNode *node,
                                const char **ret_text);
gboolean config_value_get_boolean (ConfigReport *report,
                                   const char *key,
                                   const ConfigNode *node,
                                   gboolean *ret_value);
gboolean config_value_get_integer (ConfigReport *report,
                                   const char *key,
                                   const ConfigNode *node,
                                   gint64 least,
                                   gint64 greatest,
                                   gint64 *ret_value);

/* @words: (array zero-terminated=1); @ret_index: which of them it is */
gboolean config_value_get_word (ConfigReport *report,
                                const char *key,
                                const ConfigNode *node,
                                const char *const *words,
                                guint *ret_index);

/* A quantity (lib/quantity.h) that is not negative; @is_milli: in thousandths */
gboolean config_value_get_amount (ConfigReport *report,
                                  const char *key,
                                  const ConfigNode *node,
                                  gboolean is_milli,
                                  guint64 *ret_amount);

/* Whether it has the form of a share: a text that ends with "%". */
gboolean config_value_is_share (const ConfigNode *node);

/* "N%" or "N.N%", of 0 to 100; in millionths, cut off below */
gboolean config_value_get_share (ConfigReport *report,
                                 const char *key,
                                 const ConfigNode *node,
                                 guint64 *ret_millionths);

/* A duration as Go has it, "1m30s", "1.5ms"; in range, from @least to @greatest inclusive */
gboolean config_value_get_duration (ConfigReport *report,
                                    const char *key,
                                    const ConfigNode *node,
                                    guint64 least_usec,
                                    guint64 greatest_usec,
                                    guint64 *ret_usec);

/**
 * config_value_get_group:
 * @ret_path: (transfer full): "/foo/bar"; "" for the root and for an empty text
 *
 * A cgroup in any of the forms that a kubelet's files have for it: "/foo/bar", "foo/bar",
 * "foo-bar.slice", "/foo.slice/foo-bar.slice".
 */
gboolean config_value_get_group (ConfigReport *report,
                                 const char *key,
                                 const ConfigNode *node,
                                 char **ret_path);
