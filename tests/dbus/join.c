/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Joining, for tests.
 */
#include "tests/dbus/join.h"

#include "tests/unit/child.h"

#include <signal.h>

void
join_set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *slice = NULL;

  fixture_set_up (self, data);
  fake_kernel_make_cgroup (self->kernel, JOIN_OUTSIDE);
  slice = fixture_must_create (self, "a", "{'CPULimit': <'1'>}");
  fake_systemd_forget_calls (self->systemd);
}

pid_t
join_start_process (Fixture *self)
{
  return fake_processes_start (fake_kernel_get_processes (self->kernel), JOIN_OUTSIDE);
}

void
join_end_process (Fixture *self, pid_t pid)
{
  kill (pid, SIGKILL);
  child_wait_killed (pid, SIGKILL);
}

GVariant *
join_arguments (const char *container, const pid_t *pids, guint n_pids, const char *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, options, NULL, NULL, &error);
  GVariantBuilder list;

  g_assert_no_error (error);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("au"));
  for (guint i = 0; i < n_pids; i++)
    g_variant_builder_add (&list, "u", (guint32) pids[i]);
  return g_variant_new ("(ssau@a{sv})", "a", container, &list, parsed);
}

GVariant *
join_call (Fixture *self,
           const char *container,
           const pid_t *pids,
           guint n_pids,
           const char *options,
           GError **error)
{
  return fixture_call (self, "JoinPod", join_arguments (container, pids, n_pids, options), error);
}

void
join_one (Fixture *self, const char *container, pid_t pid, const char *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = join_call (self, container, &pid, 1, options, &error);
  const char *cgroup;

  g_assert_no_error (error);
  g_variant_get (reply, "(&s&s)", NULL, &cgroup);
  g_assert_true (join_is_in (self, pid, cgroup));
}

gboolean
join_is_in (Fixture *self, pid_t pid, const char *cgroup)
{
  g_autofree char *actual =
      fake_processes_get_cgroup (fake_kernel_get_processes (self->kernel), pid);

  return g_strcmp0 (actual, cgroup) == 0;
}

gboolean
join_has_containers (Fixture *self, const char *expected)
{
  g_autoptr (GVariant) containers = fixture_get_pod_property (self, "a", "Containers");
  g_autofree char *text = g_variant_print (containers, FALSE);

  g_test_message ("%s", text);
  return g_str_equal (text, expected);
}
