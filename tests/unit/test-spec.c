/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs: parsed, written, merged, and what follows from them.
 */
#include "daemon/policy/spec.h"

#include "daemon/build-config.h"
#include "lib/error.h"

#include <string.h>

static gboolean
parse (const char *text, SpecKind kind, Spec *ret_spec, GError **error)
{
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (variant);
  return spec_parse (variant, kind, ret_spec, error);
}

static void
must_parse (const char *text, Spec *ret_spec)
{
  g_autoptr (GError) error = NULL;

  parse (text, SPEC_OF_POD, ret_spec, &error);
  g_assert_no_error (error);
}

static char *
print (const Spec *spec)
{
  g_autoptr (GVariant) variant = spec_to_variant (spec);

  g_assert_false (g_variant_is_floating (variant));
  return g_variant_print (variant, TRUE);
}

/* What is said, and how it is given back: in base units and sorted. */
static const struct {
  const char *text;
  const char *canonical;
} good[] = {
  { "{}", "@a{sv} {}" },
  { "{'CPURequest': <'250m'>}", "{'CPURequest': <uint64 250>}" },
  { "{'CPURequest': <'0'>}", "{'CPURequest': <uint64 0>}" },
  { "{'CPULimit': <'1.5'>}", "{'CPULimit': <uint64 1500>}" },
  { "{'CPULimit': <'100u'>}", "{'CPULimit': <uint64 1>}" },
  { "{'CPULimit': <uint64 1000000000>}", "{'CPULimit': <uint64 1000000000>}" },
  { "{'CPULimit': <'max'>}", "{'CPULimit': <'max'>}" },
  { "{'CPUPeriodUSec': <uint64 1000>}", "{'CPUPeriodUSec': <uint64 1000>}" },
  { "{'CPUWeight': <uint64 10000>}", "{'CPUWeight': <uint64 10000>}" },
  { "{'MemoryLimit': <'1.5Gi'>}", "{'MemoryLimit': <uint64 1610612736>}" },
  { "{'MemoryLimit': <'2e3'>}", "{'MemoryLimit': <uint64 2000>}" },
  { "{'MemoryLimit': <'100m'>}", "{'MemoryLimit': <uint64 1>}" },
  { "{'MemoryMin': <'max'>, 'MemoryLow': <uint64 0>}",
    "{'MemoryLow': <uint64 0>, 'MemoryMin': <'max'>}" },
  { "{'MemorySwapLimit': <'0'>}", "{'MemorySwapLimit': <uint64 0>}" },
  { "{'MemoryHigh': <uint64 4611686018427387904>}",
    "{'MemoryHigh': <uint64 4611686018427387904>}" },
  { "{'PidsLimit': <'1k'>}", "{'PidsLimit': <uint64 1000>}" },
  { "{'CPUSet': <'3,0-1,2'>}", "{'CPUSet': <'0-3'>}" },
  { "{'CPUSet': <''>, 'MemoryNodes': <'1,0'>}", "{'CPUSet': <''>, 'MemoryNodes': <'0-1'>}" },
  { "{'QosClass': <'BestEffort'>}", "{'QosClass': <'BestEffort'>}" },
  { "{'Labels': <@a{ss} {}>}", "{'Labels': <@a{ss} {}>}" },
  { "{'Labels': <{'b': '1', 'a': '2'}>}", "{'Labels': <{'a': '2', 'b': '1'}>}" },
  { "{'Labels': <{'b': '1'}>, 'CPULimit': <'1'>}",
    "{'CPULimit': <uint64 1000>, 'Labels': <{'b': '1'}>}" },
  { "{'IOWeight': <uint64 1>}", "{'IOWeight': <uint64 1>}" },
  { "{'OOMGroup': <true>}", "{'OOMGroup': <true>}" },
  { "{'OOMGroup': <false>}", "{'OOMGroup': <false>}" },
  { "{'HugepageLimits': <@a{sv} {}>}", "{'HugepageLimits': <@a{sv} {}>}" },
  { "{'HugepageLimits': <{'1Gi': <'2Gi'>, '64Ki': <uint64 0>, '2MB': <'max'>}>}",
    "{'HugepageLimits': <{'64Ki': <uint64 0>, '2Mi': <'max'>, '1Gi': <uint64 2147483648>}>}" },
  { "{'IOLimits': <@a(sa{st}) []>}", "{'IOLimits': <@a(sa{st}) []>}" },
  { "{'IOLimits': <[('8:0', {'WriteIOPSMax': uint64 4294967295, 'ReadBandwidthMax': 2}), "
    "('/dev/disk/by-id/b', {}), ('/dev/a', {'ReadIOPSMax': 18446744073709551615})]>}",
    "{'IOLimits': <[('/dev/a', {'ReadIOPSMax': uint64 18446744073709551615}), "
    "('/dev/disk/by-id/b', {}), ('8:0', {'ReadBandwidthMax': 2, 'WriteIOPSMax': 4294967295})]>}" },
  { "{'Unified': <{'memory.high': '1G', 'cpu.max': 'max'}>}",
    "{'Unified': <{'cpu.max': 'max', 'memory.high': '1G'}>}" },
  { "{'SystemdProperties': <@a(sv) []>}", "{'SystemdProperties': <@a(sv) []>}" },
  { "{'SystemdProperties': <[('After', <['b.service']>), ('After', <['a.service']>), "
    "('ManagedOOMSwap', <'kill'>), ('StartupCPUWeight', <uint64 5>), "
    "('MemoryZSwapMax', <uint64 5>), ('TimeoutStopUSec', <uint64 5>)]>}",
    "{'SystemdProperties': <[('After', <['b.service']>), ('After', <['a.service']>), "
    "('ManagedOOMSwap', <'kill'>), ('StartupCPUWeight', <uint64 5>), "
    "('MemoryZSwapMax', <uint64 5>), ('TimeoutStopUSec', <uint64 5>)]>}" },
};

