/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Child processes for tests. Whatever fails ends the test.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A child that sleeps until it is killed, at the latest when the test ends. */
pid_t child_start (void);

/* Waits until @signal has ended @pid, and reaps it. */
void child_wait_killed (pid_t pid, int signal);

/* Waits until @pid has ended, but leaves it a zombie. */
void child_wait_zombie (pid_t pid);
