/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers.
 */
#include "tests/vm/container.h"

#include "tests/vm/machine.h"

#include <stdlib.h>

#define DIRECTORY "/run/test-containers"
#define ROOT DIRECTORY "/rootfs"

const ContainerRuntime container_runtimes[CONTAINER_RUNTIMES] = {
  { "crun-systemd", "crun", TRUE },
  { "crun-cgroupfs", "crun", FALSE },
  { "runc-systemd", "runc", TRUE },
  { "runc-cgroupfs", "runc", FALSE },
};

static const char config[] =
    "{ 'ociVersion': '1.0.2', 'root': { 'path': '" ROOT "' },"
    "  'process': { 'user': { 'uid': 0, 'gid': 0 }, 'cwd': '/', 'env': [ 'PATH=/bin' ],"
    "               'args': [ 'sleep', '100000' ] },"
    "  'mounts': [ { 'destination': '/proc', 'type': 'proc', 'source': 'proc' },"
    "              { 'destination': '/dev', 'type': 'tmpfs', 'source': 'tmpfs' },"
    "              { 'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs' },"
    "              { 'destination': '/sys/fs/cgroup', 'type': 'cgroup', 'source': 'cgroup',"
    "                'options': [ 'ro' ] } ],"
    "  'linux': { 'cgroupsPath': '%s', 'resources': %s,"
    "             'namespaces': [ { 'type': 'pid' }, { 'type': 'mount' } ] } }\n";

static void
make_root (void)
{
  if (!g_file_test (ROOT, G_FILE_TEST_IS_DIR))
    g_free (machine_run ("mkdir -p " ROOT "/bin " ROOT "/dev " ROOT "/proc " ROOT "/sys && "
                         "cp /bin/busybox " ROOT "/bin && "
                         "for name in sh sleep dd; do ln -s busybox " ROOT "/bin/$name; done"));
}

static void
write_config (const Container *self, const char *path, const char *resources)
{
  g_autofree char *file = g_build_filename (self->bundle, "config.json", NULL);
  g_autofree char *text = g_strdup_printf (config, path, resources);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (self->bundle, 0755), ==, 0);
  g_strdelimit (text, "'", '"');
  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
}

/* (transfer full): the command without what it shall do */
static char *
get_command (const Container *self)
{
  return g_strdup_printf ("%s --root " DIRECTORY "/state-%s %s", self->runtime->program,
                          self->runtime->name, self->runtime->is_systemd ? "--systemd-cgroup" : "");
}

Container *
container_run (const ContainerRuntime *runtime,
               const char *id,
               const char *slice,
               const char *cgroup,
               const char *resources)
{
  Container *self = g_new0 (Container, 1);
  g_autofree char *command = NULL;
  g_autofree char *path = NULL;
  g_autofree char *pid = NULL;

  self->runtime = runtime;
  self->id = g_strdup (id);
  self->bundle = g_build_filename (DIRECTORY, id, NULL);
  self->name =
      g_strdup_printf ("%s-%s%s", runtime->program, id, runtime->is_systemd ? ".scope" : "");
  self->cgroup = g_build_filename (cgroup, self->name, NULL);
  path = runtime->is_systemd ? g_strdup_printf ("%s:%s:%s", slice, runtime->program, id)
                             : g_strdup (self->cgroup);
  make_root ();
  write_config (self, path, resources);
  /* The root of the machine is an initramfs, in which pivot_root(2) does not work. */
  command = get_command (self);
  pid = machine_run ("cd %s && %s run --no-pivot -d --pid-file pid %s </dev/null >/dev/null && "
                     "cat pid",
                     self->bundle, command, id);
  self->pid = atoi (pid);
  g_assert_cmpint (self->pid, >, 1);
  return self;
}

int
container_exec (const Container *self, const char *line)
{
  g_autofree char *command = get_command (self);
  g_autofree char *quoted = g_shell_quote (line);
  g_autofree char *status =
      machine_run ("%s exec %s sh -c %s </dev/null >/dev/null; echo $?", command, self->id, quoted);

  return atoi (status);
}

void
container_delete (Container *self)
{
  g_autofree char *command = get_command (self);

  self->pid = 0;
  g_free (machine_run ("%s delete --force %s", command, self->id));
}

void
container_free (Container *self)
{
  if (self->pid > 0)
    container_delete (self);
  g_free (self->id);
  g_free (self->bundle);
  g_free (self->name);
  g_free (self->cgroup);
  g_free (self);
}
