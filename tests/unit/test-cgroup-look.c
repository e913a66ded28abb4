/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is certain of a cgroup at a glance, and what is not.
 */
#include "lib/cgroup-look.h"

#include "tests/unit/temp-dir.h"

#include <string.h>

typedef struct {
  char *root;
  NcgTree v1;
  NcgTree v2;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->root = temp_dir_new ();
  fixture->v1 = (NcgTree){ .mount = g_build_filename (fixture->root, "pids", NULL), .is_v1 = TRUE };
  fixture->v2 = (NcgTree){ .mount = g_build_filename (fixture->root, "unified", NULL) };
  temp_dir_write (fixture->root, "pids/a/cgroup.procs", "");
  temp_dir_write (fixture->root, "unified/a/cgroup.events", "populated 0\nfrozen 0\n");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  temp_dir_free (fixture->root);
  g_free (fixture->v1.mount);
  g_free (fixture->v2.mount);
}

static void
test_there (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ncg_cgroup_may_be_there (&fixture->v1, "/a"));
  g_assert_false (ncg_cgroup_may_be_there (&fixture->v1, "/b"));
  g_assert_false (ncg_cgroup_may_be_there (&fixture->v1, "/b/c"));
  /* Not a cgroup, but something. */
  g_assert_true (ncg_cgroup_may_be_there (&fixture->v1, "/a/cgroup.procs/b"));
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_assert_false (ncg_cgroup_is_gone (&fixture->v1, "/a"));
  g_assert_true (ncg_cgroup_is_gone (&fixture->v1, "/b"));
  /* Nothing is known of what is in a hierarchy that is not mounted. */
  fixture->v1.mount[strlen (fixture->v1.mount) - 1] = 'x';
  g_assert_false (ncg_cgroup_is_gone (&fixture->v1, "/b"));
  g_assert_false (ncg_cgroup_may_be_there (&fixture->v1, "/b"));
}

static void
test_bare (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ncg_cgroup_is_bare (&fixture->v1, "/a"));
  g_assert_true (ncg_cgroup_is_bare (&fixture->v2, "/a"));
  g_assert_true (ncg_cgroup_is_bare (&fixture->v1, "/b"));
  g_assert_true (ncg_cgroup_is_bare (&fixture->v2, "/a/b"));
}

static void
test_populated (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "pids/a/cgroup.procs", "7\n");
  temp_dir_write (fixture->root, "unified/a/cgroup.events", "populated 1\nfrozen 0\n");
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, "/a"));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v2, "/a"));
}

/* Which may have processes on v1, and may be frozen on v2. */
static void
test_children (Fixture *fixture, gconstpointer data)
{
  temp_dir_write (fixture->root, "pids/a/b/cgroup.procs", "");
  temp_dir_write (fixture->root, "unified/a/b/cgroup.events", "populated 0\nfrozen 0\n");
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, "/a"));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v2, "/a"));
}

/* What cannot be seen is not taken for nothing. */
static void
test_unseen (Fixture *fixture, gconstpointer data)
{
  g_autofree char *deep = g_strnfill (2000, 'a');

  deep[0] = '/';
  temp_dir_write (fixture->root, "pids/without/other", "");
  temp_dir_write (fixture->root, "unified/without/other", "");
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, "/without"));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v2, "/without"));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, "/a/cgroup.procs"));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, deep));
  g_assert_true (ncg_cgroup_may_be_there (&fixture->v1, deep));
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, ""));
  /* Nor what is in a hierarchy that is not mounted. */
  fixture->v1.mount[strlen (fixture->v1.mount) - 1] = 'x';
  g_assert_false (ncg_cgroup_is_bare (&fixture->v1, "/a"));
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/cgroup-look/there", test_there);
  ADD ("/cgroup-look/gone", test_gone);
  ADD ("/cgroup-look/bare", test_bare);
  ADD ("/cgroup-look/populated", test_populated);
  ADD ("/cgroup-look/children", test_children);
  ADD ("/cgroup-look/unseen", test_unseen);
  return g_test_run ();
}
