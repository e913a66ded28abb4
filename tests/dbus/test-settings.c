/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The spec keys for what systemd does not do, or that are passed on to it.
 */
#include "tests/dbus/fixture.h"

#include <string.h>

#define SLICE "machine-besteffort-poda.slice"
#define CGROUP "/machine.slice/machine-besteffort.slice/" SLICE

static void
assert_file (Fixture *fixture, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, CGROUP, file);

  g_assert_cmpstr (value, ==, expected);
}

static void
must_create (Fixture *fixture, const char *spec)
{
  g_autofree char *slice = fixture_must_create (fixture, "a", spec);

  g_assert_cmpstr (slice, ==, SLICE);
}

static void
must_update (Fixture *fixture, const char *spec)
{
  g_autoptr (GError) error = NULL;

  fixture_update (fixture, "a", spec, &error);
  g_assert_no_error (error);
}

static void
assert_spec (Fixture *fixture, const char *expected)
{
  g_autoptr (GVariant) spec = fixture_get_pod_property (fixture, "a", "Spec");
  g_autofree char *text = g_variant_print (spec, FALSE);

  g_assert_cmpstr (text, ==, expected);
}

/* Whether VerifyPod has the row; all others have to be right. */
static gboolean
has_row (Fixture *fixture, const char *setting, const char *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a"), &error);
  g_autoptr (GVariant) rows = NULL;
  GVariantIter iter;
  const char *name, *value;
  gboolean ok, is_there = FALSE;

  g_assert_no_error (error);
  rows = g_variant_get_child_value (reply, 0);
  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", NULL, &name, &value, NULL, &ok)) {
    g_test_message ("%s %s", name, value);
    g_assert_true (ok);
    is_there |= g_str_equal (name, setting) && g_str_equal (value, wanted);
  }
  return is_there;
}

/* What has no property is written by us, after systemd. */
static void
test_files (Fixture *fixture, gconstpointer data)
{
  must_create (fixture,
               "{'OOMGroup': <true>, 'IOWeight': <uint64 200>, 'IOLimits': <[('8:1', "
               "{'ReadBandwidthMax': uint64 1048576})]>, 'Unified': <{'cgroup.max.descendants': "
               "'100'}>}");
  assert_file (fixture, "memory.oom.group", "1");
  assert_file (fixture, "io.weight", "200");
  assert_file (fixture, "io.max", "8:1 rbps=1048576");
  assert_file (fixture, "cgroup.max.descendants", "100");
  g_assert_true (has_row (fixture, "io.max 8:1", "rbps=1048576"));
  g_assert_true (has_row (fixture, "memory.oom.group", "1"));
  assert_spec (
      fixture,
      "{'IOLimits': <[('8:1', {'ReadBandwidthMax': uint64 1048576})]>, 'IOWeight': <uint64 200>, "
      "'OOMGroup': <true>, 'Unified': <{'cgroup.max.descendants': '100'}>}");
}

static void
test_update (Fixture *fixture, gconstpointer data)
{
  must_create (fixture, "{'OOMGroup': <true>, 'Unified': <{'pids.max': '100'}>}");
  must_update (fixture, "{'OOMGroup': <false>, 'Unified': <{'memory.high': '1G'}>, "
                        "'CPUWeight': <uint64 7>}");
  assert_file (fixture, "memory.oom.group", "0");
  assert_file (fixture, "memory.high", "1073741824");
  assert_file (fixture, "pids.max", "100");
  assert_file (fixture, "cpu.weight", "7");
  must_update (fixture, "{'CPUWeight': <'auto'>}");
  assert_file (fixture, "cpu.weight", "1");
  assert_spec (fixture,
               "{'OOMGroup': <false>, 'Unified': <{'memory.high': '1G', 'pids.max': '100'}>}");
}

/* What was set for the first time is set back to what the kernel had. */
static void
test_set_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  must_create (fixture, "{}");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.high");
  g_assert_false (
      fixture_update (fixture, "a", "{'OOMGroup': <true>, 'MemoryHigh': <'1Gi'>}", &error));
  fixture_assert_error (&error, "SystemdFailed", "memory.high");
  assert_file (fixture, "memory.oom.group", "0");
  assert_spec (fixture, "{}");
}

static void
test_properties (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) calls = NULL;
  g_autofree char *text = NULL;

  must_create (fixture, "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}");
  calls = fake_systemd_list_calls (fixture->systemd, "StartTransientUnit", SLICE);
  g_assert_cmpuint (calls->len, ==, 1);
  text = g_variant_print (calls->pdata[0], TRUE);
  g_assert_nonnull (strstr (text, "('MemoryZSwapMax', <uint64 4096>)"));
}

