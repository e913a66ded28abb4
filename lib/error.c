/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The error domain, its D-Bus names, and what a message quotes.
 */
#include "lib/error.h"

#include <string.h>

G_DEFINE_QUARK (ncg - error - quark, ncg_error)

#define PREFIX "org.example.NodeCgroups.Error."

static const char *const names[] = {
  [NCG_ERROR_FAILED] = PREFIX "Failed",
  [NCG_ERROR_INVALID_ARGUMENT] = PREFIX "InvalidArgument",
  [NCG_ERROR_NO_SUCH_POD] = PREFIX "NoSuchPod",
  [NCG_ERROR_NO_SUCH_CONTAINER] = PREFIX "NoSuchContainer",
  [NCG_ERROR_NO_SUCH_PROCESS] = PREFIX "NoSuchProcess",
  [NCG_ERROR_POD_EXISTS] = PREFIX "PodExists",
  [NCG_ERROR_CONTAINER_EXISTS] = PREFIX "ContainerExists",
  [NCG_ERROR_NOT_SUPPORTED] = PREFIX "NotSupported",
  [NCG_ERROR_NOT_READY] = PREFIX "NotReady",
  [NCG_ERROR_BUSY] = PREFIX "Busy",
  [NCG_ERROR_TIMEOUT] = PREFIX "Timeout",
  [NCG_ERROR_LIMIT_EXCEEDED] = PREFIX "LimitExceeded",
  [NCG_ERROR_SYSTEMD_FAILED] = PREFIX "SystemdFailed",
  [NCG_ERROR_ACCESS_DENIED] = "org.freedesktop.DBus.Error.AccessDenied",
};
G_STATIC_ASSERT (G_N_ELEMENTS (names) == NCG_ERROR_N_PUBLIC);

const char *
ncg_error_get_name (NcgError code)
{
  switch (code) {
  case NCG_ERROR_UNIT_EXISTS:
  case NCG_ERROR_NO_SUCH_UNIT:
  case NCG_ERROR_DISCONNECTED:
    return names[NCG_ERROR_SYSTEMD_FAILED];
  case NCG_ERROR_UNKNOWN_PROPERTY:
    return names[NCG_ERROR_NOT_SUPPORTED];
  default:
    return code < NCG_ERROR_N_PUBLIC ? names[code] : names[NCG_ERROR_FAILED];
  }
}

#define ESCAPE_MAX_CHARS 64

static void
append_hex (GString *escaped, const char *bytes, gsize n_bytes)
{
  for (gsize i = 0; i < n_bytes; i++)
    g_string_append_printf (escaped, "\\x%02x", (guint8) bytes[i]);
}

/* @as_they_are: characters that are left so; @but: printable ones that are not */
static char *
escape (const char *text, gsize max_chars, const char *as_they_are, const char *but)
{
  g_autoptr (GString) escaped = g_string_new (NULL);
  gsize n_chars = 0;

  while (*text != '\0' && n_chars++ < max_chars) {
    gunichar c = g_utf8_get_char_validated (text, -1);
    gboolean is_valid = c != (gunichar) -1 && c != (gunichar) -2;
    gsize n_bytes = is_valid ? (gsize) (g_utf8_next_char (text) - text) : 1;

    if (is_valid && (g_unichar_isprint (c) ? c > 127 || strchr (but, (int) c) == NULL
                                           : c <= 127 && strchr (as_they_are, (int) c) != NULL))
      g_string_append_len (escaped, text, (gssize) n_bytes);
    else
      append_hex (escaped, text, n_bytes);
    text += n_bytes;
  }
  if (*text != '\0')
    g_string_append (escaped, "…");
  return g_string_free (g_steal_pointer (&escaped), FALSE);
}

char *
ncg_error_escape (const char *text)
{
  return escape (text, ESCAPE_MAX_CHARS, "", "\"\\");
}

char *
ncg_error_escape_path (const char *path)
{
  return escape (path, G_MAXSIZE, "", "");
}

char *
ncg_error_escape_message (const char *message)
{
  return escape (message, G_MAXSIZE, "\n", "");
}
