/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is to be moved to where the limits are, and who is told of, over directories that imitate
 * cgroups, where nothing really moves. What a kernel does is in test-members-kernel.c.
 */
#include "lib/members.h"

#include "lib/error.h"
#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>

#define MOUNTINFO                                                                                  \
  "26 25 0:23 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"                       \
  "27 25 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
#define PRIMARY "sys/fs/cgroup/systemd/"
#define CPUSET "sys/fs/cgroup/cpuset/"
#define POD "a.slice/pod.slice"
#define SCOPE POD "/c.scope"

typedef struct {
  char *root;
  char *proc;
  NcgHierarchy *hierarchy;
  const NcgTree *cpuset;
  pid_t pid;
} Fixture;

static void
make_cgroup (const Fixture *fixture, const char *tree, const char *path)
{
  g_autofree char *procs = g_build_filename (tree, path, "cgroup.procs", NULL);
  g_autofree char *cpus = g_build_filename (tree, path, "cpuset.cpus", NULL);
  g_autofree char *mems = g_build_filename (tree, path, "cpuset.mems", NULL);

  temp_dir_write (fixture->root, procs, "");
  temp_dir_write (fixture->root, cpus, "0-1\n");
  temp_dir_write (fixture->root, mems, "0\n");
}

/* As the kernel would show it. */
static void
place (const Fixture *fixture, const char *primary, const char *cpuset)
{
  g_autofree char *procs = g_build_filename (PRIMARY, primary, "cgroup.procs", NULL);
  g_autofree char *cgroup = g_strdup_printf ("proc/%d/cgroup", (int) fixture->pid);
  g_autofree char *places = g_strdup_printf ("2:cpuset:%s\n1:name=systemd:%s\n", cpuset, primary);
  g_autofree char *pid = g_strdup_printf ("%d\n", (int) fixture->pid);

  temp_dir_write (fixture->root, procs, pid);
  temp_dir_write (fixture->root, cgroup, places);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *stat = NULL;
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  fixture->proc = g_strconcat (fixture->root, "/proc", NULL);
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
  fixture->cpuset = ncg_hierarchy_find_tree (fixture->hierarchy, "cpuset");
  make_cgroup (fixture, CPUSET, "");
  make_cgroup (fixture, CPUSET, "a.slice");
  make_cgroup (fixture, CPUSET, "other");
  make_cgroup (fixture, PRIMARY, "a.slice");
  make_cgroup (fixture, PRIMARY, POD);
  make_cgroup (fixture, PRIMARY, SCOPE);
  make_cgroup (fixture, PRIMARY, SCOPE "/below");
  make_cgroup (fixture, PRIMARY, "a.slice/somebodys");
  fixture->pid = child_start ();
  stat = g_strdup_printf ("proc/%d/stat", (int) fixture->pid);
  temp_dir_write (fixture->root, stat, "1 (child) S 1 1 1 0 -1 0 0\n");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (kill (fixture->pid, SIGKILL), ==, 0);
  child_wait_killed (fixture->pid, SIGKILL);
  ncg_hierarchy_free (fixture->hierarchy);
  g_free (fixture->proc);
  temp_dir_free (fixture->root);
}

/* It is written to @cgroup of cpuset, where the imitation does not have it then; NULL: it is not
 * touched. */
static void
assert_gathered (const Fixture *fixture, const char *path, const char *cgroup)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *file = NULL;
  g_autofree char *text = NULL;
  g_autofree char *pid = g_strdup_printf ("%d", (int) fixture->pid);

  ncg_members_gather (fixture->hierarchy, fixture->proc, fixture->cpuset, path, &error);
  if (cgroup == NULL) {
    g_assert_no_error (error);
    return;
  }
  g_assert_error (error, NCG_ERROR, NCG_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "moved it elsewhere"));
  file = g_build_filename (fixture->root, CPUSET, cgroup, "cgroup.procs", NULL);
  g_assert_true (g_file_get_contents (file, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, pid);
}

static gboolean
is_there (const Fixture *fixture, const char *path)
{
  g_autofree char *whole = g_build_filename (fixture->root, path, NULL);

  return g_file_test (whole, G_FILE_TEST_IS_DIR);
}

/* Where it is nowhere but in the root, or above, its unit has it, at the nearest place. */
static void
test_above (Fixture *fixture, gconstpointer data)
{
  place (fixture, "/" SCOPE "/below", "/");
  assert_gathered (fixture, "/a.slice", "a.slice");
  make_cgroup (fixture, CPUSET, POD);
  make_cgroup (fixture, CPUSET, SCOPE);
  assert_gathered (fixture, "/a.slice", SCOPE);
  place (fixture, "/" SCOPE "/below", "/a.slice");
  assert_gathered (fixture, "/" POD, SCOPE);
  make_cgroup (fixture, CPUSET, SCOPE "/below");
  assert_gathered (fixture, "/" SCOPE, SCOPE "/below");
}

