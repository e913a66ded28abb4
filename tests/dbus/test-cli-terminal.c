/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsctl top in a terminal: what it looks like, its keys, and that it leaves the terminal
 * as it was. Needs tmux.
 */
#include "tests/dbus/golden.h"
#include "tests/dbus/join.h"
#include "tests/dbus/tmux.h"

#include <signal.h>

#define BEST_EFFORT "/machine.slice/machine-besteffort.slice"
#define LONG_UID "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
#define LONG_POD BEST_EFFORT "/machine-besteffort-pod0b1c2d3e_4f50_6172_8394_a5b6c7d8e9f0.slice"
#define N_PODS 30

static void
set_memory (Fixture *fixture, const char *cgroup, const char *bytes)
{
  fake_kernel_write (fixture->kernel, cgroup, "memory.current", bytes);
}

/* The pod "a" of join.h with a container that is short of memory, one that has vanished, and thirty
 * others. */
static Cli *
start (Fixture *fixture)
{
  g_autofree char *other = fixture_must_create (fixture, LONG_UID, "{}");
  g_autofree char *gone = fixture_must_create (fixture, "gone", "{}");
  Cli *cli = cli_new (fixture);

  for (guint i = 0; i < N_PODS; i++) {
    g_autofree char *uid = g_strdup_printf ("p%02u", i);
    g_autofree char *slice = fixture_must_create (fixture, uid, "{'PidsLimit': <'10'>}");
    g_autofree char *cgroup = g_strconcat (BEST_EFFORT "/", slice, NULL);
    g_autofree char *bytes = g_strdup_printf ("%u", 1024 * i);

    set_memory (fixture, cgroup, bytes);
  }
  join_one (fixture, "app", join_start_process (fixture), "{'MemoryLimit': <'64Mi'>}");
  set_memory (fixture, JOIN_POD, "134217728");
  set_memory (fixture, JOIN_POD "/" JOIN_APP, "62914560");
  set_memory (fixture, LONG_POD, "8192");
  fixture_stop_pod (fixture, "gone", gone);
  cli_setenv (cli, "NO_COLOR", NULL);
  return cli;
}

static void
assert_screen (Tmux *tmux, const char *golden, gboolean has_colors)
{
  g_autofree char *screen = tmux_capture (tmux, has_colors);

  golden_assert (golden, screen);
}

/* The first look has no rates. */
static void
begin (Tmux *tmux, const char *line)
{
  tmux_type (tmux, line);
  fixture_wait (tmux_shows (tmux, "33 pods: CPU 0m, "));
}

static gboolean
is_on_screen (Tmux *tmux)
{
  g_autofree char *alternate = tmux_get (tmux, "alternate_on");

  return g_str_equal (alternate, "1");
}

/* What is typed before it has ended would be for it. */
static void
wait_for_end (Tmux *tmux)
{
  fixture_wait (!is_on_screen (tmux));
  tmux_type (tmux, "echo \"[$?]\"");
  fixture_wait (tmux_shows (tmux, "[0]"));
}

static void
quit (Tmux *tmux)
{
  tmux_press (tmux, "q");
  wait_for_end (tmux);
}

static void
test_narrow (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);

  begin (tmux, "nodecgroupsctl top --color=never --sort=memory");
  assert_screen (tmux, "top-80.txt", FALSE);
  tmux_press (tmux, "h");
  fixture_wait (tmux_shows (tmux, "Any key leads back."));
  assert_screen (tmux, "top-help-80.txt", FALSE);
  /* Back again, and the end. */
  tmux_press (tmux, "q");
  fixture_wait (tmux_shows (tmux, "33 pods"));
  quit (tmux);
}

static void
test_wide (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 200, 24);

  begin (tmux, "nodecgroupsctl top --sort=memory --containers --parts");
  assert_screen (tmux, "top-200-colors.txt", TRUE);
  quit (tmux);
}

/* Presses it, and waits until there is @text to see. */
static void
press (Tmux *tmux, const char *key, const char *text)
{
  tmux_press (tmux, key);
  fixture_wait (tmux_shows (tmux, text));
}

static void
test_keys (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *key;
    const char *shows;
  } rows[] = {
    { "m", "by memory\n1 to 20 of 33\nNAME" },
    { "r", "by memory reversed" },
    { "p", "by processes" },
    { "i", "by I/O" },
    { "n", "by name" },
    { "Down", "2 to 21 of 33" },
    { "NPage", "14 to 33 of 33" },
    { "Up", "13 to 32 of 33" },
    { "PPage", "1 to 20 of 33" },
    { "End", "14 to 33 of 33" },
    { "Home", "1 to 20 of 33" },
    { "1", "\nsystem " },
    { "2", "\n└─app " },
    { "Space", "\npaused, 1 to " },
    { "Space", "every 2s by name\n1 to " },
    { "+", "every 5s by name\n" },
    { "-", "every 2s by name\n" },
    { "?", "The keys of nodecgroupsctl top" },
    { "?", "by name" },
  };
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);

  begin (tmux, "nodecgroupsctl top");
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    press (tmux, rows[i].key, rows[i].shows);
  quit (tmux);
}

static void
test_resize (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);

  begin (tmux, "nodecgroupsctl top -d 60");
  fixture_wait (tmux_shows (tmux, "1 to 20 of 33"));
  tmux_resize (tmux, 120, 14);
  fixture_wait (tmux_shows (tmux, "1 to 10 of 33") && tmux_shows (tmux, " WRITE/s"));
  /* However little place there is. */
  tmux_resize (tmux, 9, 2);
  fixture_wait (tmux_shows (tmux, "q quit") && !tmux_shows (tmux, "NAME"));
  tmux_resize (tmux, 80, 40);
  fixture_wait (tmux_shows (tmux, "\ngone (vanished) "));
  quit (tmux);
}

