/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fake machine's files.
 */
#include "tests/dbus/fake-kernel.h"

#include "tests/dbus/fake-file.h"
#include "tests/dbus/fake-thread.h"
#include "tests/unit/temp-dir.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct FakeKernel {
  FakeThread *thread;
  char *root;
  char *mount;
  char *controllers;
  GHashTable *ignored; /* set of "NAME/FILE" */
  FakeProcesses *processes;
};

static const struct {
  const char *path;
  const char *text;
} machine_files[] = {
  { "/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                            "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
                            "rw,nsdelegate,memory_recursiveprot\n" },
  { "/proc/meminfo", "MemTotal:        8388608 kB\nMemFree:         4194304 kB\n" },
  { "/proc/sys/kernel/keys/root_maxbytes", "20000\n" },
  { "/proc/sys/kernel/keys/root_maxkeys", "200\n" },
  { "/proc/sys/kernel/panic", "0\n" },
  { "/proc/sys/kernel/panic_on_oops", "0\n" },
  { "/proc/sys/kernel/pid_max", "4194304\n" },
  { "/proc/sys/kernel/threads-max", "63000\n" },
  { "/proc/sys/vm/overcommit_memory", "0\n" },
  { "/proc/sys/vm/panic_on_oom", "0\n" },
  { "/sys/dev/block/8:0/size", "1\n" },
  { "/sys/dev/block/8:1/partition", "1\n" },
  { "/sys/devices/system/cpu/online", "0-3\n" },
  { "/sys/devices/system/node/online", "0\n" },
  { "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "4\n" },
};

#define PRESSURE                                                                                   \
  "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 "        \
  "total=0\n"

/* What a new cgroup has, as Linux 6.1 has it. */
static const struct {
  const char *controller; /* "" for all */
  const char *file;
  const char *text;
} cgroup_files[] = {
  { "", "cgroup.freeze", "0\n" },
  { "", "cgroup.max.descendants", "max\n" },
  { "", "cgroup.stat", "nr_descendants 0\nnr_dying_descendants 0\n" },
  { "", "cgroup.subtree_control", "" },
  { "", "cgroup.type", "domain\n" },
  { "", "cpu.pressure", PRESSURE },
  { "", "cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n" },
  { "", "io.pressure", PRESSURE },
  { "", "memory.pressure", PRESSURE },
  { "cpu", "cpu.idle", "0\n" },
  { "cpu", "cpu.max", "max 100000\n" },
  { "cpu", "cpu.weight", "100\n" },
  { "cpuset", "cpuset.cpus", "\n" },
  { "cpuset", "cpuset.cpus.effective", "0-3\n" },
  { "cpuset", "cpuset.mems", "\n" },
  { "cpuset", "cpuset.mems.effective", "0\n" },
  { "hugetlb", "hugetlb.2MB.max", "max\n" },
  { "io", "io.max", "" },
  { "io", "io.stat", "" },
  { "io", "io.weight", "default 100\n" },
  { "memory", "memory.current", "0\n" },
  { "memory", "memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n" },
  { "memory", "memory.high", "max\n" },
  { "memory", "memory.low", "0\n" },
  { "memory", "memory.max", "max\n" },
  { "memory", "memory.min", "0\n" },
  { "memory", "memory.oom.group", "0\n" },
  { "memory", "memory.peak", "0\n" },
  { "memory", "memory.stat", "anon 0\nfile 0\nkernel 0\ninactive_file 0\nslab_reclaimable 0\n" },
  { "memory", "memory.swap.current", "0\n" },
  { "memory", "memory.swap.max", "max\n" },
  { "pids", "pids.current", "0\n" },
  { "pids", "pids.max", "max\n" },
};

static char *
to_directory (const FakeKernel *self, const char *path)
{
  return g_strconcat (self->mount, path, NULL);
}

static gboolean
has_controller (const FakeKernel *self, const char *controller)
{
  g_auto (GStrv) words = g_strsplit (self->controllers, " ", -1);

  return controller[0] == '\0' || g_strv_contains ((const char *const *) words, controller);
}

static void
make_one (FakeKernel *self, const char *path)
{
  g_autofree char *directory = to_directory (self, path);
  g_autofree char *controllers = g_build_filename (directory, "cgroup.controllers", NULL);
  g_autofree char *list = g_strconcat (self->controllers, "\n", NULL);

  if (g_mkdir (directory, 0755) < 0) {
    g_assert_cmpint (errno, ==, EEXIST);
    return;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (cgroup_files); i++) {
    g_autofree char *file = g_build_filename (directory, cgroup_files[i].file, NULL);

    if (has_controller (self, cgroup_files[i].controller))
      fake_file_write (file, cgroup_files[i].text);
  }
  /* The real one makes all of them appear at once. */
  fake_file_write (controllers, list);
  fake_processes_add_cgroup (self->processes, path);
}

void
fake_kernel_make_cgroup (FakeKernel *self, const char *path)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_auto (GStrv) components = g_strsplit (path, "/", -1);
  g_autoptr (GString) part = g_string_new (NULL);

  for (guint i = 1; components[i] != NULL && components[i][0] != '\0'; i++) {
    g_string_append_printf (part, "/%s", components[i]);
    make_one (self, part->str);
  }
}

