/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights of block I/O: io.weight of cgroup v2 (1 to 10000, 100 by default), blkio.weight of v1 (10
 * to 1000, 500 by default), and those of the BFQ scheduler on either (1 to 1000, 100 by default).
 *
 * What is out of the range of the argument is taken for the nearest that is not.
 */
#pragma once

#include <glib.h>

/* By the ratio of the defaults, as systemd converts (cgroup_weight_io_to_blkio() and back). */
guint64 ncg_io_weight_to_blkio (guint64 weight);
guint64 ncg_io_weight_from_blkio (guint64 blkio_weight);

/* By the ratio of the ranges, 1 + (blkio - 10) × 9999 / 990, as runc and crun convert what an OCI
 * configuration has for io.weight. */
guint64 ncg_io_weight_from_oci (guint64 blkio_weight);

/* To BFQ as it is up to the default of 100, squeezed above it: systemd's BFQ_WEIGHT(), from 249 on;
 * and back, as crun does. */
guint64 ncg_io_weight_to_bfq (guint64 weight);
guint64 ncg_io_weight_from_bfq (guint64 bfq_weight);
