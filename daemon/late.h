/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd does after the caller was told Timeout: it cannot be told to forget a call, and may
 * be stuck for longer than anybody waits. Whatever it makes of the call then fits what is known: a
 * pod or a container that was created is taken back, a leaf that was joined becomes a container of
 * its pod. What an update sets late is drift, and
 * a slice that a removal stops late is a pod that is removed (see manager_unit_removed()).
 */
#pragma once

#include "daemon/pod.h"

typedef struct Late Late;
typedef struct Manager Manager;

Late *late_new (Manager *manager);
void late_free (Late *self);

/* The creation of @pod, which is in no table any more, could not be taken back in time. It is tried
 * again until systemd has answered; a call that creates the pod again comes before that. Its file
 * stays until then. */
void late_expect_pod (Late *self, Pod *pod);

/* systemd was asked for @leaf of @pod, and nobody knows what became of it. It is looked for, until
 * systemd has said that it is not there. One that is held is in the tables meanwhile, as vanished.
 * Copied. */
void late_expect_leaf (Late *self, Pod *pod, const Container *leaf);

/* Whether there are so many that no more are to be begun, since systemd does not answer. */
gboolean late_is_full (const Late *self);
