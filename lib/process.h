/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One process, held by a pidfd so that its number cannot be reused under us, and what /proc says of
 * it (proc(5)).
 */
#pragma once

#include "lib/hierarchy.h"

#include <sys/types.h>

/* Nobody, where a user may be named. */
#define NCG_NO_USER ((uid_t) -1)

typedef struct {
  pid_t pid;
  int fd;               /* pidfd_open(2); closed by ncg_process_close() */
  gboolean is_headless; /* its main thread had ended when it was opened */
} NcgProcess;

/**
 * ncg_process_open:
 * @proc: the mount point of procfs
 * @pid: 0, 1, kernel threads and a thread that is not its process's first are refused with
 *   %NCG_ERROR_INVALID_ARGUMENT; the calling process is not
 *
 * Returns: (transfer full): the process; %NCG_ERROR_NO_SUCH_PROCESS if there is none, or only a
 *   zombie of it
 */
NcgProcess *ncg_process_open (const char *proc, pid_t pid, GError **error);

/**
 * ncg_process_open_pidfd:
 * @fd: (transfer none): a pidfd; duplicated
 *
 * The same for a process that the caller holds. A descriptor that is no pidfd, or that of a process
 * outside our pid namespace, is %NCG_ERROR_INVALID_ARGUMENT. The number comes from
 * @proc/self/fdinfo, "Pid:".
 */
NcgProcess *ncg_process_open_pidfd (const char *proc, int fd, GError **error);
void ncg_process_close (NcgProcess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgProcess, ncg_process_close)

/* @processes: (element-type NcgProcess): whether one of them is @pid */
gboolean ncg_process_is_among (pid_t pid, const GPtrArray *processes);

/* Whether all of it has ended, as its pidfd says. A zombie has; one whose first thread alone has
 * ended is state Z in /proc too, and has not. */
gboolean ncg_process_has_exited (const NcgProcess *self);

/* Whether it has ended or is about to: the kernel has it exiting (PF_EXITING) already, when it
 * stays in the cgroup in which it is, while the pidfd does not tell yet. */
gboolean ncg_process_is_ending (const NcgProcess *self, const char *proc);

/**
 * ncg_process_read_cgroup:
 * @tree: in which hierarchy; see ncg_hierarchy_get_primary()
 *
 * Its cgroup, from /proc/PID/cgroup (cgroups(7)). The pidfd is asked again after the file was read,
 * so that the answer is this process's.
 *
 * Returns: (transfer full): the path; %NCG_ERROR_NO_SUCH_PROCESS if it ended,
 *   %NCG_ERROR_NOT_SUPPORTED if the kernel has no such hierarchy
 */
char *ncg_process_read_cgroup (const NcgProcess *self,
                               const char *proc,
                               const NcgTree *tree,
                               GError **error);

/**
 * ncg_process_read_cgroups:
 * @trees: (element-type NcgTree)
 *
 * The same in several hierarchies, from one look at /proc: for each look the kernel holds up
 * whoever makes, removes or moves something in any of them.
 *
 * Returns: (transfer full): the paths, in the order of @trees. Errors as before
 */
GStrv ncg_process_read_cgroups (const NcgProcess *self,
                                const char *proc,
                                const GPtrArray *trees,
                                GError **error);

/* Whether it is in @cgroup or below; %NCG_ERROR_NOT_FOUND if it is elsewhere, else as above. It
 * tells whether a number that somebody remembered is still that of the process that was meant. */
gboolean ncg_process_check_inside (const NcgProcess *self,
                                   const char *proc,
                                   const NcgTree *tree,
                                   const char *cgroup,
                                   GError **error);

/* The real uid of the process; %NCG_ERROR_NO_SUCH_PROCESS if it ended. */
gboolean
ncg_process_read_uid (const NcgProcess *self, const char *proc, uid_t *ret_uid, GError **error);

/**
 * ncg_process_check_owner:
 * @uid: a user, as the calling process sees users
 *
 * Whether the process is @uid's and nobody else's: its real, effective, saved and file system uid
 * are (so that a program that is set-user-ID, or gave its rights up for a while, is not), and it is
 * in the calling process's user namespace. The pidfd is asked after /proc was. It says how it is
 * now: what is done with the process in between is for the caller to check once more.
 *
 * Returns: %TRUE; else %NCG_ERROR_ACCESS_DENIED, or %NCG_ERROR_NO_SUCH_PROCESS if it ended
 */
gboolean
ncg_process_check_owner (const NcgProcess *self, const char *proc, uid_t uid, GError **error);

/* (transfer full): the same by the number alone, without holding the process. */
char *
ncg_process_read_cgroup_of_pid (const char *proc, pid_t pid, const NcgTree *tree, GError **error);

/**
 * ncg_process_check_whole:
 *
 * Whether all of it could be moved when it was opened. A main thread that has ended while others
 * run on (pthread_exit() in main()) stays in the cgroup in which it is: the kernel moves the others
 * and not it.
 *
 * Returns: %TRUE; else %NCG_ERROR_NO_SUCH_PROCESS
 */
gboolean ncg_process_check_whole (const NcgProcess *self, GError **error);

/**
 * ncg_process_read_tgid:
 * @tid: the number of a thread
 * @ret_pid: whose it is
 *
 * Nothing is held: who uses the number has to find out whether it still means the same.
 *
 * Returns: %TRUE; %NCG_ERROR_NO_SUCH_PROCESS if there is none, or its process is of another pid
 *   namespace
 */
gboolean ncg_process_read_tgid (const char *proc, pid_t tid, pid_t *ret_pid, GError **error);

/* (transfer full): "PID (COMMAND, STATE)" for messages, for example "4711 (dd, D)"; the number
 * alone if it is gone. The command is escaped as by ncg_error_escape(). */
char *ncg_process_describe (const char *proc, pid_t pid);
