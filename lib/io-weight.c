/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weights of block I/O.
 */
#include "lib/io-weight.h"

#define WEIGHT_MIN 1u
#define WEIGHT_DEFAULT 100u
#define WEIGHT_MAX 10000u
#define BLKIO_MIN 10u
#define BLKIO_DEFAULT 500u
#define BLKIO_MAX 1000u
#define BFQ_MIN 1u
#define BFQ_DEFAULT 100u
#define BFQ_MAX 1000u

guint64
ncg_io_weight_to_blkio (guint64 weight)
{
  guint64 blkio = CLAMP (weight, WEIGHT_MIN, WEIGHT_MAX) * BLKIO_DEFAULT / WEIGHT_DEFAULT;

  return CLAMP (blkio, BLKIO_MIN, BLKIO_MAX);
}

guint64
ncg_io_weight_from_blkio (guint64 blkio_weight)
{
  return CLAMP (blkio_weight, BLKIO_MIN, BLKIO_MAX) * WEIGHT_DEFAULT / BLKIO_DEFAULT;
}

guint64
ncg_io_weight_from_oci (guint64 blkio_weight)
{
  return WEIGHT_MIN + (CLAMP (blkio_weight, BLKIO_MIN, BLKIO_MAX) - BLKIO_MIN) *
                          (WEIGHT_MAX - WEIGHT_MIN) / (BLKIO_MAX - BLKIO_MIN);
}

guint64
ncg_io_weight_to_bfq (guint64 weight)
{
  weight = CLAMP (weight, WEIGHT_MIN, WEIGHT_MAX);
  if (weight <= WEIGHT_DEFAULT)
    return weight;
  return BFQ_DEFAULT +
         (weight - WEIGHT_DEFAULT) * (BFQ_MAX - BFQ_DEFAULT) / (WEIGHT_MAX - WEIGHT_DEFAULT);
}

guint64
ncg_io_weight_from_bfq (guint64 bfq_weight)
{
  bfq_weight = CLAMP (bfq_weight, BFQ_MIN, BFQ_MAX);
  if (bfq_weight <= BFQ_DEFAULT)
    return bfq_weight;
  return WEIGHT_DEFAULT +
         (bfq_weight - BFQ_DEFAULT) * (WEIGHT_MAX - WEIGHT_DEFAULT) / (BFQ_MAX - BFQ_DEFAULT);
}
