/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Detection of the cgroup hierarchies.
 */
#include "lib/hierarchy.h"

#include "lib/error.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP_DIR "/sys/fs/cgroup"
#define MOUNTINFO "/proc/self/mountinfo"
#define PAGES_DIR "/sys/kernel/mm/hugepages"
#define PAGES_PREFIX "hugepages-"
#define NAMED_PREFIX "name="
#define SYSTEMD_HIERARCHY NAMED_PREFIX "systemd"

static const char *const mode_names[] = {
  [NCG_HIERARCHY_LEGACY] = "legacy",
  [NCG_HIERARCHY_HYBRID] = "hybrid",
  [NCG_HIERARCHY_UNIFIED] = "unified",
};

/* A v1 mount's super options have its controllers among options such as "rw" and "xattr". */
static const char *const v1_controllers[] = {
  "blkio",  "cpu",     "cpuacct",  "cpuset",     "devices", "dmem", "freezer", "hugetlb",
  "memory", "net_cls", "net_prio", "perf_event", "misc",    "pids", "rdma",    NULL,
};

const char *
ncg_hierarchy_mode_to_string (NcgHierarchyMode mode)
{
  return mode_names[mode];
}

gboolean
ncg_hierarchy_mode_from_string (const char *text, NcgHierarchyMode *ret_mode)
{
  for (guint i = 0; i < G_N_ELEMENTS (mode_names); i++) {
    if (g_str_equal (text, mode_names[i])) {
      *ret_mode = (NcgHierarchyMode) i;
      return TRUE;
    }
  }
  return FALSE;
}

/* One line of mountinfo that is a cgroup mount. */
typedef struct {
  gboolean is_whole;     /* not a bind mount of a part of the hierarchy */
  char *path;            /* without the root directory */
  gboolean is_recursive; /* memory_recursiveprot */
} Mount;

