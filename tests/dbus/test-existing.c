/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which values of a unit that is there are what is wanted, as systemd 252 gives back what it took;
 * and a pod over a slice that was left behind.
 */
#include "lib/error.h"
#include "lib/systemd-existing.h"
#include "tests/dbus/fixture.h"

#include <string.h>

static const struct {
  const char *unit;
  const char *existing;
  const char *wanted;
  const char *refused; /* (nullable): a part of the message */
} rows[] = {
  { "a.slice", "{'CollectMode': <'inactive'>}", "[('CollectMode', <'inactive'>)]", NULL },
  { "a.slice", "{'CollectMode': <'inactive'>}", "[('CollectMode', <'inactive-or-failed'>)]",
    "a.slice was made with 'inactive'" },
  /* What systemd adds; in any order, and named in parts. */
  { "a.slice", "{'After': <['b.service', '-.slice', 'c.service']>}",
    "[('After', <['c.service']>), ('After', <['b.service']>)]", NULL },
  { "a.slice", "{'After': <['b.service', '-.slice']>}", "[('After', <['b.service', 'c.service']>)]",
    "property After only when a unit is made, and a.slice was made without 'c.service'" },
  { "a.slice", "{'After': <['-.slice']>}",
    "[('After', <['c.service']>), ('After', <@as []>), ('After', <@as []>)]", NULL },
  { "a.slice", "{'After': <@as []>}", "[('After', <@as []>), ('After', <['c.service']>)]",
    "without 'c.service'" },
  /* An alias is called as its unit; another unit is not, nor what is none. */
  { "a.slice", "{'After': <['-.slice', 'b.target']>}", "[('After', <['alias.target']>)]", NULL },
  { "a.slice", "{'After': <['c.target']>}", "[('After', <['b.target', 'alias.target']>)]",
    "without 'alias.target'" },
  { "a.slice", "{'After': <['-.slice']>}", "[('After', <['b.target']>)]", "without 'b.target'" },
  { "a.service", "{'PassEnvironment': <['A']>}", "[('PassEnvironment', <['B']>)]", "without 'B'" },
  /* A path is kept without what is not needed. */
  { "a.slice", "{'RequiresMountsFor': <['/tmp/a']>}", "[('RequiresMountsFor', <['/tmp//a/']>)]",
    NULL },
  { "a.slice", "{'RequiresMountsFor': <['/tmp/a']>}", "[('RequiresMountsFor', <['/tmp/b']>)]",
    "without '/tmp/b'" },
  { "a.service", "{'EnvironmentFiles': <[('/etc//x', true)]>}",
    "[('EnvironmentFiles', <[('/etc//x', true)]>)]", NULL },
  { "a.service", "{'EnvironmentFiles': <[('/etc/x', true)]>}",
    "[('EnvironmentFiles', <[('/etc/x', false)]>)]", "without ('/etc/x', false)" },
  /* What is left out without a word. */
  { "a.slice", "{'OnFailure': <@as []>}", "[('OnFailure', <['b.service']>)]", NULL },
  { "a.service", "{'OnFailure': <@as []>}", "[('OnFailure', <['b.service']>)]",
    "without 'b.service'" },
  { "a.slice", "{'Before': <['shutdown.target']>}", "[('Before', <['dev-x.device']>)]", NULL },
  { "a.slice", "{'Before': <['shutdown.target']>}", "[('Before', <['dev-x.device', 'b.service']>)]",
    "without 'b.service'" },
  /* What comes back in another shape is not compared. */
  { "a.slice", "{'Conditions': <[('ConditionPathExists', false, false, '/tmp', 1)]>}",
    "[('Conditions', <[('ConditionPathExists', false, false, '/var')]>)]", NULL },
  { "a.service", "{'SystemCallFilter': <(false, ['adjtimex', 'settimeofday'])>}",
    "[('SystemCallFilter', <(false, ['@clock'])>)]", NULL },
  { "a.service", "{'CPUAffinity': <[byte 1, 0, 0, 0, 0, 0, 0, 0]>}",
    "[('CPUAffinity', <[byte 2]>)]", NULL },
};

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
check (NcgSystemd *systemd, guint i, GError **error)
{
  g_autoptr (GVariant) existing = g_variant_ref_sink (g_variant_new_parsed (rows[i].existing));
  g_autoptr (GVariant) wanted = g_variant_ref_sink (g_variant_new_parsed (rows[i].wanted));
  g_autoptr (GAsyncResult) result = NULL;

  ncg_systemd_existing_check_async (systemd, rows[i].unit, existing, wanted,
                                    g_get_monotonic_time () + 20 * G_USEC_PER_SEC, on_done,
                                    &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return ncg_systemd_existing_check_finish (result, error);
}

static void
test_rows (void)
{
  static const NcgSystemdListener listener = { NULL };
  FakeKernel *kernel = fake_kernel_new ();
  FakeSystemd *fake = fake_systemd_new (kernel);
  g_autofree char *socket =
      g_strconcat (fake_kernel_get_root (kernel), "/run/systemd/private", NULL);
  const NcgSystemdConfig config = { socket, NULL, 1 };
  NcgSystemd *systemd = ncg_systemd_new (&config, &listener, NULL);

  fake_systemd_start_unit (fake, "b.target", "B");
  fake_systemd_add_alias (fake, "alias.target", "b.target");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) error = NULL;
    gboolean is_same;

    g_test_message ("%s %s", rows[i].existing, rows[i].wanted);
    is_same = check (systemd, i, &error);
    g_assert_true (is_same == (rows[i].refused == NULL));
    if (is_same)
      continue;
    g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, rows[i].refused));
  }
  ncg_systemd_free (systemd);
  fake_systemd_free (fake);
  fake_kernel_free (kernel);
}

