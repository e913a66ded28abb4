/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pod files.
 */
#include "daemon/store.h"

#include "daemon/fault-point.h"
#include "daemon/state-file.h"
#include "lib/error.h"
#include "lib/names.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define KIND "nodecgroups-pod"
#define BAD_SUFFIX ".bad"
#define NEW_SUFFIX ".new"

struct Store {
  char *directory;
  int fd;
  char *warning;     /* (nullable): for the first load */
  gboolean has_lost; /* files whose uids nobody knows */
  gboolean has_bad;  /* there may be files that were set aside */
};

static const char *const suffixes[] = {
  [STORE_CREATING] = ".creating",
  [STORE_POD] = ".pod",
  [STORE_UPDATING] = ".updating",
  [STORE_REMOVING] = ".removing",
};
G_STATIC_ASSERT (G_N_ELEMENTS (suffixes) == N_STORE_PHASES);

static gboolean
fail (const Store *self, const char *what, const char *name, GError **error)
{
  int saved = errno;

  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "could not %s %s/%s: %s", what, self->directory,
               name, g_strerror (saved));
  return FALSE;
}

/* Who else may write in it could put anything there. Returns: (transfer full) (nullable): a warning
 */
static char *
set_aside_directory (const char *directory)
{
  g_autofree char *aside = NULL;
  struct stat status;

  if (lstat (directory, &status) < 0 || (S_ISDIR (status.st_mode) && status.st_uid == geteuid () &&
                                         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0))
    return NULL;
  aside = state_file_set_aside (AT_FDCWD, directory);
  return g_strdup_printf ("%s is not this daemon's own directory, which nobody else may write; it "
                          "is set aside as %s, and what was known of pods is not used",
                          directory, aside != NULL ? aside : "nothing");
}