static void
assert_property (Fixture *fixture, const char *name, const char *expected)
{
  g_autoptr (GVariant) value = fake_systemd_get_property (fixture->systemd, SLICE, name);
  g_autofree char *text = value != NULL ? g_variant_print (value, TRUE) : NULL;

  g_assert_cmpstr (text, ==, expected);
}

#define ZSWAP "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}"
#define NULL_ONLY "[('/dev/null', 'r')]"
#define ZERO_AND_FULL "[('/dev/zero', 'rw'), ('/dev/full', 'w')]"
#define LOOPBACK "[(2, [byte 0x7f, 0x00, 0x00, 0x01], uint32 32)]"

static void
lose_start (Fixture *fixture)
{
  FakeFault fault = {
    .method = "StartTransientUnit", .unit = SLICE, .kind = FAKE_FAULT_LOSE_AFTER, .times = 1
  };

  fake_systemd_add_fault (fixture->systemd, &fault);
}

/* systemd adds to a list what it is given. A new one stands for the old one all the same, whether
 * it is an update, a repair, the way back, or the same again since nobody heard the answer. */
static void
test_lists (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  lose_start (fixture);
  must_create (fixture, "{'SystemdProperties': <[('DeviceAllow', <" NULL_ONLY ">), "
                        "('IPAddressAllow', <" LOOPBACK ">)]>}");
  assert_property (fixture, "DeviceAllow", NULL_ONLY);
  must_update (fixture, "{'SystemdProperties': <[('DeviceAllow', <[('/dev/zero', 'rw')]>), "
                        "('DeviceAllow', <[('/dev/full', 'w')]>)]>}");
  assert_property (fixture, "DeviceAllow", ZERO_AND_FULL);
  assert_property (fixture, "IPAddressAllow", LOOPBACK);
  fake_systemd_forget_calls (fixture->systemd);
  fake_kernel_write (fixture->kernel, CGROUP, "pids.max", "7");
  fixture_wait (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE) > 0);
  assert_property (fixture, "DeviceAllow", ZERO_AND_FULL);
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.high");
  g_assert_false (fixture_update (fixture, "a",
                                  "{'MemoryHigh': <'1Gi'>, 'SystemdProperties': <[('DeviceAllow', "
                                  "<" NULL_ONLY ">)]>}",
                                  &error));
  fixture_assert_error (&error, "SystemdFailed", "memory.high");
  assert_property (fixture, "DeviceAllow", ZERO_AND_FULL);
  must_update (fixture, "{'SystemdProperties': <[('DeviceAllow', <@a(ss) []>)]>}");
  assert_property (fixture, "DeviceAllow", "@a(ss) []");
}

#define AT_START                                                                                   \
  "{'SystemdProperties': <[('CollectMode', <'inactive-or-failed'>), ('After', <['a.service']>), "  \
  "('BPFProgram', <[('egress', '/sys/fs/bpf/a')]>)]>}"

static gboolean
reads (Fixture *fixture, const char *file, const char *expected)
{
  g_autofree char *value = fake_kernel_read (fixture->kernel, CGROUP, file);

  return g_strcmp0 (value, expected) == 0;
}

/* What others write is written over. */
static void
assert_repaired (Fixture *fixture, const char *file, const char *expected)
{
  fake_kernel_write (fixture->kernel, CGROUP, file, "7");
  fixture_wait (reads (fixture, file, expected));
}

/* systemd takes many properties only when a unit is made, and refuses all of a call that has one.
 * The unit has it then, and everything else can be changed. */
static void
test_creation_only (Fixture *fixture, gconstpointer data)
{
  lose_start (fixture);
  must_create (fixture, AT_START);
  g_assert_true (has_row (fixture, "pids.max", "max"));
  must_update (fixture, "{'PidsLimit': <uint64 9>}");
  assert_file (fixture, "pids.max", "9");
  assert_repaired (fixture, "pids.max", "9");
  fixture_kill_daemon (fixture);
  fake_kernel_write (fixture->kernel, CGROUP, "pids.max", "7");
  fixture_start_daemon (fixture);
  g_assert_true (has_row (fixture, "pids.max", "9"));
  must_update (fixture, "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>)]>}");
  assert_property (fixture, "MemoryZSwapMax", "uint64 4096");
  assert_property (fixture, "After", "['a.service']");
  assert_property (fixture, "CollectMode", "'inactive-or-failed'");
}

