/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The debug mode: each call of systemd, with what came of it and how long it took; nothing while it
 * is off.
 */
#include "tests/dbus/journal.h"

#include <glib/gstdio.h>
#include <string.h>

#define HEAD "apiVersion: nodecgroups.example.org/v1\nkind: NodeCgroupsConfiguration\n"
#define CONFIG "/etc/nodecgroups/config.yaml"
#define SLICE_OF(uid) "machine-besteffort-pod" uid ".slice"

static void
set_up (Fixture *fixture, gconstpointer config)
{
  fixture_set_up_without_daemon (fixture, NULL);
  journal_set_up (fixture);
  if (config != NULL) {
    fixture->option = NULL;
    fake_kernel_write_file (fixture->kernel, CONFIG, config);
  }
  fixture_start_daemon (fixture);
}

static void
create (Fixture *fixture, const char *uid)
{
  g_free (fixture_must_create (fixture, uid, "{}"));
}

static void
test_calls (Fixture *fixture, gconstpointer data)
{
  const FakeFault delay = { "StartTransientUnit", SLICE_OF ("a"), FAKE_FAULT_JOB_DELAY, 1, 300 };
  const FakeFault fault = { "StartTransientUnit", SLICE_OF ("b"), FAKE_FAULT_ERROR, 0, 0, "x.y.Z" };
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &delay);
  fake_systemd_add_fault (fixture->systemd, &fault);
  create (fixture, "a");
  fixture_wait (journal_count (fixture, "NODECGROUPS_SYSTEMD_METHOD=StartTransientUnit|"
                                        "OBJECT_SYSTEMD_UNIT=" SLICE_OF ("a")) == 1);
  /* The 300 ms that the job takes are in it. */
  g_assert_true (journal_matches (fixture, "debug: systemd: StartTransientUnit " SLICE_OF (
                                               "a") ", job \\d+: done, ([3-9]\\d{5}|\\d{7,}) us, "
                                                    "of which \\d+ before it was sent"));
  g_assert_null (fixture_create (fixture, "b", "{}", &error));
  fixture_wait (journal_count (fixture, "systemd: StartTransientUnit " SLICE_OF ("b") "|x.y.Z") ==
                1);
  fixture_must_remove (fixture, "a");
  fixture_wait (journal_count (fixture, "systemd: StopUnit " SLICE_OF ("a") ", job |: done") == 1);
}

/* A reload has it on and off while the daemon runs. */
static void
test_reload (Fixture *fixture, gconstpointer data)
{
  create (fixture, "a");
  g_assert_cmpuint (journal_count (fixture, "debug: "), ==, 0);
  fake_kernel_write_file (fixture->kernel, CONFIG, HEAD "logLevel: debug\n");
  g_variant_unref (
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, NULL));
  create (fixture, "b");
  fixture_wait (journal_count (fixture, "debug: systemd: StartTransientUnit " SLICE_OF ("b")) == 1);
  fake_kernel_write_file (fixture->kernel, CONFIG, HEAD);
  g_variant_unref (
      fixture_call_object (fixture, MANAGER_PATH, NODE_INTERFACE, "Reload", NULL, NULL));
  create (fixture, "c");
  g_assert_cmpuint (journal_count (fixture, SLICE_OF ("c")), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/trace/calls", Fixture, NULL, set_up, test_calls, fixture_tear_down);
  g_test_add ("/trace/reload", Fixture, HEAD, set_up, test_reload, fixture_tear_down);
  return g_test_run ();
}
