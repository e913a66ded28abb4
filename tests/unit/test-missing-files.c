/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What has no file is found, wherever that can be known.
 */
#include "lib/missing-files.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <glib/gstdio.h>
#include <string.h>

#define MOUNTINFO                                                                                  \
  "30 22 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"                                  \
  "31 22 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
  NcgResources resources;
} Fixture;

static void
write_file (Fixture *fixture, const char *file, const char *text)
{
  g_autofree char *path = g_strconcat ("sys/fs/cgroup/", file, NULL);

  temp_dir_write (fixture->root, path, text);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->root = temp_dir_new ();
  temp_dir_write (fixture->root, "proc/self/mountinfo", MOUNTINFO);
  write_file (fixture, "unified/cgroup.controllers", "io memory\n");
  write_file (fixture, "cpu/cgroup.clone_children", "0\n");
  write_file (fixture, "unified/a.slice/cgroup.procs", "");
  write_file (fixture, "unified/a.slice/cgroup.controllers", "memory\n");
  write_file (fixture, "unified/a.slice/memory.high", "max\n");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_resources_clear (&fixture->resources);
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_free (fixture->root);
}

static void
set_unified (Fixture *fixture, const char *file)
{
  g_assert_true (ncg_resources_set_unified (&fixture->resources, file, "1", NULL));
}

static void
assert_passes (Fixture *fixture, const char *path)
{
  g_autoptr (GError) error = NULL;

  ncg_missing_files_check (fixture->hierarchy, path, &fixture->resources, &error);
  g_assert_no_error (error);
}

static void
assert_missing (Fixture *fixture, const char *path, const char *file)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ncg_missing_files_check (fixture->hierarchy, path, &fixture->resources, &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_SUPPORTED);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, file));
}

static void
test_there (Fixture *fixture, gconstpointer data)
{
  assert_passes (fixture, "/a.slice");
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_HIGH, 4096);
  assert_passes (fixture, "/a.slice");
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_LOW, 4096);
  assert_missing (fixture, "/a.slice", "memory.low");
  /* What asks for nothing but the default needs no file. */
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_LOW, 0);
  assert_passes (fixture, "/a.slice");
  set_unified (fixture, "memory.nonsense");
  assert_missing (fixture, "/a.slice", "memory.nonsense");
}

/* One that is not there yet will have what is above it. */
static void
test_to_come (Fixture *fixture, gconstpointer data)
{
  ncg_resources_set (&fixture->resources, NCG_SETTING_MEMORY_HIGH, 4096);
  assert_passes (fixture, "/a.slice/a-b.slice/a-b-c.slice");
  set_unified (fixture, "memory.nonsense");
  assert_missing (fixture, "/a.slice/a-b.slice/a-b-c.slice", "memory.nonsense");
  /* And one right below the root what is beside it. */
  assert_missing (fixture, "/z.slice", "memory.nonsense");
  write_file (fixture, "unified/a.slice/memory.nonsense", "0\n");
  assert_passes (fixture, "/z.slice");
}

/* The root's files are others, and those of one without the controller say nothing. */
static void
test_without_controller (Fixture *fixture, gconstpointer data)
{
  set_unified (fixture, "io.nonsense");
  assert_passes (fixture, "/a.slice");
  write_file (fixture, "unified/io.nonsense", "0\n");
  /* It is only just being given it. */
  write_file (fixture, "unified/b.slice/cgroup.controllers", "io memory\n");
  write_file (fixture, "unified/b.slice/io.pressure", "some\n");
  assert_passes (fixture, "/a.slice");
  write_file (fixture, "unified/b.slice/io.stat", "");
  assert_missing (fixture, "/a.slice", "io.nonsense");
  write_file (fixture, "unified/b.slice/io.nonsense", "0\n");
  assert_passes (fixture, "/a.slice");
}

static void
test_core (Fixture *fixture, gconstpointer data)
{
  set_unified (fixture, "cgroup.pressure");
  assert_missing (fixture, "/a.slice/a-b.slice", "cgroup.pressure");
  write_file (fixture, "unified/a.slice/cgroup.pressure", "1\n");
  assert_passes (fixture, "/a.slice/a-b.slice");
}

/* One of the two is enough. */
static void
test_alternative (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "unified/a.slice/cgroup.controllers", "io memory\n");
  write_file (fixture, "unified/a.slice/io.stat", "");
  ncg_resources_set (&fixture->resources, NCG_SETTING_IO_WEIGHT, 200);
  assert_missing (fixture, "/a.slice", "io.weight");
  write_file (fixture, "unified/a.slice/io.bfq.weight", "100\n");
  assert_passes (fixture, "/a.slice");
}

static void
test_v1 (Fixture *fixture, gconstpointer data)
{
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_WEIGHT, 0);
  assert_passes (fixture, "/a.slice");
  write_file (fixture, "cpu/a.slice/cgroup.procs", "");
  write_file (fixture, "cpu/a.slice/cpu.shares", "1024\n");
  assert_missing (fixture, "/a.slice/a-b.slice", "cpu.idle");
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_WEIGHT, 7);
  assert_passes (fixture, "/a.slice/a-b.slice");
}

/* systemd has removed it since it was opened: an open directory that is gone has no files at all.
 */
static void
test_removed (Fixture *fixture, gconstpointer data)
{
  temp_dir_make (fixture->root, "sys/fs/cgroup/cpu/a.slice");
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_WEIGHT, 7);
  assert_passes (fixture, "/a.slice/a-b.slice");
  write_file (fixture, "cpu/a.slice/cgroup.procs", "");
  assert_missing (fixture, "/a.slice/a-b.slice", "cpu.shares");
}

/* What was found is not looked for again, whichever cgroup it is about. */
static void
test_found (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file =
      g_build_filename (fixture->root, "sys/fs/cgroup/cpu/a.slice/cpu.shares", NULL);

  write_file (fixture, "cpu/a.slice/cpu.shares", "1024\n");
  ncg_resources_set (&fixture->resources, NCG_SETTING_CPU_WEIGHT, 7);
  assert_passes (fixture, "/a.slice");
  g_assert_cmpint (g_unlink (file), ==, 0);
  assert_passes (fixture, "/a.slice");
  assert_passes (fixture, "/b.slice");
}

/* There is no such hierarchy, so there is no such file. */
static void
test_nowhere (Fixture *fixture, gconstpointer data)
{
  ncg_resources_set (&fixture->resources, NCG_SETTING_PIDS_MAX, 7);
  assert_missing (fixture, "/a.slice", "pids.max");
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/missing-files/there", test_there);
  ADD ("/missing-files/to-come", test_to_come);
  ADD ("/missing-files/without-controller", test_without_controller);
  ADD ("/missing-files/core", test_core);
  ADD ("/missing-files/alternative", test_alternative);
  ADD ("/missing-files/v1", test_v1);
  ADD ("/missing-files/removed", test_removed);
  ADD ("/missing-files/found", test_found);
  ADD ("/missing-files/nowhere", test_nowhere);
  return g_test_run ();
}
