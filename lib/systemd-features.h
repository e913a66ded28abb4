/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this systemd can do, found out by introspection and never by its version: distributions
 * backport properties and fixes.
 */
#pragma once

#include "lib/systemd.h"

typedef struct {
  guint version; /* the leading number of Manager.Version, 0 if it has none; for messages only */
  char *control_group; /* of the manager itself: "" for the system's, else above all of a user's */
  GHashTable *known;   /* set of feature names, see systemd-features.c */
  GHashTable *properties; /* set of the properties of slices and scopes */
} NcgSystemdFeatures;

void ncg_systemd_features_free (NcgSystemdFeatures *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgSystemdFeatures, ncg_systemd_features_free)

/* (transfer full): the names of all that it can, sorted */
GStrv ncg_systemd_features_list (const NcgSystemdFeatures *self);
gboolean ncg_systemd_features_has (const NcgSystemdFeatures *self, const char *name);

/* Whether units have a property; %TRUE as long as nothing is known (%NULL). What only
 * StartTransientUnit takes ("PIDFDs") is not seen. */
gboolean ncg_systemd_features_knows_property (const NcgSystemdFeatures *self, const char *property);

/* Reads the version and introspects the manager, a slice and a scope that always exist. */
void ncg_systemd_features_probe_async (NcgSystemd *systemd,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NcgSystemdFeatures *ncg_systemd_features_probe_finish (GAsyncResult *result, GError **error);

/* "v252.39-1~deb12u1" is 252. */
guint ncg_systemd_features_parse_version (const char *text);
