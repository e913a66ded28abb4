/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract, member by member and error by error: how each is brought about, and what comes of
 * it. test-contract runs the table against the real daemon in a real machine; tests/unit/
 * test-contract-table holds it against the XML, so that a member or an error that is documented and
 * not in the table is noticed without a machine.
 *
 * A new member is a row in contract_calls; each error that its documentation names is a row in
 * contract_errors.
 *
 * In texts $PID is a process that may be joined, $DAEMON the daemon, $KNOWN the directory of the
 * cgroup of the pod "known", $LONG 300 letters, $HUGE 300000 letters, $MANY 1025 numbers. An index
 * of an "ah" is 0 for that process, and 1 for one that has ended.
 */
#pragma once

#include <glib.h>

typedef struct {
  const char *member; /* "CreatePod", "Node.Verify", "Pod.Uid" */
  /* A method's arguments, a tuple as text. For a property NULL. For a signal a line of the shell
   * that makes it come. */
  const char *arguments;
  /* What is returned, read or sent, as GVariant prints it: a pattern with "*" and "?", or several
   * with "|" between them. Its type is that of the XML. */
  const char *reply;
} ContractCall;

/* The state of the machine in which the call is made. */
typedef enum {
  CONTRACT_AS_ROOT,     /* as it is */
  CONTRACT_AS_STRANGER, /* the caller is neither root nor in the group */
  CONTRACT_CUT_OFF,     /* the daemon has no connection to systemd, for more than 3 s */
  CONTRACT_HELD_UP,     /* contract-slow.service is starting and contract-stop.service stopping, and
                           neither gets done; all of these calls are made at once */
  CONTRACT_READ_ONLY,   /* where the daemon keeps its state cannot be written */
  CONTRACT_ELSEWHERE,   /* not in this machine; see where */
} ContractRig;

typedef struct {
  const char *member;
  const char *error; /* "NoSuchPod" */
  ContractRig rig;
  const char *arguments;
  const char *parts;  /* what the message says, separated by "|" */
  const char *pod;    /* (nullable): whose object has the method of a pod; "known" */
  const char *before; /* (nullable): a line of the shell before the call, and one after it */
  const char *after;
  const char *where; /* of CONTRACT_ELSEWHERE: "FILE: why", the test that shows it */
} ContractError;

/* In this order: what comes later works with what is there by then. */
extern const ContractCall contract_calls[];
extern const gsize contract_n_calls;

/* There are the pods "known" with the container "main", "full" which uses 40 MiB, "gone" which has
 * vanished, "refusing" whose slice may not be stopped, "stuck" and "stuck-too" which are to stop
 * after contract-stop.service. None of these calls changes that. */
extern const ContractError contract_errors[];
extern const gsize contract_n_errors;
