/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CPU time: millicores, weights, quotas and periods.
 */
#include "lib/cpu-bandwidth.h"

#define USEC_PER_SEC 1000000u
#define QUOTA_MIN_USEC 1000u                          /* the kernel's min_cfs_quota_period */
#define QUOTA_MAX_USEC (G_GUINT64_CONSTANT (1) << 44) /* its max_cfs_runtime, to the next power */
#define PERCENT_USEC 10000u                           /* 1 % of a CPU for a second */

guint64
ncg_cpu_weight_from_millicores (guint64 millicores)
{
  return CLAMP (millicores / 10, 1, 10000);
}

guint64
ncg_cpu_quota_from_millicores (guint64 millicores, guint64 period_usec)
{
  guint64 in_period_usec = MIN (millicores, QUOTA_MAX_USEC) * period_usec / 1000;

  return ncg_cpu_quota_from_period (MAX (in_period_usec, QUOTA_MIN_USEC), period_usec);
}

guint64
ncg_cpu_quota_from_period (guint64 in_period_usec, guint64 period_usec)
{
  guint64 quota_usec = MIN (in_period_usec, QUOTA_MAX_USEC);
  guint64 rest = quota_usec % period_usec;
  guint64 per_sec = quota_usec / period_usec * USEC_PER_SEC +
                    (rest * USEC_PER_SEC + period_usec - 1) / period_usec;

  return (per_sec + PERCENT_USEC - 1) / PERCENT_USEC * PERCENT_USEC;
}

char *
ncg_cpu_bandwidth_format (guint64 quota_usec, guint64 period_usec)
{
  guint64 shortest, in_period_usec;

  if (quota_usec == G_MAXUINT64)
    return g_strdup_printf ("max %u", NCG_CPU_PERIOD_DEFAULT);
  shortest = QUOTA_MIN_USEC * (guint64) USEC_PER_SEC / MAX (quota_usec, 1);
  period_usec = MIN (MAX (MAX (period_usec, QUOTA_MIN_USEC), shortest), NCG_CPU_PERIOD_MAX);
  in_period_usec = quota_usec / USEC_PER_SEC * period_usec +
                   quota_usec % USEC_PER_SEC * period_usec / USEC_PER_SEC;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                          MAX (in_period_usec, QUOTA_MIN_USEC), period_usec);
}
