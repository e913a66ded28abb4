/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pods that others made under our root: seen, and never touched.
 */
#include "tests/dbus/calls.h"
#include "tests/dbus/fake-thread.h"
#include "tests/dbus/signals.h"

#include <string.h>

#define UID "0af5-11"
#define SLICE "machine-burstable-pod0af5_11.slice"
#define CGROUP "/machine.slice/machine-burstable.slice/" SLICE
#define OBJECT MANAGER_PATH "/pod/_30af5_2d11"
#define OWNER "kubelet's pod"
#define LISTED "('" UID "', 'Burstable', '" OBJECT "', '" SLICE "', 'foreign')"

static void
assert_listed (Fixture *fixture, const char *expected)
{
  g_autofree char *list = fixture_list_pods (fixture);

  g_assert_cmpstr (list, ==, expected);
}

static void
start_slice (Fixture *fixture)
{
  fake_systemd_start_unit (fixture->systemd, SLICE, OWNER);
}

/* With the foreign slice there before the daemon is. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up_without_daemon (fixture, data);
  start_slice (fixture);
  fixture_start_daemon (fixture);
  fake_systemd_forget_calls (fixture->systemd);
}

static void
assert_property (Fixture *fixture, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = fixture_get_pod_property (fixture, UID, name);
  g_autofree char *text = g_variant_print (value, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_at_start (Fixture *fixture, gconstpointer data)
{
  assert_listed (fixture, "([" LISTED "],)");
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 1);
  assert_property (fixture, "Uid", "'" UID "'");
  assert_property (fixture, "State", "'foreign'");
  assert_property (fixture, "QosClass", "'Burstable'");
  assert_property (fixture, "Slice", "'" SLICE "'");
  assert_property (fixture, "ControlGroup", "'" CGROUP "'");
  assert_property (fixture, "CreatedUSec", "0");
  assert_property (fixture, "Spec", "{}");
  assert_property (fixture, "Containers", "[]");
  g_assert_false (fixture_has_file (fixture, UID ".pod"));
}

static void
test_come_and_go (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Signals) signals = signals_new (fixture);

  start_slice (fixture);
  signals_wait (signals, "PodAdded ('" UID "', '" OBJECT "')");
  signals_wait (signals, "InterfacesAdded ('" OBJECT "'");
  signals_wait (signals, "'PodCount': <uint32 1>");
  assert_listed (fixture, "([" LISTED "],)");
  fake_systemd_stop_unit (fixture->systemd, SLICE);
  signals_wait (signals, "PodRemoved ('" UID "', '" OBJECT "')");
  signals_wait (signals, "InterfacesRemoved ('" OBJECT "'");
  signals_wait (signals, "'PodCount': <uint32 0>");
  assert_listed (fixture, "([],)");
  g_assert_cmpuint (signals_count (signals, "PodAdded"), ==, 1);
  g_assert_cmpuint (signals_count (signals, "PodRemoved"), ==, 1);
}

/* Also where no unit is behind it, in slices that come later, and not what is called otherwise. */
static void
test_names (Fixture *fixture, gconstpointer data)
{
  static const char *const others[] = {
    "/machine.slice/machine-pod.slice",   "/machine.slice/machine-podx-y.slice",
    "/machine.slice/machine-podx.scope",  "/machine.slice/podx",
    "/machine.slice/machine-other.slice", "/machine.slice/machine-burstable-podx.slice",
    "/system.slice/machine-podx.slice",   "/machine.slice/machine-pod_x.slice",
    "/machine.slice/machine.slice/podx",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    fake_kernel_make_cgroup (fixture->kernel, others[i]);
  fake_kernel_make_cgroup (fixture->kernel, "/machine.slice/machine-podg.slice");
  fixture_wait (fixture_lists (fixture, "('g', 'Guaranteed', "));
  fake_systemd_start_unit (fixture->systemd, "machine-besteffort-podb.slice", "x");
  fixture_wait (fixture_lists (fixture, "('b', 'BestEffort', "));
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 2);
  fake_kernel_remove_cgroup (fixture->kernel, "/machine.slice/machine-podg.slice");
  fixture_wait (!fixture_lists (fixture, "'g'"));
}

static void
assert_refused (Fixture *fixture, const char *method, GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  g_test_message ("%s", method);
  g_assert_null (fixture_call (fixture, method, arguments, &error));
  name = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (name, ==, "org.freedesktop.DBus.Error.AccessDenied");
  g_assert_nonnull (strstr (error->message, SLICE));
  g_assert_nonnull (strstr (error->message, OWNER));
}