static void
test_parse (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_auto (Spec) spec = { 0 };
    g_auto (Spec) again = { 0 };
    g_autofree char *text = NULL;

    must_parse (good[i].text, &spec);
    text = print (&spec);
    g_assert_cmpstr (text, ==, good[i].canonical);
    g_assert_cmpint (spec_is_empty (&spec), ==, i == 0);
    must_parse (text, &again);
    g_assert_true (spec_equal (&spec, &again));
  }
}

static const struct {
  const char *text;
  const char *message; /* in it */
} bad[] = {
  { "{'cpulimit': <'1'>}", "'cpulimit'" },
  { "{'': <'1'>}", "''" },
  { "{'CPULimit': <1>}", "CPULimit" },
  { "{'CPULimit': <1.5>}", "CPULimit" },
  { "{'CPULimit': <<'1'>>}", "CPULimit" },
  { "{'CPULimit': <''>}", "CPULimit" },
  { "{'CPULimit': <'Max'>}", "CPULimit" },
  { "{'CPULimit': <'0'>}", "1 to 1000000000 millicores" },
  { "{'CPULimit': <uint64 1000000001>}", "1 to 1000000000 millicores" },
  { "{'CPULimit': <'-100m'>}", "negative" },
  { "{'CPURequest': <'max'>}", "CPURequest" },
  { "{'CPURequest': <uint64 18446744073709551615>}", "CPURequest" },
  { "{'CPUPeriodUSec': <uint64 999>}", "1000 to 1000000" },
  { "{'CPUPeriodUSec': <uint64 1000001>}", "1000 to 1000000" },
  { "{'CPUPeriodUSec': <'1000'>}", "CPUPeriodUSec" },
  { "{'CPUWeight': <uint64 0>}", "1 to 10000" },
  { "{'CPUWeight': <'max'>}", "CPUWeight" },
  { "{'MemoryRequest': <'max'>}", "MemoryRequest" },
  { "{'MemoryLimit': <uint64 0>}", "MemoryLimit" },
  { "{'MemoryLimit': <uint64 4611686018427387905>}", "MemoryLimit" },
  { "{'MemoryLimit': <'9Ei'>}", "MemoryLimit" },
  { "{'MemoryHigh': <uint64 0>}", "MemoryHigh" },
  { "{'PidsLimit': <uint64 0>}", "PidsLimit" },
  { "{'PidsLimit': <uint64 4194305>}", "4194304" },
  { "{'CPUSet': <['0']>}", "CPUSet" },
  { "{'CPUSet': <'1-0'>}", "CPUSet" },
  { "{'MemoryNodes': <'a'>}", "MemoryNodes" },
  { "{'QosClass': <'burstable'>}", "QosClass" },
  { "{'QosClass': <true>}", "QosClass" },
  { "{'Labels': <'a'>}", "Labels" },
  { "{'Labels': <{'a': '1', 'a': '2'}>}", "twice" },
  { "{'CPUWeight': <'Auto'>}", "'auto'" },
  { "{'CPUWeight': <'5'>}", "'auto'" },
  { "{'IOWeight': <uint64 0>}", "1 to 10000" },
  { "{'IOWeight': <'auto'>}", "IOWeight" },
  { "{'OOMGroup': <uint64 1>}", "OOMGroup" },
  { "{'OOMGroup': <'max'>}", "OOMGroup" },
  { "{'HugepageLimits': <{'2Mi': '4Mi'}>}", "a{sv}" },
  { "{'HugepageLimits': <{'2Mib': <'4Mi'>}>}", "'2Mib'" },
  { "{'HugepageLimits': <{'3Mi': <'4Mi'>}>}", "'3Mi'" },
  { "{'HugepageLimits': <{'2Mi': <'-1'>}>}", "negative" },
  { "{'HugepageLimits': <{'2Mi': <true>}>}", "HugepageLimits" },
  { "{'HugepageLimits': <{'2Mi': <'1'>, '2048Ki': <'2'>}>}", "twice" },
  { "{'IOLimits': <{'/dev/a': 5}>}", "a(sa{st})" },
  { "{'IOLimits': <[('sda', {'ReadIOPSMax': uint64 5})]>}", "'sda'" },
  { "{'IOLimits': <[('8', {'ReadIOPSMax': uint64 5})]>}", "'8'" },
  { "{'IOLimits': <[('8:0:1', {'ReadIOPSMax': uint64 5})]>}", "'8:0:1'" },
  { "{'IOLimits': <[('8:-1', {'ReadIOPSMax': uint64 5})]>}", "'8:-1'" },
  { "{'IOLimits': <[('/dev/../etc/passwd', {'ReadIOPSMax': uint64 5})]>}", "passwd" },
  { "{'IOLimits': <[('/dev/', {'ReadIOPSMax': uint64 5})]>}", "'/dev/'" },
  { "{'IOLimits': <[('/etc/a', {'ReadIOPSMax': uint64 5})]>}", "'/etc/a'" },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5}), ('8:0', {})]>}", "twice" },
  { "{'IOLimits': <[('8:0', {'IOPS': uint64 5})]>}", "'IOPS'" },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 1})]>}", "2 to 4294967295" },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 4294967296})]>}", "2 to 4294967295" },
  { "{'IOLimits': <[('8:0', {'ReadBandwidthMax': uint64 0})]>}", "ReadBandwidthMax" },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5, 'ReadIOPSMax': 6})]>}",
    "twice for a device" },
  { "{'Unified': <{'pids.max': '1', 'pids.max': '2'}>}", "pids.max is given twice" },
  { "{'Unified': <{'memory.max': <'1'>}>}", "a{ss}" },
  { "{'Unified': <{'memory.max': '0'}>}", "memory.max" },
  { "{'Unified': <{'cgroup.procs': '1'}>}", "Unified" },
  { "{'SystemdProperties': <{'Slice': <'a.slice'>}>}", "a(sv)" },
  { "{'SystemdProperties': <[('Slice', <'a.slice'>)]>}", "follows from the pod" },
  { "{'SystemdProperties': <[('KillMode', <'mixed'>), ('MemoryMax', <uint64 5>)]>}",
    "use MemoryLimit" },
  { "{'SystemdProperties': <[('Delegate', <true>)]>}", "option Delegate" },
  { "{'SystemdProperties': <[('PIDs', <[uint32 1]>)]>}", "use JoinPod" },
  { "{'SystemdProperties': <[('ExecStart', <'a'>)]>}", "'ExecStart' is not passed on" },
  { "{'SystemdProperties': <[('Conflicts', <['a.service']>)]>}", "'Conflicts' is not passed on" },
  { "{'SystemdProperties': <[('FailureAction', <'reboot'>)]>}", "; " NCG_API_REFERENCE " has" },
  { "{'Nonsense': <true>}", "; " NCG_API_REFERENCE " has" },
  { "{'SystemdProperties': <[('', <'a'>)]>}", "not passed on" },
  { "{'SystemdProperties': <[('KillMode', <handle 0>)]>}", "descriptor" },
};

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    Spec spec;

    g_assert_false (parse (bad[i].text, SPEC_OF_POD, &spec, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, bad[i].message));
  }
}

