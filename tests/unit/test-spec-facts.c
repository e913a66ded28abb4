/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What of a spec depends on the machine.
 */
#include "daemon/spec-facts.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

typedef struct {
  char *root;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "sys/dev/block/8:0/size", "1\n");
  temp_dir_write (fixture->root, "sys/dev/block/8:1/partition", "1\n");
  temp_dir_write (fixture->root, "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "0\n");
  temp_dir_write (fixture->root, "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "0\n");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->root);
}

static void
parse (const char *text, Spec *ret_spec)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);

  g_assert_no_error (error);
  spec_parse (variant, SPEC_OF_CONTAINER, ret_spec, &error);
  g_assert_no_error (error);
}

static void
test_find (Fixture *fixture, gconstpointer data)
{
  g_auto (Spec) spec = { 0 };
  g_autoptr (GError) error = NULL;
  const NcgDeviceLimits *disk, *partition;

  parse ("{'HugepageLimits': <{'2Mi': <'0'>, '1Gi': <'max'>}>, 'IOLimits': <[('8:1', "
         "{'ReadIOPSMax': uint64 5}), ('8:0', {'WriteIOPSMax': 6})]>}",
         &spec);
  /* Once or twice is the same. */
  for (int i = 0; i < 2; i++) {
    spec_facts_find (&spec, fixture->root, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (spec.found.devices->len, ==, 2);
  }
  disk = spec.found.devices->pdata[0];
  partition = spec.found.devices->pdata[1];
  g_assert_true (disk->is_whole_disk);
  g_assert_cmpuint (disk->limits[NCG_IO_LIMIT_WRITE_IOPS], ==, 6);
  g_assert_false (partition->is_whole_disk);
  g_assert_cmpuint (partition->minor, ==, 1);
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text;
    const char *message;
  } cases[] = {
    { "{'IOLimits': <[('8:0', {}), ('8:2', {'ReadIOPSMax': uint64 5})]>}", "'8:2'" },
    { "{'IOLimits': <[('/dev/none', {'ReadIOPSMax': uint64 5})]>}", "'/dev/none'" },
    { "{'HugepageLimits': <{'2Mi': <'0'>, '64Ki': <'0'>}>}", "of 64Ki; it has 2Mi, 1Gi" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (Spec) spec = { 0 };
    g_autoptr (GError) error = NULL;

    parse (cases[i].text, &spec);
    g_assert_false (spec_facts_find (&spec, fixture->root, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
    g_test_message ("%s", error->message);
    g_assert_nonnull (strstr (error->message, cases[i].message));
    spec_facts_find_again (&spec, fixture->root);
    g_assert_cmpuint (spec.found.devices != NULL ? spec.found.devices->len : 0, ==, i == 0);
  }
}

static void
test_no_pages (Fixture *fixture, gconstpointer data)
{
  g_auto (Spec) spec = { 0 };
  g_autoptr (GError) error = NULL;
  g_autofree char *empty = g_build_filename (fixture->root, "sys", "dev", NULL);

  parse ("{'HugepageLimits': <{'2Mi': <'0'>}>}", &spec);
  g_assert_false (spec_facts_find (&spec, empty, &error));
  g_assert_nonnull (strstr (error->message, "none at all"));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/spec-facts/find", test_find);
  ADD ("/spec-facts/refused", test_refused);
  ADD ("/spec-facts/no-pages", test_no_pages);
  return g_test_run ();
}
