/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An agent that uses the library and no daemon. tests/check/library builds it as a stranger would,
 * against what is installed; docs/library.md and libnodecgroups(3) show it, and
 * tests/vm/test-library.c has it run a command on a real machine.
 *
 * usage: agent CGROUP CPU CPUS [ROOT], for example: agent /machine.slice 500m 0-3
 *        agent --run DRIVER GROUP CPU MEMORY COMMAND..., for example:
 *        agent --run systemd /machine/job 500m 64Mi make
 */
#include <gio/gio.h>
#include <nodecgroups/nodecgroups.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The figures of a cgroup, read below @root: "" is this machine. */
static GVariant *
read_stats (const char *root, const char *path, GError **error)
{
  g_autoptr (NcgHierarchy) hierarchy = ncg_hierarchy_detect (root, error);

  if (hierarchy == NULL)
    return NULL;
  printf ("hierarchy: %s\n", ncg_hierarchy_mode_to_string (hierarchy->mode));
  return ncg_stats_read (hierarchy, path, NCG_STATS_ALL, error);
}

/* A figure that this kernel does not give is absent, and not 0. */
static void
print_figure (GVariant *stats, const char *key)
{
  guint64 value;

  if (g_variant_lookup (stats, key, "t", &value))
    printf ("%s: %" G_GUINT64_FORMAT "\n", key, value);
  else
    printf ("%s: unknown\n", key);
}

static gboolean
show (char **argv, const char *root, GError **error)
{
  g_autoptr (NcgCpuset) cpus = NULL;
  g_autoptr (GVariant) stats = NULL;
  gint64 millicores;
  guint64 weight;

  if (!ncg_quantity_parse_milli (argv[2], &millicores, error))
    return FALSE;
  cpus = ncg_cpuset_parse (argv[3], error);
  stats = cpus != NULL ? read_stats (root, argv[1], error) : NULL;
  if (stats == NULL)
    return FALSE;

  print_figure (stats, "CPUUsageNSec");
  print_figure (stats, "MemoryWorkingSetBytes");
  print_figure (stats, "PidsCurrent");
  printf ("requested: %" G_GINT64_FORMAT " millicores, on %u CPUs\n", millicores,
          ncg_cpuset_count (cpus));
  weight = ncg_cpu_weight_from_millicores ((guint64) millicores);
  printf ("weight: %" G_GUINT64_FORMAT ", or %" G_GUINT64_FORMAT " shares\n", weight,
          ncg_shares_from_weight (NCG_SHARES_PROPORTIONAL, weight));
  return TRUE;
}

typedef struct {
  NcgHierarchy *hierarchy;
  NcgDriver *driver;
  GMainLoop *loop;
  GAsyncResult *result;
  NcgResources resources;
  NcgPlace *group; /* (nullable): as all of them until they are made */
  NcgPlace *leaf;
} Agent;

static void
agent_clear (Agent *self)
{
  g_clear_pointer (&self->leaf, ncg_place_free);
  g_clear_pointer (&self->group, ncg_place_free);
  ncg_resources_clear (&self->resources);
  g_clear_pointer (&self->driver, ncg_driver_free);
  g_clear_pointer (&self->hierarchy, ncg_hierarchy_free);
  g_clear_pointer (&self->loop, g_main_loop_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Agent, agent_clear)

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Agent *self = user_data;

  self->result = g_object_ref (result);
  g_main_loop_quit (self->loop);
}

/* A driver is at work while the main loop runs. One that has more to do than this agent goes on
 * there, and takes the next step in the callback. */
static GAsyncResult *
wait_for_result (Agent *self)
{
  g_main_loop_run (self->loop);
  return g_steal_pointer (&self->result);
}

static gint64
get_deadline (void)
{
  return g_get_monotonic_time () + 30 * G_USEC_PER_SEC;
}

/* The connection is made meanwhile; the driver makes it again whenever it is lost. */
static gboolean
connect_driver (Agent *self, const char *name, GError **error)
{
  static const NcgDriverListener listener = { NULL };
  NcgDriverConfig config = { .root = "", .bus_address = "unix:path=/run/dbus/system_bus_socket" };
  g_autoptr (GAsyncResult) result = NULL;

  self->loop = g_main_loop_new (NULL, FALSE);
  self->hierarchy = ncg_hierarchy_detect ("", error);
  config.hierarchy = self->hierarchy;
  if (self->hierarchy != NULL)
    self->driver = ncg_driver_new (name, &config, &listener, NULL, error);
  if (self->driver == NULL)
    return FALSE;
  ncg_driver_probe_async (self->driver, get_deadline (), on_done, self);
  result = wait_for_result (self);
  return ncg_driver_probe_finish (result, error);
}

static gboolean
set_limits (Agent *self, const char *cpu, const char *memory, GError **error)
{
  gint64 millicores, bytes;

  if (!ncg_quantity_parse_milli (cpu, &millicores, error) ||
      !ncg_quantity_parse_value (memory, &bytes, error))
    return FALSE;
  ncg_resources_set (&self->resources, NCG_SETTING_CPU_QUOTA_USEC,
                     ncg_cpu_quota_from_millicores ((guint64) millicores, NCG_CPU_PERIOD_DEFAULT));
  ncg_resources_set (&self->resources, NCG_SETTING_MEMORY_MAX, (guint64) bytes);
  ncg_resources_set (&self->resources, NCG_SETTING_PIDS_MAX, 100);
  return TRUE;
}

