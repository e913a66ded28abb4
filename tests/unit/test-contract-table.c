/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of the contract test against the XML: nothing that is documented is forgotten, and what
 * is not tested in the machine has a test elsewhere.
 */
#include "tests/vm/contract-table.h"
#include "tests/vm/contract-xml.h"

#include <string.h>

static GPtrArray *
read_members (void)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *members = contract_xml_read (SOURCE "/dbus-interfaces", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (members->len, >, 30);
  return members;
}

static gboolean
has_call (const char *member)
{
  for (gsize i = 0; i < contract_n_calls; i++)
    if (g_str_equal (contract_calls[i].member, member))
      return TRUE;
  return FALSE;
}

static gboolean
has_error (const char *member, const char *error)
{
  for (gsize i = 0; i < contract_n_errors; i++)
    if (g_str_equal (contract_errors[i].member, member) &&
        g_str_equal (contract_errors[i].error, error))
      return TRUE;
  return FALSE;
}

static void
test_members (void)
{
  g_autoptr (GPtrArray) members = read_members ();

  for (guint i = 0; i < members->len; i++) {
    const ContractMember *member = g_ptr_array_index (members, i);

    if (!has_call (member->name)) {
      g_test_message ("%s has no row in contract_calls", member->name);
      g_test_fail ();
    }
    for (char **error = member->errors; *error != NULL; error++)
      if (!has_error (member->name, *error)) {
        g_test_message ("%s of %s has no row in contract_errors", *error, member->name);
        g_test_fail ();
      }
  }
}

static void
test_calls (void)
{
  g_autoptr (GPtrArray) members = read_members ();

  for (gsize i = 0; i < contract_n_calls; i++) {
    const ContractMember *member = contract_xml_find (members, contract_calls[i].member);

    g_test_message ("%s", contract_calls[i].member);
    g_assert_nonnull (member);
    g_assert_cmpint (contract_calls[i].arguments == NULL, ==, member->kind == CONTRACT_PROPERTY);
    g_assert_true (g_variant_type_string_is_valid (member->type));
  }
}

/* Where it is shown, and by a file that there is. */
static void
test_elsewhere (void)
{
  guint n = 0;

  for (gsize i = 0; i < contract_n_errors; i++) {
    const ContractError *row = &contract_errors[i];
    g_autofree char *file = NULL;
    g_autofree char *path = NULL;

    g_assert_cmpint (row->rig == CONTRACT_ELSEWHERE, ==, row->where != NULL);
    g_assert_cmpint (row->rig == CONTRACT_ELSEWHERE, ==, row->arguments == NULL);
    if (row->where == NULL)
      continue;
    n++;
    g_test_message ("%s", row->where);
    g_assert_nonnull (strstr (row->where, ": "));
    file = g_strndup (row->where, (gsize) (strstr (row->where, ": ") - row->where));
    g_assert_true (g_str_has_prefix (file, "tests/") && g_str_has_suffix (file, ".c"));
    path = g_strconcat (SOURCE "/", file, NULL);
    g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  }
  g_assert_cmpuint (n, <=, 12);
}

static void
test_errors (void)
{
  g_autoptr (GPtrArray) members = read_members ();

  for (gsize i = 0; i < contract_n_errors; i++) {
    const ContractError *row = &contract_errors[i];
    const ContractMember *member = contract_xml_find (members, row->member);

    g_test_message ("%s %s", row->member, row->error);
    g_assert_nonnull (member);
    g_assert_true (g_strv_contains ((const char *const *) member->errors, row->error));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/contract-table/members", test_members);
  g_test_add_func ("/contract-table/calls", test_calls);
  g_test_add_func ("/contract-table/errors", test_errors);
  g_test_add_func ("/contract-table/elsewhere", test_elsewhere);
  return g_test_run ();
}
