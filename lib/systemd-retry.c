/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pause.
 */
#include "lib/systemd-retry.h"

#define RETRY_MSEC 10

void
ncg_systemd_retry_later (GTask *task, GSourceFunc step)
{
  g_autoptr (GSource) source = g_timeout_source_new (RETRY_MSEC);

  g_source_set_callback (source, step, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}
