/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Users.
 */
#include "daemon/user-lookup.h"

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

void
user_lookup_async (const char *name, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, g_strdup (name), g_free);
  g_task_run_in_thread (task, look_up);
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
