/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to go wrong in the fake systemd.
 */
#pragma once

#include <glib.h>

typedef enum {
  FAKE_FAULT_NONE,
  FAKE_FAULT_ERROR,        /* the reply is the error that text names */
  FAKE_FAULT_DELAY,        /* the call waits for msec before it is looked at */
  FAKE_FAULT_NO_REPLY,     /* nothing is done, and there is no reply */
  FAKE_FAULT_LOSE_BEFORE,  /* the connection is lost, nothing is done */
  FAKE_FAULT_LOSE_AFTER,   /* it is done or begun, and then the connection is lost */
  FAKE_FAULT_LOSE_THE_JOB, /* there is a reply; then the connection is lost, and the job ends */
  FAKE_FAULT_JOB_DELAY,    /* the job takes msec */
  FAKE_FAULT_JOB_NEVER,    /* the job never ends */
  FAKE_FAULT_JOB_RESULT,   /* the job does nothing and ends with the result text */
  FAKE_FAULT_PRETEND, /* nothing is done, and the reply, without arguments, is that of success */
} FakeFaultKind;

typedef struct {
  const char *method; /* "StartTransientUnit" */
  const char *unit;   /* (nullable): NULL for any */
  FakeFaultKind kind;
  guint times; /* how often; 0: always */
  guint msec;
  const char *text;
} FakeFault;

typedef struct FakeFaults FakeFaults;

FakeFaults *fake_faults_new (void);
void fake_faults_free (FakeFaults *self);
void fake_faults_add (FakeFaults *self, const FakeFault *fault);
void fake_faults_clear (FakeFaults *self);

/* (transfer none) (nullable): the first that fits the call. It is valid until the faults are
 * freed, and counts as taken once. */
const FakeFault *fake_faults_take (FakeFaults *self, const char *method, const char *unit);
