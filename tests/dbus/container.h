/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the tests of containers share, besides join.h: a container "db" of the pod "a", which is
 * created and not joined.
 */
#pragma once

#include "tests/dbus/join.h"

#define CONTAINER_UNIT "poda-db.service"
#define CONTAINER_CGROUP JOIN_POD "/" CONTAINER_UNIT

/* As the pod's property has it. */
#define CONTAINER_IS(state) "[('db', '" CONTAINER_UNIT "', '" CONTAINER_CGROUP "', '" state "')]"
#define CONTAINER_VANISHED_ "[('db', '" CONTAINER_UNIT "', '', 'vanished')]"

/* Arguments of the three calls. @dictionary: in GVariant's text format. (transfer floating) */
GVariant *container_arguments (const char *name, const char *dictionary);

/* Any of the three calls about @name. */
gboolean container_call (
    Fixture *self, const char *method, const char *name, const char *dictionary, GError **error);

/* These have to succeed, about "db"; the reply to a creation is what it should be. */
void container_must_create (Fixture *self, const char *spec);
void container_must (Fixture *self, const char *method, const char *dictionary);

/* It has to fail with the error @error and with @text in it. */
void container_must_fail (Fixture *self,
                          const char *method,
                          const char *name,
                          const char *dictionary,
                          const char *error,
                          const char *text);

void container_assert_file (Fixture *self, const char *file, const char *expected);

/* There is nothing left of it, and the pod is there. */
void container_assert_gone (Fixture *self);

/* VerifyPod has no row that is not ok. */
void container_assert_verified (Fixture *self);
