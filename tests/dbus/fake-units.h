/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The units of the fake systemd: slices, scopes and services, with their cgroups. To be called with
 * the lock held.
 */
#pragma once

#include "tests/dbus/fake-kernel.h"

typedef struct FakeUnits FakeUnits;

typedef struct {
  char *name;
  char *description;
  char *cgroup; /* "" while it does not run */
  gboolean is_active;
  gboolean is_implicit;   /* there for the sake of the units in it, and nobody has asked for it */
  gboolean has_fragment;  /* a file on disk */
  gboolean has_drop_in;   /* only a piece of one */
  pid_t main_pid;         /* of a service */
  GHashTable *properties; /* name → GVariant */
} FakeUnit;

/* @removed: a unit is no longer known; called before it is freed */
typedef void (*FakeUnitsRemoved) (const char *name, gpointer user_data);

/* There are the root slice and system.slice. */
FakeUnits *fake_units_new (FakeKernel *kernel, FakeUnitsRemoved removed, gpointer user_data);
void fake_units_free (FakeUnits *self);

/* (nullable): by its name or an alias */
FakeUnit *fake_units_find (FakeUnits *self, const char *name);

/* (transfer full): the names of those that run */
GStrv fake_units_list (FakeUnits *self);

/* Another name of a unit. */
void fake_units_add_alias (FakeUnits *self, const char *alias, const char *name);

/* Adds one that is not there; it does not run yet. */
FakeUnit *fake_units_add (FakeUnits *self, const char *name);

/* What a call has set; lists grow. @properties: a(sv) */
void fake_unit_set (FakeUnit *unit, GVariant *properties);

/* Adds to an open dictionary what can be read of a unit whatever its type. @unit: (nullable): one
 * of the name @name that is not there has the defaults */
void fake_unit_get_all (const FakeUnit *unit, const char *name, GVariantDict *all);

/* Makes its cgroup, and the slices above it. Returns: FALSE if it is a scope whose processes are
 * all gone, and then it is gone too. */
gboolean fake_units_start (FakeUnits *self, FakeUnit *unit);

/* Writes its files, if it runs, and makes its cgroup again if somebody removed it. */
void fake_units_apply (FakeUnits *self, const FakeUnit *unit);
void fake_units_apply_all (FakeUnits *self);

/* What is to be done of itself is done before a call is looked at. */
void fake_units_catch_up (FakeUnits *self);

/* The next scope that is seen to be empty ends with the next call, whatever has come into it since.
 * While processes are in its cgroup it stays loaded. */
void fake_units_look_once (FakeUnits *self);
gboolean fake_units_has_looked (FakeUnits *self);

/* With all units in it; their processes are killed. Processes right in a slice stay, and so does
 * its directory. A unit without a file on disk is removed. */
void fake_units_stop (FakeUnits *self, FakeUnit *unit);

/* Processes into the cgroup of a unit, or into the one @below it ("", "/a"). @pids: au. Returns:
 * NULL, or the name of the error that systemd has for it, and its message */
const char *fake_units_attach (FakeUnits *self,
                               const FakeUnit *unit,
                               const char *below,
                               GVariant *pids,
                               const char **ret_message);
