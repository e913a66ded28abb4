/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Cgroups of the running kernel for tests.
 */
#include "tests/unit/kernel-rig.h"

#include "lib/attach.h"
#include "lib/cgroup-tree.h"
#include "lib/cgroup.h"
#include "tests/unit/child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BOMB_USEC (60 * G_USEC_PER_SEC)

static char *
make_path (void)
{
  return g_strdup_printf ("/ncg-test-%d", (int) getpid ());
}

static void
drop_v2 (NcgHierarchy *hierarchy)
{
  g_clear_pointer (&hierarchy->unified_mount, g_free);
  hierarchy->mode = NCG_HIERARCHY_LEGACY;
  for (guint i = hierarchy->trees->len; i-- > 0;) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);

    if (!tree->is_v1)
      g_ptr_array_remove_index (hierarchy->trees, i);
  }
}

NcgHierarchy *
kernel_rig_detect (KernelRigMode mode)
{
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect ("", NULL);

  if (hierarchy != NULL && mode == KERNEL_RIG_LEGACY)
    drop_v2 (hierarchy);
  return hierarchy != NULL && hierarchy->trees->len > 0 ? g_steal_pointer (&hierarchy) : NULL;
}

static gboolean
may_make (const NcgHierarchy *hierarchy)
{
  g_autofree char *path = make_path ();

  for (guint i = 0; i < hierarchy->trees->len; i++) {
    const NcgTree *tree = g_ptr_array_index (hierarchy->trees, i);
    g_autofree char *directory = g_strconcat (tree->mount, path, NULL);

    if (mkdir (directory, 0755) < 0 || rmdir (directory) < 0)
      return FALSE;
  }
  return TRUE;
}

static void
skip (void)
{
  g_test_skip ("no cgroup can be made here: this test wants to be root");
}

void
kernel_rig_add_tests (const char *path, void (*add) (KernelRigMode mode))
{
  g_autoptr (NcgHierarchy) native = kernel_rig_detect (KERNEL_RIG_NATIVE);
  g_autoptr (NcgHierarchy) legacy = kernel_rig_detect (KERNEL_RIG_LEGACY);

  if (native == NULL || !may_make (native)) {
    g_test_add_func (path, skip);
    return;
  }
  add (KERNEL_RIG_NATIVE);
  if (legacy != NULL && native->mode != NCG_HIERARCHY_LEGACY)
    add (KERNEL_RIG_LEGACY);
}

static const NcgTree *
get_v2 (const KernelRig *self)
{
  const NcgTree *tree = ncg_hierarchy_get_primary (self->hierarchy);

  return tree->is_v1 ? NULL : tree;
}

KernelRig *
kernel_rig_new (KernelRigMode mode)
{
  KernelRig *self = g_new0 (KernelRig, 1);

  self->hierarchy = kernel_rig_detect (mode);
  self->path = make_path ();
  self->processes = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);
  if (get_v2 (self) != NULL)
    self->root_enabled = kernel_rig_read (get_v2 (self), "/", "cgroup.subtree_control");
  return self;
}

/* As far as nobody else uses them by now. */
static void
restore_root (const KernelRig *self)
{
  g_autofree char *text = kernel_rig_read (get_v2 (self), "/", "cgroup.subtree_control");
  g_auto (GStrv) before = g_strsplit (self->root_enabled, " ", -1);
  g_auto (GStrv) now = g_strsplit (text, " ", -1);
  g_autoptr (NcgCgroup) root = ncg_cgroup_open (get_v2 (self)->mount, "/", NULL);

  for (guint i = 0; now[i] != NULL; i++) {
    g_autofree char *disable = g_strconcat ("-", now[i], NULL);

    if (!g_strv_contains ((const char *const *) before, now[i]))
      ncg_cgroup_write (root, "cgroup.subtree_control", disable, NULL);
  }
}

