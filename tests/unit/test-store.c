/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pod files.
 */
#include "daemon/store.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "nodecgroups-pod 1\n"

typedef struct {
  char *root;
  char *directory;
  Store *store;
} Fixture;

static Store *
open_store (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  Store *store = store_new (fixture->directory, &error);

  g_assert_no_error (error);
  return store;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->directory = g_build_filename (fixture->root, "run", "pods", NULL);
  temp_dir_make (fixture->root, "run/pods");
  fixture->store = open_store (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  store_free (fixture->store);
  temp_dir_free (fixture->root);
  g_free (fixture->directory);
}

static void
save (Fixture *fixture, const char *uid, StorePhase phase, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) content = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);

  g_assert_nonnull (content);
  store_save (fixture->store, uid, phase, content, &error);
  g_assert_no_error (error);
}

/* "UID/PHASE CONTENT, " for each entry. */
static char *
load (Fixture *fixture, guint *ret_n_warnings)
{
  g_autoptr (GPtrArray) warnings = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = store_load (fixture->store, &warnings, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < entries->len; i++) {
    const StoreEntry *entry = g_ptr_array_index (entries, i);
    g_autofree char *content = g_variant_print (entry->content, FALSE);

    g_string_append_printf (text, "%s/%d %s, ", entry->uid, entry->phase, content);
  }
  for (guint i = 0; i < warnings->len; i++)
    g_test_message ("%s", (const char *) g_ptr_array_index (warnings, i));
  *ret_n_warnings = warnings->len;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_loads (Fixture *fixture, const char *expected, guint n_expected)
{
  guint n_warnings;
  g_autofree char *text = load (fixture, &n_warnings);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpuint (n_warnings, ==, n_expected);
}

static gboolean
has_file (Fixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK);
}

static void
write_file (Fixture *fixture, const char *name, const char *text)
{
  temp_dir_write (fixture->directory, name, text);
}

static void
test_save (Fixture *fixture, gconstpointer data)
{
  assert_loads (fixture, "", 0);
  save (fixture, "b", STORE_POD, "{'x': <1>}");
  save (fixture, "a", STORE_UPDATING, "{'x': <2>}");
  save (fixture, "a", STORE_POD, "{'x': <3>}");
  save (fixture, "a", STORE_REMOVING, "{'x': <4>}");
  save (fixture, "a", STORE_CREATING, "{'x': <5>}");
  assert_loads (fixture,
                "a/0 {'x': <5>}, a/1 {'x': <3>}, a/2 {'x': <2>}, a/3 {'x': <4>}, b/1 {'x': <1>}, ",
                0);
  save (fixture, "b", STORE_POD, "{'x': <'longer than before'>}");
  save (fixture, "b", STORE_POD, "{'x': <1>}");
  g_assert_true (has_file (fixture, "a.creating"));
  g_assert_true (has_file (fixture, "a.pod"));
  g_assert_true (has_file (fixture, "a.updating"));
  g_assert_true (has_file (fixture, "a.removing"));
  g_assert_false (has_file (fixture, ".b.tmp"));
}

/* It is there for whoever reads it, too. */
static void
test_text (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->directory, "a.pod", NULL);
  g_autofree char *text = NULL;
  GStatBuf status;

  save (fixture, "a", STORE_POD, "{'x': <uint64 1>}");
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (
      text, ==,
      "nodecgroups-pod 2 454f988eb3a623243c643d6da461c78811892a7479eff891638ca2c15b47ba66\n"
      "{'x': <uint64 1>}\n");
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_move (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  save (fixture, "a", STORE_POD, "{'x': <1>}");
  save (fixture, "a", STORE_UPDATING, "{'x': <2>}");
  g_assert_true (store_move (fixture->store, "a", STORE_UPDATING, STORE_POD, &error));
  assert_loads (fixture, "a/1 {'x': <2>}, ", 0);
  g_assert_false (store_move (fixture->store, "a", STORE_UPDATING, STORE_POD, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "a.updating"));
  assert_loads (fixture, "a/1 {'x': <2>}, ", 0);
}

