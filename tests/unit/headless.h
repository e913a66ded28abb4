/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processes without a main thread, for tests: it has ended, and another one runs on. Whatever fails
 * ends the test.
 */
#pragma once

#include <sys/types.h>

/* A child of two threads, which sleep until it is killed, at the latest when the test ends. */
pid_t headless_start (void);

/* Ends its main thread, and waits until it is a zombie in /proc. */
void headless_end_main (pid_t pid);
