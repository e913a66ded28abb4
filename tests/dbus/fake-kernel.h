/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A directory that stands for a machine's root: cgroups with the files that the kernel would have,
 * /proc, sysctls and what is read of the hardware (4 CPUs, 1 memory node, 8 GiB, 4 pages of 2 MiB,
 * the disk 8:0 with the partition 8:1).
 *
 * A cgroup's path is that below the mount point, "/machine.slice/…". All functions take the lock.
 */
#pragma once

#include "tests/dbus/fake-processes.h"

typedef struct FakeKernel FakeKernel;

FakeKernel *fake_kernel_new (void);

/* Removes the directory; to be called after all that uses it. */
void fake_kernel_free (FakeKernel *self);

const char *fake_kernel_get_root (const FakeKernel *self);
GMainContext *fake_kernel_get_context (const FakeKernel *self);
FakeProcesses *fake_kernel_get_processes (const FakeKernel *self);

/* What cgroups have that are made from now on; "cpuset cpu io memory pids" at first. */
void fake_kernel_set_controllers (FakeKernel *self, const char *controllers);

/* With the cgroups above it; one that is there stays as it is. */
void fake_kernel_make_cgroup (FakeKernel *self, const char *path);

/* With all below it. One that has processes stays. */
void fake_kernel_remove_cgroup (FakeKernel *self, const char *path);
gboolean fake_kernel_has_cgroup (FakeKernel *self, const char *path);

/* Writes a value, unless the file is not there or takes none. */
void fake_kernel_write (FakeKernel *self, const char *path, const char *file, const char *value);

/* (transfer full): without the newline; NULL if the file is not there */
char *fake_kernel_read (FakeKernel *self, const char *path, const char *file);

/* From now on the file keeps what it has, and so does one of that name in a cgroup to come.
 * @name: the cgroup's own, without those above it */
void fake_kernel_ignore_writes (FakeKernel *self, const char *name, const char *file);
void fake_kernel_take_writes (FakeKernel *self, const char *name, const char *file);

/* As if the kernel had killed so many processes in the cgroup for want of memory: it counts them
 * there, and in all above. */
void fake_kernel_count_kills (FakeKernel *self, const char *path, guint n_kills);

/* A file of the machine, "/proc/sys/vm/panic_on_oom"; its directory is made. */
void fake_kernel_write_file (FakeKernel *self, const char *path, const char *text);
char *fake_kernel_read_file (FakeKernel *self, const char *path);
