/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Specs on the command line.
 */
#include "cli/spec-arguments.h"

#include "cli/exit-status.h"
#include "cli/spec-values.h"

#include <string.h>

/* One argument, or several separated by "|", and what they are on the bus. */
static const struct {
  const char *arguments;
  const char *spec;
} good[] = {
  { "QosClass=Burstable", "{'QosClass': <'Burstable'>}" },
  { "CPULimit=500m", "{'CPULimit': <'500m'>}" },
  { "CPULimit=max", "{'CPULimit': <'max'>}" },
  { "MemoryLimit=1.5Gi", "{'MemoryLimit': <'1.5Gi'>}" },
  { "PidsLimit=100", "{'PidsLimit': <'100'>}" },
  { "CPUPeriodUSec=50000", "{'CPUPeriodUSec': <uint64 50000>}" },
  { "CPUWeight=200", "{'CPUWeight': <uint64 200>}" },
  { "CPUWeight=auto", "{'CPUWeight': <'auto'>}" },
  { "CPUSet=", "{'CPUSet': <''>}" },
  { "CPUSet=0-3,7", "{'CPUSet': <'0-3,7'>}" },
  { "OOMGroup=yes", "{'OOMGroup': <true>}" },
  { "OOMGroup=False", "{'OOMGroup': <false>}" },
  { "HugepageLimits=2Mi:1Gi,1Gi:max", "{'HugepageLimits': <{'1Gi': <'max'>, '2Mi': <'1Gi'>}>}" },
  { "HugepageLimits=2Mi:1Gi|HugepageLimits=1Gi:0",
    "{'HugepageLimits': <{'1Gi': <'0'>, '2Mi': <'1Gi'>}>}" },
  { "IOWeight=200", "{'IOWeight': <uint64 200>}" },
  { "IOLimits=/dev/sda:ReadBandwidthMax:10Mi",
    "{'IOLimits': <[('/dev/sda', {'ReadBandwidthMax': uint64 10485760})]>}" },
  { "IOLimits=8:0:ReadIOPSMax:100|IOLimits=/dev/b:WriteIOPSMax:5|IOLimits=8:0:WriteIOPSMax:max",
    "{'IOLimits': <[('8:0', {'ReadIOPSMax': uint64 100, 'WriteIOPSMax': 18446744073709551615}), "
    "('/dev/b', {'WriteIOPSMax': 5})]>}" },
  { "Unified=cpu.max.burst:1000", "{'Unified': <{'cpu.max.burst': '1000'}>}" },
  { "Unified=io.max:8:0 rbps=5", "{'Unified': <{'io.max': '8:0 rbps=5'}>}" },
  { "Labels=app:web|Labels=k8s.io/x:a,b", "{'Labels': <{'app': 'web', 'k8s.io/x': 'a,b'}>}" },
  { "Labels=empty:", "{'Labels': <{'empty': ''}>}" },
  { "Labels=", "{'Labels': <@a{ss} {}>}" },
  { "SystemdProperties=MemoryZSwapMax=uint64 0|SystemdProperties=After=['a.service']",
    "{'SystemdProperties': <[('MemoryZSwapMax', <uint64 0>), ('After', <['a.service']>)]>}" },
  { "Delegate=yes|User=nobody|Subgroup=a/b",
    "{'Delegate': <true>, 'User': <'nobody'>, 'Subgroup': <'a/b'>}" },
  { "", "@a{sv} {}" },
};

static char **
split (const char *arguments)
{
  return arguments[0] != '\0' ? g_strsplit (arguments, "|", -1) : g_new0 (char *, 1);
}

/* Dictionaries have no order. */
static gboolean
is_same (GVariant *a, GVariant *b)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  if (!g_variant_is_of_type (a, G_VARIANT_TYPE_VARDICT) ||
      !g_variant_is_of_type (b, G_VARIANT_TYPE_VARDICT))
    return g_variant_equal (a, b);
  if (g_variant_n_children (a) != g_variant_n_children (b))
    return FALSE;
  g_variant_iter_init (&iter, a);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value)) {
    g_autoptr (GVariant) owned = value;
    g_autoptr (GVariant) other = g_variant_lookup_value (b, key, NULL);

    if (other == NULL || !is_same (owned, other))
      return FALSE;
  }
  return TRUE;
}

static void
assert_same (GVariant *actual, GVariant *expected)
{
  g_autofree char *text = g_variant_print (actual, TRUE);

  if (!is_same (actual, expected))
    g_error ("it is %s", text);
}

static void
test_good (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) arguments = split (good[i].arguments);
    g_autoptr (GVariant) spec = spec_arguments_parse (arguments, &error);
    g_autoptr (GVariant) expected = g_variant_ref_sink (g_variant_new_parsed (good[i].spec));

    g_test_message ("%s", good[i].arguments);
    g_assert_no_error (error);
    assert_same (spec, expected);
  }
}

