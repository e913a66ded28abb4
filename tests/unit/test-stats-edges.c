/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Figures of files that no kernel prints so, or that go while they are read; from a directory that
 * imitates a cgroup.
 */
#include "lib/error.h"
#include "tests/unit/stats-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
set_up (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_init (fixture, NULL);
  stats_fixture_write (fixture, "pod/cgroup.procs", "");
  stats_fixture_write (fixture, "pod/cgroup.stat", "nr_descendants 3\nnr_dying_descendants 2\n");
}

static void
tear_down (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_clear (fixture);
}

static void
write_file (StatsFixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_build_filename ("pod", file, NULL);

  stats_fixture_write (fixture, path, text);
}

static void
remove_file (StatsFixture *fixture, const char *file)
{
  g_autofree char *path = g_build_filename ("pod", file, NULL);

  stats_fixture_remove (fixture, path);
}

#define COUNTS "'DescendantCount': <uint64 3>, 'DyingDescendantCount': <uint64 2>"

/* Longer than any buffer, and the end is in it, too. */
static void
test_long_file (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new ("anon 7\n");

  while (text->len < 64 * 1024)
    g_string_append_printf (text, "new_counter_%zu %zu\n", text->len, text->len);
  g_string_append (text, "file 8\ninactive_file 3");
  write_file (fixture, "memory.stat", text->str);
  write_file (fixture, "memory.current", "20");
  stats_fixture_assert (
      fixture, "{'MemoryUsageBytes': <uint64 20>, 'MemoryWorkingSetBytes': <uint64 17>,"
               " 'MemoryAnonBytes': <uint64 7>, 'MemoryFileBytes': <uint64 8>," COUNTS "}");
}

/* A file may end where the buffer does. */
static void
test_buffer_edges (StatsFixture *fixture, gconstpointer data)
{
  for (gsize length = 16300; length < 16420; length++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GVariant) stats = NULL;
    guint64 value = 0;

    while (text->len < length - 9)
      g_string_append_c (text, 'x');
    g_string_append (text, "\nanon 42\n");
    write_file (fixture, "memory.stat", text->str);
    stats = stats_fixture_read (fixture, NCG_STATS_BIT (NCG_STATS_MEMORY_ANON));
    g_assert_true (g_variant_lookup (stats, "MemoryAnonBytes", "t", &value));
    g_assert_cmpuint (value, ==, 42);
  }
}

/* So many that the offsets in the answer are of all sizes. */
static void
test_many_devices (StatsFixture *fixture, gconstpointer data)
{
  static const guint counts[] = { 1, 2, 3, 10, 100, 700, 3000 };

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GVariant) stats = NULL;
    g_autoptr (GVariant) devices = NULL;
    g_autoptr (GVariant) last = NULL;
    g_autofree char *printed = NULL;
    g_autofree char *expected = g_strdup_printf ("('259:%u', {'ReadBytes': %u, 'WriteBytes': 1})",
                                                 counts[i] - 1, counts[i] - 1);

    for (guint k = 0; k < counts[i]; k++)
      g_string_append_printf (text, "259:%u rbytes=%u wbytes=1\n", k, k);
    write_file (fixture, "io.stat", text->str);
    stats = stats_fixture_read (fixture, NCG_STATS_BIT (NCG_STATS_IO));
    devices = g_variant_lookup_value (stats, "IO", G_VARIANT_TYPE ("a(sa{st})"));
    g_assert_cmpuint (g_variant_n_children (devices), ==, counts[i]);
    last = g_variant_get_child_value (devices, counts[i] - 1);
    printed = g_variant_print (last, FALSE);
    g_assert_cmpstr (printed, ==, expected);
  }
}