static void
test_remove (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  save (fixture, "a", STORE_POD, "{'x': <1>}");
  g_assert_true (store_remove (fixture->store, "a", STORE_CREATING, &error));
  g_assert_true (store_remove (fixture->store, "a", STORE_POD, &error));
  g_assert_true (store_remove (fixture->store, "a", STORE_POD, &error));
  g_assert_no_error (error);
  assert_loads (fixture, "", 0);
}

static const struct {
  const char *name;
  const char *text;
} damaged[] = {
  { "a.pod", "" },
  { "b.pod", "nodecgroups-pod 1" },
  { "c.pod", HEADER },
  { "d.pod", HEADER "{'x': <1>" },
  { "e.pod", HEADER "[1]" },
  { "f.pod", "nodecgroups-pod 2\n{}" },
  { "g.pod", HEADER "{'x': <1>} more" },
  { "h.creating", "\xff\xfe" },
  { ".pod", HEADER "{}" },
  { "-i.pod", HEADER "{}" },
  { "j.pods", HEADER "{}" },
  { "k", HEADER "{}" },
};

static void
test_damaged (Fixture *fixture, gconstpointer data)
{
  save (fixture, "z", STORE_POD, "{'x': <1>}");
  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++)
    write_file (fixture, damaged[i].name, damaged[i].text);
  assert_loads (fixture, "z/1 {'x': <1>}, ", G_N_ELEMENTS (damaged));
  for (gsize i = 0; i < G_N_ELEMENTS (damaged); i++) {
    g_autofree char *aside = g_strconcat (damaged[i].name, ".bad", NULL);

    g_assert_false (has_file (fixture, damaged[i].name));
    g_assert_true (has_file (fixture, aside));
  }
  assert_loads (fixture, "z/1 {'x': <1>}, ", 0);
}

/* What is no plain file, or no pod could have written. */
static void
test_no_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = g_build_filename (fixture->directory, "b.pod", NULL);
  g_autofree char *fifo = g_build_filename (fixture->directory, "c.pod", NULL);
  g_autofree char *valid = g_build_filename (fixture->root, "valid", NULL);
  g_autofree char *blanks = g_strnfill (4 * 1024 * 1024, ' ');
  g_autofree char *large = g_strconcat (HEADER, blanks, "{}", NULL);

  temp_dir_make (fixture->directory, "a.pod");
  temp_dir_write (fixture->root, "valid", HEADER "{}");
  g_assert_cmpint (symlink (valid, link), ==, 0);
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  write_file (fixture, "d.pod", large);
  write_file (fixture, ".e.tmp", "half");
  write_file (fixture, "f.pod.bad", "from before");
  assert_loads (fixture, "", 4);
  g_assert_false (has_file (fixture, ".e.tmp"));
  g_assert_true (has_file (fixture, "f.pod.bad"));
}

static void
test_uids (Fixture *fixture, gconstpointer data)
{
  static const char *const uids[] = { "a.pod", "a.creating", "a.bad", "a.tmp", "A-b_9." };

  for (gsize i = 0; i < G_N_ELEMENTS (uids); i++)
    save (fixture, uids[i], STORE_POD, "{}");
  assert_loads (fixture, "A-b_9./1 {}, a.bad/1 {}, a.creating/1 {}, a.pod/1 {}, a.tmp/1 {}, ", 0);
}

static void
test_set_aside (Fixture *fixture, gconstpointer data)
{
  save (fixture, "a", STORE_POD, "{}");
  save (fixture, "b", STORE_POD, "{}");
  store_set_aside (fixture->store, "a", STORE_POD);
  assert_loads (fixture, "b/1 {}, ", 0);
  g_assert_true (has_file (fixture, "a.pod.bad"));
  g_assert_true (store_has_bad (fixture->store, "a"));
  g_assert_false (store_has_bad (fixture->store, "b"));
}

