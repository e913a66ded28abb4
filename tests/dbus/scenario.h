/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon is killed in, see test-fault-points.c.
 */
#pragma once

#include "tests/dbus/calls.h"

typedef struct {
  const char *name;
  void (*prepare) (Fixture *fixture);           /* (nullable): a daemon runs */
  void (*arrange) (Fixture *fixture);           /* (nullable): none runs */
  void (*act) (Fixture *fixture, Calls *calls); /* (nullable): NULL: the start is what is tested */
  void (*repeat) (Fixture *fixture);            /* the same again, which succeeds */
  void (*mend) (Fixture *fixture);              /* (nullable): before the next daemon */
  gboolean is_left_behind;                      /* the pod is foreign until it is made again */
} Scenario;
