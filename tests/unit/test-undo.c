/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cgroup had before a change, as it is set back.
 */
#include "lib/undo.h"

#include "lib/error.h"
#include "tests/unit/temp-dir.h"

#include <string.h>

#define MOUNTINFO "30 22 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"

typedef struct {
  char *root;
  NcgHierarchy *hierarchy;
  NcgResources before;
  NcgResources other;
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
  write_file (fixture, "cgroup.controllers", "cpu cpuset io memory misc rdma\n");
  temp_dir_make (fixture->root, "sys/fs/cgroup/p/a");
  fixture->hierarchy = ncg_hierarchy_detect (fixture->root, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ncg_resources_clear (&fixture->before);
  ncg_resources_clear (&fixture->other);
  ncg_hierarchy_free (fixture->hierarchy);
  temp_dir_free (fixture->root);
}

static const struct {
  const char *file;
  const char *before; /* (nullable) */
  const char *other;
  const char *current; /* (nullable): there is no such file */
  const char *wanted;  /* (nullable) */
} rows[] = {
  { "cpu.max.burst", NULL, "500", "300\n", "300" },
  { "cpu.max.burst", "7", "500", "300\n", "7" },
  { "cpu.uclamp.min", NULL, "50", "10.00\n", "10.00" },
  { "cpuset.cpus.exclusive", NULL, "1", "\n", "" },
  { "cpuset.cpus.partition", NULL, "root", "isolated invalid (No such CPU)\n", "isolated" },
  { "io.latency", NULL, "8:0 target=75", "", "8:0 target=0" },
  { "io.latency", NULL, "8:0 target=75", "8:16 target=5\n8:0 target=9\n", "8:0 target=9" },
  { "io.weight", NULL, "8:0 75", "default 100\n", "8:0 default" },
  { "memory.swap.high", NULL, "4096", NULL, NULL },
  { "misc.max", "a 3", "b 5\na 5", "a 3\nb max\n", "a 3\nb max" },
  { "misc.max", NULL, "none 5", "a 3\n", NULL },
  { "rdma.max", NULL, "m hca_object=5", "m hca_handle=2 hca_object=9\n", "m hca_object=9" },
  { "memory.other", NULL, "1", "many\nlines\n", NULL },
};

static void
test_current (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *file = g_strconcat ("p/a/", rows[i].file, NULL);
    const char *value = NULL;

    ncg_resources_clear (&fixture->before);
    ncg_resources_clear (&fixture->other);
    if (rows[i].current != NULL)
      write_file (fixture, file, rows[i].current);
    if (rows[i].before != NULL)
      g_assert_true (
          ncg_resources_set_unified (&fixture->before, rows[i].file, rows[i].before, NULL));
    g_assert_true (ncg_resources_set_unified (&fixture->other, rows[i].file, rows[i].other, NULL));
    ncg_undo_add_current (&fixture->before, &fixture->other, fixture->hierarchy, "/p/a");
    if (fixture->before.unified != NULL)
      value = ((const NcgUnifiedFile *) fixture->before.unified->pdata[0])->value;
    g_assert_cmpstr (value, ==, rows[i].wanted);
  }
}

static void
test_sets (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *cpus = NULL;

  fixture->other.cpus = ncg_cpuset_parse ("1", NULL);
  g_assert_false (
      ncg_undo_add_sets (&fixture->before, &fixture->other, fixture->hierarchy, "/p/a", &error));
  g_assert_error (error, NCG_ERROR, (int) NCG_ERROR_NOT_FOUND);
  write_file (fixture, "p/cpuset.cpus.effective", "0-3\n");
  g_assert_true (
      ncg_undo_add_sets (&fixture->before, &fixture->other, fixture->hierarchy, "/p/a", NULL));
  cpus = ncg_cpuset_format (fixture->before.cpus);
  g_assert_cmpstr (cpus, ==, "0-3");
  g_assert_null (fixture->before.memory_nodes);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/undo/current", test_current);
  ADD ("/undo/sets", test_sets);
  return g_test_run ();
}
