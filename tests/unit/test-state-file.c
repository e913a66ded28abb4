/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * State files: what was written is read, and nothing else is.
 */
#include "daemon/state-file.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIND "nodecgroups-test"
#define CONTENT "what is to be known again\n"

typedef struct {
  char *root;
  char *path;
  int directory;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->path = g_build_filename (fixture->root, "file", NULL);
  fixture->directory = open (fixture->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fixture->directory, >=, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close (fixture->directory);
  temp_dir_free (fixture->root);
  g_free (fixture->path);
}

static void
save (Fixture *fixture, const char *content)
{
  g_autoptr (GError) error = NULL;

  state_file_write (fixture->directory, "file", KIND, content, strlen (content), &error);
  g_assert_no_error (error);
}

static void
assert_reads (Fixture *fixture, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = state_file_read (fixture->directory, "file", KIND, &error);
  gsize n_bytes;
  const char *text;

  g_assert_no_error (error);
  text = g_bytes_get_data (bytes, &n_bytes);
  g_assert_cmpmem (text, n_bytes, expected, strlen (expected));
}

static void
assert_refused (Fixture *fixture, const char *reason)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = state_file_read (fixture->directory, "file", KIND, &error);

  g_assert_null (bytes);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  if (reason != NULL && strstr (error->message, reason) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", reason, error->message);
}

static void
test_round_trip (Fixture *fixture, gconstpointer data)
{
  static const char *const contents[] = { "", CONTENT, "\n\n", KIND " 2 x\n" };
  GStatBuf status;

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++) {
    save (fixture, contents[i]);
    assert_reads (fixture, contents[i]);
  }
  g_assert_cmpint (g_stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (state_file_read (fixture->directory, "file", KIND, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_NOT_FOUND);
}

/* Each bit of it, and each length. */
static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  gsize length;

  save (fixture, CONTENT);
  g_assert_true (g_file_get_contents (fixture->path, &text, &length, NULL));
  for (gsize i = 0; i < 8 * length; i++) {
    text[i / 8] = (char) (text[i / 8] ^ (1 << i % 8));
    g_assert_true (g_file_set_contents (fixture->path, text, (gssize) length, NULL));
    g_assert_cmpint (g_chmod (fixture->path, 0600), ==, 0);
    assert_refused (fixture, NULL);
    text[i / 8] = (char) (text[i / 8] ^ (1 << i % 8));
  }
  for (gsize i = 0; i < length; i++) {
    g_assert_true (g_file_set_contents (fixture->path, text, (gssize) i, NULL));
    assert_refused (fixture, NULL);
  }
  g_assert_true (g_file_set_contents (fixture->path, text, (gssize) length, NULL));
  assert_reads (fixture, CONTENT);
}

static void
test_other_kinds (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  state_file_write (fixture->directory, "file", "nodecgroups-other", "x", 1, &error);
  g_assert_no_error (error);
  assert_refused (fixture, KIND);
  temp_dir_write (fixture->root, "file", KIND " 3 x\n");
  assert_refused (fixture, "start with");
  temp_dir_write (fixture->root, "file", KIND " 1\nof before\n");
  assert_reads (fixture, "of before\n");
}

/* What could be another's, or written by others. */
static void
test_foreign (Fixture *fixture, gconstpointer data)
{
  g_autofree char *second = g_build_filename (fixture->root, "second", NULL);

  save (fixture, CONTENT);
  g_assert_cmpint (g_chmod (fixture->path, 0620), ==, 0);
  assert_refused (fixture, "others to write");
  g_assert_cmpint (g_chmod (fixture->path, 0602), ==, 0);
  assert_refused (fixture, "others to write");
  g_assert_cmpint (g_chmod (fixture->path, 0644), ==, 0);
  assert_reads (fixture, CONTENT);
  g_assert_cmpint (link (fixture->path, second), ==, 0);
  assert_refused (fixture, "other names");
  g_assert_cmpint (g_unlink (second), ==, 0);
  assert_reads (fixture, CONTENT);
  /* Only root can give a file away. */
  if (geteuid () != 0)
    return;
  g_assert_cmpint (chown (fixture->path, 1, 0), ==, 0);
  assert_refused (fixture, "another user's");
}

static void
test_no_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *valid = g_build_filename (fixture->root, "valid", NULL);

  save (fixture, CONTENT);
  g_assert_cmpint (g_rename (fixture->path, valid), ==, 0);
  g_assert_cmpint (symlink ("valid", fixture->path), ==, 0);
  assert_refused (fixture, NULL);
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  assert_refused (fixture, "no plain file");
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->path, 0700), ==, 0);
  assert_refused (fixture, "no plain file");
}

static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (STATE_FILE_MAX_BYTES, 'x');
  g_autoptr (GError) error = NULL;

  save (fixture, CONTENT);
  g_assert_false (
      state_file_write (fixture->directory, "file", KIND, text, STATE_FILE_MAX_BYTES, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  assert_reads (fixture, CONTENT);
  g_assert_cmpint (truncate (fixture->path, STATE_FILE_MAX_BYTES + 1), ==, 0);
  assert_refused (fixture, "too large");
}

/* Whatever is where the new file is to be written. */
static void
test_temporary (Fixture *fixture, gconstpointer data)
{
  g_autofree char *temporary = g_build_filename (fixture->root, ".file.tmp", NULL);
  g_autofree char *elsewhere = g_build_filename (fixture->root, "elsewhere", NULL);
  g_autoptr (GError) error = NULL;

  temp_dir_write (fixture->root, ".file.tmp", "half");
  save (fixture, CONTENT);
  g_assert_cmpint (mkfifo (temporary, 0600), ==, 0);
  save (fixture, CONTENT);
  g_assert_cmpint (symlink (elsewhere, temporary), ==, 0);
  save (fixture, CONTENT);
  g_assert_false (g_file_test (elsewhere, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (temporary, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK));
  assert_reads (fixture, CONTENT);
  g_assert_cmpint (g_mkdir (temporary, 0700), ==, 0);
  g_assert_false (state_file_write (fixture->directory, "file", KIND, "x", 1, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  assert_reads (fixture, CONTENT);
}

static void
test_set_aside (Fixture *fixture, gconstpointer data)
{
  g_assert_null (state_file_set_aside (fixture->directory, "file"));
  for (guint i = 0; i < 120; i++) {
    g_autofree char *aside = NULL;
    g_autofree char *path = NULL;

    save (fixture, CONTENT);
    aside = state_file_set_aside (fixture->directory, "file");
    path = g_build_filename (fixture->root, aside, NULL);
    g_assert_true (state_file_is_aside (aside));
    g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
    g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  }
  g_assert_true (state_file_is_temporary (".file.tmp"));
  g_assert_false (state_file_is_temporary ("file.tmp"));
}

static void
add (const char *path, void (*function) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, function, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/state-file/round-trip", test_round_trip);
  add ("/state-file/missing", test_missing);
  add ("/state-file/damaged", test_damaged);
  add ("/state-file/other-kinds", test_other_kinds);
  add ("/state-file/foreign", test_foreign);
  add ("/state-file/no-files", test_no_files);
  add ("/state-file/large", test_large);
  add ("/state-file/temporary", test_temporary);
  add ("/state-file/set-aside", test_set_aside);
  return g_test_run ();
}
