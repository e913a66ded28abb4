/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of what the daemon has in memory: the same libraries and connections, and nothing else.
 * It says "ready" when it has come to rest, and ends with its standard input.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include <yaml.h>

static gboolean
on_input (gint unused, GIOCondition condition, gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_REMOVE;
}

int
main (void)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (G_BUS_TYPE_SYSTEM, NULL, NULL);
  sd_bus *systemd = NULL;
  yaml_parser_t parser;

  yaml_parser_initialize (&parser);
  yaml_parser_delete (&parser);
  if (bus == NULL || sd_bus_open_system (&systemd) < 0)
    return 1;
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, loop);
  if (write (STDOUT_FILENO, "ready\n", 6) != 6)
    return 1;
  g_main_loop_run (loop);
  sd_bus_flush_close_unref (systemd);
  return 0;
}