/* All that was set aside of a pod goes at once, and nothing of another. */
static void
test_drop_bad (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "a.pod.bad", "a.pod.1.bad", "a.pod.2.bad",
                                       "a.updating.bad" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    write_file (fixture, names[i], "damaged");
  write_file (fixture, "a.b.pod.bad", "damaged");
  save (fixture, "a", STORE_POD, "{}");
  store_drop_bad (fixture->store, "a");
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_false (has_file (fixture, names[i]));
  g_assert_false (store_has_bad (fixture->store, "a"));
  g_assert_true (store_has_bad (fixture->store, "a.b"));
  g_assert_true (has_file (fixture, "a.pod"));
  store_drop_bad (fixture->store, "none");
}

/* Whether there is anything to be dropped is known from the load on, and by what comes after it. */
static void
test_drop_bad_of_before (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "a.pod.bad", "damaged");
  assert_loads (fixture, "", 0);
  store_drop_bad (fixture->store, "a");
  g_assert_false (has_file (fixture, "a.pod.bad"));
  save (fixture, "b", STORE_POD, "{}");
  assert_loads (fixture, "b/1 {}, ", 0);
  store_set_aside (fixture->store, "b", STORE_POD);
  store_drop_bad (fixture->store, "b");
  g_assert_false (has_file (fixture, "b.pod.bad"));
}

/* The longest uid has room in each name that its file may have. */
static void
test_long_uid (Fixture *fixture, gconstpointer data)
{
  g_autofree char *uid = g_strnfill (STORE_UID_MAX + 1, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_false (store_check_uid (uid, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "\"aaaa"));
  uid[STORE_UID_MAX] = '\0';
  g_assert_true (store_check_uid (uid, NULL));
  for (int phase = 0; phase < N_STORE_PHASES; phase++)
    for (guint i = 0; i < 12; i++) {
      save (fixture, uid, (StorePhase) phase, "{}");
      store_set_aside (fixture->store, uid, (StorePhase) phase);
    }
  g_assert_false (store_has_lost (fixture->store));
}

/* Whose files they were nobody knows then, nor does the next daemon. */
static void
test_lost (Fixture *fixture, gconstpointer data)
{
  g_autofree char *aside = g_strconcat (fixture->directory, ".bad", NULL);

  save (fixture, "a", STORE_POD, "{}");
  g_assert_false (store_has_lost (fixture->store));
  store_set_aside (fixture->store, "a", STORE_POD);
  g_assert_false (store_has_lost (fixture->store));
  store_set_aside (fixture->store, "b", STORE_POD);
  g_assert_true (store_has_lost (fixture->store));
  store_free (fixture->store);
  g_assert_cmpint (g_chmod (fixture->directory, 0777), ==, 0);
  for (guint i = 0; i < 2; i++) {
    fixture->store = open_store (fixture);
    g_assert_true (store_has_lost (fixture->store));
    g_assert_false (store_has_bad (fixture->store, "a"));
    store_settle (fixture->store);
    store_free (fixture->store);
  }
  temp_dir_free (g_steal_pointer (&aside));
  fixture->store = open_store (fixture);
  g_assert_false (store_has_lost (fixture->store));
}

/* Nor if there is no directory, until all that may have been in it has been looked for. */
static void
test_missing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *mark = g_strconcat (fixture->directory, ".new", NULL);

  g_assert_false (store_has_lost (fixture->store));
  store_free (fixture->store);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  for (guint i = 0; i < 2; i++) {
    fixture->store = open_store (fixture);
    g_assert_true (store_has_lost (fixture->store));
    if (i > 0)
      store_settle (fixture->store);
    store_free (fixture->store);
  }
  g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
  fixture->store = open_store (fixture);
  g_assert_false (store_has_lost (fixture->store));
}

/* As if its file had been set aside; a uid that is none has no file. */
static void
test_mark_bad (Fixture *fixture, gconstpointer data)
{
  g_autofree char *uid = g_strnfill (STORE_UID_MAX + 1, 'a');
  const char *const wrong[] = { "", "../a", uid };

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_false (store_mark_bad (fixture->store, wrong[i], &error));
    g_assert_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT);
  }
  assert_loads (fixture, "", 0);
  g_assert_true (store_mark_bad (fixture->store, "a", NULL));
  g_assert_true (store_has_bad (fixture->store, "a"));
  assert_loads (fixture, "", 0);
  store_drop_bad (fixture->store, "a");
  g_assert_false (store_has_bad (fixture->store, "a"));
}

