/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random specs: all QoS classes, and changes that keep the class. What is random follows from the
 * generator that is given, and from nothing else.
 */
#pragma once

#include <glib.h>

typedef enum { CLASS_GUARANTEED, CLASS_BURSTABLE, CLASS_BEST_EFFORT, N_CLASSES } SoakClass;

extern const char *const soak_class_names[N_CLASSES];

/* What a pod was given: keys, and values as the daemon gives them back. */
typedef struct {
  SoakClass qos;
  GHashTable *values; /* char * → GVariant */
} SoakSpec;

void soak_spec_clear (SoakSpec *self);

/* Replaces @self. */
void soak_spec_choose (SoakSpec *self, GRand *rand);

/* Changes some values. Returns: (transfer full): the a{sv} that asks for it
 */
GVariant *soak_spec_change (SoakSpec *self, GRand *rand);

/* (transfer full): the a{sv} that asks for all of it; amounts as quantities if @as_text */
GVariant *soak_spec_format (const SoakSpec *self, gboolean as_text);

/* Whether an a{sv} that was given back says the same. */
gboolean soak_spec_is (const SoakSpec *self, GVariant *actual);

/* The value of an amount, 0 if it is not set or "max". */
guint64 soak_spec_get (const SoakSpec *self, const char *key);

/* (transfer full): an a{sv} for a container that is to be started */
GVariant *soak_spec_choose_options (GRand *rand);

/* Replaces them by changed ones. Returns: (transfer full): the a{sv} that asks for the changes */
GVariant *soak_spec_change_options (GVariant **options, GRand *rand);
