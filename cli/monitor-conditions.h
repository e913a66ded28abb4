/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node's conditions, which are signalled all together whenever one changes: which one it was.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *name;
  gboolean holds;
  const char *message; /* (nullable): NULL if the condition was dropped */
} MonitorCondition;

typedef void (*MonitorConditionChanged) (const MonitorCondition *condition, gpointer user_data);

typedef struct MonitorConditions MonitorConditions;

MonitorConditions *monitor_conditions_new (void);
void monitor_conditions_free (MonitorConditions *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MonitorConditions, monitor_conditions_free)

/* @conditions: "a(sbs)". @changed: (nullable): is called for each that is not as it was, in their
 * order, and then for those that are no more */
void monitor_conditions_update (MonitorConditions *self,
                                GVariant *conditions,
                                MonitorConditionChanged changed,
                                gpointer user_data);
