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

/* (transfer full): of a file of the source */
static char *
read_source (const char *file)
{
  g_autofree char *path = g_strconcat (SOURCE "/", file, NULL);
  g_autoptr (GError) error = NULL;
  char *text;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
assert_has (const char *file, const char *text, const char *wanted)
{
  if (strstr (text, wanted) == NULL)
    g_error ("%s has no %s", file, wanted);
}

/* That it calls the member, on the interface that it is of, and expects the error. */
static void
assert_shows (const char *file, const char *member, const char *error)
{
  const char *dot = strchr (member, '.');
  g_autofree char *text = read_source (file);
  g_autofree char *method = g_strdup_printf ("\"%s\"", dot != NULL ? dot + 1 : member);
  g_autofree char *name = g_strdup_printf ("\"%s\"", error);

  assert_has (file, text, method);
  assert_has (file, text, name);
  if (dot != NULL)
    assert_has (file, text, g_str_has_prefix (member, "Pod.") ? "POD_INTERFACE" : "NODE_INTERFACE");
}

/* Where it is shown, and by a file that does. */
static void
test_elsewhere (void)
{
  guint n = 0;

  for (gsize i = 0; i < contract_n_errors; i++) {
    const ContractError *row = &contract_errors[i];
    g_autofree char *file = NULL;

    g_assert_cmpint (row->rig == CONTRACT_ELSEWHERE, ==, row->where != NULL);
    g_assert_cmpint (row->rig == CONTRACT_ELSEWHERE, ==, row->arguments == NULL);
    if (row->where == NULL)
      continue;
    n++;
    g_test_message ("%s", row->where);
    g_assert_nonnull (strstr (row->where, ": "));
    file = g_strndup (row->where, (gsize) (strstr (row->where, ": ") - row->where));
    g_assert_true (g_str_has_prefix (file, "tests/") && g_str_has_suffix (file, ".c"));
    assert_shows (file, row->member, row->error);
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
