/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pod files.
 */
#include "daemon/store.h"

#include "lib/error.h"
#include "lib/names.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "nodecgroups-pod 1\n"
#define BAD_SUFFIX ".bad"
#define SIZE_MAX_BYTES (1024 * 1024)

struct Store {
  char *directory;
  int fd;
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

Store *
store_new (const char *directory, GError **error)
{
  g_autoptr (Store) self = g_new0 (Store, 1);

  self->directory = g_strdup (directory);
  self->fd = -1;
  if (g_mkdir_with_parents (directory, 0755) < 0) {
    fail (self, "make", "", error);
    return NULL;
  }
  self->fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
  g_free (self);
}

static char *
file_name (const char *uid, StorePhase phase)
{
  return g_strconcat (uid, suffixes[phase], NULL);
}

static gboolean
write_all (int fd, const char *text, gsize length)
{
  while (length > 0) {
    ssize_t n = write (fd, text, length);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return FALSE;
    text += n;
    length -= (gsize) n;
  }
  return TRUE;
}

gboolean
store_save (Store *self, const char *uid, StorePhase phase, GVariant *content, GError **error)
{
  g_autofree char *name = file_name (uid, phase);
  /* No other operation of this uid runs, so that the name is ours alone. */
  g_autofree char *temporary = g_strconcat (".", uid, ".tmp", NULL);
  g_autoptr (GString) text = g_string_new (HEADER);
  gboolean written;
  int fd;

  g_variant_print_string (content, text, TRUE);
  g_string_append_c (text, '\n');
  fd = openat (self->fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0)
    return fail (self, "write", temporary, error);
  written = write_all (fd, text->str, text->len);
  close (fd);
  if (!written || renameat (self->fd, temporary, self->fd, name) < 0) {
    fail (self, "write", name, error);
    unlinkat (self->fd, temporary, 0);
    return FALSE;
  }
  return TRUE;
}

gboolean
store_move (Store *self, const char *uid, StorePhase from, StorePhase to, GError **error)
{
  g_autofree char *old = file_name (uid, from);
  g_autofree char *new = file_name (uid, to);

  if (renameat (self->fd, old, self->fd, new) < 0)
    return fail (self, "rename", old, error);
  return TRUE;
}

gboolean
store_remove (Store *self, const char *uid, StorePhase phase, GError **error)
{
  g_autofree char *name = file_name (uid, phase);

  if (unlinkat (self->fd, name, 0) < 0 && errno != ENOENT)
    return fail (self, "remove", name, error);
  return TRUE;
}

gboolean
store_has_bad (Store *self, const char *uid)
{
  for (int phase = 0; phase < N_STORE_PHASES; phase++) {
    g_autofree char *name = g_strconcat (uid, suffixes[phase], BAD_SUFFIX, NULL);

    if (faccessat (self->fd, name, F_OK, 0) == 0)
      return TRUE;
  }
  return FALSE;
}

void
store_set_aside (Store *self, const char *uid, StorePhase phase)
{
  g_autofree char *name = file_name (uid, phase);
  g_autofree char *bad = g_strconcat (name, BAD_SUFFIX, NULL);

  renameat (self->fd, name, self->fd, bad);
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

static char *
read_file (const Store *self, const char *name, GError **error)
{
  g_autofree char *text = NULL;
  struct stat status;
  ssize_t n = 0;
  int fd = openat (self->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0) {
    fail (self, "open", name, error);
    return NULL;
  }
  if (fstat (fd, &status) == 0 && S_ISREG (status.st_mode) && status.st_size <= SIZE_MAX_BYTES) {
    text = g_malloc0 ((gsize) status.st_size + 1);
    n = read (fd, text, (gsize) status.st_size);
  }
  close (fd);
  if (text == NULL || n != status.st_size) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "%s is no plain file of at most %d bytes",
                 name, SIZE_MAX_BYTES);
    return NULL;
  }
  return g_steal_pointer (&text);
}

static GVariant *
parse_content (const Store *self, const char *name, GError **error)
{
  g_autofree char *text = read_file (self, name, error);

  if (text == NULL)
    return NULL;
  if (!g_str_has_prefix (text, HEADER)) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "%s does not start with '%.17s'", name,
                 HEADER);
    return NULL;
  }
  return g_variant_parse (G_VARIANT_TYPE_VARDICT, text + strlen (HEADER), NULL, NULL, error);
}

static void
set_aside (const Store *self, const char *name, const char *reason, GPtrArray *warnings)
{
  g_autofree char *bad = g_strconcat (name, BAD_SUFFIX, NULL);

  g_ptr_array_add (warnings, g_strdup_printf ("%s/%s is set aside as %s: %s", self->directory, name,
                                              bad, reason));
  renameat (self->fd, name, self->fd, bad);
}

static void
load_one (const Store *self, const char *name, GPtrArray *entries, GPtrArray *warnings)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uid = NULL;
  StorePhase phase;
  GVariant *content;
  StoreEntry *entry;

  if (g_str_has_suffix (name, BAD_SUFFIX))
    return;
  if (name[0] == '.' && g_str_has_suffix (name, ".tmp")) {
    unlinkat (self->fd, name, 0);
    return;
  }
  if (!parse_name (name, &uid, &phase)) {
    set_aside (self, name, "it is not named like a pod's file", warnings);
    return;
  }
  content = parse_content (self, name, &error);
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
  /* Files are renamed on the way, which must not disturb the reading of the directory. */
  while ((name = g_dir_read_name (directory)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  entries = g_ptr_array_new_with_free_func ((GDestroyNotify) store_entry_free);
  *ret_warnings = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < names->len; i++)
    load_one (self, g_ptr_array_index (names, i), entries, *ret_warnings);
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}
