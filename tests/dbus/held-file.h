/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of a cgroup whose readers wait, as they would for a kernel that is busy: calls for figures
 * stay under way as long as a test wants.
 */
#pragma once

#include "tests/dbus/fixture.h"

typedef struct HeldFile HeldFile;

/* Who reads it from now on waits. @cgroup: below the mount point, "/machine.slice" */
HeldFile *held_file_new (Fixture *fixture, const char *cgroup, const char *file);

/* The file is as it was, if its cgroup is there still. Who waits goes on, but reads nothing from
 * it. */
void held_file_free (HeldFile *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HeldFile, held_file_free)
