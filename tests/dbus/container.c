/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers, for tests.
 */
#include "tests/dbus/container.h"

GVariant *
container_arguments (const char *name, const char *dictionary)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed =
      g_variant_parse (G_VARIANT_TYPE_VARDICT, dictionary, NULL, NULL, &error);

  g_assert_no_error (error);
  return g_variant_new ("(ss@a{sv})", "a", name, parsed);
}

gboolean
container_call (
    Fixture *self, const char *method, const char *name, const char *dictionary, GError **error)
{
  g_autoptr (GVariant) reply =
      fixture_call (self, method, container_arguments (name, dictionary), error);

  return reply != NULL;
}

void
container_must_create (Fixture *self, const char *spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (self, "CreateContainer", container_arguments ("db", spec), &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = g_variant_print (reply, FALSE);
  g_assert_cmpstr (text, ==, "('" CONTAINER_UNIT "', '" CONTAINER_CGROUP "')");
  g_assert_true (fake_kernel_has_cgroup (self->kernel, CONTAINER_CGROUP));
  g_assert_true (join_has_containers (self, CONTAINER_IS ("active")));
}

void
container_must (Fixture *self, const char *method, const char *dictionary)
{
  g_autoptr (GError) error = NULL;

  container_call (self, method, "db", dictionary, &error);
  g_assert_no_error (error);
}

void
container_must_fail (Fixture *self,
                     const char *method,
                     const char *name,
                     const char *dictionary,
                     const char *error,
                     const char *text)
{
  g_autoptr (GError) actual = NULL;

  g_assert_false (container_call (self, method, name, dictionary, &actual));
  fixture_assert_error (&actual, error, text);
}

void
container_assert_file (Fixture *self, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (self->kernel, CONTAINER_CGROUP, file);

  g_assert_cmpstr (value, ==, expected);
}

void
container_assert_gone (Fixture *self)
{
  g_assert_true (join_has_containers (self, "[]"));
  g_assert_false (fake_systemd_has_unit (self->systemd, CONTAINER_UNIT));
  g_assert_false (fake_kernel_has_cgroup (self->kernel, CONTAINER_CGROUP));
  g_assert_true (fake_kernel_has_cgroup (self->kernel, JOIN_POD));
}

void
container_assert_verified (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = fixture_call (self, "VerifyPod", g_variant_new ("(s)", "a"), &error);
  g_autoptr (GVariant) rows = NULL;

  g_assert_no_error (error);
  rows = g_variant_get_child_value (reply, 0);
  for (gsize i = 0; i < g_variant_n_children (rows); i++) {
    const char *cgroup, *setting, *wanted, *actual;
    gboolean ok;

    g_variant_get_child (rows, i, "(&s&s&s&sb)", &cgroup, &setting, &wanted, &actual, &ok);
    if (!ok)
      g_error ("%s %s is '%s' and should be '%s'", cgroup, setting, actual, wanted);
  }
}