/* After one that was good, all is released. */
static void
test_refused_later (void)
{
  g_autoptr (GError) error = NULL;
  Spec spec;

  g_assert_false (parse (
      "{'CPUSet': <'0'>, 'MemoryNodes': <'0'>, 'Labels': <{'a': 'b'}>, "
      "'HugepageLimits': <{'2Mi': <'0'>}>, 'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5})]>, "
      "'Unified': <{'cpu.max': 'max'}>, 'SystemdProperties': <[('KillMode', <'mixed'>)]>, "
      "'X': <1>}",
      SPEC_OF_POD, &spec, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

static void
test_repeated (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = NULL;
  GVariantBuilder builder;
  Spec spec;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "CPUSet", g_variant_new_string ("0"));
  g_variant_builder_add (&builder, "{sv}", "CPUSet", g_variant_new_string ("1"));
  variant = g_variant_ref_sink (g_variant_builder_end (&builder));
  g_assert_false (spec_parse (variant, SPEC_OF_POD, &spec, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "CPUSet"));
}

static void
test_container (void)
{
  g_auto (Spec) spec = { 0 };
  g_autoptr (GError) error = NULL;
  Spec none;

  g_assert_true (parse ("{'CPULimit': <'1'>, 'CPUSet': <'0'>, 'Labels': <{'a': 'b'}>}",
                        SPEC_OF_CONTAINER, &spec, &error));
  g_assert_no_error (error);
  g_assert_false (parse ("{'QosClass': <'Burstable'>}", SPEC_OF_CONTAINER, &none, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

static void
test_copy (void)
{
  g_auto (Spec) copy = { 0 };
  g_autofree char *text = NULL;

  {
    g_auto (Spec) spec = { 0 };

    must_parse ("{'CPUSet': <'0-1'>, 'MemoryNodes': <'0'>, 'Labels': <{'a': 'b'}>}", &spec);
    spec_copy (&spec, &copy);
    g_assert_true (spec_equal (&spec, &copy));
  }
  text = print (&copy);
  g_assert_cmpstr (text, ==, "{'CPUSet': <'0-1'>, 'Labels': <{'a': 'b'}>, 'MemoryNodes': <'0'>}");
}

static const struct {
  const char *base;
  const char *changes;
  const char *merged;
} merges[] = {
  { "{'CPULimit': <'1'>}", "{}", "{'CPULimit': <uint64 1000>}" },
  { "{}", "{'CPULimit': <'1'>}", "{'CPULimit': <uint64 1000>}" },
  { "{'CPULimit': <'1'>, 'PidsLimit': <'5'>}", "{'CPULimit': <'max'>}",
    "{'CPULimit': <'max'>, 'PidsLimit': <uint64 5>}" },
  { "{'CPUSet': <'0'>}", "{'CPUSet': <''>}", "{'CPUSet': <''>}" },
  { "{'CPUSet': <'0'>}", "{'MemoryNodes': <'0'>}", "{'CPUSet': <'0'>, 'MemoryNodes': <'0'>}" },
  { "{'Labels': <{'a': '1', 'b': '2'}>}", "{'Labels': <{'c': '3'}>}", "{'Labels': <{'c': '3'}>}" },
  { "{'QosClass': <'Burstable'>}", "{'QosClass': <'Guaranteed'>}", "{'QosClass': <'Guaranteed'>}" },
  { "{'CPUWeight': <uint64 5>, 'PidsLimit': <'5'>}", "{'CPUWeight': <'auto'>}",
    "{'PidsLimit': <uint64 5>}" },
  { "{}", "{'CPUWeight': <'auto'>}", "@a{sv} {}" },
  { "{'OOMGroup': <true>}", "{'OOMGroup': <false>}", "{'OOMGroup': <false>}" },
  { "{}", "{'HugepageLimits': <{'2Mi': <'0'>}>}", "{'HugepageLimits': <{'2Mi': <uint64 0>}>}" },
  { "{'HugepageLimits': <{'2Mi': <'0'>, '1Gi': <'1Gi'>}>}",
    "{'HugepageLimits': <{'2Mi': <'max'>, '64Ki': <'64Ki'>}>}",
    "{'HugepageLimits': <{'64Ki': <uint64 65536>, '2Mi': <'max'>, '1Gi': <uint64 1073741824>}>}" },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5, 'WriteIOPSMax': 6}), "
    "('8:16', {'ReadIOPSMax': uint64 7})]>}",
    "{'IOLimits': <[('8:0', {'WriteIOPSMax': uint64 18446744073709551615}), ('/dev/a', {})]>}",
    "{'IOLimits': <[('/dev/a', @a{st} {}), "
    "('8:0', {'ReadIOPSMax': 5, 'WriteIOPSMax': 18446744073709551615}), "
    "('8:16', {'ReadIOPSMax': 7})]>}" },
  { "{'Unified': <{'memory.max': '5', 'cpu.max': 'max'}>}",
    "{'Unified': <{'memory.max': '6', 'pids.max': '7'}>}",
    "{'Unified': <{'cpu.max': 'max', 'memory.max': '6', 'pids.max': '7'}>}" },
  { "{'SystemdProperties': <[('After', <['a']>), ('KillMode', <'mixed'>), ('After', <['b']>)]>}",
    "{'SystemdProperties': <[('After', <['c']>)]>}",
    "{'SystemdProperties': <[('KillMode', <'mixed'>), ('After', <['c']>)]>}" },
  { "{}", "{'SystemdProperties': <[('After', <['c']>)]>}",
    "{'SystemdProperties': <[('After', <['c']>)]>}" },
};

static void
test_merge (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (merges); i++) {
    g_auto (Spec) base = { 0 };
    g_auto (Spec) changes = { 0 };
    g_auto (Spec) merged = { 0 };
    g_autofree char *text = NULL;

    must_parse (merges[i].base, &base);
    must_parse (merges[i].changes, &changes);
    spec_merge (&base, &changes, &merged);
    text = print (&merged);
    g_assert_cmpstr (text, ==, merges[i].merged);
  }
}

static const struct {
  const char *text;
  const char *message; /* NULL: it is right */
} checks[] = {
  { "{}", NULL },
  { "{'CPURequest': <'1'>, 'CPULimit': <'1'>}", NULL },
  { "{'CPURequest': <'1001m'>, 'CPULimit': <'1'>}", "CPURequest" },
  { "{'CPURequest': <'100'>, 'CPULimit': <'max'>}", NULL },
  { "{'MemoryRequest': <'2Gi'>, 'MemoryLimit': <'1Gi'>}", "MemoryRequest" },
  { "{'MemoryRequest': <'2Gi'>}", NULL },
};

static void
test_check (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++) {
    g_auto (Spec) spec = { 0 };
    g_autoptr (GError) error = NULL;

    must_parse (checks[i].text, &spec);
    g_assert_cmpint (spec_check (&spec, &error), ==, checks[i].message == NULL);
    if (checks[i].message == NULL)
      continue;
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_assert_nonnull (strstr (error->message, checks[i].message));
  }
}

