/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fake systemd's side of the bus: its methods and jobs, and the record of its calls. To be
 * called with the lock held.
 */
#pragma once

#include "tests/dbus/fake-bus.h"
#include "tests/dbus/fake-faults.h"
#include "tests/dbus/fake-units.h"

/* All members are to be read, and those that have functions of their own to be used by these. */
typedef struct {
  FakeKernel *kernel;
  FakeBus *bus;
  FakeUnits *units;
  FakeFaults *faults;
  GHashTable *unknown; /* set of properties that it does not know */
  GPtrArray *calls;    /* FakeCall, all that there were */
  GPtrArray *pending;  /* GSource: what has been put off */
  const char *version; /* of systemd, as it says it */
  guint n_jobs;
  guint in_flight;
  guint max_in_flight;
  guint epoch; /* how often connections were lost: nobody waits for what is from before */
} FakeManager;

typedef struct {
  FakeManager *owner;
  sd_bus_message *message;
  char *method;
  char *unit; /* (nullable) */
  GVariant *arguments;
  const FakeFault *fault; /* (nullable) */
  guint epoch;
} FakeCall;

FakeManager *fake_manager_new (FakeKernel *kernel);
void fake_manager_free (FakeManager *self);

void fake_manager_stop_listening (FakeManager *self);
void fake_manager_emit_reloading (FakeManager *self, gboolean is_reloading);
