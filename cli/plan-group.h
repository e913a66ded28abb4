/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What one cgroup would be given: each file of the kernel with its value, and the property of
 * systemd that sets it, where one does.
 */
#pragma once

#include "cli/table.h"
#include "lib/hierarchy.h"
#include "lib/resources.h"

/* Of whom the groups would be made. */
typedef struct {
  NcgHierarchy *hierarchy;
  gboolean has_systemd; /* the driver is systemd's */
} PlanMachine;

typedef struct {
  char *unit;           /* the slice or service; with cgroupfs the cgroup */
  GPtrArray *files;     /* (element-type NcgFileSetting): those that are here */
  GVariant *properties; /* (nullable): a(sv), which systemd is told */
} PlanGroup;

/* (transfer full): @unit (transfer full). %NCG_ERROR_NOT_SUPPORTED if something is asked for that
 * this machine has no controller for */
PlanGroup *plan_group_new (const PlanMachine *machine,
                           char *unit,
                           const NcgResources *resources,
                           GError **error);
void plan_group_free (PlanGroup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PlanGroup, plan_group_free)

/* (transfer full): the unit of the path of a group, "/a/b" */
char *plan_group_name (const PlanMachine *machine, const char *path, GError **error);

/* A table of groups, and the rows of one of them. */
Table *plan_group_new_table (void);
void plan_group_add (const PlanGroup *self, Table *table);

/* (transfer floating): an "a{sv}": Unit, Settings (Setting, Value, and Property where one sets it),
 * and with systemd Properties (Name, Value) */
GVariant *plan_group_describe (const PlanGroup *self);
