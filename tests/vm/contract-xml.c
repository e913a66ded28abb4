/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading the XML with its comments.
 */
#include "tests/vm/contract-xml.h"

#include <string.h>

#define PREFIX "org.example.NodeCgroups"
#define ERROR                                                                                      \
  "``(?:org\\.example\\.NodeCgroups\\.Error\\.)?([A-Z]\\w+)``(?: \\(``org\\.[\\w.]+``\\))?"

const char *const contract_interfaces[] = { PREFIX, PREFIX ".Node", PREFIX ".Pod", NULL };

typedef struct {
  GPtrArray *members;
  char *interface;
  char *comment; /* (nullable): the last, until the next element */
  ContractMember *member;
} Reader;

static void
member_free (gpointer data)
{
  ContractMember *member = data;

  g_free (member->name);
  g_free (member->interface);
  g_free (member->member);
  g_free (member->type);
  g_strfreev (member->errors);
  g_free (member);
}

static void
add_errors (const char *paragraph, GPtrArray *errors)
{
  g_autoptr (GRegex) head = g_regex_new ("^\\s*" ERROR "(?:,\\s+" ERROR ")*:", 0, 0, NULL);
  g_autoptr (GRegex) one = g_regex_new (ERROR, 0, 0, NULL);
  g_autoptr (GMatchInfo) all = NULL;
  g_autoptr (GMatchInfo) match = NULL;
  g_autofree char *text = NULL;

  if (!g_regex_match (head, paragraph, 0, &all))
    return;
  text = g_match_info_fetch (all, 0);
  for (g_regex_match (one, text, 0, &match); g_match_info_matches (match);
       g_match_info_next (match, NULL))
    g_ptr_array_add (errors, g_match_info_fetch (match, 1));
}

/* (array zero-terminated=1) */
static char **
parse_errors (const char *comment)
{
  GPtrArray *errors = g_ptr_array_new ();
  g_auto (GStrv) paragraphs =
      g_regex_split_simple ("\\n\\s*\\n", comment != NULL ? comment : "", 0, 0);

  for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++)
    add_errors (*paragraph, errors);
  g_ptr_array_add (errors, NULL);
  return (char **) g_ptr_array_free (errors, FALSE);
}

static const char *
find_attribute (const char **names, const char **values, const char *name)
{
  for (; *names != NULL; names++, values++)
    if (g_str_equal (*names, name))
      return *values;
  return "";
}

static void
begin_member (Reader *self, ContractKind kind, const char **names, const char **values)
{
  ContractMember *member = g_new0 (ContractMember, 1);
  const char *below = self->interface + strlen (PREFIX);

  member->kind = kind;
  member->interface = g_strdup (self->interface);
  member->member = g_strdup (find_attribute (names, values, "name"));
  member->name = g_strconcat (below[0] == '.' ? below + 1 : "", below[0] == '.' ? "." : "",
                              member->member, NULL);
  member->type =
      g_strdup (kind == CONTRACT_PROPERTY ? find_attribute (names, values, "type") : "(");
  member->errors = parse_errors (kind == CONTRACT_METHOD ? self->comment : NULL);
  g_ptr_array_add (self->members, member);
  self->member = member;
}

static void
add_argument (ContractMember *member, const char **names, const char **values)
{
  g_autofree char *before = member->type;

  if (member->kind == CONTRACT_METHOD &&
      !g_str_equal (find_attribute (names, values, "direction"), "out"))
    member->type = g_strdup (before);
  else
    member->type = g_strconcat (before, find_attribute (names, values, "type"), NULL);
}

static void
on_start (GMarkupParseContext *context,
          const char *element,
          const char **names,
          const char **values,
          gpointer user_data,
          GError **error)
{
  static const char *const kinds[] = { "method", "signal", "property" };
  Reader *self = user_data;

  if (g_str_equal (element, "interface")) {
    g_free (self->interface);
    self->interface = g_strdup (find_attribute (names, values, "name"));
  }
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (element, kinds[i]))
      begin_member (self, (ContractKind) i, names, values);
  if (g_str_equal (element, "arg"))
    add_argument (self->member, names, values);
  g_clear_pointer (&self->comment, g_free);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer user_data, GError **error)
{
  Reader *self = user_data;
  ContractMember *member = self->member;
  g_autofree char *open = NULL;

  if (!g_str_equal (element, "method") && !g_str_equal (element, "signal"))
    return;
  open = member->type;
  member->type = g_strconcat (open, ")", NULL);
}

static void
on_comment (GMarkupParseContext *context,
            const char *text,
            gsize length,
            gpointer user_data,
            GError **error)
{
  Reader *self = user_data;

  g_free (self->comment);
  self->comment = g_strndup (text, length);
}

static gboolean
read_file (Reader *self, const char *path, GError **error)
{
  static const GMarkupParser parser = {
    .start_element = on_start,
    .end_element = on_end,
    .passthrough = on_comment,
  };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, self, NULL);
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, error) &&
         g_markup_parse_context_parse (context, text, -1, error) &&
         g_markup_parse_context_end_parse (context, error);
}

GPtrArray *
contract_xml_read (const char *directory, GError **error)
{
  g_autoptr (GPtrArray) members = g_ptr_array_new_with_free_func (member_free);
  Reader reader = { .members = members };
  gboolean is_read = TRUE;

  for (const char *const *name = contract_interfaces; is_read && *name != NULL; name++) {
    g_autofree char *path = g_strdup_printf ("%s/%s.xml", directory, *name);

    is_read = read_file (&reader, path, error);
  }
  g_free (reader.interface);
  g_free (reader.comment);
  return is_read ? g_steal_pointer (&members) : NULL;
}

const ContractMember *
contract_xml_find (const GPtrArray *members, const char *name)
{
  for (guint i = 0; i < members->len; i++) {
    const ContractMember *member = g_ptr_array_index (members, i);

    if (g_str_equal (member->name, name))
      return member;
  }
  return NULL;
}
