/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd did not take, and was left out (dropUnknownProperties): it stands in the pod's file,
 * so that the next daemon knows that systemd was never told, and tells another systemd.
 */
#pragma once

#include "daemon/pod.h"

/* Takes over into the pod and its containers what the driver has left out of them by now. Returns:
 * whether it is something else than it was, so that the file is to be written */
gboolean dropped_note (NcgDriver *driver, Pod *pod);

/* (transfer full) (nullable): as in NcgKept: what the driver has left out of @unit */
GVariant *dropped_list (NcgDriver *driver, const char *unit);

/* Whether another systemd runs than the one that did not take something: it is to be asked once
 * more. @dropped: (nullable): of a pod or a container */
gboolean dropped_is_outdated (NcgDriver *driver, GVariant *dropped);
