/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a verb is about, a pod or a container of one, UID or UID/CONTAINER; with what it is to have.
 */
#pragma once

#include <glib.h>

typedef struct {
  char *uid;
  char *container; /* (nullable): NULL for the pod itself */
  GVariant *spec;  /* (nullable): "a{sv}": of the keys, if there was a place for them */
} Target;

/* @keys: (nullable) (array zero-terminated=1): KEY=VALUE, see spec-arguments.h. Else
 * %EXIT_STATUS_USAGE. */
gboolean target_parse (Target *self, const char *name, char **keys, GError **error);

void target_clear (Target *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* (transfer floating): what it is called in JSON, "a{sv}": Uid, and of a container Container */
GVariant *target_describe (const Target *self);
