/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether what the daemon says, what systemd has and what is on disk fit together. Whatever does
 * not ends the test.
 */
#pragma once

#include "tests/dbus/fixture.h"

/* VerifyPod has no complaint. */
void consistency_check_pod (Fixture *fixture, const char *uid);

/* All pods are active and verified; systemd has the units of these pods and of their containers,
 * and no other of a pod, within a moment; and there are no files but theirs, and what was set
 * aside. */
void consistency_check (Fixture *fixture);

/* Removes all pods, after which nothing of them is left. */
void consistency_remove_all (Fixture *fixture);
