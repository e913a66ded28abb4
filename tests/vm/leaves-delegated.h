/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Leaves that are delegated: parts of test-leaves, which has made the group.
 */
#pragma once

void leaves_test_pruned (void);
void leaves_test_delegated (void);
void leaves_test_delegated_apart (void);
void leaves_test_threaded (void);
void leaves_test_not_delegated (void);
