/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limit of swap.
 */
#include "lib/swap-limit.h"

#include "lib/error.h"

#define NONE (-1)
#define UNSET 0

static gboolean
fail (gint64 memory, gint64 memory_and_swap, const char *reason, GError **error)
{
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the limit of memory and swap is %" G_GINT64_FORMAT
               ", and that of memory %" G_GINT64_FORMAT ": %s",
               memory_and_swap, memory, reason);
  return FALSE;
}

static gboolean
check (gint64 memory, gint64 memory_and_swap, GError **error)
{
  if (memory < NONE || memory_and_swap < NONE)
    return fail (memory, memory_and_swap, "-1 is no limit, and no other number is below 0", error);
  if (memory_and_swap == NONE || memory_and_swap == UNSET || memory == NONE)
    return TRUE;
  if (memory == UNSET)
    return fail (memory, memory_and_swap, "the first needs the second", error);
  if (memory_and_swap < memory)
    return fail (memory, memory_and_swap, "the first includes the second", error);
  return TRUE;
}

gboolean
ncg_swap_limit_from_oci (
    gint64 memory, gint64 memory_and_swap, gboolean *ret_is_set, guint64 *ret_swap, GError **error)
{
  if (!check (memory, memory_and_swap, error))
    return FALSE;
  *ret_is_set = memory_and_swap != UNSET || memory == NONE;
  *ret_swap = 0;
  if (memory_and_swap == NONE || memory_and_swap == UNSET)
    *ret_swap = *ret_is_set ? G_MAXUINT64 : 0;
  else
    *ret_swap = (guint64) (memory_and_swap - (memory == NONE ? 0 : memory));
  return TRUE;
}
