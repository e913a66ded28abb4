/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One cgroup, on a directory that imitates one. What the kernel does is in test-cgroup-kernel.c.
 */
#include "lib/cgroup.h"

#include "lib/error.h"
#include "lib/file.h"
#include "tests/unit/temp-dir.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
  char *mount;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->mount = temp_dir_new ();
  temp_dir_make (fixture->mount, "a/b/c");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->mount);
}

static NcgCgroup *
open_cgroup (const Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;
  NcgCgroup *cgroup = ncg_cgroup_open (fixture->mount, path, &error);

  g_assert_no_error (error);
  return cgroup;
}

static void
make_link (const Fixture *fixture, const char *target, const char *path)
{
  g_autofree char *whole = g_build_filename (fixture->mount, path, NULL);

  g_assert_cmpint (symlink (target, whole), ==, 0);
}

static void
assert_no_cgroup (const Fixture *fixture, const char *path, NcgError code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = ncg_error_escape (path);

  g_test_message ("%s", shown);
  g_assert_null (ncg_cgroup_open (fixture->mount, path, &error));
  g_assert_error (error, NCG_ERROR, (int) code);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
test_open (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) root = open_cgroup (fixture, "/");
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a/b");
  g_autoptr (NcgCgroup) child = ncg_cgroup_open_child (cgroup, "c", NULL);
  g_autoptr (NcgCgroup) from_root = ncg_cgroup_open_child (root, "a/b", NULL);

  g_assert_cmpstr (ncg_cgroup_get_path (root), ==, "/");
  g_assert_cmpstr (ncg_cgroup_get_path (cgroup), ==, "/a/b");
  g_assert_cmpstr (ncg_cgroup_get_path (child), ==, "/a/b/c");
  g_assert_cmpstr (ncg_cgroup_get_path (from_root), ==, "/a/b");
}

static void
test_open_stays_beneath (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = {
    "", "a", "//", "/a/", "//a", "/a//b", "/.", "/..", "/a/..", "/a/../a", "/../etc", "/./a", NULL,
  };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; bad[i] != NULL; i++)
    assert_no_cgroup (fixture, bad[i], NCG_ERROR_INVALID_ARGUMENT);

  temp_dir_write (fixture->mount, "a/file", "");
  make_link (fixture, "b", "a/inside");
  make_link (fixture, "/", "a/outside");
  assert_no_cgroup (fixture, "/x", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/x/b", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/file", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/inside", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/inside/c", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/outside/etc", NCG_ERROR_NOT_FOUND);
  assert_no_cgroup (fixture, "/a/\xff", NCG_ERROR_NOT_FOUND);

  g_assert_null (ncg_cgroup_open ("/nonexistent", "/", &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
}

static void
test_open_child_stays_beneath (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "", "/", "/c", "..", "c/", "c/..", "../b", ".", NULL };
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a/b");

  for (guint i = 0; bad[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (ncg_cgroup_open_child (cgroup, bad[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
}

/* From here on this process has no openat2(2). */
static void
forbid_openat2 (int errsv)
{
  struct sock_filter filter[] = {
    BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr)),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, __NR_openat2, 0, 1),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (guint) errsv),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = { .len = G_N_ELEMENTS (filter), .filter = filter };

  g_assert_cmpint (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), ==, 0);
  g_assert_cmpint (prctl (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), ==, 0);
  g_assert_cmpint (syscall (__NR_openat2, -1, NULL, NULL, 0), ==, -1);
  g_assert_cmpint (errno, ==, errsv);
}

/* The same tests again in a process that has to go step by step. */
static void
test_open_without_openat2 (Fixture *fixture, gconstpointer data)
{
  if (g_test_subprocess ()) {
    forbid_openat2 (GPOINTER_TO_INT (data));
    g_assert_false (ncg_file_has_openat2 ());
    test_open (fixture, NULL);
    test_open_stays_beneath (fixture, NULL);
    return;
  }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
assert_reads (const Fixture *fixture, const char *text, const char *expected)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autofree char *actual = NULL;

  temp_dir_write (fixture->mount, "a/file", text);
  actual = ncg_cgroup_read (cgroup, "file", NULL);
  g_assert_cmpstr (actual, ==, expected);
}

static void
test_read (Fixture *fixture, gconstpointer data)
{
  assert_reads (fixture, "", "");
  assert_reads (fixture, "\n", "");
  assert_reads (fixture, "max\n", "max");
  assert_reads (fixture, "no newline", "no newline");
  assert_reads (fixture, "a 1\nb 2\n\n", "a 1\nb 2\n");

  /* around the size of the buffer, and far beyond it */
  for (gsize n = 8189; n < 8195; n++) {
    g_autofree char *text = g_strnfill (n, 'x');
    assert_reads (fixture, text, text);
  }
  {
    g_autofree char *text = g_strnfill (100000, 'x');
    assert_reads (fixture, text, text);
  }
}

static void
test_read_errors (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *file;
    NcgError code;
  } rows[] = {
    { "missing", NCG_ERROR_NOT_FOUND },
    { "", NCG_ERROR_INVALID_ARGUMENT },
    { "c/x", NCG_ERROR_INVALID_ARGUMENT },
    { "../file", NCG_ERROR_INVALID_ARGUMENT },
    { "/etc/hostname", NCG_ERROR_INVALID_ARGUMENT },
    { "c", NCG_ERROR_FAILED },
    { "link", NCG_ERROR_FAILED },
  };
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a/b");

  temp_dir_write (fixture->mount, "file", "");
  make_link (fixture, "../../file", "a/b/link");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GError) read_error = NULL;
    g_autoptr (GError) write_error = NULL;

    g_assert_null (ncg_cgroup_read (cgroup, rows[i].file, &read_error));
    g_assert_error (read_error, NCG_ERROR, (int) rows[i].code);
    g_assert_false (ncg_cgroup_write (cgroup, rows[i].file, "1", &write_error));
    g_assert_error (write_error, NCG_ERROR, (int) rows[i].code);
  }
}

