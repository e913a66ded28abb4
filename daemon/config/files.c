/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of the configuration.
 */
#include "daemon/config/files.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DROP_INS "nodecgroups/config.yaml.d"
#define SUFFIX ".yaml"

static void
report_failure (ConfigReport *report, const char *path, guint order, const char *reason)
{
  g_autoptr (ConfigSource) source = config_source_new (path, NULL, 0, order);
  const ConfigPlace place = { source, 0, 0 };

  config_report_add (report, &place, NULL, NULL, "it cannot be read: %s", reason);
}

/* As systemd's drop-ins: nothing in it, or /dev/null. */
static gboolean
is_mask (const char *path)
{
  char target[sizeof "/dev/null"] = "";
  struct stat status;

  if (readlink (path, target, sizeof target) == (ssize_t) strlen ("/dev/null") &&
      memcmp (target, "/dev/null", strlen ("/dev/null")) == 0)
    return TRUE;
  return stat (path, &status) == 0 && S_ISREG (status.st_mode) && status.st_size == 0;
}

static void
list_directory (const char *path, GHashTable *found, ConfigReport *report)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) directory = g_dir_open (path, 0, &error);
  const char *name;

  if (directory == NULL) {
    if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
        !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
      report_failure (report, path, 0, error->message);
    return;
  }
  while ((name = g_dir_read_name (directory)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, SUFFIX))
      g_hash_table_replace (found, g_strdup (name), g_build_filename (path, name, NULL));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
config_files_find_drop_ins (const char *root, ConfigReport *report)
{
  /* What comes later hides a file of the same name. */
  static const char *const places[] = { "/usr/lib/", "/run/", "/etc/" };
  g_autoptr (GHashTable) found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GPtrArray) names = NULL;
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer name;

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++) {
    g_autofree char *path = g_strconcat (root, places[i], DROP_INS, NULL);

    list_directory (path, found, report);
  }
  names = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, found);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_ptr_array_add (names, name);
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++) {
    const char *path = g_hash_table_lookup (found, g_ptr_array_index (names, i));

    if (!is_mask (path))
      g_ptr_array_add (paths, g_strdup (path));
  }
  return paths;
}

/* One byte more than is allowed, so that it shows. */
static GBytes *
read_bytes (int fd, GError **error)
{
  g_autofree char *buffer = g_malloc (CONFIG_FILE_MAX + 1);
  gsize length = 0;

  while (length <= CONFIG_FILE_MAX) {
    ssize_t n = read (fd, buffer + length, CONFIG_FILE_MAX + 1 - length);

    if (n == 0)
      break;
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
      return NULL;
    }
    length += (gsize) n;
  }
  return g_bytes_new_take (g_steal_pointer (&buffer), length);
}

/* A pipe or a device would not end, so only a file is opened to be read. */
static GBytes *
read_file (const char *path, GError **error)
{
  struct stat status;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  GBytes *bytes = NULL;

  if (fd < 0 || fstat (fd, &status) < 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
  else if (!S_ISREG (status.st_mode))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE, "it is no regular file");
  else
    bytes = read_bytes (fd, error);
  if (fd >= 0)
    close (fd);
  return bytes;
}

ConfigNode *
config_files_read (const char *path, guint order, ConfigReport *report, gboolean *ret_is_missing)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = read_file (path, &error);
  g_autoptr (ConfigSource) source = NULL;
  const char *text;
  gsize length;
  gboolean is_missing = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

  if (ret_is_missing != NULL)
    *ret_is_missing = is_missing;
  if (bytes == NULL) {
    if (!is_missing || ret_is_missing == NULL)
      report_failure (report, path, order, error->message);
    return NULL;
  }
  text = g_bytes_get_data (bytes, &length);
  source = config_source_new (path, length > 0 ? text : "", (gssize) length, order);
  return config_yaml_parse (source, length > 0 ? text : "", length, report);
}
