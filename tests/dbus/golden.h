/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What something looks like, kept in a file of tests/dbus/golden for people to see. Whatever
 * differs ends the test.
 */
#pragma once

/* @text is as the file @name has it, in which ESC is "\e". What is this machine's or the version's
 * own is left out of both. With UPDATE_GOLDEN in the environment the file is written. */
void golden_assert (const char *name, const char *text);
