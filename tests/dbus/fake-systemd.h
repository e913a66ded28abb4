/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A systemd for tests: the parts of org.freedesktop.systemd1 that the daemon uses, on a socket of
 * its own as the real one's /run/systemd/private, over a fake kernel. It keeps a record of its
 * calls, and fails as it is told.
 *
 * All functions take the lock.
 */
#pragma once

#include "tests/dbus/fake-faults.h"
#include "tests/dbus/fake-kernel.h"

typedef struct FakeSystemd FakeSystemd;

/* It listens at once. */
FakeSystemd *fake_systemd_new (FakeKernel *kernel);
void fake_systemd_free (FakeSystemd *self);

/* The socket goes, and with it the connections; units, and jobs that were begun, go on. */
void fake_systemd_stop_listening (FakeSystemd *self);
void fake_systemd_listen (FakeSystemd *self);

/* The first that fits a call is taken. */
void fake_systemd_add_fault (FakeSystemd *self, const FakeFault *fault);
void fake_systemd_clear_faults (FakeSystemd *self);

/* As after an update. @version: static */
void fake_systemd_set_version (FakeSystemd *self, const char *version);

/* This systemd does not know the property; or comes to know it. */
void fake_systemd_hide_property (FakeSystemd *self, const char *name);
void fake_systemd_show_property (FakeSystemd *self, const char *name);

/* (transfer container) (element-type GVariant): the arguments of each call of @method, in the order
 * in which they came. @unit: (nullable): only for this one */
GPtrArray *fake_systemd_list_calls (FakeSystemd *self, const char *method, const char *unit);
guint fake_systemd_count_calls (FakeSystemd *self, const char *method, const char *unit);
void fake_systemd_forget_calls (FakeSystemd *self);

/* The most calls that have waited for their reply, or for their job's end, at a time. */
guint fake_systemd_get_max_in_flight (FakeSystemd *self);

/* What somebody else does: a unit that runs, or only has a file on disk; the end of one; and
 * 'systemctl daemon-reload', which writes what units have to their cgroups. */
void fake_systemd_start_unit (FakeSystemd *self, const char *name, const char *description);
void
fake_systemd_start_scope (FakeSystemd *self, const char *name, const char *description, pid_t pid);
/* One that has ended, and is not collected before it is stopped. */
void fake_systemd_add_ended (FakeSystemd *self, const char *name, const char *description);
void fake_systemd_add_fragment (FakeSystemd *self, const char *name);
void fake_systemd_add_drop_in (FakeSystemd *self, const char *name);
void fake_systemd_stop_unit (FakeSystemd *self, const char *name);
/* See fake_units_look_once(); whether it has seen one. */
void fake_systemd_look_once (FakeSystemd *self);
gboolean fake_systemd_has_looked (FakeSystemd *self);
void fake_systemd_reload (FakeSystemd *self);

/* The same for services, see fake-services.h: around a process of the fake machine, whose end it
 * brings; another name of one; and a signal that says nothing new, of any unit. */
void
fake_systemd_start_service (FakeSystemd *self, const char *name, const char *slice, pid_t main_pid);
void fake_systemd_stop_service (FakeSystemd *self, const char *name, gboolean is_forgotten);
void fake_systemd_add_alias (FakeSystemd *self, const char *alias, const char *name);
void fake_systemd_touch_unit (FakeSystemd *self, const char *name);

/* Whether it runs. */
/* (transfer full): the names of all units that run */
GStrv fake_systemd_list_units (FakeSystemd *self);

gboolean fake_systemd_has_unit (FakeSystemd *self, const char *name);

/* (transfer full) (nullable) */
char *fake_systemd_get_description (FakeSystemd *self, const char *name);

/* (transfer full) (nullable): what a unit has been given of a property */
GVariant *fake_systemd_get_property (FakeSystemd *self, const char *unit, const char *property);