#define SLICE "machine-besteffort-poda.slice"
#define AFTER(units) "{'SystemdProperties': <[('After', <[" units "]>)]>}"

static void
must_create (Fixture *fixture, const char *spec)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", spec);

  g_assert_cmpstr (slice, ==, SLICE);
}

/* All that was known of it is lost. */
static void
leave_behind (Fixture *fixture)
{
  must_create (fixture, "{'SystemdProperties': <[('CollectMode', <'inactive-or-failed'>), "
                        "('After', <['a.service']>)]>}");
  fixture_kill_daemon (fixture);
  fixture_write_file (fixture, "a.pod", "nonsense");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
}

static void
refuse (Fixture *fixture, const char *spec, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, "a", spec, &error));
  fixture_assert_error (&error, "NotSupported", text);
  fixture_wait (fixture_lists (fixture, "'foreign'"));
}

/* Another value is refused, and is not left out either: systemd knows the property. */
static void
test_taken_over (Fixture *fixture, gconstpointer data)
{
  fixture->option = "--drop-unknown-properties";
  fixture_start_daemon (fixture);
  leave_behind (fixture);
  refuse (fixture, AFTER ("'a.service', 'b.service'"),
          "property After only when a unit is made, and " SLICE " was made without 'b.service'");
  refuse (fixture, "{'SystemdProperties': <[('CollectMode', <'inactive'>)]>}",
          "was made with 'inactive-or-failed'");
  must_create (fixture, AFTER ("'a.service'"));
}

/* systemd says what the unit is called whose alias was given; also when the question is lost. */
static void
test_alias (Fixture *fixture, gconstpointer data)
{
  FakeFault lost = { .method = "GetUnit", .kind = FAKE_FAULT_LOSE_BEFORE, .times = 1 };

  fake_systemd_start_unit (fixture->systemd, "a.service", "A");
  fake_systemd_add_alias (fixture->systemd, "alias.service", "a.service");
  leave_behind (fixture);
  fake_systemd_add_fault (fixture->systemd, &lost);
  must_create (fixture, AFTER ("'alias.service'"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/existing/rows", test_rows);
  FIXTURE_TEST_WITHOUT_DAEMON ("/existing/taken-over", test_taken_over);
  FIXTURE_TEST ("/existing/alias", test_alias);
  return g_test_run ();
}