/* Another value is refused, whatever may be left out, and with all that is asked for with it. */
static void
refuse_other_values (Fixture *fixture)
{
  static const char *const changes[][2] = {
    { "{'PidsLimit': <uint64 9>, 'SystemdProperties': <[('CollectMode', <'inactive'>)]>}",
      "was made with 'inactive-or-failed'" },
    { "{'PidsLimit': <uint64 9>, 'SystemdProperties': <[('After', <['b.service']>)]>}",
      "only when a unit is made" },
  };

  must_create (fixture, AT_START);
  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (fixture_update (fixture, "a", changes[i][0], &error));
    fixture_assert_error (&error, "NotSupported", changes[i][1]);
    g_assert_true (has_row (fixture, "pids.max", "max"));
  }
  assert_property (fixture, "TasksMax", "uint64 18446744073709551615");
}

static void
test_creation_only_changed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  refuse_other_values (fixture);
  fixture_must_remove (fixture, "a");
  must_create (fixture, "{}");
  g_assert_false (fixture_update (fixture, "a", AT_START, &error));
  fixture_assert_error (&error, "NotSupported", "only when a unit is made");
  assert_spec (fixture, "{}");
}

static void
test_creation_only_not_dropped (Fixture *fixture, gconstpointer data)
{
  fixture->option = "--drop-unknown-properties";
  fixture_start_daemon (fixture);
  refuse_other_values (fixture);
}

static void
leave_behind (Fixture *fixture)
{
  must_create (fixture, AT_START);
  fixture_kill_daemon (fixture);
  fixture_write_file (fixture, "a.pod", "nonsense");
  fixture_start_daemon (fixture);
  g_assert_true (fixture_has_pod_state (fixture, "a", "foreign"));
}

/* A slice that was there may have been made with another value. */
static void
test_creation_only_taken_over (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  leave_behind (fixture);
  g_assert_null (fixture_create (
      fixture, "a", "{'SystemdProperties': <[('CollectMode', <'inactive'>)]>}", &error));
  fixture_assert_error (&error, "NotSupported", "CollectMode");
  must_create (fixture, AT_START);
  must_update (fixture, "{'PidsLimit': <uint64 9>}");
  assert_file (fixture, "pids.max", "9");
}

/* What is named for the first time has what it had, if the update fails after all. */
static void
test_properties_set_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  must_create (fixture, "{'SystemdProperties': <[('IPAddressAllow', <" LOOPBACK ">)]>}");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.high");
  g_assert_false (fixture_update (
      fixture, "a",
      "{'MemoryHigh': <'1Gi'>, 'SystemdProperties': <[('MemoryZSwapMax', <uint64 4096>), "
      "('DeviceAllow', <" NULL_ONLY ">), ('IPAddressAllow', <@a(iayu) []>)]>}",
      &error));
  g_assert_null (strstr (error->message, "set back"));
  fixture_assert_error (&error, "SystemdFailed", "memory.high");
  assert_property (fixture, "MemoryZSwapMax", "uint64 18446744073709551615");
  assert_property (fixture, "DeviceAllow", "@a(ss) []");
  assert_property (fixture, "IPAddressAllow", LOOPBACK);
  /* Once it is done, what comes later does not touch it. */
  must_update (fixture, ZSWAP);
  g_assert_false (fixture_update (
      fixture, "a",
      "{'MemoryHigh': <'1Gi'>, 'SystemdProperties': <[('MemoryZSwapMax', <uint64 1>)]>}", NULL));
  assert_property (fixture, "MemoryZSwapMax", "uint64 4096");
}

/* What systemd did not take is not there to be set back. */
static void
test_property_not_taken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  must_create (fixture, "{}");
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  g_assert_false (fixture_update (fixture, "a", ZSWAP, &error));
  g_assert_null (strstr (error->message, "set back"));
  fixture_assert_error (&error, "NotSupported", "MemoryZSwapMax");
  must_update (fixture, "{'PidsLimit': <uint64 9>}");
}

/* Not all can be read; the message says what stays. */
static void
test_property_stays (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  must_create (fixture, "{}");
  fake_kernel_ignore_writes (fixture->kernel, SLICE, "memory.high");
  g_assert_false (fixture_update (fixture, "a",
                                  "{'MemoryHigh': <'1Gi'>, 'SystemdProperties': "
                                  "<[('StartupMemoryMaxScale', <uint64 4096>)]>}",
                                  &error));
  fixture_assert_error (&error, "SystemdFailed",
                        "StartupMemoryMaxScale of " SLICE " stays as it is");
  g_assert_false (fixture_update (fixture, "a", "{'MemoryHigh': <'1Gi'>}", &error));
  g_assert_null (strstr (error->message, "stays as it is"));
}

