/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One cgroup directory, held by a descriptor, and its files. Everything is opened beneath the
 * hierarchy's mount (openat2(2), RESOLVE_BENEATH), so that no name from outside leads elsewhere.
 *
 * Rules of the files: Documentation/admin-guide/cgroup-v2.rst in the kernel.
 *
 * Errors name the file, the cgroup and what the kernel said. Where nothing else is written,
 * %NCG_ERROR_NOT_FOUND is a file or cgroup that is not there (ENOENT, ENODEV: the cgroup is gone;
 * EOPNOTSUPP: switched off) and %NCG_ERROR_FAILED all else.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct NcgCgroup NcgCgroup;

/**
 * ncg_cgroup_open:
 * @mount: the mount point of the hierarchy (for v2, NcgHierarchy.unified_mount)
 * @path: the cgroup, "/machine.slice/…", as systemd's ControlGroup says it; "/" is the root
 *
 * Returns: (transfer full): the cgroup; %NCG_ERROR_NOT_FOUND if there is none, which includes a
 *   symbolic link or a file of that name; %NCG_ERROR_INVALID_ARGUMENT if @path does not start with
 *   "/" or has an empty, "." or ".." component
 */
NcgCgroup *ncg_cgroup_open (const char *mount, const char *path, GError **error);

/* (transfer full): a cgroup below @self, which it does not need any more; @path has no leading
 * slash
 * ("a/b"). Errors as ncg_cgroup_open(). */
NcgCgroup *ncg_cgroup_open_child (const NcgCgroup *self, const char *path, GError **error);
void ncg_cgroup_close (NcgCgroup *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgCgroup, ncg_cgroup_close)

/* The path below the mount, with a leading slash; valid as long as @self. */
const char *ncg_cgroup_get_path (const NcgCgroup *self);

/* The directory (O_PATH), for what is done to itself: its owner, its extended attributes. */
int ncg_cgroup_get_fd (const NcgCgroup *self);

/* Whether it is of cgroup v1, as its file system says. In a directory that only imitates a cgroup
 * the file cgroup.clone_children tells: each of v1 has it, and none of v2. */
gboolean ncg_cgroup_is_v1 (const NcgCgroup *self);

/**
 * ncg_cgroup_read:
 * @file: an attribute's name; one with a slash is %NCG_ERROR_INVALID_ARGUMENT, here and below
 *
 * Returns: (transfer full): the whole file without its last newline
 */
char *ncg_cgroup_read (const NcgCgroup *self, const char *file, GError **error);

/**
 * ncg_cgroup_parse_u64:
 * @text: a number as the kernel prints it, and nothing else
 * @ret_value: %G_MAXUINT64 for "max"; 0 for a negative number, which some counters show for a
 * moment
 *
 * Returns: whether it is one
 */
gboolean ncg_cgroup_parse_u64 (const char *text, guint64 *ret_value);

/**
 * ncg_cgroup_read_u64:
 * @ret_value: as ncg_cgroup_parse_u64()
 *
 * Returns: %TRUE if the file has a number; one with anything else is %NCG_ERROR_FAILED
 */
gboolean
ncg_cgroup_read_u64 (const NcgCgroup *self, const char *file, guint64 *ret_value, GError **error);

/**
 * ncg_cgroup_read_key:
 * @key: a key of a flat keyed file ("populated" of cgroup.events); a file without it is
 *   %NCG_ERROR_NOT_FOUND too
 * @ret_value: as ncg_cgroup_parse_u64(), of the first line with the key
 */
gboolean ncg_cgroup_read_key (
    const NcgCgroup *self, const char *file, const char *key, guint64 *ret_value, GError **error);

/* One write(2) of @value. The error has the file, the value and what the kernel said. ESRCH (a
 * process that is gone) is %NCG_ERROR_NO_SUCH_PROCESS, ENOENT and ENODEV are %NCG_ERROR_NOT_FOUND,
 * EBUSY is %NCG_ERROR_BUSY, EOPNOTSUPP is %NCG_ERROR_NOT_SUPPORTED, EINVAL and ERANGE are
 * %NCG_ERROR_INVALID_ARGUMENT, EACCES and EPERM are %NCG_ERROR_NOT_PERMITTED, else
 * %NCG_ERROR_FAILED.
 *
 * A process that is only just being made cannot be moved yet (EINVAL of cgroup.procs): that write
 * is tried again for up to 150 ms. */
gboolean
ncg_cgroup_write (const NcgCgroup *self, const char *file, const char *value, GError **error);

/* (transfer full) (element-type pid_t): the processes of this cgroup itself, or with @recursive of
 * all below it as well. A cgroup that is gone, or goes meanwhile, has none. Processes outside our
 * pid namespace have no number and are left out. A threaded cgroup is %NCG_ERROR_NOT_SUPPORTED: its
 * processes belong to the threaded domain above it. */