static void
mount_free (Mount *self)
{
  g_free (self->path);
  g_free (self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Mount, mount_free)

static gboolean
is_octal (const char *digits)
{
  return digits[0] >= '0' && digits[0] <= '3' && digits[1] >= '0' && digits[1] <= '7' &&
         digits[2] >= '0' && digits[2] <= '7';
}

/* (transfer full): with what the kernel writes as "\040": blanks, newlines and backslashes. */
static char *
unescape (const char *text)
{
  g_autoptr (GString) plain = g_string_new (NULL);

  while (*text != '\0') {
    if (text[0] == '\\' && is_octal (text + 1)) {
      g_string_append_c (plain,
                         (char) ((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0')));
      text += 4;
    } else
      g_string_append_c (plain, *text++);
  }
  return g_string_free (g_steal_pointer (&plain), FALSE);
}

static Mount *
mount_new (const char *mount_root, const char *mount_point)
{
  Mount *self = g_new0 (Mount, 1);

  self->is_whole = g_str_equal (mount_root, "/");
  self->path = unescape (mount_point);
  return self;
}

static gboolean
is_at_usual_place (const Mount *self)
{
  return g_str_equal (self->path, CGROUP_DIR) || g_str_has_prefix (self->path, CGROUP_DIR "/");
}

static gboolean
is_better (const Mount *self, const Mount *than)
{
  if (self->is_whole != than->is_whole)
    return self->is_whole;
  if (is_at_usual_place (self) != is_at_usual_place (than))
    return is_at_usual_place (self);
  return strlen (self->path) < strlen (than->path);
}

/* The best mount of each hierarchy: by controller, and "" for cgroup2. */
static Mount *
offer_mount (GHashTable *mounts, const char *key, const char *mount_root, const char *mount_point)
{
  g_autoptr (Mount) mount = mount_new (mount_root, mount_point);
  const Mount *known = g_hash_table_lookup (mounts, key);

  if (known != NULL && !is_better (mount, known))
    return g_hash_table_lookup (mounts, key);
  g_hash_table_replace (mounts, g_strdup (key), mount);
  return g_steal_pointer (&mount);
}

static void
offer_v1_mounts (GHashTable *mounts, const char *options, const char *mount_root, const char *point)
{
  g_auto (GStrv) words = g_strsplit (options, ",", -1);

  if (g_strv_contains ((const char *const *) words, "noprefix"))
    return;
  for (guint i = 0; words[i] != NULL; i++)
    if (g_strv_contains (v1_controllers, words[i]) || g_str_has_prefix (words[i], NAMED_PREFIX))
      offer_mount (mounts, words[i], mount_root, point);
}

static void
offer_v2_mount (GHashTable *mounts, const char *options, const char *mount_root, const char *point)
{
  g_auto (GStrv) words = g_strsplit (options, ",", -1);

  offer_mount (mounts, "", mount_root, point)->is_recursive =
      g_strv_contains ((const char *const *) words, "memory_recursiveprot");
}

/*
 * ID PARENT MAJ:MIN ROOT POINT OPTIONS [OPTIONAL…] - TYPE SOURCE SUPER-OPTIONS, separated by single
 * blanks; any number of optional fields.
 */
static void
parse_mount_line (const char *line, GHashTable *mounts)
{
  enum { ROOT = 3, POINT = 4, OPTIONAL = 6 };
  enum { TYPE = 1, SUPER_OPTIONS = 3 };
  g_auto (GStrv) fields = g_strsplit (line, " ", -1);
  guint n_fields = g_strv_length (fields);
  guint separator = OPTIONAL;

  while (separator < n_fields && !g_str_equal (fields[separator], "-"))
    separator++;
  if (separator + SUPER_OPTIONS >= n_fields)
    return;

  if (g_str_equal (fields[separator + TYPE], "cgroup2"))
    offer_v2_mount (mounts, fields[separator + SUPER_OPTIONS], fields[ROOT], fields[POINT]);
  else if (g_str_equal (fields[separator + TYPE], "cgroup"))
    offer_v1_mounts (mounts, fields[separator + SUPER_OPTIONS], fields[ROOT], fields[POINT]);
}

/* (transfer full) (element-type utf8 Mount) */
static GHashTable *
read_mounts (const char *root, GError **error)
{
  g_autoptr (GHashTable) mounts =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) mount_free);
  g_autofree char *path = g_strconcat (root, MOUNTINFO, NULL);
  g_autofree char *text = ncg_file_read_at (AT_FDCWD, path);
  g_auto (GStrv) lines = NULL;

  if (text == NULL) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot read %s: %s", path,
                 g_strerror (errno));
    return NULL;
  }

  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    parse_mount_line (lines[i], mounts);
  return g_steal_pointer (&mounts);
}

static gboolean
is_cgroup2 (const char *path)
{
  struct statfs fs;

  return TEMP_FAILURE_RETRY (statfs (path, &fs)) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* (transfer full): as in read_mounts(); with cgroup2 at the usual place only its options are looked
 * for there */
static GHashTable *
find_mounts (const char *root, GError **error)
{
  g_autofree char *path = g_strconcat (root, CGROUP_DIR, NULL);
  g_autoptr (GHashTable) all = read_mounts (root, error);
  const Mount *known = all != NULL ? g_hash_table_lookup (all, "") : NULL;
  GHashTable *mounts;

  if (!is_cgroup2 (path))
    return g_steal_pointer (&all);

  g_clear_error (error);
  mounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) mount_free);
  offer_mount (mounts, "", "/", CGROUP_DIR)->is_recursive = known != NULL && known->is_recursive;
  return mounts;
}

/* See the rules in the header. */
static NcgHierarchyMode
decide_mode (GHashTable *mounts)
{
  const Mount *unified = g_hash_table_lookup (mounts, "");
  GHashTableIter iter;
  gpointer key;

  if (unified == NULL)
    return NCG_HIERARCHY_LEGACY;
  if (g_str_equal (unified->path, CGROUP_DIR))
    return NCG_HIERARCHY_UNIFIED;

  g_hash_table_iter_init (&iter, mounts);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (g_strv_contains (v1_controllers, key) || g_str_equal (key, SYSTEMD_HIERARCHY))
      return NCG_HIERARCHY_HYBRID;
  return NCG_HIERARCHY_UNIFIED;
}