/* pkg/apis/core/v1/helper/qos of Kubernetes, with its defaulting of requests. */
static const struct {
  const char *text;
  QosClass qos;
  guint64 cpu_request;
} classes[] = {
  { "{}", QOS_BESTEFFORT, 0 },
  { "{'CPURequest': <'0'>, 'MemoryRequest': <'0'>}", QOS_BESTEFFORT, 0 },
  { "{'CPULimit': <'max'>, 'MemoryLimit': <'max'>}", QOS_BESTEFFORT, 0 },
  { "{'PidsLimit': <'5'>, 'MemoryHigh': <'1Gi'>}", QOS_BESTEFFORT, 0 },
  { "{'CPURequest': <'1m'>}", QOS_BURSTABLE, 1 },
  { "{'MemoryRequest': <'1'>}", QOS_BURSTABLE, 0 },
  { "{'CPULimit': <'1'>}", QOS_BURSTABLE, 1000 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>}", QOS_GUARANTEED, 1000 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>, 'CPURequest': <'1'>, 'MemoryRequest': <'1Gi'>}",
    QOS_GUARANTEED, 1000 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>, 'CPURequest': <'999m'>}", QOS_BURSTABLE, 999 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>, 'MemoryRequest': <'1'>}", QOS_BURSTABLE, 1000 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'1Gi'>, 'CPURequest': <'0'>}", QOS_BURSTABLE, 0 },
  { "{'CPULimit': <'1'>, 'MemoryLimit': <'max'>, 'MemoryRequest': <'1Gi'>}", QOS_BURSTABLE, 1000 },
  { "{'QosClass': <'BestEffort'>, 'CPURequest': <'2'>}", QOS_BESTEFFORT, 2000 },
  { "{'QosClass': <'Guaranteed'>}", QOS_GUARANTEED, 0 },
};

