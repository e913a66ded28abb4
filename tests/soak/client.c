/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clients.
 */
#include "tests/soak/client.h"

#include "tests/soak/report.h"

#include <string.h>

#define LOG_MAX 12

static int is_over; /* atomic */

Client *
client_new (guint number, guint n_pods, guint32 seed)
{
  Client *self = g_new0 (Client, 1);

  self->number = number;
  self->rand = g_rand_new_with_seed (seed);
  self->pods = g_ptr_array_new_with_free_func (soak_pod_free);
  g_queue_init (&self->log);
  for (guint i = 0; i < n_pods; i++) {
    g_autofree char *uid = g_strdup_printf ("c%u-%u", number, i);
    g_ptr_array_add (self->pods, soak_pod_new (uid));
  }
  return self;
}

void
client_free (gpointer data)
{
  Client *self = data;

  link_clear (&self->link);
  g_ptr_array_unref (self->pods);
  g_queue_clear_full (&self->log, g_free);
  g_rand_free (self->rand);
  g_free (self);
}

void
client_note (Client *self, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_queue_push_tail (&self->log, g_strdup_vprintf (format, arguments));
  va_end (arguments);
  if (g_queue_get_length (&self->log) > LOG_MAX)
    g_free (g_queue_pop_head (&self->log));
}

void
client_fail (Client *self, const char *format, ...)
{
  g_autoptr (GString) text = g_string_new (NULL);
  va_list arguments;

  g_string_append_printf (text, "client %u, operation %u: ", self->number, self->n_done);
  va_start (arguments, format);
  g_string_append_vprintf (text, format, arguments);
  va_end (arguments);
  g_string_append (text, "\nIt has done last:");
  for (const GList *item = self->log.head; item != NULL; item = item->next)
    g_string_append_printf (text, "\n  %s", (const char *) item->data);
  report_fail ("%s", text->str);
}

static gboolean
is_named (const char *actual, const char *wanted)
{
  g_autofree char *whole = NULL;

  if (wanted == NULL)
    return FALSE;
  whole = strchr (wanted, '.') != NULL ? g_strdup (wanted) : g_strconcat (LINK_ERROR, wanted, NULL);
  return g_str_equal (actual, whole);
}

GVariant *
client_call (Client *self,
             const char *path,
             const char *member,
             GVariant *arguments,
             GUnixFDList *fds,
             const char *wanted,
             const char *also)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (arguments);
  g_autofree char *text = g_variant_print (owned, FALSE);
  g_autofree char *name = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  gboolean again;

  client_note (self, "%s %s", member, text);
  reply = link_call (&self->link, path, member, owned, fds, &again, &error);
  if (reply != NULL) {
    if (wanted == NULL)
      return g_steal_pointer (&reply);
    client_fail (self, "%s %s should have failed with %s", member, text, wanted);
    return NULL;
  }
  name = link_name_error (error);
  if (!is_named (name, wanted) && !(again && is_named (name, also)))
    client_fail (self, "%s %s failed%s%s: %s", member, text,
                 wanted != NULL ? ", but not with " : "", wanted != NULL ? wanted : "",
                 error->message);
  return NULL;
}

static gpointer
run (gpointer data)
{
  Client *self = data;

  while (!g_atomic_int_get (&is_over) && !report_has_failed ()) {
    operations_run_one (self);
    self->n_done++;
  }
  return NULL;
}

static gpointer
fill_and_run (gpointer data)
{
  Client *self = data;

  for (guint i = 0; i < self->pods->len && !report_has_failed (); i++) {
    SoakPod *pod = g_ptr_array_index (self->pods, i);

    if (!pod->exists)
      operations_create (self, pod);
  }
  return run (self);
}

void
client_start (Client *self, gboolean fills)
{
  g_autofree char *name = g_strdup_printf ("client-%u", self->number);

  g_atomic_int_set (&is_over, FALSE);
  self->thread = g_thread_new (name, fills ? fill_and_run : run, self);
}

void
client_stop_all (void)
{
  g_atomic_int_set (&is_over, TRUE);
}

void
client_join (Client *self)
{
  g_thread_join (g_steal_pointer (&self->thread));
}

void
client_remove_all (Client *self)
{
  for (guint i = 0; i < self->pods->len; i++) {
    SoakPod *pod = g_ptr_array_index (self->pods, i);

    if (pod->exists)
      operations_remove (self, pod);
  }
}
