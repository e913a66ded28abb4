/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this systemd can do, found out by introspection and never by its version: distributions
 * backport properties and fixes.
 */
#pragma once

#include "lib/systemd.h"

typedef struct {
  guint version; /* the leading number of Manager.Version, 0 if it has none; for messages only */
  GHashTable *known; /* set of feature names, see systemd-features.c */
} NcgSystemdFeatures;

void ncg_systemd_features_free (NcgSystemdFeatures *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgSystemdFeatures, ncg_systemd_features_free)

/* (transfer full): the names of all that it can, sorted */
GStrv ncg_systemd_features_list (const NcgSystemdFeatures *self);
gboolean ncg_systemd_features_has (const NcgSystemdFeatures *self, const char *name);

/* Reads the version and introspects the manager, a slice and a scope that always exist. */
void ncg_systemd_features_probe_async (NcgSystemd *systemd,
                                       gint64 deadline_usec,
                                       GAsyncReadyCallback callback,
                                       gpointer user_data);
NcgSystemdFeatures *ncg_systemd_features_probe_finish (GAsyncResult *result, GError **error);

/* "v252.39-1~deb12u1" is 252. */
guint ncg_systemd_features_parse_version (const char *text);
