/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the contract test calls with: the processes and texts that the table's rows name, and a call
 * that is on its way.
 */
#pragma once

#include "tests/vm/contract-table.h"
#include "tests/vm/contract-xml.h"
#include "tests/vm/workload.h"

#include <gio/gio.h>

typedef struct {
  GPtrArray *members; /* of the installed XML */
  Workload *workload; /* $PID */
  GUnixFDList *fds;   /* of $PID, and of a process that has ended */
} Contract;

Contract *contract_new (void);
void contract_free (Contract *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Contract, contract_free)

/* (transfer full): @text with what it names by "$…" */
char *contract_expand (const Contract *self, const char *text);

/* Runs a line of the table's shell. @line: (nullable) */
void contract_run (const Contract *self, const char *line);

typedef struct ContractReply ContractReply;

/* Calls a method of the table. @pod: whose object has the methods of a pod */
ContractReply *
contract_begin (const Contract *self, const char *member, const char *arguments, const char *pod);

/* Waits for it. Returns: (transfer full) (nullable): the reply, or the D-Bus error */
GVariant *contract_finish (ContractReply *reply, GError **error);

/* Whether a text is as one of the patterns says. */
gboolean contract_matches (const char *text, const char *patterns);