static void
test_class (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++) {
    g_auto (Spec) spec = { 0 };

    must_parse (classes[i].text, &spec);
    g_assert_cmpint ((int) spec_get_qos (&spec), ==, (int) classes[i].qos);
    g_assert_cmpuint (spec_get_cpu_request (&spec), ==, classes[i].cpu_request);
  }
}

/* Left to the daemon is the same as not said. */
static void
test_auto (void)
{
  g_auto (Spec) automatic = { 0 };
  g_auto (Spec) none = { 0 };
  g_autofree char *text = NULL;

  must_parse ("{'CPUWeight': <'auto'>}", &automatic);
  text = print (&automatic);
  g_assert_cmpstr (text, ==, "@a{sv} {}");
  g_assert_true (spec_equal (&automatic, &none));
  g_assert_false (spec_is_empty (&automatic));
}

static const guint32 period = 1u << SPEC_CPU_PERIOD_USEC;
static const guint32 pids = 1u << SPEC_PIDS_LIMIT;

/* Two that say the same, or not, whichever is first; and what is said is kept as it is. */
static const struct {
  const char *a;
  const char *b;
  guint32 configured;
  gboolean is_same;
} pairs[] = {
  { "{}", "{'CPURequest': <'0'>}", 0, TRUE },
  { "{'CPULimit': <'max'>}", "{'CPURequest': <'0'>}", 0, TRUE },
  { "{'CPULimit': <'1'>}", "{'CPULimit': <'1'>, 'CPURequest': <'0'>}", 0, FALSE },
  { "{'CPULimit': <'1'>}", "{'CPULimit': <'1'>, 'CPURequest': <'1'>}", 0, FALSE },
  { "{'MemoryLimit': <'1'>}", "{'MemoryLimit': <'1'>, 'CPURequest': <'0'>}", 0, TRUE },
  { "{}", "{'CPURequest': <'1m'>}", 0, FALSE },
  { "{}", "{'CPULimit': <'max'>}", 0, TRUE },
  { "{}", "{'CPUPeriodUSec': <uint64 100000>}", 0, TRUE },
  { "{}", "{'CPUPeriodUSec': <uint64 100000>}", period, FALSE },
  { "{}", "{'CPUPeriodUSec': <uint64 50000>}", 0, FALSE },
  { "{}", "{'CPUWeight': <'auto'>}", 0, TRUE },
  { "{}", "{'CPUWeight': <uint64 100>}", 0, FALSE },
  { "{'CPURequest': <'1'>}", "{'CPURequest': <'1'>, 'CPUWeight': <uint64 100>}", 0, FALSE },
  { "{}", "{'CPUSet': <''>, 'MemoryNodes': <''>}", 0, TRUE },
  { "{}", "{'CPUSet': <'0'>}", 0, FALSE },
  { "{}", "{'MemoryNodes': <'0'>}", 0, FALSE },
  { "{}", "{'MemoryRequest': <'0'>}", 0, TRUE },
  { "{'MemoryLimit': <'1'>}", "{'MemoryLimit': <'1'>, 'MemoryRequest': <'0'>}", 0, FALSE },
  { "{}", "{'MemoryLimit': <'max'>, 'MemoryHigh': <'max'>, 'MemorySwapLimit': <'max'>}", 0, TRUE },
  { "{}", "{'MemorySwapLimit': <'0'>}", 0, FALSE },
  { "{}", "{'MemoryLow': <'0'>, 'MemoryMin': <uint64 0>}", 0, TRUE },
  { "{}", "{'MemoryMin': <'max'>}", 0, FALSE },
  { "{}", "{'PidsLimit': <'max'>}", 0, TRUE },
  { "{}", "{'PidsLimit': <'max'>}", pids, FALSE },
  { "{'PidsLimit': <'max'>}", "{'PidsLimit': <'max'>}", pids, TRUE },
  { "{}", "{'IOWeight': <uint64 100>}", 0, FALSE },
  { "{}", "{'OOMGroup': <false>}", 0, TRUE },
  { "{}", "{'OOMGroup': <true>}", 0, FALSE },
  { "{}", "{'QosClass': <'BestEffort'>}", 0, FALSE },
  { "{}", "{'HugepageLimits': <@a{sv} {}>}", 0, TRUE },
  { "{}", "{'HugepageLimits': <{'2Mi': <'max'>}>}", 0, TRUE },
  { "{}", "{'HugepageLimits': <{'2Mi': <'0'>}>}", 0, FALSE },
  { "{'HugepageLimits': <{'1Gi': <'0'>}>}", "{'HugepageLimits': <{'2Mi': <'max'>, '1Gi': <'0'>}>}",
    0, TRUE },
  { "{}", "{'IOLimits': <@a(sa{st}) []>}", 0, TRUE },
  { "{}", "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 18446744073709551615}), ('8:16', {})]>}",
    0, TRUE },
  { "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5})]>}",
    "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5, 'WriteIOPSMax': 18446744073709551615})]>}", 0,
    TRUE },
  { "{}", "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 5})]>}", 0, FALSE },
  { "{}", "{'Unified': <@a{ss} {}>}", 0, TRUE },
  { "{}", "{'Unified': <{'memory.max': 'max'}>}", 0, FALSE },
  { "{}", "{'SystemdProperties': <@a(sv) []>}", 0, TRUE },
  { "{}", "{'SystemdProperties': <[('After', <@as []>)]>}", 0, FALSE },
  { "{}", "{'Labels': <@a{ss} {}>}", 0, TRUE },
  { "{}", "{'Labels': <{'a': ''}>}", 0, FALSE },
};

