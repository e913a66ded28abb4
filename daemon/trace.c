/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracing.
 */
#include "daemon/trace.h"

#include "daemon/log.h"

static void
on_call (const NcgDriverCall *call, gpointer user_data)
{
  g_autofree char *job = call->job != NULL ? g_path_get_basename (call->job) : NULL;
  g_autofree char *usec = g_strdup_printf ("%" G_GINT64_FORMAT, call->total_usec);

  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, "NODECGROUPS_SYSTEMD_METHOD", call->method,
                    "NODECGROUPS_DURATION_USEC", usec, "OBJECT_SYSTEMD_UNIT", call->unit, "MESSAGE",
                    "systemd: %s%s%s%s%s: %s, %s us, of which %" G_GINT64_FORMAT " before it was "
                    "sent",
                    call->method, call->unit[0] != '\0' ? " " : "", call->unit,
                    job != NULL ? ", job " : "", job != NULL ? job : "",
                    call->error != NULL ? call->error->message : "done", usec, call->queued_usec);
}

void
trace_configure (NcgDriver *driver, const Config *config)
{
  log_set_debug (config->is_debug);
  ncg_driver_set_trace (driver, config->is_debug ? on_call : NULL, NULL);
}