static void
assert_untouched (Fixture *fixture)
{
  static const char *const methods[] = { "SetUnitProperties", "StartTransientUnit", "StopUnit",
                                         "StartUnit",         "ResetFailedUnit",    "ThawUnit" };

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++)
    g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, methods[i], SLICE), ==, 0);
  g_assert_true (fake_systemd_has_unit (fixture->systemd, SLICE));
  g_assert_false (fixture_has_file (fixture, UID ".pod"));
  g_assert_false (fixture_has_file (fixture, UID ".creating"));
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  pid_t pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP);
  g_autoptr (GError) error = NULL;

  g_assert_null (fixture_create (fixture, UID, "{'CPULimit': <'1'>}", &error));
  fixture_assert_error (&error, "PodExists", OWNER);
  g_assert_null (fixture_create (fixture, UID, "{}", &error));
  fixture_assert_error (&error, "PodExists", SLICE);
  /* The same unit for another uid, and so on. */
  g_assert_null (fixture_create (fixture, "0af5_11", "{'CPULimit': <'1'>}", &error));
  fixture_assert_error (&error, "PodExists", OWNER);
  assert_refused (fixture, "UpdatePod", g_variant_new_parsed ("(%s, @a{sv} {})", UID));
  assert_refused (fixture, "UpdatePod", g_variant_new_parsed ("(%s, {'CPULimit': <'2'>})", UID));
  assert_refused (fixture, "CreateContainer", g_variant_new_parsed ("(%s, 'db', @a{sv} {})", UID));
  assert_refused (fixture, "UpdateContainer", g_variant_new_parsed ("(%s, 'db', @a{sv} {})", UID));
  assert_refused (fixture, "RemoveContainer", g_variant_new_parsed ("(%s, 'db', @a{sv} {})", UID));
  assert_refused (fixture, "RemovePod", g_variant_new_parsed ("(%s, @a{sv} {})", UID));
  assert_refused (fixture, "CreateContainer", g_variant_new_parsed ("(%s, 'app', @a{sv} {})", UID));
  assert_refused (fixture, "UpdateContainer",
                  g_variant_new_parsed ("(%s, 'app', {'PidsLimit': <uint64 5>})", UID));
  assert_refused (fixture, "RemoveContainer", g_variant_new_parsed ("(%s, 'app', @a{sv} {})", UID));
  assert_refused (fixture, "JoinPod",
                  g_variant_new_parsed ("(%s, 'app', [%u], @a{sv} {})", UID, (guint32) pid));
  assert_untouched (fixture);
  g_assert_cmpuint (fake_processes_count (fake_kernel_get_processes (fixture->kernel), CGROUP), ==,
                    1);
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
  pid_t pid = 0;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) found = NULL;
  g_autoptr (GVariant) stats = NULL;
  g_autoptr (GVariant) many = NULL;
  g_autoptr (GVariant) rows = NULL;
  g_autofree char *text = NULL;

  fake_kernel_make_cgroup (fixture->kernel, CGROUP "/crio-1.scope");
  fake_kernel_write (fixture->kernel, CGROUP, "memory.current", "4096");
  pid = fake_processes_start (fake_kernel_get_processes (fixture->kernel), CGROUP "/crio-1.scope");
  found = fixture_call (fixture, "GetPodByPid", g_variant_new ("(u)", (guint32) pid), &error);
  g_assert_no_error (error);
  text = g_variant_print (found, FALSE);
  g_assert_cmpstr (text, ==, "('" OBJECT "', 'crio-1.scope')");
  stats = fixture_call (fixture, "GetPodStats",
                        g_variant_new_parsed ("(%s, {'Containers': <true>})", UID), &error);
  g_assert_no_error (error);
  many =
      fixture_call (fixture, "GetStats",
                    g_variant_new_parsed ("(@as [], {'Fields': <['MemoryUsageBytes']>})"), &error);
  g_assert_no_error (error);
  g_free (text);
  text = g_variant_print (many, FALSE);
  g_assert_cmpstr (text, ==, "({'" UID "': {'MemoryUsageBytes': <uint64 4096>}},)");
  rows = fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", UID), &error);
  g_assert_no_error (error);
  g_free (text);
  text = g_variant_print (rows, FALSE);
  g_assert_cmpstr (text, ==, "([('" CGROUP "', 'cgroup', 'present', 'present', true)],)");
}

/* Neither a reload of systemd nor what somebody writes is any business of ours. */
static void
test_left_alone (Fixture *fixture, gconstpointer data)
{
  g_autofree char *after = NULL;
  g_autoptr (Signals) signals = signals_new (fixture);

  fake_systemd_reload (fixture->systemd);
  fake_kernel_write (fixture->kernel, CGROUP, "cpu.max", "1000 100000");
  g_free (fixture_must_create (fixture, "own", "{}"));
  fixture_must_remove (fixture, "own");
  after = fake_kernel_read (fixture->kernel, CGROUP, "cpu.max");
  g_assert_cmpstr (after, ==, "1000 100000");
  g_assert_cmpuint (signals_count (signals, "Drift"), ==, 0);
  assert_untouched (fixture);
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  assert_listed (fixture, "([" LISTED "],)");
  assert_untouched (fixture);
}

