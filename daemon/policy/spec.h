/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a caller asks for: the spec of a pod or a container, as it travels in an a{sv}. Keys, types
 * and units are those of CreatePod in dbus-interfaces/org.example.NodeCgroups.xml.
 */
#pragma once

#include "daemon/policy/qos.h"
#include "lib/cpuset.h"
#include "lib/resources.h"

typedef enum {
  SPEC_CPU_REQUEST, /* millicores */
  SPEC_CPU_LIMIT,   /* millicores, or NCG_UNLIMITED as all limits */
  SPEC_CPU_PERIOD_USEC,
  SPEC_CPU_WEIGHT,     /* AMOUNT_AUTO takes one away that was given */
  SPEC_MEMORY_REQUEST, /* bytes, as the others of memory */
  SPEC_MEMORY_LIMIT,
  SPEC_MEMORY_HIGH,
  SPEC_MEMORY_LOW,
  SPEC_MEMORY_MIN,
  SPEC_MEMORY_SWAP_LIMIT,
  SPEC_PIDS_LIMIT,
  SPEC_IO_WEIGHT,
  SPEC_OOM_GROUP, /* 0 or 1 */
  N_SPEC_AMOUNTS,
} SpecAmount;

/* Keys with several entries; each has a canonical form. */
typedef enum {
  SPEC_HUGEPAGE_LIMITS,    /* a{sv} */
  SPEC_IO_LIMITS,          /* a(sa{st}) */
  SPEC_UNIFIED,            /* a{ss} */
  SPEC_SYSTEMD_PROPERTIES, /* a(sv) */
  SPEC_LABELS,             /* a{ss} */
  N_SPEC_LISTS,
} SpecList;

/* All zero is valid and says nothing. */
typedef struct {
  guint32 set; /* bit i: amounts[i] is set */
  guint64 amounts[N_SPEC_AMOUNTS];
  gboolean has_qos;
  QosClass qos;
  NcgCpuset *cpus;               /* (nullable): unset if NULL; the empty set: all of the parent's */
  NcgCpuset *memory_nodes;       /* (nullable) */
  GVariant *lists[N_SPEC_LISTS]; /* (nullable) each: unset if NULL */
  /* The devices of SPEC_IO_LIMITS as somebody has found them on this machine, and nothing else. It
   * is no part of what is asked for: it is not written and not compared. */
  NcgResources found;
} Spec;

void spec_clear (Spec *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Spec, spec_clear)

typedef enum { SPEC_OF_POD, SPEC_OF_CONTAINER } SpecKind;

/**
 * spec_parse:
 * @variant: an a{sv}
 * @kind: a container has no QosClass
 *
 * Returns: %TRUE, or %NCG_ERROR_INVALID_ARGUMENT naming the key, the value and what is allowed: an
 *   unknown or repeated key, a wrong type, no quantity, out of range
 */
gboolean spec_parse (GVariant *variant, SpecKind kind, Spec *ret_spec, GError **error);

/* Whether a caller who is not root may give these spec keys: %NCG_ERROR_ACCESS_DENIED naming what
 * is root's. @variant: an a{sv}, not parsed yet; what else is wrong with it does not matter here */
gboolean spec_check_member (GVariant *variant, GError **error);

/* (transfer full): the a{sv} of what is set, amounts in base units as "t", no limit as s "max",
 * sorted by key. spec_parse() of it gives an equal spec. */
GVariant *spec_to_variant (const Spec *self);

/* (transfer full) (element-type NcgDeviceLimits): the devices of SPEC_IO_LIMITS, with paths and
 * limits, and without numbers */
GPtrArray *spec_get_devices (const Spec *self);

/* (transfer full) (element-type NcgHugepageLimit): SPEC_HUGEPAGE_LIMITS, by size */
GArray *spec_get_hugepages (const Spec *self);

/* A device with its numbers, for the settings. Copied. */
void spec_add_found (Spec *self, const NcgDeviceLimits *device);

void spec_copy (const Spec *self, Spec *ret_copy);

/* Whether the same is given in both, however it is written: what a key's default is counts. */
gboolean spec_equal (const Spec *a, const Spec *b);

/**
 * spec_is_same:
 * @configured: bit i: amounts[i], if it is left out, is not what the API's reference says but what
 *   the configuration says
 *
 * Returns: whether both ask for the same: what a key's default is, or an empty list, is as if it
 *   were not given. So is a request of 0 without a limit; one that is its limit is not, for it
 *   would not follow when that is updated. A class or a weight is not, either.
 */
gboolean spec_is_same (const Spec *a, const Spec *b, guint32 configured);

gboolean spec_is_empty (const Spec *self);

/* (out): @base with all that @changes says. Labels are replaced as a whole; of the other lists each
 * size, each limit of a device, each file and each property. Devices have to be found again. */
void spec_merge (const Spec *base, const Spec *changes, Spec *ret_merged);

/* What contradicts itself: a request above its limit is %NCG_ERROR_INVALID_ARGUMENT. */
gboolean spec_check (const Spec *self, GError **error);

/* The class that was given, else the one that follows from requests and limits, where a request
 * that is left out is its limit. */
QosClass spec_get_qos (const Spec *self);

/* The CPU request in millicores, its limit where it is left out, 0 without both. */
guint64 spec_get_cpu_request (const Spec *self);

/* The CPU limit in millicores, or %AMOUNT_MAX. */
guint64 spec_get_cpu_limit (const Spec *self);
