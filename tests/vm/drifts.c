/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The signals of drift.
 */
#include "tests/vm/drifts.h"

#include "tests/vm/client.h"
#include "tests/vm/machine.h"

/* Long enough for the daemon to see what it wrote itself. */
#define QUIET_USEC (G_USEC_PER_SEC / 2)

typedef struct {
  char *object;
  char *setting;
  char *wanted;
  char *actual;
  gboolean is_repaired;
} Row;

struct Drifts {
  guint subscription;
  GPtrArray *rows; /* (element-type Row) */
};

static void
row_free (gpointer data)
{
  Row *row = data;

  g_free (row->object);
  g_free (row->setting);
  g_free (row->wanted);
  g_free (row->actual);
  g_free (row);
}

static void
on_drift (GDBusConnection *bus,
          const char *sender,
          const char *path,
          const char *interface,
          const char *name,
          GVariant *arguments,
          gpointer user_data)
{
  Drifts *self = user_data;
  Row *row = g_new0 (Row, 1);

  g_variant_get (arguments, "(ssssb)", &row->object, &row->setting, &row->wanted, &row->actual,
                 &row->is_repaired);
  g_ptr_array_add (self->rows, row);
}

Drifts *
drifts_new (void)
{
  Drifts *self = g_new0 (Drifts, 1);

  self->rows = g_ptr_array_new_with_free_func (row_free);
  self->subscription = g_dbus_connection_signal_subscribe (
      client_get_bus (), CLIENT_NAME, CLIENT_NODE, "Drift", CLIENT_PATH, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, on_drift, self, NULL);
  /* By the answer the bus knows of the subscription, too. */
  g_variant_unref (client_get (CLIENT_PATH, CLIENT_NODE, "State"));
  return self;
}

void
drifts_free (Drifts *self)
{
  g_dbus_connection_signal_unsubscribe (client_get_bus (), self->subscription);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_ptr_array_unref (self->rows);
  g_free (self);
}

guint
drifts_count (const Drifts *self, const char *object, gboolean repaired_only)
{
  guint count = 0;

  for (guint i = 0; i < self->rows->len; i++) {
    const Row *row = g_ptr_array_index (self->rows, i);

    if ((object == NULL || g_str_equal (row->object, object)) &&
        (row->is_repaired || !repaired_only))
      count++;
  }
  return count;
}

char *
drifts_print (const Drifts *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->rows->len; i++) {
    const Row *row = g_ptr_array_index (self->rows, i);

    g_string_append_printf (text, "[%s %s: %s instead of %s%s] ", row->object, row->setting,
                            row->actual, row->wanted, row->is_repaired ? "" : ", not repaired");
  }
  return g_string_free (text, FALSE);
}

/* The first of @object and @setting, and how many there are. */
static const Row *
find (const Drifts *self, const char *object, const char *setting, guint *ret_count)
{
  const Row *first = NULL;

  *ret_count = 0;
  for (guint i = 0; i < self->rows->len; i++) {
    const Row *row = g_ptr_array_index (self->rows, i);

    if (!g_str_equal (row->object, object) || !g_str_equal (row->setting, setting))
      continue;
    first = first != NULL ? first : row;
    (*ret_count)++;
  }
  return first;
}

void
drifts_assert_one (
    Drifts *self, const char *object, const char *setting, const char *wanted, const char *actual)
{
  gint64 quiet;
  guint count;
  const Row *row;
  g_autofree char *all = NULL;

  machine_wait_until (find (self, object, setting, &count) != NULL);
  quiet = g_get_monotonic_time () + QUIET_USEC;
  machine_wait_until (g_get_monotonic_time () > quiet);
  row = find (self, object, setting, &count);
  all = drifts_print (self);
  if (count != 1 || !row->is_repaired || !g_str_equal (row->wanted, wanted) ||
      !g_str_equal (row->actual, actual))
    machine_fail ("there should be one drift of %s, %s: %s instead of %s; there are: %s", object,
                  setting, actual, wanted, all);
}