GArray *ncg_cgroup_list_processes (const NcgCgroup *self, gboolean recursive, GError **error);

/**
 * ncg_cgroup_list_holders:
 * @proc: the mount point of procfs
 *
 * The processes of the cgroup and of all below it, and those of which only threads are there: the
 * main thread of a process can have ended elsewhere before the others were moved, and then no
 * cgroup.procs has it on v2. For each thread there is a look at @proc.
 *
 * Returns: (transfer full) (element-type pid_t): each once; else as ncg_cgroup_list_processes()
 */
GArray *ncg_cgroup_list_holders (const NcgCgroup *self, const char *proc, GError **error);

/* (transfer full): the names of the direct children, sorted; none for a cgroup that is gone */
GStrv ncg_cgroup_list_children (const NcgCgroup *self, GError **error);

/* (transfer full): the names of the files that start with @prefix, sorted */
GStrv ncg_cgroup_list_files (const NcgCgroup *self, const char *prefix, GError **error);

/* Whether a process is in it or below: "populated" of cgroup.events; on v1, which has no such file,
 * any cgroup.procs that is not empty. A cgroup that is gone is not populated; the root is. */
gboolean ncg_cgroup_is_populated (const NcgCgroup *self, gboolean *ret_populated, GError **error);

/**
 * ncg_cgroup_wait_event:
 * @key: of cgroup.events: "populated", "frozen"
 *
 * Blocks until cgroup.events says that @key is @value, or @deadline_usec has come. On v2 alone.
 *
 * Returns: %TRUE with whether it came so far in @ret_reached; %NCG_ERROR_NOT_FOUND if the cgroup is
 *   gone
 */
gboolean ncg_cgroup_wait_event (const NcgCgroup *self,
                                const char *key,
                                guint64 value,
                                gint64 deadline_usec,
                                gboolean *ret_reached,
                                GError **error);

/* Blocks until the cgroup is not populated, or the deadline has come; v1 is asked again and again.
 */
gboolean ncg_cgroup_wait_empty (const NcgCgroup *self,
                                gint64 deadline_usec,
                                gboolean *ret_empty,
                                GError **error);

/**
 * ncg_cgroup_kill:
 *
 * SIGKILL for everything in the cgroup and below, atomically against forks by cgroup.kill (Linux
 * 5.14); where that is missing, a bounded number of passes over the processes, and
 * %NCG_ERROR_BUSY if new ones appear all the same. It does not wait. A cgroup that is gone is fine;
 * the root is %NCG_ERROR_INVALID_ARGUMENT.
 */
gboolean ncg_cgroup_kill (const NcgCgroup *self, GError **error);

/**
 * ncg_cgroup_kill_each:
 * @proc: (nullable): with it, all whom ncg_cgroup_list_holders() finds, else the processes
 *
 * The same without cgroup.kill, which sends SIGKILL to main threads alone: one that has ended does
 * not pass it on to the other threads of its process, as a signal to the process does.
 */
gboolean ncg_cgroup_kill_each (const NcgCgroup *self, const char *proc, GError **error);

/**
 * ncg_cgroup_signal:
 *
 * Sends @signal to every process in the cgroup and below, once. A process that ends or leaves
 * meanwhile is left out; for one that may not be signalled there is an error, after all others
 * were. The root is %NCG_ERROR_INVALID_ARGUMENT.
 */
gboolean ncg_cgroup_signal (const NcgCgroup *self, int signal, GError **error);

/* A new descriptor of cgroup.events, which polls as G_IO_PRI when the file changes; -1 on error. It
 * stays ready until it was read again from offset 0 (pread(2)). */
int ncg_cgroup_open_events (const NcgCgroup *self, GError **error);

/**
 * ncg_cgroup_make_child:
 * @name: a child's name
 * @ret_made: (optional): whether it was not there before
 *
 * One that is made may be read by everybody, whatever the umask is.
 *
 * Returns: %TRUE, also if it is there; else %NCG_ERROR_INVALID_ARGUMENT if that is the name of a
 *   file of @self, %NCG_ERROR_LIMIT_EXCEEDED if the kernel or a cgroup above (cgroup.max.depth,
 *   cgroup.max.descendants) allows no more, %NCG_ERROR_NOT_FOUND if @self is gone, or
 *   %NCG_ERROR_FAILED
 */
gboolean
ncg_cgroup_make_child (const NcgCgroup *self, const char *name, gboolean *ret_made, GError **error);

/**
 * ncg_cgroup_remove_child:
 * @name: a child's name
 *
 * Removes an empty cgroup and all below it, leaves first, however deep. One that is not there, or
 * that somebody else removes meanwhile, is fine; one with processes is %NCG_ERROR_BUSY.
 */
gboolean ncg_cgroup_remove_child (const NcgCgroup *self, const char *name, GError **error);