static gboolean
add_unified_controllers (const char *mount, GHashTable *controllers, GError **error)
{
  g_autofree char *path = g_build_filename (mount, "cgroup.controllers", NULL);
  g_autofree char *text = ncg_file_read_at (AT_FDCWD, path);
  g_auto (GStrv) words = NULL;

  if (text == NULL) {
    int errsv = errno;
    g_autofree char *shown = ncg_error_escape_path (path);
    g_set_error (error, NCG_ERROR, NCG_ERROR_FAILED, "cannot read %s: %s", shown,
                 g_strerror (errsv));
    return FALSE;
  }

  words = g_strsplit_set (text, " \n", -1);
  for (guint i = 0; words[i] != NULL; i++)
    if (words[i][0] != '\0')
      g_hash_table_add (controllers, g_strdup (words[i]));
  return TRUE;
}

static int
compare_strings (const void *a, const void *b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static void
take_mounts (NcgHierarchy *self, const char *root, GHashTable *mounts)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, mounts);
  while (g_hash_table_iter_next (&iter, &key, &value)) {
    g_autofree char *path = g_strconcat (root, ((const Mount *) value)->path, NULL);

    if (g_str_equal (key, ""))
      self->unified_mount = g_steal_pointer (&path);
    else if (self->mode != NCG_HIERARCHY_UNIFIED)
      g_hash_table_insert (self->v1_mounts, g_strdup (key), g_steal_pointer (&path));
  }
}

static void
tree_free (gpointer data)
{
  NcgTree *self = data;

  g_free (self->mount);
  g_strfreev (self->controllers);
  g_hash_table_unref (self->found);
  g_free (self);
}

static GStrv
sort_names (GPtrArray *names)
{
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);
  return (GStrv) g_ptr_array_free (names, FALSE);
}

/* As mem_fmt() in the kernel's mm/hugetlb_cgroup.c. */
static char *
format_page_size (guint64 kib)
{
  static const char units[] = "KMG";
  guint unit = 0;

  for (; unit < 2 && kib >= 1024; kib /= 1024)
    unit++;
  return g_strdup_printf ("%" G_GUINT64_FORMAT "%cB", kib, units[unit]);
}

/* They never change while the machine runs. A kernel without huge pages has no such directory. */
static GStrv
list_page_sizes (const char *root)
{
  GPtrArray *sizes = g_ptr_array_new ();
  g_autofree char *path = g_strconcat (root, PAGES_DIR, NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    if (g_str_has_prefix (name, PAGES_PREFIX))
      g_ptr_array_add (
          sizes, format_page_size (g_ascii_strtoull (name + strlen (PAGES_PREFIX), NULL, 10)));
  return sort_names (sizes);
}

/* @names: (transfer full) */
static NcgTree *
tree_new (const char *mount, gboolean is_v1, GPtrArray *names)
{
  NcgTree *self = g_new0 (NcgTree, 1);

  self->mount = g_strdup (mount);
  self->is_v1 = is_v1;
  self->controllers = sort_names (names);
  self->found = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

static void
add_v1_tree (NcgHierarchy *self, const char *mount)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->v1_mounts);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (g_str_equal (value, mount))
      g_ptr_array_add (names, g_strdup (key));
  g_ptr_array_add (self->trees, tree_new (mount, TRUE, names));
}

static gboolean
add_unified_tree (NcgHierarchy *self, GError **error)
{
  g_autoptr (GHashTable) set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GPtrArray *names;
  GHashTableIter iter;
  gpointer key;

  if (!add_unified_controllers (self->unified_mount, set, error))
    return FALSE;
  names = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (names, g_strdup (key));
  g_ptr_array_add (self->trees, tree_new (self->unified_mount, FALSE, names));
  return TRUE;
}

