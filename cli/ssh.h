/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system bus of another host: ssh starts systemd-stdio-bridge there, which is a part of systemd
 * and what systemctl -H uses. Who may log in there may ask what that user may ask.
 */
#pragma once

#include <gio/gio.h>

/* (transfer full): @host is [USER@]HOST[:PORT], and does not begin with "-". ssh says itself what
 * it does not like; then this is %EXIT_STATUS_UNREACHABLE. ssh ends with the connection. */
GDBusConnection *ssh_connect (const char *host, GError **error);

/* (transfer full): what runs @command (array zero-terminated=1) there, argument by argument as it
 * is. ssh itself fails with the exit status %SSH_FAILED. */
char **ssh_make_command (const char *host, const char *const *command);

#define SSH_FAILED 255