/* A name is set aside as often as it has to be, and what was set aside before is kept. */
static void
test_set_aside_again (Fixture *fixture, gconstpointer data)
{
  temp_dir_make (fixture->directory, "a.pod");
  temp_dir_write (fixture->directory, "a.pod/file", "");
  assert_loads (fixture, "", 1);
  write_file (fixture, "a.pod", "damaged");
  assert_loads (fixture, "", 1);
  g_assert_true (has_file (fixture, "a.pod.bad/file"));
  g_assert_true (has_file (fixture, "a.pod.1.bad"));
  g_assert_true (store_has_bad (fixture->store, "a"));
  save (fixture, "a", STORE_POD, "{}");
  assert_loads (fixture, "a/1 {}, ", 0);
}

/* What could not be read again is not written. */
static void
test_too_large (Fixture *fixture, gconstpointer data)
{
  g_autofree char *label = g_strnfill (5 * 1024 * 1024, 'x');
  g_autoptr (GVariant) content = g_variant_ref_sink (g_variant_new_parsed ("{'x': <%s>}", label));
  g_autoptr (GError) error = NULL;

  save (fixture, "a", STORE_POD, "{'x': <1>}");
  g_assert_false (store_save (fixture->store, "a", STORE_POD, content, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_LIMIT_EXCEEDED);
  assert_loads (fixture, "a/1 {'x': <1>}, ", 0);
}

/* A directory that is not ours alone, or none at all. */
static void
test_foreign_directory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *aside = g_strconcat (fixture->directory, ".bad", NULL);
  g_autofree char *second = g_strconcat (fixture->directory, ".1.bad", NULL);

  save (fixture, "a", STORE_POD, "{}");
  store_free (fixture->store);
  g_assert_cmpint (g_chmod (fixture->directory, 0777), ==, 0);
  fixture->store = open_store (fixture);
  assert_loads (fixture, "", 1);
  g_assert_true (g_file_test (aside, G_FILE_TEST_IS_DIR));
  store_free (fixture->store);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_assert_cmpint (symlink (fixture->root, fixture->directory), ==, 0);
  fixture->store = open_store (fixture);
  assert_loads (fixture, "", 1);
  g_assert_true (g_file_test (second, G_FILE_TEST_IS_SYMLINK));
}

/* Two daemons would finish and undo each other's work. */
static void
test_lock (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (store_new (fixture->directory, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, fixture->directory));
  store_free (fixture->store);
  fixture->store = open_store (fixture);
}

static void
test_no_directory (Fixture *fixture, gconstpointer data)
{
  g_autofree char *below = g_build_filename (fixture->root, "file", "pods", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) save_error = NULL;
  g_autoptr (GVariant) content = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));

  temp_dir_write (fixture->root, "file", "");
  g_assert_null (store_new (below, &error));
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_assert_false (store_save (fixture->store, "a", STORE_POD, content, &save_error));
  g_assert_error (save_error, NCG_ERROR, NCG_ERROR_FAILED);
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
  add ("/store/save", test_save);
  add ("/store/text", test_text);
  add ("/store/move", test_move);
  add ("/store/remove", test_remove);
  add ("/store/damaged", test_damaged);
  add ("/store/no-files", test_no_files);
  add ("/store/uids", test_uids);
  add ("/store/set-aside", test_set_aside);
  add ("/store/drop-bad", test_drop_bad);
  add ("/store/drop-bad-of-before", test_drop_bad_of_before);
  add ("/store/lost", test_lost);
  add ("/store/missing", test_missing);
  add ("/store/mark-bad", test_mark_bad);
  add ("/store/long-uid", test_long_uid);
  add ("/store/set-aside-again", test_set_aside_again);
  add ("/store/too-large", test_too_large);
  add ("/store/foreign-directory", test_foreign_directory);
  add ("/store/lock", test_lock);
  add ("/store/no-directory", test_no_directory);
  return g_test_run ();
}