static void
test_same (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_auto (Spec) a = { 0 };
    g_auto (Spec) b = { 0 };
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    g_test_message ("%s and %s", pairs[i].a, pairs[i].b);
    must_parse (pairs[i].a, &a);
    must_parse (pairs[i].b, &b);
    before = print (&b);
    g_assert_cmpint (spec_is_same (&a, &b, pairs[i].configured), ==, pairs[i].is_same);
    g_assert_cmpint (spec_is_same (&b, &a, pairs[i].configured), ==, pairs[i].is_same);
    after = print (&b);
    g_assert_cmpstr (after, ==, before);
  }
}

/* What has been found is copied, and is no part of what was said. */
static void
test_found (void)
{
  NcgDeviceLimits device = { .path = (char *) "8:0", .major = 8, .set = 1, .limits = { 5 } };
  g_auto (Spec) spec = { 0 };
  g_auto (Spec) copy = { 0 };
  g_autoptr (GPtrArray) devices = NULL;
  const NcgDeviceLimits *first;

  must_parse ("{'IOLimits': <[('8:0', {'ReadBandwidthMax': uint64 5})]>}", &spec);
  devices = spec_get_devices (&spec);
  g_assert_cmpuint (devices->len, ==, 1);
  first = devices->pdata[0];
  g_assert_cmpstr (first->path, ==, "8:0");
  g_assert_cmpuint (first->set, ==, 1u << NCG_IO_LIMIT_READ_BANDWIDTH);
  g_assert_cmpuint (first->limits[NCG_IO_LIMIT_READ_BANDWIDTH], ==, 5);
  spec_copy (&spec, &copy);
  spec_add_found (&spec, &device);
  g_assert_true (spec_equal (&spec, &copy));
  spec_clear (&copy);
  spec_copy (&spec, &copy);
  g_assert_cmpuint (copy.found.devices->len, ==, 1);
}