/* No names come out that are no text, and no numbers that are none. */
static void
test_garbage (StatsFixture *fixture, gconstpointer data)
{
  static const char garbage[] =
      "rbytes=7\n\xff\xfe 1\n\n \n=\n= =5\nsome\nfull avg10\nsome avg10=. avg60=1.\n"
      "\xc3 rbytes=8\n8:0 rbytes=99999999999999999999999\n"
      "anon 1x\nfile 99999999999999999999\nusage_usec  5\nlow";
  static const char *const files[] = { "cpu.stat",      "memory.current", "memory.stat",
                                       "memory.events", "memory.max",     "pids.current",
                                       "io.stat",       "cpu.pressure",   "hugetlb.2MB.current" };

  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    write_file (fixture, files[i], garbage);
  stats_fixture_assert (fixture, "{'MemoryEvents': <@a{st} {}>, 'IO': <@a(sa{st}) []>,"
                                 " 'CPUPressure': <@a{sd} {}>," COUNTS "}");
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    write_file (fixture, files[i], "");
  stats_fixture_assert (fixture, "{'MemoryEvents': <@a{st} {}>, 'IO': <@a(sa{st}) []>,"
                                 " 'CPUPressure': <@a{sd} {}>," COUNTS "}");
}

static void
test_gone (StatsFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) invalid_error = NULL;

  remove_file (fixture, "cgroup.stat");
  remove_file (fixture, "cgroup.procs");
  g_assert_null (ncg_stats_read (fixture->hierarchy, "/pod", NCG_STATS_ALL, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "/pod"));
  g_clear_error (&error);
  stats_fixture_remove (fixture, "pod");
  g_assert_null (ncg_stats_read (fixture->hierarchy, "/pod", NCG_STATS_ALL, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_null (ncg_stats_read (fixture->hierarchy, "/../pod", NCG_STATS_ALL, &invalid_error));
  g_assert_error (invalid_error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
}

/* Lets the reader get as far as the file, and then takes away what it would have read next. */
static gpointer
remove_while_read (gpointer data)
{
  StatsFixture *fixture = data;
  g_autofree char *path = stats_fixture_get_path (fixture, "pod/memory.current");
  int fd = open (path, O_WRONLY);

  g_assert_cmpint (fd, >=, 0);
  remove_file (fixture, "cgroup.stat");
  remove_file (fixture, "cgroup.procs");
  g_assert_cmpint ((int) write (fd, "5\n", 2), ==, 2);
  close (fd);
  return NULL;
}

static void
test_gone_while_read (StatsFixture *fixture, gconstpointer data)
{
  g_autofree char *path = stats_fixture_get_path (fixture, "pod/memory.current");
  g_autoptr (GError) error = NULL;
  GThread *thread;

  write_file (fixture, "cpu.stat", "usage_usec 1\n");
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  thread = g_thread_new ("remover", remove_while_read, fixture);
  g_assert_null (ncg_stats_read (fixture->hierarchy, "/pod", NCG_STATS_ALL, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_thread_join (thread);
}

/* What is there and cannot be read is not the same as absent. */
static void
test_unreadable (StatsFixture *fixture, gconstpointer data)
{
  static const char *const files[] = { "cpu.stat",    "memory.stat",     "memory.events",
                                       "memory.max",  "pids.max",        "io.stat",
                                       "io.pressure", "hugetlb.2MB.max", NULL };

  write_file (fixture, "hugetlb.1GB.current", "0\n");
  write_file (fixture, "hugetlb.2MB.current", "0\n");
  write_file (fixture, "memory.current", "1\n");
  write_file (fixture, "pids.current", "1\n");
  for (guint i = 0; files[i] != NULL; i++) {
    g_autofree char *path = g_build_filename ("pod", files[i], NULL);
    g_autoptr (GError) error = NULL;

    stats_fixture_make (fixture, path);
    g_assert_null (ncg_stats_read (fixture->hierarchy, "/pod", NCG_STATS_ALL, &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
    g_assert_nonnull (strstr (error->message, files[i]));
    remove_file (fixture, files[i]);
  }
}

/* Where the controller is off, its other files are not asked for. */
static void
test_controller_off (StatsFixture *fixture, gconstpointer data)
{
  stats_fixture_make (fixture, "pod/memory.stat");
  stats_fixture_make (fixture, "pod/pids.max");
  stats_fixture_assert (fixture, "{" COUNTS "}");
}

/* Filled again, it has nothing of the cgroup before. */
static void
test_fill_again (StatsFixture *fixture, gconstpointer data)
{
  const NcgHierarchy *hierarchy = fixture->hierarchy;
  g_auto (NcgStats) stats;
  g_autoptr (GError) error = NULL;

  ncg_stats_init (&stats);
  write_file (fixture, "cpu.stat", "usage_usec 1\nthrottled_usec 350000\n");
  write_file (fixture, "io.stat", "8:0 rbytes=1\n");
  g_assert_true (ncg_stats_fill (&stats, hierarchy, "/pod", NCG_STATS_ALL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (stats.numbers[NCG_STATS_CPU_THROTTLED], ==, 350000);
  g_assert_cmpuint (stats.devices->len, ==, 1);
  g_assert_cmpuint (stats.has & NCG_STATS_BIT (NCG_STATS_PIDS_CURRENT), ==, 0);

  stats_fixture_write (fixture, "other/cgroup.procs", "");
  stats_fixture_write (fixture, "other/pids.current", "4\n");
  g_assert_true (ncg_stats_fill (&stats, hierarchy, "/other", NCG_STATS_ALL, &error));
  g_assert_cmpuint (stats.has, ==,
                    NCG_STATS_BIT (NCG_STATS_TIMESTAMP) | NCG_STATS_BIT (NCG_STATS_PIDS_CURRENT));
  g_assert_cmpuint (stats.devices->len, ==, 0);

  g_assert_false (ncg_stats_fill (&stats, hierarchy, "/third", NCG_STATS_ALL, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_assert_cmpuint (stats.has, ==, 0);
}

static void
test_long_path (StatsFixture *fixture, gconstpointer data)
{
  const NcgStatsFields fields = NCG_STATS_BIT (NCG_STATS_PIDS_CURRENT);
  g_autofree char *component = g_strnfill (200, 'x');
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < 8; i++) {
    g_autofree char *file = NULL;
    g_autoptr (GVariant) stats = NULL;

    g_string_append_printf (path, "/%s", component);
    file = g_strconcat (path->str, "/pids.current", NULL);
    stats_fixture_write (fixture, file, "1\n");
    stats = ncg_stats_read (fixture->hierarchy, path->str, fields, NULL);
    g_assert_nonnull (stats);
    g_assert_cmpuint (g_variant_n_children (stats), ==, 1);
  }
}

static void
test_leaves (StatsFixture *fixture, gconstpointer data)
{
  g_auto (GStrv) leaves = NULL;
  g_auto (GStrv) none = NULL;
  g_autofree char *joined = NULL;

  stats_fixture_make (fixture, "pod/cri-o-7.scope");
  stats_fixture_make (fixture, "pod/app.scope/below");
  leaves = ncg_stats_list_leaves (fixture->hierarchy, "/pod", NULL);
  joined = g_strjoinv (" ", leaves);
  g_assert_cmpstr (joined, ==, "app.scope cri-o-7.scope");
  none = ncg_stats_list_leaves (fixture->hierarchy, "/other", NULL);
  g_assert_nonnull (none);
  g_assert_null (none[0]);
  g_assert_null (ncg_stats_list_leaves (fixture->hierarchy, "pod", NULL));
}

#define ADD(name, function) g_test_add (name, StatsFixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/stats-edges/long-file", test_long_file);
  ADD ("/stats-edges/buffer-edges", test_buffer_edges);
  ADD ("/stats-edges/many-devices", test_many_devices);
  ADD ("/stats-edges/garbage", test_garbage);
  ADD ("/stats-edges/gone", test_gone);
  ADD ("/stats-edges/gone/while-read", test_gone_while_read);
  ADD ("/stats-edges/controller-off", test_controller_off);
  ADD ("/stats-edges/fill-again", test_fill_again);
  ADD ("/stats-edges/long-path", test_long_path);
  ADD ("/stats-edges/leaves", test_leaves);
  ADD ("/stats-edges/unreadable", test_unreadable);
  return g_test_run ();
}