/* A group has no processes of its own. It is made if it is not there, and so are those above it. */
static gboolean
make_group (Agent *self, const char *path, GError **error)
{
  const NcgGroup group = {
    .path = path,
    .description = "Group of the agent",
    .resources = &self->resources,
  };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_ensure_group_async (self->driver, &group, get_deadline (), on_done, self);
  result = wait_for_result (self);
  self->group = ncg_driver_ensure_group_finish (result, error);
  return self->group != NULL &&
         ncg_verify_cgroup (self->hierarchy, self->group->cgroup, &self->resources, error);
}

/* Without processes it is held until it is stopped, and can be joined at any time. */
static gboolean
make_leaf (Agent *self, const char *path, GError **error)
{
  const NcgResources nothing = { 0 };
  const NcgLeaf leaf = {
    .parent = path,
    .uid = "agent",
    .name = "main",
    .description = "Leaf of the agent",
    .resources = &nothing,
    .user = NCG_NO_USER,
  };
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_start_leaf_async (self->driver, &leaf, get_deadline (), on_done, self);
  result = wait_for_result (self);
  self->leaf = ncg_driver_start_leaf_finish (result, error);
  return self->leaf != NULL;
}

/* The process is held by a descriptor, so that its number cannot become another's meanwhile. */
static gboolean
join_leaf (Agent *self, pid_t pid, GError **error)
{
  g_autoptr (GPtrArray) processes =
      g_ptr_array_new_with_free_func ((GDestroyNotify) ncg_process_close);
  NcgJoin join = { .place = self->leaf, .processes = processes, .user = NCG_NO_USER };
  NcgProcess *process = ncg_process_open ("/proc", pid, error);
  g_autoptr (GAsyncResult) result = NULL;

  if (process == NULL)
    return FALSE;
  g_ptr_array_add (processes, process);
  ncg_driver_join_async (self->driver, &join, get_deadline (), on_done, self);
  result = wait_for_result (self);
  return ncg_driver_join_finish (result, error);
}

/* The group, with all that is in it. */
static gboolean
remove_group (Agent *self, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  ncg_driver_stop_async (self->driver, self->group, get_deadline (), on_done, self);
  result = wait_for_result (self);
  return ncg_driver_stop_finish (result, error);
}

/* The command begins when its standard input ends: when it is in the leaf. */
static GSubprocess *
start_command (const char *const *command, GError **error)
{
  static const char *const waiting[] = { "sh", "-c", "read end; exec \"$@\"", "sh" };
  g_autoptr (GPtrArray) arguments = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (waiting); i++)
    g_ptr_array_add (arguments, (char *) waiting[i]);
  for (gsize i = 0; command[i] != NULL; i++)
    g_ptr_array_add (arguments, (char *) command[i]);
  g_ptr_array_add (arguments, NULL);
  return g_subprocess_newv ((const char *const *) arguments->pdata, G_SUBPROCESS_FLAGS_STDIN_PIPE,
                            error);
}

static gboolean
run_command (Agent *self, const char *const *command, GError **error)
{
  g_autoptr (GSubprocess) process = start_command (command, error);
  g_autoptr (GVariant) stats = NULL;

  if (process == NULL ||
      !join_leaf (self, (pid_t) atoi (g_subprocess_get_identifier (process)), error) ||
      !g_output_stream_close (g_subprocess_get_stdin_pipe (process), NULL, error) ||
      !g_subprocess_wait_check (process, NULL, error))
    return FALSE;
  stats = ncg_stats_read (self->hierarchy, self->leaf->cgroup, NCG_STATS_ALL, error);
  if (stats == NULL)
    return FALSE;
  printf ("leaf: %s\n", self->leaf->cgroup);
  print_figure (stats, "CPUUsageNSec");
  print_figure (stats, "PidsCurrent");
  return TRUE;
}

/* A command in a leaf of its own, in a group with limits, which ends with it. */
static gboolean
run (char **argv, GError **error)
{
  g_auto (Agent) self = { 0 };
  gboolean ok;

  if (!connect_driver (&self, argv[2], error) || !set_limits (&self, argv[4], argv[5], error))
    return FALSE;
  ok = make_group (&self, argv[3], error) && make_leaf (&self, argv[3], error) &&
       run_command (&self, (const char *const *) argv + 6, error);
  /* What went wrong is told, whatever becomes of the rest. */
  return (self.group == NULL || remove_group (&self, ok ? error : NULL)) && ok;
}

int
main (int argc, char **argv)
{
  gboolean is_run = argc > 1 && strcmp (argv[1], "--run") == 0;
  g_autoptr (GError) error = NULL;

  if (argc < (is_run ? 7 : 4)) {
    fprintf (stderr,
             "usage: %s CGROUP CPU CPUS [ROOT]\n"
             "       %s --run DRIVER GROUP CPU MEMORY COMMAND...\n",
             argv[0], argv[0]);
    return 2;
  }
  if (!(is_run ? run (argv, &error) : show (argv, argc > 4 ? argv[4] : "", &error))) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  return 0;
}