/* Children first. The kernel does it at once: who still sees the cgroup sees its kills. */
static void
remove_tree (FakeKernel *self, const char *path)
{
  g_autofree char *directory = to_directory (self, path);
  g_autofree char *last = g_build_filename (directory, "memory.events", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  if (dir == NULL)
    return;
  fake_processes_drop_cgroup (self->processes, path);
  while ((name = g_dir_read_name (dir)) != NULL) {
    g_autofree char *file = g_build_filename (directory, name, NULL);
    g_autofree char *child = g_strconcat (path, "/", name, NULL);

    if (g_file_test (file, G_FILE_TEST_IS_DIR))
      remove_tree (self, child);
    else if (!g_str_equal (file, last))
      g_assert_cmpint (g_unlink (file), ==, 0);
  }
  g_unlink (last);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

void
fake_kernel_remove_cgroup (FakeKernel *self, const char *path)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  if (fake_processes_count (self->processes, path) == 0)
    remove_tree (self, path);
}

gboolean
fake_kernel_has_cgroup (FakeKernel *self, const char *path)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *directory = to_directory (self, path);

  return g_file_test (directory, G_FILE_TEST_IS_DIR);
}

static char *
ignored_key (const char *name, const char *file)
{
  return g_strconcat (name, "/", file, NULL);
}

void
fake_kernel_write (FakeKernel *self, const char *path, const char *file, const char *value)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *whole = g_strconcat (self->mount, path, "/", file, NULL);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *key = ignored_key (name, file);
  g_autofree char *text = g_strconcat (value, "\n", NULL);

  if (!g_hash_table_contains (self->ignored, key) && g_file_test (whole, G_FILE_TEST_EXISTS))
    fake_file_write (whole, text);
}

char *
fake_kernel_read (FakeKernel *self, const char *path, const char *file)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *whole = g_strconcat (self->mount, path, "/", file, NULL);
  char *text = fake_file_read (whole);

  return text != NULL ? g_strchomp (text) : NULL;
}

void
fake_kernel_ignore_writes (FakeKernel *self, const char *name, const char *file)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  g_hash_table_add (self->ignored, ignored_key (name, file));
}

void
fake_kernel_take_writes (FakeKernel *self, const char *name, const char *file)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *key = ignored_key (name, file);

  g_hash_table_remove (self->ignored, key);
}

static void
count_kills (FakeKernel *self, const char *path, guint n_kills)
{
  g_autofree char *events = fake_kernel_read (self, path, "memory.events");
  const char *at = events != NULL ? strstr (events, "oom_kill ") : NULL;
  g_autofree char *text = NULL;

  if (at == NULL)
    return;
  text = g_strdup_printf ("low 0\nhigh 0\nmax 0\noom 0\noom_kill %" G_GUINT64_FORMAT
                          "\noom_group_kill 0",
                          g_ascii_strtoull (at + strlen ("oom_kill "), NULL, 10) + n_kills);
  fake_kernel_write (self, path, "memory.events", text);
}

void
fake_kernel_count_kills (FakeKernel *self, const char *path, guint n_kills)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *above = g_strdup (path);

  while (strlen (above) > 1) {
    char *parent = g_path_get_dirname (above);

    count_kills (self, above, n_kills);
    g_free (above);
    above = parent;
  }
}

void
fake_kernel_write_file (FakeKernel *self, const char *path, const char *text)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  temp_dir_write (self->root, path + 1, text);
}

char *
fake_kernel_read_file (FakeKernel *self, const char *path)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();
  g_autofree char *whole = g_strconcat (self->root, path, NULL);

  return fake_file_read (whole);
}

const char *
fake_kernel_get_root (const FakeKernel *self)
{
  return self->root;
}

GMainContext *
fake_kernel_get_context (const FakeKernel *self)
{
  return fake_thread_get_context (self->thread);
}

FakeProcesses *
fake_kernel_get_processes (const FakeKernel *self)
{
  return self->processes;
}

static void
write_controllers (FakeKernel *self)
{
  g_autofree char *list = g_strconcat (self->controllers, "\n", NULL);

  temp_dir_write (self->root, "sys/fs/cgroup/cgroup.controllers", list);
}

void
fake_kernel_set_controllers (FakeKernel *self, const char *controllers)
{
  G_GNUC_UNUSED g_auto (FakeLocker) locker = fake_locker_new ();

  g_free (self->controllers);
  self->controllers = g_strdup (controllers);
  write_controllers (self);
}

/* "self" is each reader's own, but for what is faked. */
static void
link_fdinfo (const FakeKernel *self)
{
  g_autofree char *link = g_strconcat (self->root, "/proc/self/fdinfo", NULL);

  g_assert_cmpint (symlink ("/proc/self/fdinfo", link), ==, 0);
}

FakeKernel *
fake_kernel_new (void)
{
  FakeKernel *self = g_new0 (FakeKernel, 1);

  self->thread = fake_thread_new ();
  self->root = temp_dir_new ();
  self->mount = g_strconcat (self->root, "/sys/fs/cgroup", NULL);
  self->controllers = g_strdup ("cpuset cpu io memory pids");
  self->ignored = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (machine_files); i++)
    temp_dir_write (self->root, machine_files[i].path + 1, machine_files[i].text);
  link_fdinfo (self);
  temp_dir_make (self->root, "run/systemd/system");
  temp_dir_write (self->root, "sys/fs/cgroup/cgroup.procs", "");
  temp_dir_write (self->root, "sys/fs/cgroup/cgroup.subtree_control", "");
  write_controllers (self);
  self->processes = fake_processes_new (self->root, fake_kernel_get_context (self));
  return self;
}

void
fake_kernel_free (FakeKernel *self)
{
  fake_processes_free (self->processes);
  fake_thread_free (self->thread);
  g_hash_table_unref (self->ignored);
  temp_dir_free (self->root);
  g_free (self->controllers);
  g_free (self->mount);
  g_free (self);
}
