/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Conditions.
 */
#include "daemon/conditions.h"

#include "daemon/events.h"
#include "daemon/loop.h"

#include <string.h>

typedef struct {
  char *name;
  gboolean holds;
  char *message;
} Condition;

struct Conditions {
  GPtrArray *list; /* (element-type Condition) */
  ConditionsChanged changed;
  gpointer user_data;
  guint idle; /* the source that will tell, or 0 */
};

static void
condition_free (gpointer data)
{
  Condition *condition = data;

  g_free (condition->name);
  g_free (condition->message);
  g_free (condition);
}

Conditions *
conditions_new (ConditionsChanged changed, gpointer user_data)
{
  Conditions *self = g_new0 (Conditions, 1);

  self->list = g_ptr_array_new_with_free_func (condition_free);
  self->changed = changed;
  self->user_data = user_data;
  return self;
}

void
conditions_free (Conditions *self)
{
  if (self == NULL)
    return;
  if (self->idle != 0)
    loop_remove (self->idle);
  g_ptr_array_unref (self->list);
  g_free (self);
}

static gboolean
on_idle (gpointer user_data)
{
  Conditions *self = user_data;

  self->idle = 0;
  self->changed (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
tell (Conditions *self)
{
  if (self->changed != NULL && self->idle == 0)
    self->idle = loop_add_idle (on_idle, self);
}

static Condition *
find (const Conditions *self, const char *name)
{
  for (guint i = 0; i < self->list->len; i++) {
    Condition *condition = g_ptr_array_index (self->list, i);

    if (g_str_equal (condition->name, name))
      return condition;
  }
  return NULL;
}

/* (nullable): what is contested */
static const char *
get_contested (const char *name)
{
  return g_str_has_prefix (name, CONDITIONS_CONTESTED) ? name + strlen (CONDITIONS_CONTESTED)
                                                       : NULL;
}

/* @condition: (nullable): as it was */
static void
log_change (const Condition *condition, const char *name, gboolean holds, const char *message)
{
  const EventFields fields = { .object = get_contested (name), .condition = name };

  if (!holds && condition == NULL && fields.object != NULL)
    event_log (EVENT_CONTEST_BEGUN, &fields, "%s", message);
  else if (!holds)
    g_warning ("condition %s does not hold: %s", name, message);
  else if (condition != NULL && !condition->holds)
    g_message ("condition %s holds again: %s", name, message);
}

static void
log_dropped (const Condition *condition)
{
  const EventFields fields = { .object = get_contested (condition->name),
                               .condition = condition->name };

  if (fields.object != NULL)
    event_log (EVENT_CONTEST_OVER, &fields, "nobody changes %s any more", fields.object);
}

void
conditions_set (Conditions *self, const char *name, gboolean holds, const char *message)
{
  Condition *condition = find (self, name);
  gboolean is_new = condition == NULL;

  if (!is_new && condition->holds == holds && g_str_equal (condition->message, message))
    return;
  log_change (condition, name, holds, message);
  if (is_new) {
    condition = g_new0 (Condition, 1);
    condition->name = g_strdup (name);
    g_ptr_array_add (self->list, condition);
  }
  condition->holds = holds;
  g_free (condition->message);
  condition->message = g_strdup (message);
  tell (self);
}

void
conditions_drop (Conditions *self, const char *name)
{
  Condition *condition = find (self, name);

  if (condition == NULL)
    return;
  log_dropped (condition);
  g_ptr_array_remove (self->list, condition);
  tell (self);
}

static gboolean
is_named (const GPtrArray *names, const char *name)
{
  for (guint i = 0; names != NULL && i < names->len; i++)
    if (g_str_equal (names->pdata[i], name))
      return TRUE;
  return FALSE;
}

void
conditions_drop_others (Conditions *self, const char *prefix, const GPtrArray *names)
{
  for (guint i = self->list->len; i > 0; i--) {
    const Condition *condition = g_ptr_array_index (self->list, i - 1);

    if (g_str_has_prefix (condition->name, prefix) && !is_named (names, condition->name)) {
      log_dropped (condition);
      g_ptr_array_remove_index (self->list, i - 1);
      tell (self);
    }
  }
}

const char *
conditions_get (const Conditions *self, const char *name, gboolean *ret_holds)
{
  const Condition *condition = find (self, name);

  if (condition == NULL)
    return NULL;
  *ret_holds = condition->holds;
  return condition->message;
}

const char *
conditions_find_failed (const Conditions *self, const char **ret_message)
{
  for (guint i = 0; i < self->list->len; i++) {
    const Condition *condition = g_ptr_array_index (self->list, i);

    if (condition->holds)
      continue;
    *ret_message = condition->message;
    return condition->name;
  }
  return NULL;
}

gboolean
conditions_hold (const Conditions *self)
{
  const char *message;

  return conditions_find_failed (self, &message) == NULL;
}

GVariant *
conditions_to_variant (const Conditions *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sbs)"));
  for (guint i = 0; i < self->list->len; i++) {
    const Condition *condition = g_ptr_array_index (self->list, i);

    g_variant_builder_add (&builder, "(sbs)", condition->name, condition->holds,
                           condition->message);
  }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}