/* The uid of one of ours: it shows when ours is gone. */
static void
test_same_uid (Fixture *fixture, gconstpointer data)
{
  g_autofree char *slice = fixture_must_create (fixture, UID, "{}");

  g_assert_cmpstr (slice, !=, SLICE);
  start_slice (fixture);
  fake_systemd_start_unit (fixture->systemd, "machine-burstable-podseen.slice", OWNER);
  fixture_wait (fixture_lists (fixture, "'seen'"));
  g_assert_true (fixture_lists (fixture, "'active'"));
  g_assert_false (fixture_lists (fixture, SLICE));
  fixture_must_remove (fixture, UID);
  fixture_wait (fixture_lists (fixture, LISTED));
}

/* It came while we were creating ours: that fails, and then it is seen. */
static void
test_at_once (Fixture *fixture, gconstpointer data)
{
  FakeFault delay = {
    .method = "StartTransientUnit",
    .unit = SLICE,
    .kind = FAKE_FAULT_DELAY,
    .msec = 300,
  };
  g_autoptr (Calls) calls = calls_new (fixture);
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fault (fixture->systemd, &delay);
  calls_add (calls, "CreatePod", UID, "{'CPULimit': <'1'>}");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "StartTransientUnit", SLICE) > 0);
  start_slice (fixture);
  calls_wait (calls);
  error = calls_get_error (calls, 0);
  fixture_assert_error (&error, "PodExists", OWNER);
  fixture_wait (fixture_lists (fixture, LISTED));
}

/* One that does not run, but has a file, or only a drop-in: there is nothing to wait for. */
static void
test_installed (Fixture *fixture, gconstpointer data)
{
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  fake_systemd_add_fragment (fixture->systemd, SLICE);
  g_assert_null (fixture_create (fixture, UID, "{'CPULimit': <'1'>}", &error));
  fixture_assert_error (&error, "PodExists", "installed");
  fake_systemd_add_drop_in (fixture->systemd, "machine-podd.slice");
  g_assert_null (
      fixture_create (fixture, "d", "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}", &error));
  fixture_assert_error (&error, "PodExists", "installed");
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 5 * G_USEC_PER_SEC);
  g_assert_cmpuint (fixture_count_pods (fixture), ==, 0);
}

/* Names are what they are there, and no unit says whose it is. */
static void
test_cgroupfs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->option = "--cgroup-driver=cgroupfs";
  fake_kernel_make_cgroup (fixture->kernel, "/machine/burstable/podx_y-z");
  fixture_start_daemon (fixture);
  assert_listed (fixture, "([('x_y-z', 'Burstable', '" MANAGER_PATH
                          "/pod/x_5fy_2dz', '/machine/burstable/podx_y-z', 'foreign')],)");
  g_assert_null (fixture_create (fixture, "x_y-z", "{'CPULimit': <'1'>}", &error));
  fixture_assert_error (&error, "PodExists", "/machine/burstable/podx_y-z");
  fake_kernel_make_cgroup (fixture->kernel, "/machine/podg");
  fixture_wait (fixture_lists (fixture, "('g', 'Guaranteed', "));
  fake_kernel_remove_cgroup (fixture->kernel, "/machine/burstable/podx_y-z");
  fixture_wait (fixture_count_pods (fixture) == 1);
}

/* Hundreds at once cost a few looks, and not one each. */
static void
test_many (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 300; i++) {
    g_autofree char *cgroup = g_strdup_printf (
        "/machine.slice/machine-burstable.slice/machine-burstable-podm%u.slice", i);

    fake_kernel_make_cgroup (fixture->kernel, cgroup);
  }
  fixture_wait (fixture_count_pods (fixture) == 300);
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "Get", NULL), <, 500);
  for (guint i = 0; i < 300; i++) {
    g_autofree char *cgroup = g_strdup_printf (
        "/machine.slice/machine-burstable.slice/machine-burstable-podm%u.slice", i);

    fake_kernel_remove_cgroup (fixture->kernel, cgroup);
  }
  fixture_wait (fixture_count_pods (fixture) == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/foreign/at-start", Fixture, NULL, set_up, test_at_start, fixture_tear_down);
  FIXTURE_TEST ("/foreign/come-and-go", test_come_and_go);
  FIXTURE_TEST ("/foreign/names", test_names);
  g_test_add ("/foreign/refused", Fixture, NULL, set_up, test_refused, fixture_tear_down);
  g_test_add ("/foreign/read", Fixture, NULL, set_up, test_read, fixture_tear_down);
  g_test_add ("/foreign/left-alone", Fixture, NULL, set_up, test_left_alone, fixture_tear_down);
  FIXTURE_TEST ("/foreign/same-uid", test_same_uid);
  FIXTURE_TEST ("/foreign/at-once", test_at_once);
  FIXTURE_TEST ("/foreign/installed", test_installed);
  FIXTURE_TEST_WITHOUT_DAEMON ("/foreign/cgroupfs", test_cgroupfs);
  FIXTURE_TEST ("/foreign/many", test_many);
  return g_test_run ();
}