/* By the caller, before it is looked at what else is wrong. */
static void
test_member (void)
{
  static const struct {
    const char *spec;
    gboolean may;
  } rows[] = {
    { "{}", TRUE },
    { "{'Nonsense': <1>, 'SystemdProperties': <'x'>}", TRUE },
    { "{'SystemdProperties': <[('IPAccounting', <true>), ('StartupCPUWeight', <uint64 5>)]>}",
      TRUE },
    { "{'SystemdProperties': <[('IPAccounting', <true>), ('After', <['a.service']>)]>}", FALSE },
    { "{'SystemdProperties': <[('BPFProgram', <'x'>)]>}", FALSE },
    { "{'SystemdProperties': <[('TimeoutStopUSec', <uint64 5>)]>}", FALSE },
    { "{'PidsLimit': <uint64 5>, 'SystemdProperties': <[('SendSIGKILL', <false>)]>}", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GVariant) variant =
        g_variant_parse (G_VARIANT_TYPE_VARDICT, rows[i].spec, NULL, NULL, NULL);
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (spec_check_member (variant, &error), ==, rows[i].may);
    if (!rows[i].may)
      g_assert_error (error, NCG_ERROR, NCG_ERROR_ACCESS_DENIED);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spec/parse", test_parse);
  g_test_add_func ("/spec/refused", test_refused);
  g_test_add_func ("/spec/refused-later", test_refused_later);
  g_test_add_func ("/spec/repeated", test_repeated);
  g_test_add_func ("/spec/container", test_container);
  g_test_add_func ("/spec/copy", test_copy);
  g_test_add_func ("/spec/merge", test_merge);
  g_test_add_func ("/spec/check", test_check);
  g_test_add_func ("/spec/class", test_class);
  g_test_add_func ("/spec/auto", test_auto);
  g_test_add_func ("/spec/same", test_same);
  g_test_add_func ("/spec/found", test_found);
  g_test_add_func ("/spec/member", test_member);
  return g_test_run ();
}
