/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks of the node by name: whether each holds, and a message that says what is wrong and
 * what to do where it does not.
 */
#pragma once

#include <glib.h>

typedef struct Conditions Conditions;

/* What such a condition is about follows: something else keeps changing it. That it is there and
 * that it is dropped are events, see events.h. */
#define CONDITIONS_CONTESTED "Contested:"

/* Called after one of them changed, once for all changes of a turn of the main loop. */
typedef void (*ConditionsChanged) (gpointer user_data);

Conditions *conditions_new (ConditionsChanged changed, gpointer user_data);
void conditions_free (Conditions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Conditions, conditions_free)

/* Adds the condition @name, or changes it. Logged when it changes; one that holds from the start
 * is not worth a line. */
void conditions_set (Conditions *self, const char *name, gboolean holds, const char *message);

/* One that nobody asks for any more. */
void conditions_drop (Conditions *self, const char *name);

/* Drops all whose name begins with @prefix and is not in @names (nullable). */
void conditions_drop_others (Conditions *self, const char *prefix, const GPtrArray *names);

/* (nullable): the message of @name, and whether it holds */
const char *conditions_get (const Conditions *self, const char *name, gboolean *ret_holds);

/* Whether all of them hold. */
gboolean conditions_hold (const Conditions *self);

/* (nullable): the name of the first that does not hold; NULL: all hold */
const char *conditions_find_failed (const Conditions *self, const char **ret_message);

/* (transfer full): a(sbs): name, holds, message */
GVariant *conditions_to_variant (const Conditions *self);
