/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources as systemd unit properties, in the form of StartTransientUnit and SetUnitProperties:
 * a(sv). Names, types and units: systemd.resource-control(5), org.freedesktop.systemd1(5).
 */
#pragma once

#include "lib/resources.h"

/* Adds one property to an open a(sv) builder; @value is consumed if floating. */
void ncg_unit_properties_add (GVariantBuilder *builder, const char *name, GVariant *value);

/**
 * ncg_unit_properties_add_resources:
 * @builder: an open a(sv)
 *
 * Adds every setting of @resources and turns the accounting on, so that the controllers are there.
 * systemd applies all attributes of a unit at once, therefore the whole set of a unit is always
 * said.
 */
void ncg_unit_properties_add_resources (GVariantBuilder *builder, const NcgResources *resources);
