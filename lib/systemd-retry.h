/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Saying to systemd again what got lost. While there is no connection each attempt fails at once,
 * therefore there is a pause before it.
 */
#pragma once

#include <gio/gio.h>

/* Calls @step with @task after a pause, in the main context of the task. The deadline has to be in
 * what @step does, so that this ends. */
void ncg_systemd_retry_later (GTask *task, GSourceFunc step);
