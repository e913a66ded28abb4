/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine.
 */
#include "lib/machine.h"

#include "lib/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static char *
read_text (const char *root, const char *path, GError **error)
{
  g_autofree char *file = g_strconcat (root, path, NULL);
  char *text;

  if (!g_file_get_contents (file, &text, NULL, error))
    return NULL;
  return g_strchomp (text);
}

static guint64
read_number (const char *root, const char *path, guint64 otherwise)
{
  g_autofree char *text = read_text (root, path, NULL);
  guint64 number;

  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL)
             ? number
             : otherwise;
}

NcgCpuset *
ncg_machine_read_online (const char *root, const char *what, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/sys/devices/system/%s/online", what);
  g_autofree char *file = g_strconcat (root, path, NULL);
  g_autofree char *text = NULL;

  if (g_str_equal (what, "node") && access (file, F_OK) < 0)
    return ncg_cpuset_parse ("0", error);
  text = read_text (root, path, error);
  return text != NULL ? ncg_cpuset_parse (text, error) : NULL;
}

static guint64
read_memory_total (const char *root)
{
  g_autofree char *text = read_text (root, "/proc/meminfo", NULL);
  const char *line = text != NULL ? strstr (text, "MemTotal:") : NULL;

  return line != NULL ? g_ascii_strtoull (line + strlen ("MemTotal:"), NULL, 10) * 1024 : 0;
}

/* Kubernetes writes the size of the pages as a quantity: "hugepages-2Mi". */
static char *
huge_page_key (guint64 size_kib)
{
  if (size_kib % (1024 * 1024) == 0)
    return g_strdup_printf ("hugepages-%" G_GUINT64_FORMAT "Gi", size_kib / (1024 * 1024));
  if (size_kib % 1024 == 0)
    return g_strdup_printf ("hugepages-%" G_GUINT64_FORMAT "Mi", size_kib / 1024);
  return g_strdup_printf ("hugepages-%" G_GUINT64_FORMAT "Ki", size_kib);
}

static void
add_huge_pages (const char *root, GVariantDict *capacity)
{
  g_autofree char *path = g_strconcat (root, "/sys/kernel/mm/hugepages", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    g_autofree char *file = g_strconcat ("/sys/kernel/mm/hugepages/", name, "/nr_hugepages", NULL);
    g_autofree char *key = NULL;
    guint64 size_kib;

    if (!g_str_has_prefix (name, "hugepages-"))
      continue;
    size_kib = g_ascii_strtoull (name + strlen ("hugepages-"), NULL, 10);
    key = huge_page_key (size_kib);
    g_variant_dict_insert (capacity, key, "t", read_number (root, file, 0) * size_kib * 1024);
  }
}

static void
add_number (GVariantDict *capacity, const char *key, guint64 value)
{
  if (value != 0 && value != G_MAXUINT64)
    g_variant_dict_insert (capacity, key, "t", value);
}

/* From the a{sv} that GVariantDict makes to a{st}. */
static GVariant *
flatten (GVariant *dictionary)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (dictionary);
  GVariantBuilder builder;
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{st}"));
  g_variant_iter_init (&iter, owned);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    g_variant_builder_add (&builder, "{st}", key, g_variant_get_uint64 (value));
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

GVariant *
ncg_machine_read_capacity (const char *root)
{
  g_auto (GVariantDict) capacity = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (NcgCpuset) cpus = ncg_machine_read_online (root, "cpu", NULL);
  g_autofree char *root_directory = g_strconcat (root, "/", NULL);
  struct statvfs storage;

  add_number (&capacity, "cpu", cpus != NULL ? (guint64) ncg_cpuset_count (cpus) * 1000 : 0);
  add_number (&capacity, "memory", read_memory_total (root));
  add_number (&capacity, "pid",
              MIN (read_number (root, "/proc/sys/kernel/pid_max", G_MAXUINT64),
                   read_number (root, "/proc/sys/kernel/threads-max", G_MAXUINT64)));
  add_huge_pages (root, &capacity);
  if (statvfs (root_directory, &storage) == 0)
    add_number (&capacity, "ephemeral-storage", (guint64) storage.f_blocks * storage.f_frsize);
  return flatten (g_variant_dict_end (&capacity));
}

static char *
sysctl_path (const char *name)
{
  g_autofree char *path = g_strconcat ("/proc/sys/", name, NULL);

  return g_strdelimit (g_steal_pointer (&path), ".", '/');
}

char *
ncg_machine_read_sysctl (const char *root, const char *name, GError **error)
{
  g_autofree char *path = sysctl_path (name);

  return read_text (root, path, error);
}

gboolean
ncg_machine_write_sysctl (const char *root, const char *name, const char *value, GError **error)
{
  g_autofree char *path = sysctl_path (name);
  g_autofree char *file = g_strconcat (root, path, NULL);
  int fd = open (file, O_WRONLY | O_CLOEXEC | O_TRUNC);
  ssize_t n = fd >= 0 ? write (fd, value, strlen (value)) : -1;
  int saved = errno;

  if (fd >= 0)
    close (fd);
  if (n == (ssize_t) strlen (value))
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "could not write '%s' to %s: %s", value, file,
               g_strerror (saved));
  return FALSE;
}
