/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The figures of a leaf and of its group: a part of test-leaves.
 */
#pragma once

void leaves_test_figures (void);
