/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers of a real runtime, as Debian has it, in a pod of ours. Their root file system is
 * busybox alone, and their first process sleeps.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

/* A runtime with one of its two ways to make cgroups. */
typedef struct {
  const char *name;    /* "crun-systemd" */
  const char *program; /* "crun" */
  gboolean is_systemd; /* it asks systemd for a scope, and makes no cgroup by itself */
} ContainerRuntime;

#define CONTAINER_RUNTIMES 4
extern const ContainerRuntime container_runtimes[CONTAINER_RUNTIMES];

typedef struct {
  const ContainerRuntime *runtime;
  char *id;
  char *bundle; /* the directory with its config.json */
  char *name;   /* of its cgroup: "crun-ID.scope", or "crun-ID" where the runtime made it */
  char *cgroup; /* with that name at the end; a runtime may have put the processes below it */
  pid_t pid;    /* its first process */
} Container;

/* Starts a container below the slice whose unit and cgroup these are. @resources: what OCI's
 * configuration has in linux.resources, as JSON. */
Container *container_run (const ContainerRuntime *runtime,
                          const char *id,
                          const char *slice,
                          const char *cgroup,
                          const char *resources);

/* Runs a line of the shell in it. Returns: its exit status */
int container_exec (const Container *self, const char *line);

/* Has the runtime delete it, whatever it is in; that must succeed. */
void container_delete (Container *self);

/* Deletes it if that is not done yet. */
void container_free (Container *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Container, container_free)