/* Also by a daemon before this one: what it left alone is to be left alone still. */
static gboolean
has_beside (const char *directory, const char *suffix)
{
  g_autofree char *path = g_strconcat (directory, suffix, NULL);

  return faccessat (AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* After a boot it is missing, and so are all slices. Else somebody removed it, and that is to be
 * known until all slices have been looked at, whenever this daemon ends. */
static gboolean
make_directory (const Store *self, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (self->directory);
  g_autofree char *mark = g_strconcat (self->directory, NEW_SUFFIX, NULL);
  int fd;

  if (has_beside (self->directory, ""))
    return TRUE;
  if (g_mkdir_with_parents (parent, 0755) < 0)
    return fail (self, "make", "", error);
  fd = open (mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0)
    return fail (self, "make", "", error);
  close (fd);
  FAULT_POINT ("store:missing");
  return g_mkdir_with_parents (self->directory, 0755) == 0 || fail (self, "make", "", error);
}

Store *
store_new (const char *directory, GError **error)
{
  g_autoptr (Store) self = g_new0 (Store, 1);

  self->directory = g_strdup (directory);
  self->fd = -1;
  self->has_bad = TRUE;
  self->warning = set_aside_directory (directory);
  if (!make_directory (self, error))
    return NULL;
  self->has_lost = self->warning != NULL || has_beside (directory, BAD_SUFFIX) ||
                   has_beside (directory, NEW_SUFFIX);
  self->fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (self->fd < 0) {
    fail (self, "open", "", error);
    return NULL;
  }
  if (flock (self->fd, LOCK_EX | LOCK_NB) < 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_BUSY,
                 "could not lock %s: %s; is another nodecgroupsd running?", directory,
                 g_strerror (errno));
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
store_free (Store *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_free (self->directory);
  g_free (self->warning);
  g_free (self);
}

static char *
file_name (const char *uid, StorePhase phase)
{
  return g_strconcat (uid, suffixes[phase], NULL);
}

gboolean
store_save (Store *self, const char *uid, StorePhase phase, GVariant *content, GError **error)
{
  g_autofree char *name = file_name (uid, phase);
  g_autoptr (GString) text = g_string_new (NULL);

  g_variant_print_string (content, text, TRUE);
  g_string_append_c (text, '\n');
  if (state_file_write (self->fd, name, KIND, text->str, text->len, error))
    return TRUE;
  g_prefix_error (error, "%s: ", self->directory);
  return FALSE;
}

gboolean
store_move (Store *self, const char *uid, StorePhase from, StorePhase to, GError **error)
{
  g_autofree char *old = file_name (uid, from);
  g_autofree char *new = file_name (uid, to);

  if (renameat (self->fd, old, self->fd, new) < 0)
    return fail (self, "rename", old, error);
  FAULT_POINT ("store:moved");
  return TRUE;
}

gboolean
store_remove (Store *self, const char *uid, StorePhase phase, GError **error)
{
  g_autofree char *name = file_name (uid, phase);

  if (unlinkat (self->fd, name, 0) < 0 && errno != ENOENT)
    return fail (self, "remove", name, error);
  FAULT_POINT ("store:removed");
  return TRUE;
}

gboolean
store_has_bad (Store *self, const char *uid)
{
  for (int phase = 0; phase < N_STORE_PHASES; phase++) {
    g_autofree char *name = g_strconcat (uid, suffixes[phase], BAD_SUFFIX, NULL);

    if (faccessat (self->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
      return TRUE;
  }
  return FALSE;
}

gboolean
store_mark_bad (Store *self, const char *uid, GError **error)
{
  static const char text[] = "it was not there\n";
  g_autofree char *name = g_strconcat (uid, suffixes[STORE_POD], BAD_SUFFIX, NULL);

  self->has_bad = TRUE;
  return ncg_names_check_uid (uid, error) && store_check_uid (uid, error) &&
         state_file_write (self->fd, name, KIND, text, strlen (text), error);
}

gboolean
store_check_uid (const char *uid, GError **error)
{
  g_autofree char *escaped = NULL;

  if (strlen (uid) <= STORE_UID_MAX)
    return TRUE;
  escaped = ncg_error_escape (uid);
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "the uid \"%s\" has %" G_GSIZE_FORMAT
               " bytes, of %d that it may have: use a shorter one",
               escaped, strlen (uid), STORE_UID_MAX);
  return FALSE;
}

void
store_drop_bad (Store *self, const char *uid)
{
  for (int phase = 0; self->has_bad && phase < N_STORE_PHASES; phase++) {
    g_autofree char *name = file_name (uid, (StorePhase) phase);

    state_file_drop_aside (self->fd, name);
  }
}

gboolean
store_has_lost (const Store *self)
{
  return self->has_lost;
}

void
store_settle (Store *self)
{
  g_autofree char *mark = g_strconcat (self->directory, NEW_SUFFIX, NULL);

  g_unlink (mark);
  FAULT_POINT ("store:settled");
}

/* (transfer full) (nullable) */
static char *
rename_aside (Store *self, const char *name)
{
  char *bad = state_file_set_aside (self->fd, name);

  if (bad == NULL)
    self->has_lost = TRUE;
  self->has_bad = TRUE;
  return bad;
}

void
store_set_aside (Store *self, const char *uid, StorePhase phase)
{
  g_autofree char *name = file_name (uid, phase);
  g_autofree char *bad = rename_aside (self, name);
}

void
store_entry_free (StoreEntry *self)
{
  g_free (self->uid);
  g_clear_pointer (&self->content, g_variant_unref);
  g_free (self);
}

static gboolean
parse_name (const char *name, char **ret_uid, StorePhase *ret_phase)
{
  for (int phase = 0; phase < N_STORE_PHASES; phase++) {
    g_autofree char *uid = NULL;

    if (!g_str_has_suffix (name, suffixes[phase]))
      continue;
    uid = g_strndup (name, strlen (name) - strlen (suffixes[phase]));
    if (!ncg_names_check_uid (uid, NULL))
      return FALSE;
    *ret_uid = g_steal_pointer (&uid);
    *ret_phase = (StorePhase) phase;
    return TRUE;
  }
  return FALSE;
}

GVariant *
store_parse (GBytes *bytes, GError **error)
{
  g_autoptr (GBytes) content = state_file_parse (KIND, bytes, error);
  g_autoptr (GError) reason = NULL;
  GVariant *dictionary;
  gsize n_bytes;
  const char *text;

  if (content == NULL)
    return NULL;
  text = g_bytes_get_data (content, &n_bytes);
  /* Without this the parser, which is for people, would count a wrong byte as the end. */
  if (!g_utf8_validate_len (text, n_bytes, NULL)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "it is no text");
    return NULL;
  }
  dictionary = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, text + n_bytes, NULL, &reason);
  if (dictionary == NULL)
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "it is no dictionary: %s", reason->message);
  return dictionary;
}

static GVariant *
read_file (const Store *self, const char *name, GError **error)
{
  g_autoptr (GBytes) bytes = state_file_read_bytes (self->fd, name, error);

  return bytes != NULL ? store_parse (bytes, error) : NULL;
}

static void
set_aside (Store *self, const char *name, const char *reason, GPtrArray *warnings)
{
  g_autofree char *bad = rename_aside (self, name);

  g_ptr_array_add (warnings, g_strdup_printf ("%s/%s is set aside as %s: %s", self->directory, name,
                                              bad != NULL ? bad : "nothing", reason));
}

/* What was being written when the daemon was killed. */
static void
drop_temporary (Store *self, const char *name, GPtrArray *warnings)
{
  if (unlinkat (self->fd, name, 0) < 0 && errno != ENOENT)
    set_aside (self, name, "it cannot be removed", warnings);
}

static void
load_one (Store *self, const char *name, GPtrArray *entries, GPtrArray *warnings)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uid = NULL;
  StorePhase phase;
  GVariant *content;
  StoreEntry *entry;

  if (state_file_is_aside (name)) {
    self->has_bad = TRUE;
    return;
  }
  if (state_file_is_temporary (name)) {
    drop_temporary (self, name, warnings);
    return;
  }
  if (!parse_name (name, &uid, &phase)) {
    set_aside (self, name, "it is not named like a pod's file", warnings);
    return;
  }
  content = read_file (self, name, &error);
  if (content == NULL) {
    set_aside (self, name, error->message, warnings);
    return;
  }
  entry = g_new0 (StoreEntry, 1);
  entry->uid = g_steal_pointer (&uid);
  entry->phase = phase;
  entry->content = content;
  g_ptr_array_add (entries, entry);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const StoreEntry *entry_a = *(const StoreEntry *const *) a;
  const StoreEntry *entry_b = *(const StoreEntry *const *) b;
  int order = strcmp (entry_a->uid, entry_b->uid);

  return order != 0 ? order : (int) entry_a->phase - (int) entry_b->phase;
}

GPtrArray *
store_load (Store *self, GPtrArray **ret_warnings, GError **error)
{
  g_autoptr (GDir) directory = g_dir_open (self->directory, 0, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GPtrArray *entries;
  const char *name;

  if (directory == NULL)
    return NULL;
  self->has_bad = FALSE;
  /* Files are renamed on the way, which must not disturb the reading of the directory. */
  while ((name = g_dir_read_name (directory)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  entries = g_ptr_array_new_with_free_func ((GDestroyNotify) store_entry_free);
  *ret_warnings = g_ptr_array_new_with_free_func (g_free);
  if (self->warning != NULL)
    g_ptr_array_add (*ret_warnings, g_steal_pointer (&self->warning));
  for (guint i = 0; i < names->len; i++)
    load_one (self, g_ptr_array_index (names, i), entries, *ret_warnings);
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}
