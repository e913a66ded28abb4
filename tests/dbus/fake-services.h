/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The services of the fake systemd, which tests start and end: what it says of them to all that are
 * connected. To be called with the lock held.
 */
#pragma once

#include "tests/dbus/fake-manager.h"

/* Starts it around a process, or ends what runs before, as a restart does. @slice: NULL for
 * system.slice; one that is loaded already stays where it is. */
void
fake_services_start (FakeManager *manager, const char *name, const char *slice, pid_t main_pid);

/* Ends it with its processes. It stays loaded, or systemd forgets it: UnitRemoved. */
void fake_services_stop (FakeManager *manager, const char *name, gboolean is_forgotten);

/* Whoever asks the object of a unit that is not loaded makes systemd load it, and drop it again. */
void fake_services_load_for_nothing (FakeManager *manager, const char *name);

/* While it loads its units anew, systemd tells of all of them as of units that go and come. */
void fake_services_tell_reloaded (FakeManager *manager);

/* PropertiesChanged of a unit. */
void fake_services_tell_changed (FakeManager *manager, const char *name);
