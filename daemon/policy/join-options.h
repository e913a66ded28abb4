/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of a join, as they travel in an a{sv}: the spec of a container, and whether its leaf
 * is delegated, to whom, and into which cgroup in it the processes go.
 */
#pragma once

#include "daemon/policy/spec.h"

/* All zero is valid and says nothing. */
typedef struct {
  Spec spec;
  gboolean is_delegated;
  char *subgroup; /* (nullable) */
  char *user;     /* (nullable): a name or a number */
} JoinOptions;

void join_options_clear (JoinOptions *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (JoinOptions, join_options_clear)
void join_options_copy (const JoinOptions *self, JoinOptions *ret_copy);

/**
 * join_options_parse:
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, the value and what is allowed
 */
gboolean join_options_parse (GVariant *variant, JoinOptions *ret_options, GError **error);

/* The same for a container that is created, into which no process goes yet: without a subgroup. */
gboolean join_options_parse_container (GVariant *variant, JoinOptions *ret_options, GError **error);
