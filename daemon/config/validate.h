/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What values must not be together: what the kubelet refuses
 * (pkg/kubelet/apis/config/validation/validation.go) as far as we have its fields, and what cannot
 * work here.
 */
#pragma once

#include "daemon/config/draft.h"

/* Adds a problem for each to the report of @draft, which is resolved. Each is at the place of the
 * value that caused it. */
void config_validate (const ConfigDraft *draft);