static gboolean
has_dropped (Fixture *fixture, const char *setting)
{
  g_autoptr (GVariant) reply =
      fixture_call (fixture, "VerifyPod", g_variant_new ("(s)", "a"), NULL);
  g_autoptr (GVariant) rows = g_variant_get_child_value (reply, 0);
  GVariantIter iter;
  const char *name, *wanted, *actual;
  gboolean ok, is_dropped = FALSE;

  g_variant_iter_init (&iter, rows);
  while (g_variant_iter_next (&iter, "(&s&s&s&sb)", NULL, &name, &wanted, &actual, &ok)) {
    gboolean is_it = g_str_equal (name, setting);

    g_assert_true (ok != is_it);
    is_dropped |= is_it && strstr (actual, "systemd 252") != NULL;
  }
  return is_dropped;
}

/* What this systemd does not take is refused, and the message says what, and by which systemd; and
 * nothing is left. */
static void
test_unknown_property (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  g_assert_null (fixture_create (fixture, "a", ZSWAP, &error));
  g_assert_nonnull (strstr (error->message, "systemd 252"));
  fixture_assert_error (&error, "NotSupported", "MemoryZSwapMax");
  g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
}

static void
create_dropped (Fixture *fixture)
{
  fixture->option = "--drop-unknown-properties";
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  fixture_start_daemon (fixture);
  must_create (fixture, ZSWAP);
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
}

/* It was not made with that, then. */
static void
test_unknown_property_taken_over (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  leave_behind (fixture);
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  g_assert_null (fixture_create (fixture, "a", ZSWAP, &error));
  g_assert_nonnull (strstr (error->message, "systemd 252"));
  fixture_assert_error (&error, "NotSupported", "MemoryZSwapMax");
  fixture_wait (fixture_lists (fixture, "'foreign'"));
  must_create (fixture, AT_START);
}

/* Or it is left out, and VerifyPod says so. */
static void
test_dropped_property (Fixture *fixture, gconstpointer data)
{
  create_dropped (fixture);
  g_assert_true (fixture_update (fixture, "a", "{'PidsLimit': <uint64 9>}", NULL));
  assert_file (fixture, "pids.max", "9");
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
}

static void
test_dropped_taken_over (Fixture *fixture, gconstpointer data)
{
  fixture->option = "--drop-unknown-properties";
  fixture_start_daemon (fixture);
  leave_behind (fixture);
  fake_systemd_hide_property (fixture->systemd, "MemoryZSwapMax");
  must_create (fixture, ZSWAP);
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
}

static void
start_again (Fixture *fixture)
{
  fixture_kill_daemon (fixture);
  fake_systemd_forget_calls (fixture->systemd);
  fixture_start_daemon (fixture);
}

/* It is not forgotten with the daemon, whether it was left out at first or by an update, and a
 * repair does not take it for told. */
static void
test_dropped_restart (Fixture *fixture, gconstpointer data)
{
  create_dropped (fixture);
  start_again (fixture);
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE), ==, 0);
  assert_repaired (fixture, "pids.max", "max");
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
  fixture_must_remove (fixture, "a");
  must_create (fixture, "{}");
  must_update (fixture, ZSWAP);
  start_again (fixture);
  g_assert_true (has_dropped (fixture, "MemoryZSwapMax"));
}

static void
learn_property (Fixture *fixture)
{
  fake_systemd_show_property (fixture->systemd, "MemoryZSwapMax");
  fake_systemd_set_version (fixture->systemd, "253.5");
}

static gboolean
has_property (Fixture *fixture, const char *name)
{
  g_autoptr (GVariant) value = fake_systemd_get_property (fixture->systemd, SLICE, name);

  return value != NULL;
}

/* Another systemd is told, and then nothing is missing any more. */
static void
test_dropped_upgrade (Fixture *fixture, gconstpointer data)
{
  create_dropped (fixture);
  fixture_kill_daemon (fixture);
  learn_property (fixture);
  fixture_start_daemon (fixture);
  assert_property (fixture, "MemoryZSwapMax", "uint64 4096");
  g_assert_true (has_row (fixture, "pids.max", "max"));
  start_again (fixture);
  g_assert_true (has_row (fixture, "pids.max", "max"));
  g_assert_cmpuint (fake_systemd_count_calls (fixture->systemd, "SetUnitProperties", SLICE), ==, 0);
}

