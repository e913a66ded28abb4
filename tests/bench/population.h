/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pods that are present while something is measured. They are made by the daemon, all with the
 * same limits.
 */
#pragma once

#include "tests/bench/connection.h"

typedef struct Population Population;

Population *population_new (Connection *bus);
void population_free (Population *self);

/* Makes pods or removes the last ones, until there are @n. */
void population_set (Population *self, guint n);

/* Gives the first @n two containers each, if they have none: a scope with a process, and one that
 * is held empty. */
void population_add_leaves (Population *self, guint n);