/* What is made of a spec makes the same spec again. */
static void
test_round_trip (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_auto (GStrv) arguments = split (good[i].arguments);
    g_autoptr (GVariant) spec = spec_arguments_parse (arguments, NULL);
    g_auto (GStrv) formatted = spec_arguments_format (spec);
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) again = spec_arguments_parse (formatted, &error);

    /* Of an empty list nothing is told. */
    if (g_str_equal (good[i].arguments, "Labels="))
      continue;
    g_test_message ("%s", good[i].arguments);
    g_assert_no_error (error);
    assert_same (again, spec);
  }
}

/* The daemon gives amounts back as numbers. */
static void
test_format (void)
{
  g_autoptr (GVariant) spec = g_variant_ref_sink (g_variant_new_parsed (
      "{'MemoryLimit': <uint64 268435456>, 'CPULimit': <uint64 1500>, 'PidsLimit': <uint64 1024>,"
      " 'MemorySwapLimit': <'max'>, 'HugepageLimits': <{'2Mi': <uint64 4194304>}>,"
      " 'IOLimits': <[('/dev/sda', {'ReadBandwidthMax': uint64 1024, 'ReadIOPSMax': 2048})]>,"
      " 'OOMGroup': <false>, 'Future': <'x'>, 'CPUSet': <5.0>}"));
  g_auto (GStrv) arguments = spec_arguments_format (spec);
  g_autofree char *all = g_strjoinv (" ", arguments);

  g_assert_cmpstr (all, ==,
                   "CPULimit=1500m MemoryLimit=256Mi MemorySwapLimit=max PidsLimit=1024 "
                   "HugepageLimits=2Mi:4Mi IOLimits=/dev/sda:ReadBandwidthMax:1Ki "
                   "IOLimits=/dev/sda:ReadIOPSMax:2048 OOMGroup=no");
}

static const struct {
  const char *arguments;
  const char *text; /* in the message */
} bad[] = {
  { "CPULimits=1", "there is no key \"CPULimits\"; CPULimit is one" },
  { "cpulimit=1", "CPULimit is one" },
  { "Whatever=1", "there is no key \"Whatever\"" },
  { "CPULimit", "\"CPULimit\" is not KEY=VALUE" },
  { "=1", "\"=1\" is not KEY=VALUE" },
  { "CPULimit=1|CPULimit=2", "CPULimit is given twice" },
  { "CPUPeriodUSec=100ms", "CPUPeriodUSec is \"100ms\": it takes a number" },
  { "CPUWeight=-1", "it takes a number or auto" },
  { "OOMGroup=maybe", "it takes yes or no" },
  { "HugepageLimits=2Mi", "it takes SIZE:AMOUNT" },
  { "IOLimits=/dev/sda:ReadIOPSMax", "it takes DEVICE:LIMIT:AMOUNT" },
  { "IOLimits=/dev/sda", "it takes DEVICE:LIMIT:AMOUNT" },
  { "IOLimits=/dev/sda:ReadIOPSMax:many", "it takes DEVICE:LIMIT:AMOUNT" },
  { "IOLimits=/dev/sda:ReadIOPSMax:-1", "it takes DEVICE:LIMIT:AMOUNT" },
  { "IOLimits=", "it takes DEVICE:LIMIT:AMOUNT" },
  { "Labels=app", "it takes NAME:VALUE" },
  { "Labels=app:a|Labels=app:b", "each name once" },
  { "SystemdProperties=MemoryZSwapMax", "it takes NAME=VALUE with its type" },
  { "SystemdProperties=MemoryZSwapMax=ten", "it takes NAME=VALUE with its type" },
};

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) arguments = split (bad[i].arguments);

    g_test_message ("%s", bad[i].arguments);
    g_assert_null (spec_arguments_parse (arguments, &error));
    g_assert_error (error, EXIT_STATUS_ERROR, EXIT_STATUS_USAGE);
    if (strstr (error->message, bad[i].text) == NULL)
      g_error ("there is no \"%s\" in \"%s\"", bad[i].text, error->message);
  }
}

static void
test_help (void)
{
  const char *const *keys = spec_arguments_list_keys ();

  for (gsize i = 0; keys[i] != NULL; i++) {
    g_autofree char *text = g_strconcat (keys[i], "=", NULL);

    if (strstr (SPEC_ARGUMENTS_HELP, text) == NULL)
      g_error ("%s is not in the help", keys[i]);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/spec-arguments/good", test_good);
  g_test_add_func ("/spec-arguments/round-trip", test_round_trip);
  g_test_add_func ("/spec-arguments/format", test_format);
  g_test_add_func ("/spec-arguments/bad", test_bad);
  g_test_add_func ("/spec-arguments/help", test_help);
  return g_test_run ();
}