static void
test_error_messages (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a/b");
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GError) write_error = NULL;

  g_assert_null (ncg_cgroup_read (cgroup, "memory.max", &read_error));
  g_assert_cmpstr (read_error->message, ==,
                   "cannot read memory.max of the cgroup /a/b: No such file or directory");
  g_assert_false (ncg_cgroup_write (cgroup, "memory.max", "5\n", &write_error));
  g_assert_cmpstr (write_error->message, ==,
                   "cannot write \"5\\x0a\" to memory.max of the cgroup /a/b: "
                   "No such file or directory");
}

static void
test_parse_u64 (void)
{
  static const struct {
    const char *text;
    guint64 value;
  } good[] = {
    { "0", 0 },  { "12", 12 },   { "max", G_MAXUINT64 }, { "18446744073709551615", G_MAXUINT64 },
    { "-1", 0 }, { "-4096", 0 },
  };
  static const char *const bad[] = { "",    "-",       "x",    "1 ",  " 1",
                                     "1\n", "+1",      "1.5",  "0x1", "18446744073709551616",
                                     "--1", "maximum", "-max", "\v1", "-\v1",
                                     NULL };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    guint64 value = 77;
    g_assert_true (ncg_cgroup_parse_u64 (good[i].text, &value));
    g_assert_cmpuint (value, ==, good[i].value);
  }
  for (guint i = 0; bad[i] != NULL; i++) {
    guint64 value = 77;
    g_assert_false (ncg_cgroup_parse_u64 (bad[i], &value));
    g_assert_cmpuint (value, ==, 77);
  }
}

static void
test_read_u64 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  guint64 value = 77;

  temp_dir_write (fixture->mount, "a/number", "4096\n");
  temp_dir_write (fixture->mount, "a/max", "max\n");
  temp_dir_write (fixture->mount, "a/words", "4096 bytes\n");

  g_assert_true (ncg_cgroup_read_u64 (cgroup, "number", &value, NULL));
  g_assert_cmpuint (value, ==, 4096);
  g_assert_true (ncg_cgroup_read_u64 (cgroup, "max", &value, NULL));
  g_assert_cmpuint (value, ==, G_MAXUINT64);
  g_assert_false (ncg_cgroup_read_u64 (cgroup, "words", &value, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_cmpuint (value, ==, G_MAXUINT64);
}

/* A message goes over the bus, whatever was asked for. */
static void
test_messages_are_utf8 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  GError *errors[5] = { NULL };
  guint64 value;

  temp_dir_write (fixture->mount, "a/\xff", "x\n");
  g_assert_false (ncg_cgroup_read_u64 (cgroup, "\xff", &value, &errors[0]));
  g_assert_false (ncg_cgroup_read_key (cgroup, "\xff", "\xfe", &value, &errors[1]));
  g_assert_null (ncg_cgroup_read (cgroup, "\xfe", &errors[2]));
  g_assert_false (ncg_cgroup_write (cgroup, "\xfe", "1", &errors[3]));
  g_assert_false (ncg_cgroup_remove_child (cgroup, "\xff", &errors[4]));
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++) {
    g_assert_nonnull (errors[i]);
    g_assert_true (g_utf8_validate (errors[i]->message, -1, NULL));
    g_error_free (errors[i]);
  }
}

