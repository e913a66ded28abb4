/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users.
 */
#include "daemon/user-lookup.h"

#include "daemon/loop.h"
#include "lib/error.h"
#include "lib/process.h"

#include <pwd.h>

gboolean
user_lookup_parse (const char *name, uid_t *ret_user)
{
  guint64 number = NCG_NO_USER;

  if (name != NULL && !g_ascii_string_to_unsigned (name, 10, 0, NCG_NO_USER - 1, &number, NULL))
    return FALSE;
  *ret_user = (uid_t) number;
  return TRUE;
}

static void
look_up (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const char *name = data;
  g_autofree char *escaped = ncg_error_escape (name);
  char buffer[16384];
  struct passwd user, *found = NULL;

  if (getpwnam_r (name, &user, buffer, sizeof buffer, &found) == 0 && found != NULL)
    g_task_return_int (task, (gssize) found->pw_uid);
  else
    g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                             "User is '%s', but there is no user of that name; it takes the name "
                             "or the number of one",
                             escaped);
}

gboolean
user_lookup_check (uid_t user, uid_t owner, GError **error)
{
  if (user == NCG_NO_USER || owner == NCG_NO_USER || user == owner)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED,
               "User is %u, but user %u may delegate a container to itself only", (guint) user,
               (guint) owner);
  return FALSE;
}

/* Whoever comes first, the answer or the deadline. */
typedef struct {
  char *name;
  guint deadline; /* the source; 0: it has returned */
} Lookup;

static void
lookup_free (gpointer data)
{
  Lookup *lookup = data;

  g_free (lookup->name);
  g_free (lookup);
}

static gboolean
on_deadline (gpointer user_data)
{
  GTask *task = user_data;
  Lookup *lookup = g_task_get_task_data (task);

  lookup->deadline = 0;
  g_task_return_new_error (task, NCG_ERROR, NCG_ERROR_TIMEOUT,
                           "the user database has not said in time who '%s' is; give the number, "
                           "or call again",
                           lookup->name);
  return G_SOURCE_REMOVE;
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  GError *error = NULL;
  gssize user = g_task_propagate_int (G_TASK (result), &error);

  if (lookup->deadline == 0) {
    g_clear_error (&error);
    return;
  }
  loop_remove (lookup->deadline);
  lookup->deadline = 0;
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, user);
}

void
user_lookup_async (const char *name,
                   gint64 deadline_usec,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);
  g_autoptr (GTask) work = g_task_new (NULL, NULL, on_looked_up, g_object_ref (task));
  Lookup *lookup = g_new0 (Lookup, 1);
  gint64 left_usec = deadline_usec - g_get_monotonic_time ();

  lookup->name = ncg_error_escape (name);
  lookup->deadline = loop_add_full ((guint) CLAMP (left_usec / 1000, 0, G_MAXINT), on_deadline,
                                    g_object_ref (task), g_object_unref);
  g_task_set_task_data (task, lookup, lookup_free);
  g_task_set_task_data (work, g_strdup (name), g_free);
  g_task_run_in_thread (work, look_up);
}

gboolean
user_lookup_finish (GAsyncResult *result, uid_t *ret_user, GError **error)
{
  GError *local = NULL;
  gssize user = g_task_propagate_int (G_TASK (result), &local);

  if (local != NULL) {
    g_propagate_error (error, local);
    return FALSE;
  }
  *ret_user = (uid_t) user;
  return TRUE;
}