/* Those right in it have their own, as far as they are units; nothing of others is made. */
static void
test_leaves (Fixture *fixture, gconstpointer data)
{
  place (fixture, "/a.slice/somebodys", "/a.slice");
  make_cgroup (fixture, PRIMARY, "a.slice/own.service");
  make_cgroup (fixture, CPUSET, "a.slice/own.service");
  assert_gathered (fixture, "/a.slice", NULL);
  g_assert_false (is_there (fixture, CPUSET "a.slice/somebodys"));
  g_assert_false (is_there (fixture, CPUSET POD));

  place (fixture, "/" SCOPE, "/");
  make_cgroup (fixture, CPUSET, POD);
  make_cgroup (fixture, CPUSET, SCOPE);
  assert_gathered (fixture, "/" POD, SCOPE);
  g_assert_false (is_there (fixture, CPUSET SCOPE "/below"));

  /* A user who manages the leaf may call what is in it as he likes. */
  make_cgroup (fixture, PRIMARY, SCOPE "/users.scope");
  place (fixture, "/" SCOPE "/users.scope", "/a.slice");
  assert_gathered (fixture, "/" SCOPE, SCOPE);
  g_assert_false (is_there (fixture, CPUSET SCOPE "/users.scope"));
}

/* Who is inside is right, who is elsewhere was put there, and where there is no limit nobody is
 * moved. */
static void
test_stays (Fixture *fixture, gconstpointer data)
{
  place (fixture, "/" SCOPE, "/");
  assert_gathered (fixture, "/" POD, NULL);
  place (fixture, "/" SCOPE, "/a.slice");
  assert_gathered (fixture, "/a.slice", NULL);
  place (fixture, "/" SCOPE, "/a.slice/else/where");
  assert_gathered (fixture, "/a.slice", NULL);
  place (fixture, "/" SCOPE, "/other");
  assert_gathered (fixture, "/a.slice", NULL);
  /* "/a.slic" does not begin "/a.slice". */
  place (fixture, "/" SCOPE, "/a.slic");
  assert_gathered (fixture, "/a.slice", NULL);
  /* It has left the unit since it was listed. */
  place (fixture, "/" SCOPE, "/");
  make_cgroup (fixture, PRIMARY, "other");
  place (fixture, "/other", "/");
  assert_gathered (fixture, "/a.slice", NULL);
}

static void
test_no_unit (Fixture *fixture, gconstpointer data)
{
  make_cgroup (fixture, CPUSET, "gone.slice");
  assert_gathered (fixture, "/gone.slice", NULL);
}

static guint
count_outside (const Fixture *fixture, const char *path, const char *holder)
{
  g_autoptr (GPtrArray) holders = g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_holder_free);
  GArray *outside;

  g_ptr_array_add (holders, ncg_holder_new (fixture->cpuset, "/"));
  g_ptr_array_add (holders, ncg_holder_new (fixture->cpuset, holder));
  ncg_members_find_outside (fixture->hierarchy, fixture->proc, path, holders);
  g_assert_cmpuint (((NcgHolder *) g_ptr_array_index (holders, 0))->outside->len, ==, 0);
  outside = ((NcgHolder *) g_ptr_array_index (holders, 1))->outside;
  if (outside->len > 0)
    g_assert_cmpint (g_array_index (outside, pid_t, 0), ==, fixture->pid);
  return outside->len;
}

static void
test_outside (Fixture *fixture, gconstpointer data)
{
  place (fixture, "/" SCOPE, "/other");
  g_assert_cmpuint (count_outside (fixture, "/" POD, "/" POD), ==, 1);
  g_assert_cmpuint (count_outside (fixture, "/" POD, "/a.slice"), ==, 1);
  place (fixture, "/" SCOPE, "/a.slice");
  g_assert_cmpuint (count_outside (fixture, "/" POD, "/" POD), ==, 1);
  g_assert_cmpuint (count_outside (fixture, "/" POD, "/a.slice"), ==, 0);
  place (fixture, "/" SCOPE, "/" SCOPE "/below");
  g_assert_cmpuint (count_outside (fixture, "/" POD, "/" POD), ==, 0);
  g_assert_cmpuint (count_outside (fixture, "/gone.slice", "/gone.slice"), ==, 0);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/members/above", test_above);
  ADD ("/members/leaves", test_leaves);
  ADD ("/members/stays", test_stays);
  ADD ("/members/no-unit", test_no_unit);
  ADD ("/members/outside", test_outside);
  return g_test_run ();
}
