/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sets of CPUs and of memory nodes: a bitmap in the byte order that systemd uses on the bus.
 */
#include "lib/cpuset.h"

#include "lib/error.h"

#include <string.h>

struct NcgCpuset {
  guint8 bytes[NCG_CPUSET_MAX / 8];
};

static gboolean
has_member (const NcgCpuset *self, guint member)
{
  return (self->bytes[member / 8] >> member % 8 & 1) != 0;
}

static void
add_range (NcgCpuset *self, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    self->bytes[i / 8] |= (guint8) (1 << i % 8);
}

static gboolean
scan_member (const char **cursor, guint *ret_member)
{
  guint member = 0;

  if (!g_ascii_isdigit (**cursor))
    return FALSE;
  for (; g_ascii_isdigit (**cursor); (*cursor)++) {
    member = member * 10 + (guint) g_ascii_digit_value (**cursor);
    if (member >= NCG_CPUSET_MAX)
      return FALSE;
  }
  *ret_member = member;
  return TRUE;
}

static gboolean
scan_range (const char **cursor, NcgCpuset *self)
{
  guint first, last;

  if (!scan_member (cursor, &first))
    return FALSE;
  last = first;
  if (**cursor == '-') {
    (*cursor)++;
    if (!scan_member (cursor, &last))
      return FALSE;
  }
  if (last < first)
    return FALSE;
  add_range (self, first, last);
  return TRUE;
}

/* A list without blanks, not empty. */
static gboolean
scan_list (const char *text, NcgCpuset *self)
{
  if (!scan_range (&text, self))
    return FALSE;
  while (*text == ',') {
    text++;
    if (!scan_range (&text, self))
      return FALSE;
  }
  return *text == '\0';
}

NcgCpuset *
ncg_cpuset_parse (const char *text, GError **error)
{
  g_autoptr (NcgCpuset) self = g_new0 (NcgCpuset, 1);
  g_autofree char *list = g_strstrip (g_strdup (text));
  g_autofree char *escaped = NULL;

  if (list[0] == '\0' || scan_list (list, self))
    return g_steal_pointer (&self);

  escaped = ncg_error_escape (list);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "\"%s\" is not a list of numbers and ascending ranges below %d, such as \"0-3,7\"",
               escaped, NCG_CPUSET_MAX);
  return NULL;
}

NcgCpuset *
ncg_cpuset_copy (const NcgCpuset *self)
{
  NcgCpuset *copy = g_new (NcgCpuset, 1);

  *copy = *self;
  return copy;
}

void
ncg_cpuset_free (NcgCpuset *self)
{
  g_free (self);
}

/* The end, exclusive, of the run of members that starts at @first. */
static guint
find_run_end (const NcgCpuset *self, guint first)
{
  guint end = first;

  while (end < NCG_CPUSET_MAX && has_member (self, end))
    end++;
  return end;
}

char *
ncg_cpuset_format (const NcgCpuset *self)
{
  g_autoptr (GString) list = g_string_new (NULL);

  for (guint i = 0; i < NCG_CPUSET_MAX; i++) {
    guint end = find_run_end (self, i);

    if (end == i)
      continue;
    g_string_append_printf (list, "%s%u", list->len > 0 ? "," : "", i);
    if (end - i > 1)
      g_string_append_printf (list, "-%u", end - 1);
    i = end;
  }
  return g_string_free (g_steal_pointer (&list), FALSE);
}

gboolean
ncg_cpuset_is_empty (const NcgCpuset *self)
{
  return ncg_cpuset_count (self) == 0;
}

gboolean
ncg_cpuset_equal (const NcgCpuset *a, const NcgCpuset *b)
{
  return memcmp (a->bytes, b->bytes, sizeof a->bytes) == 0;
}

gboolean
ncg_cpuset_is_subset (const NcgCpuset *self, const NcgCpuset *of)
{
  for (guint i = 0; i < sizeof self->bytes; i++)
    if ((self->bytes[i] & ~of->bytes[i]) != 0)
      return FALSE;
  return TRUE;
}

NcgCpuset *
ncg_cpuset_subtract (const NcgCpuset *self, const NcgCpuset *other)
{
  NcgCpuset *rest = ncg_cpuset_copy (self);

  for (gsize i = 0; i < sizeof rest->bytes; i++)
    rest->bytes[i] &= (guint8) ~other->bytes[i];
  return rest;
}

guint
ncg_cpuset_count (const NcgCpuset *self)
{
  guint count = 0;

  for (guint i = 0; i < sizeof self->bytes; i++)
    count += (guint) __builtin_popcount (self->bytes[i]);
  return count;
}

const guint8 *
ncg_cpuset_to_bytes (const NcgCpuset *self, gsize *ret_n_bytes)
{
  gsize n_bytes = sizeof self->bytes;

  while (n_bytes > 0 && self->bytes[n_bytes - 1] == 0)
    n_bytes--;
  *ret_n_bytes = n_bytes;
  return self->bytes;
}
