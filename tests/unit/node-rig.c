/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The node's surroundings.
 */
#include "tests/unit/node-rig.h"

#include "tests/unit/child.h"
#include "tests/unit/temp-dir.h"

#include <signal.h>
#include <string.h>

/* What systemd makes of a path, as far as the tests have it. */
static char *
predict_cgroup (NcgDriver *driver, const char *path)
{
  return g_strconcat (path, ".slice", NULL);
}

static char *
group_unit (NcgDriver *driver, const char *path, GError **error)
{
  return g_strconcat (path + 1, ".slice", NULL);
}

static const NcgDriverOps ops = {
  .name = "fake",
  .predict_cgroup = predict_cgroup,
  .group_unit = group_unit,
};

void
node_rig_set_up (NodeRig *self)
{
  static char *no_controllers[] = { NULL };

  self->root = temp_dir_new ();
  temp_dir_make (self->root, "cgroup");
  temp_dir_make (self->root, "proc");
  self->config = config_new ();
  self->services = services_new ();
  self->conditions = conditions_new (NULL, NULL);
  self->tree = (NcgTree){ .mount = g_build_filename (self->root, "cgroup", NULL),
                          .controllers = no_controllers };
  self->hierarchy = (NcgHierarchy){ .mode = NCG_HIERARCHY_UNIFIED, .trees = g_ptr_array_new () };
  g_ptr_array_add (self->hierarchy.trees, &self->tree);
  self->driver.ops = &ops;
  self->manager = (Manager){
    .config = self->config,
    .hierarchy = &self->hierarchy,
    .driver = &self->driver,
    .worker = ncg_worker_new (1),
    .proc = g_build_filename (self->root, "proc", NULL),
  };
}

void
node_rig_tear_down (NodeRig *self)
{
  ncg_worker_free (self->manager.worker);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  conditions_free (self->conditions);
  services_free (self->services);
  config_free (self->config);
  g_ptr_array_unref (self->hierarchy.trees);
  g_free (self->tree.mount);
  g_free (self->manager.proc);
  temp_dir_free (self->root);
}

static void
write_proc (NodeRig *self, pid_t pid, const char *file, const char *text)
{
  g_autofree char *path = g_strdup_printf ("proc/%d/%s", (int) pid, file);

  temp_dir_write (self->root, path, text);
}

/* Set-uid to root: the effective uid says nothing. */
void
node_rig_set_uid (NodeRig *self, pid_t pid, uid_t uid)
{
  g_autofree char *status = g_strdup_printf ("Name:\ta\nUid:\t%u\t0\t0\t0\n", (guint) uid);

  write_proc (self, pid, "status", status);
}

pid_t
node_rig_start (NodeRig *self, const char *command, const char *cgroup, const char *score)
{
  pid_t pid = child_start ();
  g_autofree char *stat =
      g_strdup_printf ("%d (%s) S 1 2 3 0 -1 4194304 5 6 7\n", (int) pid, command);
  g_autofree char *comm = g_strconcat (command, "\n", NULL);
  g_autofree char *line = g_strdup_printf ("0::%s\n", cgroup);

  write_proc (self, pid, "stat", stat);
  write_proc (self, pid, "comm", comm);
  write_proc (self, pid, "cgroup", line);
  write_proc (self, pid, "oom_score_adj", score);
  node_rig_set_uid (self, pid, 0);
  return pid;
}

void
node_rig_end (NodeRig *self, pid_t pid)
{
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  child_wait_killed (pid, SIGKILL);
}

/* What is above a cgroup is one, too. */
static void
make_parents (NodeRig *self, const char *cgroup)
{
  g_autofree char *parent = g_path_get_dirname (cgroup);
  g_autofree char *procs = g_build_filename ("cgroup", parent, "cgroup.procs", NULL);
  g_autofree char *path = g_build_filename (self->root, procs, NULL);

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    temp_dir_write (self->root, procs, "");
  if (!g_str_equal (parent, "/"))
    make_parents (self, parent);
}

void
node_rig_make_cgroup (NodeRig *self, const char *cgroup, const char *pids)
{
  g_autofree char *procs = g_strconcat ("cgroup", cgroup, "/cgroup.procs", NULL);
  g_autofree char *events = g_strconcat ("cgroup", cgroup, "/cgroup.events", NULL);
  gboolean is_empty = g_str_equal (pids, "0");

  make_parents (self, cgroup);
  temp_dir_write (self->root, procs, is_empty ? "" : pids);
  temp_dir_write (self->root, events, is_empty ? "populated 0\n" : "populated 1\n");
}

char *
node_rig_read_score (NodeRig *self, pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("%s/%d/oom_score_adj", self->manager.proc, (int) pid);
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return g_strchomp (text);
}

void
node_rig_write_score (NodeRig *self, pid_t pid, const char *score)
{
  write_proc (self, pid, "oom_score_adj", score);
}

void
node_rig_take (NodeRig *self, const char *unit, pid_t pid, const char *cgroup)
{
  g_autofree char *parent = g_path_get_dirname (cgroup);
  g_autofree char *slice = g_path_get_basename (parent);
  NcgService service = { unit, cgroup[0] != '\0', pid, cgroup, slice };

  services_take (self->services, &service);
}

void
node_rig_assert (NodeRig *self, const char *name, gboolean holds, const char *text)
{
  gboolean actual = FALSE;
  const char *message = conditions_get (self->conditions, name, &actual);

  g_test_message ("%s: %s", name, message != NULL ? message : "none");
  g_assert_nonnull (message);
  g_assert_cmpint (actual, ==, holds);
  if (strstr (message, text) == NULL)
    g_error ("there is no \"%s\" in \"%s\"", text, message);
}

void
node_rig_assert_none (NodeRig *self, const char *name)
{
  gboolean holds;

  g_assert_cmpstr (conditions_get (self->conditions, name, &holds), ==, NULL);
}
