/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What callers give is nobody's who reads the log: labels and values of a spec are not in what the
 * daemon says, whether a call succeeds or fails, nor when it starts anew on files of an earlier
 * run; and what is quoted in an error forges no line.
 */
#include "tests/dbus/fixture.h"

#include <signal.h>
#include <string.h>

#define SECRET "hunter2-is-a-secret"

static void
start (Fixture *fixture)
{
  const char *const arguments[] = {
    "--root", fixture->root, "--bus-address", fixture->bus_address, NULL,
  };

  fixture->daemon = fixture_spawn_daemon (arguments);
  fixture_wait_for_name (fixture);
}

/* Returns: (transfer full): what it has said, on both outputs */
static char *
stop (Fixture *fixture)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  g_subprocess_communicate_utf8 (fixture->daemon, NULL, NULL, &output, &errors, &error);
  g_assert_no_error (error);
  g_clear_object (&fixture->daemon);
  return g_strconcat (output, errors, NULL);
}

static void
fail_to_create (Fixture *fixture, const char *uid, const char *spec, const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, uid, spec, &error));
  fixture_assert_error (&error, name, NULL);
}

static void
test_log (Fixture *fixture, gconstpointer data)
{
  const FakeFault refusal = { "StartTransientUnit",
                              "machine-besteffort-podb.slice",
                              FAKE_FAULT_ERROR,
                              1,
                              0,
                              "org.freedesktop.DBus.Error.Failed" };
  g_autofree char *slice = NULL;
  g_autofree char *said = NULL;
  g_autofree char *said_again = NULL;
  g_autoptr (GError) error = NULL;

  start (fixture);
  slice = fixture_must_create (fixture, "a", "{'Labels': <{'token': '" SECRET "'}>}");
  fixture_update (fixture, "a", "{'Labels': <{'other': '" SECRET "'}>}", &error);
  g_assert_no_error (error);
  fake_systemd_add_fault (fixture->systemd, &refusal);
  fail_to_create (fixture, "b", "{'Labels': <{'token': '" SECRET "'}>}", "SystemdFailed");
  fail_to_create (fixture, "c", "{'Labels': <{'token': '" SECRET "'}>, 'No': <1>}",
                  "InvalidArgument");
  fail_to_create (fixture, "c", "{'Unified': <{'memory.max': '" SECRET "'}>}", "InvalidArgument");
  fail_to_create (fixture, "a", "{'Labels': <{'token': 'b" SECRET "'}>}", "PodExists");
  said = stop (fixture);
  g_assert_null (strstr (said, SECRET));

  /* A pod whose slice is gone is warned of, with all that was known. */
  fake_systemd_stop_unit (fixture->systemd, slice);
  start (fixture);
  said_again = stop (fixture);
  g_test_message ("%s", said_again);
  g_assert_nonnull (strstr (said_again, "pod a"));
  g_assert_null (strstr (said_again, SECRET));
}

/* The error of a call, as a client prints it. */
static void
test_quoted (Fixture *fixture, gconstpointer data)
{
  static const char *const specs[] = {
    "{'a\\nb\\u001b[2J': <1>}",
    "{'QosClass': <'a\\nb\\u001b[2J'>}",
    "{'Unified': <{'a\\nb\\u001b[2J': ''}>}",
    "{'Unified': <{'memory.max': 'b\\u001b[2J'}>}",
    "{'CPUSet': <'a\\nb\\u001b[2J'>}",
    "{'MemoryLimit': <'a\\nb\\u001b[2J'>}",
    "{'IOLimits': <[('a\\nb\\u001b[2J', @a{st} {})]>}",
    "{'IOLimits': <[('/dev/a\\nb\\u001b[2J', {'ReadIOPSMax': uint64 5})]>}",
    "{'HugepageLimits': <{'a\\nb\\u001b[2J': <1>}>}",
    "{'SystemdProperties': <[('a\\nb\\u001b[2J', <1>)]>}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (specs); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (fixture_create (fixture, "a", specs[i], &error));
    g_assert_null (strpbrk (error->message, "\n\x1b"));
    fixture_assert_error (&error, "InvalidArgument", "b\\x1b[2J");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST_WITHOUT_DAEMON ("/secrets/log", test_log);
  FIXTURE_TEST ("/secrets/quoted", test_quoted);
  return g_test_run ();
}