/* The less the sooner. */
static guint
rank_tree (const NcgTree *tree)
{
  static const char *const order[] = { SYSTEMD_HIERARCHY, "memory", "cpu", "pids" };

  if (!tree->is_v1)
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (order); i++)
    if (ncg_tree_has_controller (tree, order[i]))
      return i + 1;
  return G_N_ELEMENTS (order) + 1;
}

static int
compare_trees (gconstpointer a, gconstpointer b)
{
  const NcgTree *tree_a = *(const NcgTree *const *) a;
  const NcgTree *tree_b = *(const NcgTree *const *) b;

  return strcmp (tree_a->mount, tree_b->mount);
}

static gboolean
list_trees (NcgHierarchy *self, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer mount;
  guint best = 0;

  self->trees = g_ptr_array_new_with_free_func (tree_free);
  if (self->unified_mount != NULL && !add_unified_tree (self, error))
    return FALSE;
  g_hash_table_iter_init (&iter, self->v1_mounts);
  while (g_hash_table_iter_next (&iter, NULL, &mount))
    if (g_hash_table_add (seen, mount))
      add_v1_tree (self, mount);

  g_ptr_array_sort (self->trees, compare_trees);
  for (guint i = 1; i < self->trees->len; i++)
    if (rank_tree (g_ptr_array_index (self->trees, i)) <
        rank_tree (g_ptr_array_index (self->trees, best)))
      best = i;
  g_ptr_array_insert (self->trees, 0, g_ptr_array_steal_index (self->trees, best));
  return TRUE;
}

static void
list_controllers (NcgHierarchy *self)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < self->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->trees, i);

    for (guint j = 0; tree->controllers[j] != NULL; j++)
      if (!g_str_has_prefix (tree->controllers[j], NAMED_PREFIX) &&
          g_hash_table_add (seen, tree->controllers[j]))
        g_ptr_array_add (names, g_strdup (tree->controllers[j]));
  }
  self->controllers = sort_names (names);
}

NcgHierarchy *
ncg_hierarchy_detect (const char *root, GError **error)
{
  g_autoptr (NcgHierarchy) self = g_new0 (NcgHierarchy, 1);
  g_autoptr (GHashTable) mounts = NULL;
  const Mount *unified;

  if (g_str_equal (root, "/"))
    root = "";
  mounts = find_mounts (root, error);
  if (mounts == NULL)
    return NULL;
  if (g_hash_table_size (mounts) == 0) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_NOT_SUPPORTED,
                 "no cgroup hierarchy is mounted: mount cgroup2 on " CGROUP_DIR);
    return NULL;
  }

  self->mode = decide_mode (mounts);
  self->v1_mounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  take_mounts (self, root, mounts);
  unified = g_hash_table_lookup (mounts, "");
  self->has_recursive_protection = unified != NULL && unified->is_recursive;
  self->page_sizes = list_page_sizes (root);
  if (!list_trees (self, error))
    return NULL;
  list_controllers (self);
  return g_steal_pointer (&self);
}

void
ncg_hierarchy_free (NcgHierarchy *self)
{
  g_free (self->unified_mount);
  g_clear_pointer (&self->v1_mounts, g_hash_table_unref);
  g_strfreev (self->controllers);
  g_strfreev (self->page_sizes);
  g_clear_pointer (&self->trees, g_ptr_array_unref);
  g_free (self);
}

gboolean
ncg_hierarchy_has_controller (const NcgHierarchy *self, const char *controller)
{
  return g_strv_contains ((const char *const *) self->controllers, controller);
}

gboolean
ncg_tree_has_controller (const NcgTree *self, const char *controller)
{
  return g_strv_contains ((const char *const *) self->controllers, controller);
}

const NcgTree *
ncg_hierarchy_get_primary (const NcgHierarchy *self)
{
  return g_ptr_array_index (self->trees, 0);
}

const NcgTree *
ncg_hierarchy_find_tree (const NcgHierarchy *self, const char *controller)
{
  const NcgTree *found = NULL;

  for (guint i = 0; i < self->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (self->trees, i);

    if (ncg_tree_has_controller (tree, controller) && (found == NULL || tree->is_v1))
      found = tree;
  }
  return found;
}
