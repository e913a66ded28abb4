/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as systemd unit properties, in the form of StartTransientUnit and SetUnitProperties:
 * a(sv). Names, types and units: systemd.resource-control(5), org.freedesktop.systemd1(5).
 *
 * systemd applies all attributes of a unit at once, therefore the whole set of a unit is always
 * said. What it does not do in this hierarchy, or does not know, is left to be written by us.
 */
#pragma once

#include "lib/file-settings.h"
#include "lib/systemd-features.h"

/* Adds one property to an open a(sv) builder; @value is consumed if floating. */
void ncg_unit_properties_add (GVariantBuilder *builder, const char *name, GVariant *value);

/* Adds all of an a(sv) to an open a(sv) builder. */
void ncg_unit_properties_add_all (GVariantBuilder *builder, GVariant *properties);

/* Whether the file of @setting is ours to write: there is no property, or this systemd does not
 * know it, and then leaves the file alone. */
gboolean ncg_unit_properties_is_own (const NcgFileSetting *setting,
                                     const NcgSystemdFeatures *features);

/**
 * ncg_unit_properties_list_own:
 *
 * Returns: (transfer container) (element-type NcgFileSetting): the files of @resources that are
 *   ours to write; empty where systemd does all
 */
GPtrArray *ncg_unit_properties_list_own (const NcgResources *resources,
                                         const NcgHierarchy *hierarchy,
                                         const NcgSystemdFeatures *features);

/**
 * ncg_unit_properties_from_resources:
 * @features: (nullable): what this systemd knows; all if not known
 *
 * The properties, with the accounting turned on, so that the controllers are there, and with
 * NcgResources.properties at the end.
 *
 * Returns: (transfer full): an a(sv); %NCG_ERROR_NOT_SUPPORTED if something is asked for that
 *   no hierarchy here has a controller for, or that this systemd has no property for and nobody
 *   else can do, naming the setting and systemd's version
 */
GVariant *ncg_unit_properties_from_resources (const NcgResources *resources,
                                              const NcgHierarchy *hierarchy,
                                              const NcgSystemdFeatures *features,
                                              GError **error);

/**
 * ncg_unit_properties_replace:
 * @properties: an a(sv), may be floating
 *
 * The same for a unit that has values already. Of a list systemd keeps what is there, adds what is
 * named, and takes all away when it is given an empty one (CONTROL_GROUP_INTERFACE.md); so that one
 * is said before. All of them are at the front: the rules for devices want theirs to be gone before
 * the policy changes. systemd applies nothing before it has read everything.
 *
 * Returns: (transfer full): an a(sv)
 */
GVariant *ncg_unit_properties_replace (GVariant *properties);

/* (transfer full) (nullable): the name of the property that systemd refused, if @error is an
 * %NCG_ERROR_UNKNOWN_PROPERTY that says it */
char *ncg_unit_properties_parse_refused (const GError *error);

/**
 * ncg_unit_properties_explain:
 * @properties: (nullable): an a(sv), those that were passed on as they came (SystemdProperties)
 * @error: (inout): what systemd said of the whole call
 *
 * Of a value that has another type than the property systemd only says that the message had
 * unexpected contents. That becomes %NCG_ERROR_INVALID_ARGUMENT with the names and types of
 * @properties. Of a value that it does not know it may say no more than that there is an invalid
 * argument: the message gets the names of @properties. Any other error stays as it is. The names
 * are in order, and of many only some.
 */
void ncg_unit_properties_explain (GVariant *properties, GError **error);

/* (transfer full): the entries of an a(sv) ((nullable): an empty one) that have a name, %NULL if
 * there is none; and those that have another, maybe none. Both are an a(sv). */
GVariant *ncg_unit_properties_find (GVariant *properties, const char *name);
GVariant *ncg_unit_properties_without (GVariant *properties, const char *name);
