/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tells when somebody wrote into one of many files, or removed it: inotify(7) on the main loop. A
 * write by write(2) is told of on cgroupfs, too; what the kernel changes by itself is not, but for
 * the files that it tells of (cgroup.events, memory.events).
 */
#pragma once

#include <glib.h>

typedef struct NcgFileWatch NcgFileWatch;

/* Several writes may be told of once. */
typedef void (*NcgFileWatchChanged) (const char *key, gpointer user_data);

/* (transfer full) (nullable): on the thread-default main context; %NULL with errno set if the
 * kernel gives no more instances */
NcgFileWatch *ncg_file_watch_new (NcgFileWatchChanged changed, gpointer user_data);
void ncg_file_watch_free (NcgFileWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NcgFileWatch, ncg_file_watch_free)

/* @key is told when @path is written to. A file that is not there, or one more than
 * fs.inotify.max_user_watches allows, is not watched. */
void ncg_file_watch_add (NcgFileWatch *self, const char *key, const char *path);

/* @key is told when a setting in the directory of a cgroup is written to: one watch for all its
 * files, but for those that the kernel writes and that are no settings ("cgroup.…", "….events",
 * "….pressure"). Of its own end it tells nothing: cgroupfs has no IN_DELETE_SELF, and the watch
 * stays until it is removed (seen with Linux 6.18). The directory above tells, if it is watched.
 *
 * Returns: %FALSE if it is there, and the kernel has no watch for it
 */
gboolean ncg_file_watch_add_cgroup (NcgFileWatch *self, const char *key, const char *path);

/* @key is told when a cgroup is made or removed in that of the directory. Not for a directory that
 * is watched as a cgroup as well. */
void ncg_file_watch_add_children (NcgFileWatch *self, const char *key, const char *path);

/* One in the directory of @key was made, or removed, or both: which it is the directory tells. */
typedef void (*NcgFileWatchChild) (const char *key, const char *name, gpointer user_data);

/* What comes and goes is told by name from now on, each once, and as "changed" only where more may
 * have happened: the directory itself goes, or the kernel could not remember it all. */
void ncg_file_watch_set_child (NcgFileWatch *self, NcgFileWatchChild child);

/* After something was told, nothing more is for @msec; what comes meanwhile is told once, after
 * that. At first there is no such pause. */
void ncg_file_watch_set_interval (NcgFileWatch *self, guint msec);

/* Nothing is told of @key any more. */
void ncg_file_watch_remove (NcgFileWatch *self, const char *key);
