/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes named in a message.
 */
#include "lib/holders.h"

#include "lib/process.h"

/* So many are named; the first few tell what to look for. The XML of the bus promises it. */
#define MOST_NAMED 10

char *
ncg_holders_to_string (const char *proc, const GArray *pids)
{
  guint n_named = MIN (pids->len, MOST_NAMED);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < n_named; i++) {
    pid_t pid = g_array_index (pids, pid_t, i);
    g_autofree char *described = ncg_process_describe (proc, pid);

    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", described);
  }
  if (n_named < pids->len)
    g_string_append_printf (text, " and %u more", pids->len - n_named);
  return g_string_free (text, FALSE);
}
