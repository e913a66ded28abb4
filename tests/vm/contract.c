/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Calls of the contract test.
 */
#include "tests/vm/contract.h"

#include "tests/vm/client.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KNOWN                                                                                      \
  "/sys/fs/cgroup/machine.slice/machine-besteffort.slice/machine-besteffort-podknown.slice"

static void
add_pidfd (Contract *self, pid_t pid)
{
  int fd = (int) syscall (SYS_pidfd_open, pid, 0);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_unix_fd_list_append (self->fds, fd, &error);
  g_assert_no_error (error);
  close (fd);
}

Contract *
contract_new (void)
{
  Contract *self = g_new0 (Contract, 1);
  g_autoptr (Workload) ended = workload_start ();
  g_autoptr (GError) error = NULL;

  self->members = contract_xml_read (INTERFACES, &error);
  g_assert_no_error (error);
  self->workload = workload_start ();
  self->fds = g_unix_fd_list_new ();
  add_pidfd (self, self->workload->pid);
  add_pidfd (self, ended->pid);
  return self;
}

void
contract_free (Contract *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->members);
  workload_free (self->workload);
  g_object_unref (self->fds);
  g_free (self);
}

static char *
replace (char *text, const char *what, const char *by)
{
  g_autofree char *owned = text;
  g_auto (GStrv) parts = g_strsplit (text, what, -1);

  return g_strjoinv (by, parts);
}

char *
contract_expand (const Contract *self, const char *text)
{
  g_autofree char *pid = g_strdup_printf ("%d", (int) self->workload->pid);
  g_autofree char *daemon = g_strdup_printf ("%d", (int) daemon_get_pid ());
  g_autofree char *letters = g_strnfill (300, 'x');
  g_autofree char *huge = g_strnfill (300000, 'x');
  g_autoptr (GString) many = g_string_new ("1");
  char *expanded = g_strdup (text);

  for (int i = 1; i < 1025; i++)
    g_string_append_printf (many, ", %d", i + 1);
  expanded = replace (expanded, "$PID", pid);
  expanded = replace (expanded, "$DAEMON", daemon);
  expanded = replace (expanded, "$KNOWN", KNOWN);
  expanded = replace (expanded, "$LONG", letters);
  expanded = replace (expanded, "$HUGE", huge);
  return replace (expanded, "$MANY", many->str);
}

void
contract_run (const Contract *self, const char *line)
{
  g_autofree char *expanded = line != NULL ? contract_expand (self, line) : NULL;

  if (expanded != NULL)
    g_free (machine_run ("%s", expanded));
}

struct ContractReply {
  gboolean is_done;
  GVariant *value;
  GError *error;
};

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ContractReply *reply = user_data;

  reply->value = g_dbus_connection_call_with_unix_fd_list_finish (G_DBUS_CONNECTION (source), NULL,
                                                                  result, &reply->error);
  reply->is_done = TRUE;
}

ContractReply *
contract_begin (const Contract *self, const char *name, const char *arguments, const char *pod)
{
  ContractReply *reply = g_new0 (ContractReply, 1);
  const ContractMember *member = contract_xml_find (self->members, name);
  g_autofree char *expanded = contract_expand (self, arguments);
  g_autofree char *path =
      g_str_equal (member->interface, CLIENT_POD) ? client_get_pod (pod) : g_strdup (CLIENT_PATH);
  gboolean has_fds = g_str_has_suffix (name, "PidFd");

  client_begin_on (client_get_bus (), path, member->interface, member->member, expanded,
                   has_fds ? self->fds : NULL, on_reply, reply);
  return reply;
}

GVariant *
contract_finish (ContractReply *reply, GError **error)
{
  g_autofree ContractReply *owned = reply;

  machine_wait_until (reply->is_done);
  if (reply->error != NULL)
    g_propagate_error (error, reply->error);
  return reply->value;
}

gboolean
contract_matches (const char *text, const char *patterns)
{
  g_auto (GStrv) list = g_strsplit (patterns, "|", -1);

  for (char **pattern = list; *pattern != NULL; pattern++)
    if (g_pattern_match_simple (*pattern, text))
      return TRUE;
  return FALSE;
}
