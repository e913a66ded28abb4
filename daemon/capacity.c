/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's capacity.
 */
#include "daemon/capacity.h"

#include "daemon/loop.h"
#include "lib/machine.h"
#include "lib/uevents.h"

struct Capacity {
  char *root;
  GVariant *current;
  NcgUevents *uevents; /* NULL: there are none */
  guint pause;         /* the source that will read */
  CapacityChanged changed;
  gpointer user_data;
};

static const char *const subsystems[] = { "cpu", "memory", NULL };

static void
on_uevents (gpointer user_data)
{
  capacity_notice (user_data);
}

/* Before it is read, so that nothing is missed between the two. */
static void
listen_to_kernel (Capacity *self)
{
  g_autoptr (GError) error = NULL;

  self->uevents = ncg_uevents_new (subsystems, on_uevents, self, &error);
  if (self->uevents == NULL)
    g_message ("changes of CPUs and memory are found by looking from time to time alone: %s",
               error->message);
}

Capacity *
capacity_new (const char *root, CapacityChanged changed, gpointer user_data)
{
  Capacity *self = g_new0 (Capacity, 1);

  self->root = g_strdup (root);
  self->changed = changed;
  self->user_data = user_data;
  if (root[0] == '\0')
    listen_to_kernel (self);
  self->current = ncg_machine_read_capacity (root);
  return self;
}

void
capacity_free (Capacity *self)
{
  if (self == NULL)
    return;
  g_clear_handle_id (&self->pause, loop_remove);
  ncg_uevents_free (self->uevents);
  g_variant_unref (self->current);
  g_free (self->root);
  g_free (self);
}

GVariant *
capacity_get (const Capacity *self)
{
  return self->current;
}

static gboolean
on_paused (gpointer user_data)
{
  Capacity *self = user_data;

  self->pause = 0;
  capacity_refresh (self);
  return G_SOURCE_REMOVE;
}

void
capacity_notice (Capacity *self)
{
  if (self->pause == 0)
    self->pause = loop_add (CAPACITY_PAUSE_MSEC, on_paused, self);
}

void
capacity_refresh (Capacity *self)
{
  g_autoptr (GVariant) now = ncg_machine_read_capacity (self->root);

  /* Its keys are in the same order each time. */
  if (g_variant_equal (now, self->current))
    return;
  g_variant_unref (self->current);
  self->current = g_steal_pointer (&now);
  self->changed (self->user_data);
}
