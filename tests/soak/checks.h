/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has to be so when nobody is at work: the daemon, systemd, the kernel and the files say what
 * the clients' models say, no less and no more.
 */
#pragma once

#include "tests/soak/client.h"

/* @clients: (element-type Client): all there are. What is not so is a failure. */
void checks_run (GPtrArray *clients);

/* The journal has nothing of the daemon that should not happen at all. */
void checks_read_journal (void);