static void
test_read_key (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  guint64 value = 77;

  temp_dir_write (fixture->mount, "a/file", "oom_kill 3\noom 5\nlimit max\nodd x\n");
  g_assert_true (ncg_cgroup_read_key (cgroup, "file", "oom", &value, NULL));
  g_assert_cmpuint (value, ==, 5);
  g_assert_true (ncg_cgroup_read_key (cgroup, "file", "oom_kill", &value, NULL));
  g_assert_cmpuint (value, ==, 3);
  g_assert_true (ncg_cgroup_read_key (cgroup, "file", "limit", &value, NULL));
  g_assert_cmpuint (value, ==, G_MAXUINT64);

  g_assert_false (ncg_cgroup_read_key (cgroup, "file", "kill", &value, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (ncg_cgroup_read_key (cgroup, "file", "odd", &value, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
}

static void
test_write (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  temp_dir_write (fixture->mount, "a/file", "");
  g_assert_true (ncg_cgroup_write (cgroup, "file", "50000 100000", &error));
  g_assert_no_error (error);
  text = ncg_cgroup_read (cgroup, "file", NULL);
  g_assert_cmpstr (text, ==, "50000 100000");
}

static void
assert_names (char **names, const char *expected)
{
  g_autofree char *joined = g_strjoinv (" ", names);

  g_assert_cmpstr (joined, ==, expected);
}

static void
test_list_names (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (NcgCgroup) leaf = open_cgroup (fixture, "/a/b/c");
  g_auto (GStrv) children = NULL;
  g_auto (GStrv) none = NULL;
  g_auto (GStrv) files = NULL;

  temp_dir_write (fixture->mount, "a/hugetlb.2MB.max", "");
  temp_dir_write (fixture->mount, "a/hugetlb.1GB.max", "");
  temp_dir_write (fixture->mount, "a/memory.max", "");
  temp_dir_make (fixture->mount, "a/hugetlb.slice");
  temp_dir_make (fixture->mount, "a/Z");
  make_link (fixture, "b", "a/link");

  children = ncg_cgroup_list_children (cgroup, NULL);
  assert_names (children, "Z b hugetlb.slice");
  none = ncg_cgroup_list_children (leaf, NULL);
  assert_names (none, "");
  files = ncg_cgroup_list_files (cgroup, "hugetlb.", NULL);
  assert_names (files, "hugetlb.1GB.max hugetlb.2MB.max");
}

/* Most cgroups have none, which their directories say without being read. */
static void
test_no_children (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a/b/c");
  g_autofree char *directory = g_build_filename (fixture->mount, "a/b/c", NULL);
  g_auto (GStrv) none = NULL;
  g_auto (GStrv) children = NULL;
  char buffer[1024];
  int watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  struct stat st;

  g_assert_cmpint (inotify_add_watch (watch, directory, IN_OPEN), >=, 0);
  none = ncg_cgroup_list_children (cgroup, NULL);
  assert_names (none, "");
  /* Not every file system counts them. */
  if (stat (directory, &st) == 0 && st.st_nlink == 2)
    g_assert_cmpint (read (watch, buffer, sizeof buffer), <, 0);
  temp_dir_make (fixture->mount, "a/b/c/d");
  children = ncg_cgroup_list_children (cgroup, NULL);
  assert_names (children, "d");
  close (watch);
}

static void
assert_populated (const Fixture *fixture, const char *path, gboolean expected)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, path);
  gboolean populated = !expected;

  g_assert_true (ncg_cgroup_is_populated (cgroup, &populated, NULL));
  g_assert_cmpint (populated, ==, expected);
}

static void
test_is_populated (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  gboolean populated = 77;

  assert_populated (fixture, "/", TRUE);
  assert_populated (fixture, "/a", FALSE);
  temp_dir_write (fixture->mount, "a/cgroup.events", "populated 1\nfrozen 0\n");
  assert_populated (fixture, "/a", TRUE);
  temp_dir_write (fixture->mount, "a/cgroup.events", "populated 0\nfrozen 0\n");
  assert_populated (fixture, "/a", FALSE);

  temp_dir_write (fixture->mount, "a/cgroup.events", "populated yes\n");
  g_assert_false (ncg_cgroup_is_populated (cgroup, &populated, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_cmpint (populated, ==, 77);
}

static void
test_open_events (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  int fd;

  g_assert_cmpint (ncg_cgroup_open_events (cgroup, &error), ==, -1);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  temp_dir_write (fixture->mount, "a/cgroup.events", "populated 0\n");
  fd = ncg_cgroup_open_events (cgroup, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint ((int) lseek (fd, 0, SEEK_CUR), ==, 0);
  close (fd);
}

/* v1 has no cgroup.events: whoever is below counts, and so does a process without a number here. */
static void
test_is_populated_v1 (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");

  g_assert_false (ncg_cgroup_is_v1 (cgroup));
  temp_dir_write (fixture->mount, "a/cgroup.clone_children", "0\n");
  g_assert_true (ncg_cgroup_is_v1 (cgroup));
  assert_populated (fixture, "/a", FALSE);
  temp_dir_write (fixture->mount, "a/cgroup.procs", "");
  temp_dir_write (fixture->mount, "a/b/c/cgroup.procs", "0\n");
  assert_populated (fixture, "/a", TRUE);
  temp_dir_write (fixture->mount, "a/b/c/cgroup.procs", "");
  assert_populated (fixture, "/a", FALSE);
  temp_dir_write (fixture->mount, "a/cgroup.procs", "12\n");
  assert_populated (fixture, "/a", TRUE);
}

static void
test_wait (Fixture *fixture, gconstpointer data)
{
  g_autoptr (NcgCgroup) cgroup = open_cgroup (fixture, "/a");
  g_autoptr (GError) error = NULL;
  gint64 begin = g_get_monotonic_time ();
  gboolean reached = FALSE;

  g_assert_true (ncg_cgroup_wait_empty (cgroup, begin, &reached, NULL)); /* as if it were gone */
  g_assert_true (reached);
  g_assert_false (ncg_cgroup_wait_event (cgroup, "frozen", 1, begin, &reached, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);

  temp_dir_write (fixture->mount, "a/cgroup.events", "populated 1\nfrozen 1\n");
  g_assert_true (ncg_cgroup_wait_event (cgroup, "frozen", 1, begin, &reached, NULL));
  g_assert_true (reached);
  g_assert_true (ncg_cgroup_wait_empty (cgroup, begin + 50000, &reached, NULL));
  g_assert_false (reached);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 50000);

  temp_dir_write (fixture->mount, "a/cgroup.clone_children", "0\n");
  temp_dir_write (fixture->mount, "a/b/cgroup.procs", "1\n");
  g_assert_true (ncg_cgroup_wait_empty (cgroup, begin + 100000, &reached, NULL));
  g_assert_false (reached);
  temp_dir_write (fixture->mount, "a/b/cgroup.procs", "");
  g_assert_true (ncg_cgroup_wait_empty (cgroup, 0, &reached, NULL));
  g_assert_true (reached);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup/open", test_open);
  ADD ("/cgroup/open/beneath", test_open_stays_beneath);
  ADD ("/cgroup/open/child-beneath", test_open_child_stays_beneath);
  g_test_add ("/cgroup/open/eperm", Fixture, GINT_TO_POINTER (EPERM), set_up,
              test_open_without_openat2, tear_down);
  g_test_add ("/cgroup/open/enosys", Fixture, GINT_TO_POINTER (ENOSYS), set_up,
              test_open_without_openat2, tear_down);
  ADD ("/cgroup/read", test_read);
  ADD ("/cgroup/read/errors", test_read_errors);
  ADD ("/cgroup/read/u64", test_read_u64);
  ADD ("/cgroup/messages-are-utf8", test_messages_are_utf8);
  ADD ("/cgroup/read/key", test_read_key);
  g_test_add_func ("/cgroup/parse-u64", test_parse_u64);
  ADD ("/cgroup/error-messages", test_error_messages);
  ADD ("/cgroup/write", test_write);
  ADD ("/cgroup/list/names", test_list_names);
  ADD ("/cgroup/list/no-children", test_no_children);
  ADD ("/cgroup/is-populated", test_is_populated);
  ADD ("/cgroup/is-populated/v1", test_is_populated_v1);
  ADD ("/cgroup/open-events", test_open_events);
  ADD ("/cgroup/wait", test_wait);
  return g_test_run ();
}
