/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The list of faults.
 */
#include "tests/dbus/fake-faults.h"

struct FakeFaults {
  GPtrArray *faults;
  guint n_cleared; /* those before it are of no effect any more */
};

/* The strings are copied. */
typedef struct {
  FakeFault fault;
  guint n_taken;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free ((char *) entry->fault.method);
  g_free ((char *) entry->fault.unit);
  g_free ((char *) entry->fault.text);
  g_free (entry);
}

FakeFaults *
fake_faults_new (void)
{
  FakeFaults *self = g_new0 (FakeFaults, 1);

  self->faults = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

void
fake_faults_free (FakeFaults *self)
{
  g_ptr_array_unref (self->faults);
  g_free (self);
}

void
fake_faults_add (FakeFaults *self, const FakeFault *fault)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->fault = *fault;
  entry->fault.method = g_strdup (fault->method);
  entry->fault.unit = g_strdup (fault->unit);
  entry->fault.text = g_strdup (fault->text);
  g_ptr_array_add (self->faults, entry);
}

void
fake_faults_clear (FakeFaults *self)
{
  self->n_cleared = self->faults->len;
}

static gboolean
fits (const Entry *entry, const char *method, const char *unit)
{
  const FakeFault *fault = &entry->fault;

  return g_str_equal (fault->method, method) &&
         (fault->unit == NULL || g_strcmp0 (fault->unit, unit) == 0) &&
         (fault->times == 0 || entry->n_taken < fault->times);
}

const FakeFault *
fake_faults_take (FakeFaults *self, const char *method, const char *unit)
{
  for (guint i = self->n_cleared; i < self->faults->len; i++) {
    Entry *entry = g_ptr_array_index (self->faults, i);

    if (!fits (entry, method, unit))
      continue;
    entry->n_taken++;
    return &entry->fault;
  }
  return NULL;
}