/* So is one that replaces the other while this daemon runs. */
static void
test_dropped_reexec (Fixture *fixture, gconstpointer data)
{
  create_dropped (fixture);
  learn_property (fixture);
  fake_systemd_stop_listening (fixture->systemd);
  fake_systemd_listen (fixture->systemd);
  fixture_wait (has_property (fixture, "MemoryZSwapMax"));
  fixture_wait (!has_dropped (fixture, "MemoryZSwapMax"));
}

static const struct {
  const char *spec;
  const char *message;
} bad[] = {
  { "{'IOLimits': <[('8:7', {'ReadIOPSMax': uint64 5})]>}", "'8:7'" },
  { "{'IOLimits': <[('/dev/none', {'ReadIOPSMax': uint64 5})]>}", "'/dev/none'" },
  { "{'HugepageLimits': <{'1Gi': <'0'>}>}", "it has 2Mi" },
  { "{'Unified': <{'cgroup.procs': '1'}>}", "cgroup.procs" },
  { "{'SystemdProperties': <[('MemoryMax', <uint64 4096>)]>}", "use MemoryLimit" },
  { "{'SystemdProperties': <[('ExecStart', <''>)]>}", "ExecStart" },
};

/* Nothing has been made then. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (fixture_create (fixture, "a", bad[i].spec, &error));
    fixture_assert_error (&error, "InvalidArgument", bad[i].message);
    g_assert_false (fake_kernel_has_cgroup (fixture->kernel, CGROUP));
  }
}

/* systemd says of the whole call that there is an invalid value: the message has what was given. */
static void
test_refused_value (Fixture *fixture, gconstpointer data)
{
  static const char *const methods[] = { "StartTransientUnit", "SetUnitProperties" };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (methods); i++) {
    const FakeFault fault = { methods[i], SLICE, FAKE_FAULT_ERROR, .times = 1,
                              .text = "org.freedesktop.DBus.Error.InvalidArgs" };

    fake_systemd_add_fault (fixture->systemd, &fault);
  }
  g_assert_null (fixture_create (fixture, "a", ZSWAP, &error));
  fixture_assert_error (&error, "SystemdFailed", "; SystemdProperties gave MemoryZSwapMax");
  must_create (fixture, "{}");
  g_assert_false (fixture_update (
      fixture, "a",
      "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 1>), ('DeviceAllow', <" NULL_ONLY ">)]>}",
      &error));
  fixture_assert_error (&error, "SystemdFailed",
                        "; SystemdProperties gave MemoryZSwapMax, DeviceAllow");
}

/* The device is looked up again; one that has gone has no limits, and all else goes on. */
static void
test_restart (Fixture *fixture, gconstpointer data)
{
  must_create (fixture, "{'OOMGroup': <true>, 'IOLimits': <[('8:1', {'ReadBandwidthMax': uint64 "
                        "1048576})]>}");
  fixture_kill_daemon (fixture);
  fixture_start_daemon (fixture);
  g_assert_true (has_row (fixture, "io.max 8:1", "rbps=1048576"));
  g_assert_true (has_row (fixture, "memory.oom.group", "1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  FIXTURE_TEST ("/settings/files", test_files);
  FIXTURE_TEST ("/settings/update", test_update);
  FIXTURE_TEST ("/settings/set-back", test_set_back);
  FIXTURE_TEST ("/settings/properties", test_properties);
  FIXTURE_TEST ("/settings/lists", test_lists);
  FIXTURE_TEST ("/settings/properties-set-back", test_properties_set_back);
  FIXTURE_TEST ("/settings/property-not-taken", test_property_not_taken);
  FIXTURE_TEST ("/settings/property-stays", test_property_stays);
  FIXTURE_TEST ("/settings/creation-only", test_creation_only);
  FIXTURE_TEST ("/settings/creation-only/changed", test_creation_only_changed);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/creation-only/not-dropped",
                               test_creation_only_not_dropped);
  FIXTURE_TEST ("/settings/creation-only/taken-over", test_creation_only_taken_over);
  FIXTURE_TEST ("/settings/unknown-property", test_unknown_property);
  FIXTURE_TEST ("/settings/unknown-property/taken-over", test_unknown_property_taken_over);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/dropped-property", test_dropped_property);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/dropped-property/taken-over", test_dropped_taken_over);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/dropped-property/restart", test_dropped_restart);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/dropped-property/upgrade", test_dropped_upgrade);
  FIXTURE_TEST_WITHOUT_DAEMON ("/settings/dropped-property/reexec", test_dropped_reexec);
  FIXTURE_TEST ("/settings/refused", test_refused);
  FIXTURE_TEST ("/settings/refused-value", test_refused_value);
  FIXTURE_TEST ("/settings/restart", test_restart);
  return g_test_run ();
}
