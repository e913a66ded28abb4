/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions by name, as they were last.
 */
#include "cli/monitor-conditions.h"

#include <string.h>

struct MonitorConditions {
  GHashTable *values; /* (element-type utf8 GVariant): "(sbs)" by name */
};

static GHashTable *
new_table (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
}

MonitorConditions *
monitor_conditions_new (void)
{
  MonitorConditions *self = g_new0 (MonitorConditions, 1);

  self->values = new_table ();
  return self;
}

void
monitor_conditions_free (MonitorConditions *self)
{
  g_hash_table_unref (self->values);
  g_free (self);
}

/* (transfer full) (element-type utf8): sorted, so that it is always the same order */
static GList *
list_dropped (GHashTable *before, GHashTable *now)
{
  GList *dropped = NULL;
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (now, name))
      dropped = g_list_insert_sorted (dropped, name, (GCompareFunc) strcmp);
  return dropped;
}

void
monitor_conditions_update (MonitorConditions *self,
                           GVariant *conditions,
                           MonitorConditionChanged changed,
                           gpointer user_data)
{
  g_autoptr (GHashTable) before = g_steal_pointer (&self->values);
  g_autoptr (GList) dropped = NULL;

  self->values = new_table ();
  for (gsize i = 0; i < g_variant_n_children (conditions); i++) {
    GVariant *value = g_variant_get_child_value (conditions, i);
    MonitorCondition condition;
    GVariant *old;

    g_variant_get (value, "(&sb&s)", &condition.name, &condition.holds, &condition.message);
    old = g_hash_table_lookup (before, condition.name);
    if (changed != NULL && (old == NULL || !g_variant_equal (old, value)))
      changed (&condition, user_data);
    g_hash_table_insert (self->values, g_strdup (condition.name), value);
  }
  dropped = list_dropped (before, self->values);
  for (GList *node = dropped; node != NULL && changed != NULL; node = node->next)
    changed (&(MonitorCondition){ .name = node->data }, user_data);
}