/* (transfer full): how the terminal is, as the shell and tmux know it */
static char *
get_modes (Tmux *tmux)
{
  g_autofree char *alternate = tmux_get (tmux, "alternate_on");
  g_autofree char *cursor = tmux_get (tmux, "cursor_flag");
  g_autofree char *screen = NULL;

  tmux_clear (tmux);
  tmux_type (tmux, "stty -g; echo there");
  fixture_wait (tmux_shows (tmux, "\nthere\n"));
  screen = tmux_capture (tmux, FALSE);
  return g_strdup_printf ("%s %s %s", alternate, cursor, screen);
}

/* The process that the shell in the terminal has started. */
static pid_t
find_process (Tmux *tmux)
{
  g_autofree char *shell = tmux_get (tmux, "pane_pid");
  g_autofree char *path = g_strdup_printf ("/proc/%s/task/%s/children", shell, shell);
  g_autofree char *children = NULL;
  gint64 pid;

  g_assert_true (g_file_get_contents (path, &children, NULL, NULL));
  pid = g_ascii_strtoll (children, NULL, 10);
  g_assert_cmpint (pid, >, 1);
  return (pid_t) pid;
}

/* Whatever ends it, the terminal is as it was. */
static void
test_restored (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *key; /* NULL: the signal */
    int signal;
  } rows[] = {
    { "q", 0 }, { "C-c", 0 }, { "C-\\", 0 }, { NULL, SIGTERM }, { NULL, SIGHUP },
  };
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);
  g_autofree char *before = get_modes (tmux);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *after = NULL;

    begin (tmux, "nodecgroupsctl top -d 60");
    g_assert_true (is_on_screen (tmux));
    if (rows[i].key != NULL)
      tmux_press (tmux, rows[i].key);
    else
      g_assert_cmpint (kill (find_process (tmux), rows[i].signal), ==, 0);
    wait_for_end (tmux);
    after = get_modes (tmux);
    g_assert_cmpstr (after, ==, before);
  }
}

/* While it is stopped the shell has the terminal. */
static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);
  g_autofree char *before = get_modes (tmux);
  g_autofree char *stopped = NULL;
  g_autofree char *after = NULL;

  begin (tmux, "nodecgroupsctl top -d 60");
  tmux_press (tmux, "C-z");
  fixture_wait (tmux_shows (tmux, "Stopped"));
  stopped = get_modes (tmux);
  g_assert_cmpstr (stopped, ==, before);
  tmux_resize (tmux, 80, 14);
  tmux_clear (tmux);
  begin (tmux, "fg");
  press (tmux, "n", "1 to 10 of 33");
  /* And a second time, and by somebody else. */
  tmux_press (tmux, "C-z");
  fixture_wait (tmux_shows (tmux, "Stopped"));
  tmux_clear (tmux);
  begin (tmux, "fg");
  press (tmux, "m", "by memory");
  tmux_press (tmux, "C-c");
  wait_for_end (tmux);
  tmux_resize (tmux, 80, 24);
  after = get_modes (tmux);
  g_assert_cmpstr (after, ==, before);
}

static void
test_daemon_goes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 80, 24);

  begin (tmux, "nodecgroupsctl top -d 60");
  fixture_stop_daemon (fixture);
  fixture_wait (tmux_shows (tmux, "nodecgroupsd does not run"));
  g_assert_true (tmux_shows (tmux, "\np00 "));
  fixture_start_daemon (fixture);
  fixture_wait (tmux_shows (tmux, "nodecgroupsd answers again"));
  quit (tmux);
}

static void
test_no_screen (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Cli) cli = start (fixture);
  g_autoptr (Tmux) tmux = tmux_new (cli, 200, 24);
  static const char *const terms[] = { "dumb", "none-such" };

  for (gsize i = 0; i < G_N_ELEMENTS (terms); i++) {
    g_autofree char *line = g_strdup_printf ("TERM=%s nodecgroupsctl top; echo \"[$?]\"", terms[i]);

    tmux_clear (tmux);
    tmux_type (tmux, line);
    fixture_wait (tmux_shows (tmux, "[1]"));
    g_assert_true (tmux_shows (tmux, "cannot be a screen"));
    g_assert_true (tmux_shows (tmux, "Try: nodecgroupsctl top --batch"));
  }
  /* Without a keyboard it prints tables. */
  tmux_clear (tmux);
  tmux_type (tmux, "nodecgroupsctl top -n 1 -d 0.1 </dev/null; echo \"[$?]\"");
  fixture_wait (tmux_shows (tmux, "\n\n[0]"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  JOIN_TEST ("/cli/terminal/narrow", test_narrow);
  JOIN_TEST ("/cli/terminal/wide", test_wide);
  JOIN_TEST ("/cli/terminal/keys", test_keys);
  JOIN_TEST ("/cli/terminal/resize", test_resize);
  JOIN_TEST ("/cli/terminal/restored", test_restored);
  JOIN_TEST ("/cli/terminal/stopped", test_stopped);
  JOIN_TEST ("/cli/terminal/daemon-goes", test_daemon_goes);
  JOIN_TEST ("/cli/terminal/no-screen", test_no_screen);
  return g_test_run ();
}
