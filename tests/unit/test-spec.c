/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs: parsed, written, merged, and what follows from them.
 */
#include "daemon/policy/spec.h"

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
  { "{'Labels': <{'b': '1'}>, 'CPULimit': <'1'>}",
    "{'CPULimit': <uint64 1000>, 'Labels': <{'b': '1'}>}" },
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

  g_assert_false (
      parse ("{'CPUSet': <'0'>, 'MemoryNodes': <'0'>, 'Labels': <{'a': 'b'}>, 'X': <1>}",
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
  static const char *const pods_only[] = {
    "{'QosClass': <'Burstable'>}",
    "{'Labels': <{'a': 'b'}>}",
  };
  g_auto (Spec) spec = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (parse ("{'CPULimit': <'1'>, 'CPUSet': <'0'>}", SPEC_OF_CONTAINER, &spec, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (pods_only); i++) {
    g_autoptr (GError) refused = NULL;
    Spec none;

    g_assert_false (parse (pods_only[i], SPEC_OF_CONTAINER, &none, &refused));
    g_assert_error (refused, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
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
  return g_test_run ();
}
