/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine's capacity, kept up to date: CPUs and memory can come and go while it runs.
 *
 * The kernel's device events tell of CPUs and memory; they come in bursts (each block of memory has
 * its own), and are waited out before anything is read. Nothing tells of the rest, huge pages and
 * limits of processes: the owner's slow timer asks for that, and for all of it where the socket is
 * not allowed.
 */
#pragma once

#include <glib.h>

/* How long a burst of events is waited out from its first. */
#define CAPACITY_PAUSE_MSEC 100

typedef struct Capacity Capacity;

/* It is another one now. */
typedef void (*CapacityChanged) (gpointer user_data);

/**
 * capacity_new:
 * @root: "" or a directory that stands for the machine's root; that has no events
 *
 * Reads it. Where the kernel gives no events this is logged once, and capacity_refresh() is all
 * there is.
 */
Capacity *capacity_new (const char *root, CapacityChanged changed, gpointer user_data);
void capacity_free (Capacity *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Capacity, capacity_free)

/* (transfer none): a{st}, see ncg_machine_read_capacity(); valid until it changes */
GVariant *capacity_get (const Capacity *self);

/* Something of it may be another now: reads it soon, and once for all of these calls until then. */
void capacity_notice (Capacity *self);

/* Reads it now, for a slow timer and for reloads; tells within the call if it changed. */
void capacity_refresh (Capacity *self);
