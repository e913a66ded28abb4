/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel settings that the kubelet wants, each set, or watched with a warning, or left alone;
 * compared again when somebody writes them, and from time to time.
 *
 * Rule: kubelet, setupKernelTunables in pkg/kubelet/cm/container_manager_linux.go.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/config/config.h"
#include "daemon/drift.h"

typedef struct Sysctls Sysctls;

/* @root: "" or a directory that stands for the machine's root; the others outlive it */
Sysctls *sysctls_new (const char *root, Conditions *conditions, Drift *drift);
void sysctls_free (Sysctls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sysctls, sysctls_free)

/* Compares all, and sets what is to be enforced. Copied from @config. A setting that was right
 * before and is not any more has drifted. */
void sysctls_apply (Sysctls *self, const Config *config);
void sysctls_check (Sysctls *self);

/* Adds to an open a(ssssb) what they should be and what they are; not those that are off. */
void sysctls_add_rows (const Sysctls *self, GVariantBuilder *rows);

/**
 * sysctls_check_defaults:
 *
 * With protectKernelDefaults: whether all that is to be enforced is as it should be already.
 *
 * Returns: %TRUE; else %NCG_ERROR_FAILED naming every one that differs, its expected and its actual
 *   value
 */
gboolean sysctls_check_defaults (const Config *config, GError **error);