void
kernel_rig_free (KernelRig *self)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->processes->len; i++) {
    const NcgProcess *process = g_ptr_array_index (self->processes, i);

    kill (process->pid, SIGKILL);
  }
  if (ncg_hierarchy_has_controller (self->hierarchy, "freezer"))
    ncg_cgroup_tree_freeze (self->hierarchy, self->path, FALSE, kernel_rig_deadline (), NULL);
  ncg_cgroup_tree_kill (self->hierarchy, "/proc", self->path, kernel_rig_deadline (), &error);
  g_assert_no_error (error);
  ncg_cgroup_tree_remove (self->hierarchy->trees, "/proc", self->path, kernel_rig_deadline (),
                          &error);
  g_assert_no_error (error);
  while (waitpid (-1, NULL, 0) > 0)
    ;
  if (self->root_enabled != NULL)
    restore_root (self);
  g_free (self->root_enabled);
  g_free ((char *) self->path);
  g_ptr_array_unref (self->processes);
  ncg_hierarchy_free (self->hierarchy);
  g_free (self);
}

char *
kernel_rig_path (const KernelRig *self, const char *relative)
{
  return g_strconcat (self->path, "/", relative, NULL);
}

const NcgProcess *
kernel_rig_hold (KernelRig *self, pid_t pid)
{
  g_autoptr (GError) error = NULL;
  NcgProcess *process = ncg_process_open ("/proc", pid, &error);

  g_assert_no_error (error);
  g_ptr_array_add (self->processes, process);
  return process;
}

const NcgProcess *
kernel_rig_start (KernelRig *self)
{
  return kernel_rig_hold (self, child_start ());
}

const NcgProcess *
kernel_rig_start_counter (KernelRig *self, volatile guint **ret_counter)
{
  volatile guint *counter =
      mmap (NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pid;

  g_assert_true (counter != MAP_FAILED);
  pid = fork ();
  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      ++*counter;
      usleep (1000);
    }
  }
  *ret_counter = counter;
  return kernel_rig_hold (self, pid);
}

static void
explode (void)
{
  gint64 end_usec = g_get_monotonic_time () + BOMB_USEC;

  while (g_get_monotonic_time () < end_usec)
    fork ();
  _exit (0);
}

const NcgProcess *
kernel_rig_start_bomb (KernelRig *self)
{
  sigset_t set;
  pid_t pid;
  int signal;

  sigemptyset (&set);
  sigaddset (&set, SIGUSR1);
  sigprocmask (SIG_BLOCK, &set, NULL);
  pid = fork ();
  if (pid == 0) {
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    sigwait (&set, &signal);
    explode ();
  }
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  return kernel_rig_hold (self, pid);
}

char *
kernel_rig_read_cgroup (const NcgProcess *process, const NcgTree *tree)
{
  g_autoptr (GError) error = NULL;
  char *path = ncg_process_read_cgroup (process, "/proc", tree, &error);

  g_assert_no_error (error);
  return path;
}

char *
kernel_rig_read (const NcgTree *tree, const char *path, const char *file)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);

  return cgroup != NULL ? ncg_cgroup_read (cgroup, file, NULL) : NULL;
}

void
kernel_rig_write (const NcgTree *tree, const char *path, const char *file, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, &error);

  g_assert_no_error (error);
  ncg_cgroup_write (cgroup, file, text, &error);
  g_assert_no_error (error);
}

gboolean
kernel_rig_exists (const NcgTree *tree, const char *path)
{
  g_autoptr (NcgCgroup) cgroup = ncg_cgroup_open (tree->mount, path, NULL);

  return cgroup != NULL;
}

gint64
kernel_rig_deadline (void)
{
  return g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
}

void
kernel_rig_make (const KernelRig *self, const char *path)
{
  static const char *const none[] = { NULL };
  g_autoptr (GError) error = NULL;

  ncg_cgroup_tree_make (self->hierarchy->trees, path, none, &error);
  g_assert_no_error (error);
}

void
kernel_rig_attach (const KernelRig *self, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_attach_processes (self->hierarchy, "/proc", path, self->processes, &error);
  g_assert_no_error (error);
}

gboolean
kernel_rig_is_populated (const KernelRig *self, const char *path)
{
  g_autoptr (GError) error = NULL;
  gboolean populated = FALSE;

  ncg_cgroup_tree_is_populated (self->hierarchy->trees, path, &populated, &error);
  g_assert_no_error (error);
  return populated;
}

void
kernel_rig_assert_in_all_trees (const KernelRig *self, const char *path, gboolean expected)
{
  for (guint i = 0; i < self->hierarchy->trees->len; i++)
    g_assert_cmpint (kernel_rig_exists (g_ptr_array_index (self->hierarchy->trees, i), path), ==,
                     expected);
}
