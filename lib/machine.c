/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine.
 */
#include "lib/machine.h"

#include "lib/device-node.h"
#include "lib/error.h"
#include "lib/file.h"
#include "lib/quantity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define HUGEPAGES "/sys/kernel/mm/hugepages"
#define HUGEPAGES_PREFIX "hugepages-"

static char *
read_text (const char *root, const char *path, GError **error)
{
  g_autofree char *file = g_strconcat (root, path, NULL);
  char *text = ncg_file_read_at (AT_FDCWD, file);

  if (text == NULL) {
    g_set_error (error, NCG_ERROR, errno == ENOENT ? NCG_ERROR_NOT_FOUND : NCG_ERROR_FAILED,
                 "cannot read %s: %s", file, g_strerror (errno));
    return NULL;
  }
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

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  guint64 number_a = *(const guint64 *) a;
  guint64 number_b = *(const guint64 *) b;

  return (number_a > number_b) - (number_a < number_b);
}

GArray *
ncg_machine_list_page_sizes (const char *root)
{
  g_autofree char *path = g_strconcat (root, HUGEPAGES, NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  GArray *sizes = g_array_new (FALSE, FALSE, sizeof (guint64));
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL) {
    guint64 bytes;

    if (!g_str_has_prefix (name, HUGEPAGES_PREFIX))
      continue;
    bytes = g_ascii_strtoull (name + strlen (HUGEPAGES_PREFIX), NULL, 10) * 1024;
    g_array_append_val (sizes, bytes);
  }
  g_array_sort (sizes, compare_numbers);
  return sizes;
}

/* Kubernetes writes the size of the pages as a quantity: "hugepages-2Mi". */
static void
add_huge_pages (const char *root, GVariantBuilder *capacity)
{
  g_autoptr (GArray) sizes = ncg_machine_list_page_sizes (root);

  for (guint i = 0; i < sizes->len; i++) {
    guint64 bytes = g_array_index (sizes, guint64, i);
    g_autofree char *size = ncg_quantity_format_bytes (bytes);
    g_autofree char *key = g_strconcat (HUGEPAGES_PREFIX, size, NULL);
    g_autofree char *file = g_strdup_printf (
        HUGEPAGES "/" HUGEPAGES_PREFIX "%" G_GUINT64_FORMAT "kB/nr_hugepages", bytes / 1024);
    guint64 pages = read_number (root, file, G_MAXUINT64);

    if (pages != G_MAXUINT64)
      g_variant_builder_add (capacity, "{st}", key, pages * bytes);
  }
}

/* What it is made of: of device-mapper, RAID, bcache. */
static gboolean
has_slaves (const char *directory)
{
  g_autofree char *path = g_build_filename (directory, "slaves", NULL);
  g_autoptr (GDir) slaves = g_dir_open (path, 0, NULL);

  return slaves != NULL && g_dir_read_name (slaves) != NULL;
}

/* Of @root/sys/dev/block/MAJ:MIN, a link to the device's directory. */
static gboolean
is_whole_disk (const char *directory)
{
  static const char *const others[] = { "partition", "dm" };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autofree char *path = g_build_filename (directory, others[i], NULL);

    if (access (path, F_OK) == 0)
      return FALSE;
  }
  return access (directory, F_OK) == 0 && !has_slaves (directory);
}

static gboolean
parse_device (const char *device, guint *ret_major, guint *ret_minor)
{
  g_auto (GStrv) numbers = g_strsplit (device, ":", -1);
  guint64 major, minor;

  if (g_strv_length (numbers) != 2 ||
      !g_ascii_string_to_unsigned (numbers[0], 10, 0, G_MAXUINT32, &major, NULL) ||
      !g_ascii_string_to_unsigned (numbers[1], 10, 0, G_MAXUINT32, &minor, NULL))
    return FALSE;
  *ret_major = (guint) major;
  *ret_minor = (guint) minor;
  return TRUE;
}

gboolean
ncg_machine_find_block_device (const char *root,
                               const char *device,
                               guint *ret_major,
                               guint *ret_minor,
                               gboolean *ret_is_whole_disk,
                               GError **error)
{
  gboolean is_path = device[0] == '/';
  g_autofree char *directory = NULL;
  guint major_number = 0, minor_number = 0;
  gboolean is_there;

  is_there = is_path ? ncg_device_node_find (root, device, &major_number, &minor_number)
                     : parse_device (device, &major_number, &minor_number);
  directory = g_strdup_printf ("%s/sys/dev/block/%u:%u", root, major_number, minor_number);
  if (!is_there || (!is_path && access (directory, F_OK) < 0)) {
    g_autofree char *escaped = ncg_error_escape (device);

    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "there is no block device '%s' on this machine; see 'lsblk --paths'", escaped);
    return FALSE;
  }
  *ret_major = major_number;
  *ret_minor = minor_number;
  *ret_is_whole_disk = is_whole_disk (directory);
  return TRUE;
}

static void
add_number (GVariantBuilder *capacity, const char *key, guint64 value)
{
  if (value != 0 && value != G_MAXUINT64)
    g_variant_builder_add (capacity, "{st}", key, value);
}

GVariant *
ncg_machine_read_capacity (const char *root)
{
  g_auto (GVariantBuilder) capacity = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{st}"));
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
  return g_variant_ref_sink (g_variant_builder_end (&capacity));
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
