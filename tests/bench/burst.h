/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many calls at once, over one connection or several, with a window for each.
 */
#pragma once

#include "tests/bench/connection.h"

typedef struct {
  const char *what; /* for messages */
  guint n;          /* calls in all; they are dealt out to the connections in turn */
  guint window;     /* how many each connection has under way at most */
  gboolean is_job;  /* the replies are jobs of systemd, to be waited for */
  sd_bus_message *(*new_call) (Connection *connection, guint i, gpointer user_data);
  gpointer user_data;
} Burst;

/**
 * burst_run:
 *
 * The calls are made before the clock starts.
 *
 * Returns: how long it took until the last one was done, in microseconds; @ret_errors: how many had
 *   an error as their reply. The first of these is shown.
 */
gint64 burst_run (const Burst *self,
                  Connection *const *connections,
                  guint n_connections,
                  guint *ret_errors);

/* Over one connection, where an error ends the benchmark. */
void burst_run_all (const Burst *self, Connection *connection);
