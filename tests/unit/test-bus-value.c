/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Values between GVariant and messages of sd-bus.
 */
#include "lib/bus-value.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  sd_bus *bus;
  sd_bus_message *message;
  int peer;
} Fixture;

/* A message needs a connection; nobody is at its other end. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  int fds[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), ==, 0);
  fixture->peer = fds[1];
  g_assert_cmpint (sd_bus_new (&fixture->bus), >=, 0);
  g_assert_cmpint (sd_bus_set_fd (fixture->bus, fds[0], fds[0]), >=, 0);
  g_assert_cmpint (sd_bus_negotiate_fds (fixture->bus, 1), >=, 0);
  g_assert_cmpint (sd_bus_start (fixture->bus), >=, 0);
  g_assert_cmpint (
      sd_bus_message_new_method_call (fixture->bus, &fixture->message, NULL, "/a", "a.b", "C"), >=,
      0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sd_bus_message_unref (fixture->message);
  sd_bus_close_unref (fixture->bus);
  close (fixture->peer);
}

static GVariant *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  GVariant *value = g_variant_parse (NULL, text, NULL, NULL, &error);

  g_assert_no_error (error);
  return value;
}

static void
append_arguments (Fixture *fixture, GVariant *tuple)
{
  for (gsize i = 0; i < g_variant_n_children (tuple); i++) {
    g_autoptr (GVariant) argument = g_variant_get_child_value (tuple, i);
    g_assert_cmpint (ncg_bus_value_append (fixture->message, argument, NULL, 0), >=, 0);
  }
}

/* From here on it can be read. */
static void
seal (Fixture *fixture)
{
  g_assert_cmpint (sd_bus_message_seal (fixture->message, 1, 0), >=, 0);
  g_assert_cmpint (sd_bus_message_rewind (fixture->message, 1), >=, 0);
}

static const char *const tuples[] = {
  "()",
  "(true, false)",
  "(byte 0x00, byte 0xff)",
  "(int16 -32768, uint16 65535)",
  "(-2147483648, uint32 4294967295)",
  "(int64 -9223372036854775808, uint64 18446744073709551615)",
  "(1.5, -0.0, 1e300)",
  "('', 'text', 'ü€')",
  "(objectpath '/', objectpath '/a/b_2d', signature '', signature 'a{sv}(ii)')",
  "(@as [], @ay [], @a(sv) [], @a{sv} {}, @aau [])",
  "([byte 1, 2, 3], ['a', ''], [[uint32 1], [2, 3]], [true])",
  "((1, ('a', true), [objectpath '/x']), 'after')",
  "(<1>, <'s'>, <<uint64 7>>, <(1, 'a')>, <[<'a'>, <byte 1>]>)",
  "({'a': <'1'>, 'b': <[('x', uint64 1), ('y', 2)]>}, {uint32 1: 'x'})",
  "({'a': {'b': <{'c': <@as []>}>}},)",
  "('a.slice', 'replace', [('CPUWeight', <uint64 100>)], @a(sa(sv)) [])",
};

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) tuple = parse (data);
  g_autoptr (GVariant) read = NULL;
  const char *letters = g_variant_get_type_string (tuple);
  g_autofree char *signature = g_strndup (letters + 1, strlen (letters) - 2);

  append_arguments (fixture, tuple);
  g_assert_cmpstr (sd_bus_message_get_signature (fixture->message, 1), ==, signature);
  seal (fixture);
  g_assert_cmpint (ncg_bus_value_read_all (fixture->message, &read), >=, 0);
  g_assert_false (g_variant_is_floating (read));
  g_assert_cmpvariant (read, tuple);
}

/* What sd-bus itself reads and writes. */
static void
test_against_sd_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) tuple =
      parse ("('a.slice', true, [('MemoryMax', <uint64 18446744073709551615>)], -5, 2.5)");
  const char *unit, *name;
  int flag, number;
  guint64 max;
  double real;

  append_arguments (fixture, tuple);
  seal (fixture);
  g_assert_cmpint (sd_bus_message_read (fixture->message, "sba(sv)id", &unit, &flag, 1, &name, "t",
                                        &max, &number, &real),
                   >, 0);
  g_assert_cmpstr (unit, ==, "a.slice");
  g_assert_cmpint (flag, ==, 1);
  g_assert_cmpstr (name, ==, "MemoryMax");
  g_assert_cmpuint (max, ==, G_MAXUINT64);
  g_assert_cmpint (number, ==, -5);
  g_assert_cmpfloat (real, ==, 2.5);
}

static void
test_read_of_sd_bus (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) read = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpint (sd_bus_message_append (fixture->message, "uosa{sv}bnqxy", 7u, "/job/7",
                                          "a.slice", 2, "A", "s", "x", "B", "as", 2, "y", "z", 0,
                                          -3, 65535, G_MININT64, 255),
                   >=, 0);
  seal (fixture);
  g_assert_cmpint (ncg_bus_value_read_all (fixture->message, &read), >=, 0);
  text = g_variant_print (read, TRUE);
  g_assert_cmpstr (text, ==,
                   "(uint32 7, objectpath '/job/7', 'a.slice', {'A': <'x'>, 'B': <['y', 'z']>}, "
                   "false, int16 -3, uint16 65535, int64 -9223372036854775808, byte 0xff)");
}

static void
test_descriptors (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) handles = parse ("[handle 1, 0]");
  g_autoptr (GVariant) missing = parse ("handle 2");
  g_autoptr (GVariant) negative = parse ("handle -1");
  int fds[2], first, second;
  char byte;

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (ncg_bus_value_append (fixture->message, missing, fds, 2), ==, -EBADF);
  g_assert_cmpint (ncg_bus_value_append (fixture->message, negative, fds, 2), ==, -EBADF);
  g_assert_cmpint (ncg_bus_value_append (fixture->message, handles, fds, 2), >=, 0);
  seal (fixture);
  g_assert_cmpint (sd_bus_message_read (fixture->message, "ah", 2, &first, &second), >, 0);
  g_assert_cmpint (write (first, "x", 1), ==, 1);
  g_assert_cmpint (read (second, &byte, 1), ==, 1);
  g_assert_cmpint (byte, ==, 'x');
  close (fds[0]);
  close (fds[1]);
}

static void
test_unsupported (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GVariant) maybe = parse ("just 'a'");
  g_autoptr (GVariant) handle = parse ("handle 0");
  g_autoptr (GVariant) read = NULL;
  int fd = STDERR_FILENO;

  g_assert_cmpint (ncg_bus_value_append (fixture->message, maybe, NULL, 0), <, 0);
  g_assert_cmpint (ncg_bus_value_append (fixture->message, handle, &fd, 1), >=, 0);
  seal (fixture);
  g_assert_cmpint (ncg_bus_value_read_all (fixture->message, &read), ==, -EOPNOTSUPP);
  g_assert_null (read);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tuples); i++) {
    g_autofree char *path = g_strdup_printf ("/bus-value/round-trip/%zu", i);
    g_test_add (path, Fixture, tuples[i], set_up, test_round_trip, tear_down);
  }
  g_test_add ("/bus-value/against-sd-bus", Fixture, NULL, set_up, test_against_sd_bus, tear_down);
  g_test_add ("/bus-value/read-of-sd-bus", Fixture, NULL, set_up, test_read_of_sd_bus, tear_down);
  g_test_add ("/bus-value/descriptors", Fixture, NULL, set_up, test_descriptors, tear_down);
  g_test_add ("/bus-value/unsupported", Fixture, NULL, set_up, test_unsupported, tear_down);
  return g_test_run ();
}
