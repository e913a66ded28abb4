/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Container runtimes: which one is the node's, and how the cgroups of their containers are called.
 * No I/O here.
 */
#pragma once

#include <glib.h>

/* (nullable): the units of the runtimes' daemons, one after the other */
const char *runtime_get_nth_unit (guint n);

/* (nullable): the unit of the runtime's daemon; NULL for one without, which is rkt */
const char *runtime_get_unit (const char *runtime);

typedef gboolean (*RuntimeIsActive) (const char *unit, gpointer user_data);

/**
 * runtime_choose:
 * @configured: containerRuntime: "auto", "docker", "containerd", "crio", "rkt", "none"
 *
 * The runtime that was named, whether it runs or not. With "auto" it is the one that runs; docker
 * before containerd, because docker uses containerd.
 *
 * Returns: (nullable): its name; NULL with "none", and with "auto" if none runs
 */
const char *runtime_choose (const char *configured, RuntimeIsActive is_active, gpointer user_data);

/**
 * runtime_classify:
 * @parent: the name of the cgroup in which @name is, "system.slice", "docker"
 * @name: the name of the cgroup
 * @ret_runtime: whose containers are called so: "docker", "containerd", "crio", "podman", "rkt";
 *   "" where several do it
 *
 * Systemd scopes: docker-ID.scope (moby, daemon/oci_linux.go), cri-containerd-ID.scope
 * (containerd, internal/cri), nerdctl-ID.scope, crio-ID.scope, libpod-ID.scope,
 * machine-rkt…scope. With cgroupfs: /docker/ID, /k8s.io/ID and /default/ID (the namespaces of
 * containerd), …/crio-ID, …/libpod-ID, …/podUID/ID. What watches a container
 * (crio-conmon-ID.scope) is none.
 *
 * Returns: (transfer full) (nullable): the container's id, shortened as the runtimes show it; NULL
 *   if it is no container's cgroup
 */
char *runtime_classify (const char *parent, const char *name, const char **ret_runtime);

/**
 * runtime_concerns:
 * @wanted: the runtime of runtime_choose(); "auto" if none was found; "none"
 * @runtime: of runtime_classify()
 * @cgroup: in which the container's cgroup is, "/system.slice"
 *
 * Whether such a container is one that @wanted is about: all for "auto", none for "none". Never
 * podman's in a user's session, which is rootless and in the user's own budget.
 */
gboolean runtime_concerns (const char *wanted, const char *runtime, const char *cgroup);

/**
 * runtime_format_strays:
 * @names: (element-type utf8): the first of the containers
 * @n_found: how many there are
 * @is_complete: whether these are all
 * @root: where they should be: "/machine"
 *
 * Returns: (transfer full): the message of the condition StrayContainers
 */
char *runtime_format_strays (const GPtrArray *names,
                             guint n_found,
                             gboolean is_complete,
                             const char *root);

/* (transfer full): the message of the condition ContainerRuntime. @runtime: of runtime_choose();
 * @cgroup: (nullable): of its daemon, NULL if that does not run */
char *runtime_format_message (const char *configured,
                              const char *runtime,
                              const char *cgroup,
                              gboolean *ret_holds);
