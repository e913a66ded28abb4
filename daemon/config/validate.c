/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What values must not be together.
 */
#include "daemon/config/validate.h"

#include "daemon/config/origin.h"

#include <string.h>

#define ENFORCE "enforceNodeAllocatable"

/* One of the two reservations, with all that is said about it. */
typedef struct {
  const char *reserved; /* its keys */
  const char *cgroup;
  const char *word; /* in enforceNodeAllocatable */
  const char *compressible;
  guint bit;
  guint compressible_bit;
  const char *group; /* (nullable) */
  const char *given; /* (nullable): what was given for it */
  const ConfigReservation *reservation;
} Side;

static Side
system_side (const ConfigDraft *draft)
{
  return (Side){ "systemReserved",
                 "systemReservedCgroup",
                 "system-reserved",
                 "system-reserved-compressible",
                 CONFIG_ENFORCE_SYSTEM,
                 CONFIG_ENFORCE_SYSTEM_COMPRESSIBLE,
                 draft->config->system_group,
                 draft->system_group,
                 &draft->config->system_reserved };
}

static Side
kube_side (const ConfigDraft *draft)
{
  gboolean is_none = draft->kube_group != NULL && draft->kube_group[0] == '\0';

  return (Side){ "kubeReserved",
                 "kubeReservedCgroup",
                 "kube-reserved",
                 "kube-reserved-compressible",
                 CONFIG_ENFORCE_KUBE,
                 CONFIG_ENFORCE_KUBE_COMPRESSIBLE,
                 is_none ? NULL : draft->config->daemons_group,
                 draft->kube_group,
                 &draft->config->kube_reserved };
}

/* The place of the first of @keys (NULL-terminated) that was given. */
static ConfigPlace
place_of (const ConfigDraft *draft, const char *const *keys)
{
  for (guint i = 0; keys[i] != NULL; i++) {
    const ConfigPlace *place = config_origins_find (draft->config->origins, keys[i]);

    if (place != NULL)
      return *place;
  }
  return (ConfigPlace){ 0 };
}

#define PLACE(draft, ...) place_of (draft, (const char *const[]){ __VA_ARGS__, NULL })

static ConfigPlace
place_of_enforcement (const ConfigDraft *draft, const Side *side)
{
  gboolean is_whole = (draft->config->enforced & side->bit) != 0;
  g_autofree char *key =
      g_strconcat (ENFORCE ".", is_whole ? side->word : side->compressible, NULL);

  return PLACE (draft, key, ENFORCE);
}

static gboolean
is_enforced (const ConfigDraft *draft, const Side *side)
{
  return (draft->config->enforced & (side->bit | side->compressible_bit)) != 0;
}

static void
check_side (const ConfigDraft *draft, const Side *side)
{
  ConfigPlace place = place_of_enforcement (draft, side);
  const char *word = (draft->config->enforced & side->bit) != 0 ? side->word : side->compressible;
  guint both = side->bit | side->compressible_bit;

  if (!is_enforced (draft, side))
    return;
  if ((draft->config->enforced & both) == both) {
    g_autofree char *key = g_strconcat (ENFORCE ".", side->compressible, NULL);
    ConfigPlace second = PLACE (draft, key, ENFORCE);

    config_report_add (draft->report, &second, ENFORCE, side->compressible,
                       "it does not go together with %s; leave one of them out", side->word);
  }
  if (side->group == NULL && side->given != NULL) {
    ConfigPlace group = PLACE (draft, side->cgroup, ENFORCE);

    config_report_add (draft->report, &group, side->cgroup, NULL,
                       "%s is enforced on a cgroup, and this names none; name one that is not "
                       "the root",
                       word);
  } else if (side->group == NULL) {
    config_report_add (draft->report, &place, ENFORCE, word,
                       "%s is not given, and there is no default with the driver cgroupfs; give "
                       "it, or leave this out",
                       side->cgroup);
  }
  if (side->reservation->set == 0)
    config_report_add (draft->report, &place, ENFORCE, word,
                       "%s is not given; say how much is reserved, or leave this out",
                       side->reserved);
}

/* Whether @path is @group or in it. */
static gboolean
is_inside (const char *path, const char *group)
{
  gsize length = strlen (group);

  return strncmp (path, group, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static gboolean
are_nested (const char *a, const char *b)
{
  return is_inside (a, b) || is_inside (b, a);
}

/* A limit of nothing kills all that is in the cgroup. */
static void
check_limits (const ConfigDraft *draft, const Side *side)
{
  static const ConfigResource limited[] = { CONFIG_MEMORY, CONFIG_PID };
  const ConfigReservation *reservation = side->reservation;

  if (draft->config->policy != CONFIG_LIMIT || (draft->config->enforced & side->bit) == 0)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (limited); i++) {
    const char *resource = config_resource_to_string (limited[i]);
    g_autofree char *key = g_strconcat (side->reserved, ".", resource, NULL);
    ConfigPlace place = PLACE (draft, key, side->reserved);

    if ((reservation->set & (1u << limited[i])) != 0 && reservation->amounts[limited[i]] == 0)
      config_report_add (draft->report, &place, key, "0",
                         "%s is enforced with the policy limit, and nothing could run within 0; "
                         "reserve more, or leave it out",
                         side->word);
  }
}

/* Pods in a group, or around it, would have its limits, weights and CPUs, or it theirs. The weight
 * of the pods follows from whatever is enforced. */
static void
check_pods_outside (const ConfigDraft *draft, const char *key, const char *group)
{
  const Config *config = draft->config;
  gboolean is_any_enforced = config->enforced != 0;
  ConfigPlace place;

  if (group == NULL || !are_nested (config->cgroup_root, group) ||
      (!is_any_enforced && config->reserved_cpus == NULL))
    return;
  place = PLACE (draft, "cgroupRoot", key, "systemContainer");
  config_report_add (draft->report, &place, "cgroupRoot", config->cgroup_root,
                     "%s is %s; %s, neither may be the other or be in it; name another cgroup for "
                     "the pods",
                     key, group,
                     is_any_enforced ? "where anything is enforced, as pods are by default"
                                     : "with reservedSystemCPUs");
}

/* Returns: whether they are. */
static gboolean
check_apart (const ConfigDraft *draft, const Side *system, const Side *kube)
{
  const Config *config = draft->config;
  gboolean is_any_enforced = is_enforced (draft, system) || is_enforced (draft, kube);
  ConfigPlace place;

  if (system->group == NULL || !are_nested (system->group, config->daemons_group) ||
      (!is_any_enforced && config->reserved_cpus == NULL))
    return TRUE;
  place = PLACE (draft, kube->group != NULL ? kube->cgroup : "", system->cgroup, "systemContainer");
  config_report_add (draft->report, &place, kube->cgroup, config->daemons_group,
                     "systemReservedCgroup is %s; %s, neither may be the other or be in it; name "
                     "another cgroup for one of them",
                     system->group,
                     is_any_enforced ? "where one of them is enforced" : "with reservedSystemCPUs");
  return FALSE;
}

/* With cgroup v2 a cgroup that gives controllers to others below has no processes of its own (no
 * internal processes, cgroup-v2.rst); a file is to be right on v1 and v2. */
static void
check_inner (const ConfigDraft *draft, const char *key, const char *group)
{
  const char *container = draft->config->system_container;
  ConfigPlace place;

  if (container == NULL || group == NULL || g_str_equal (container, group) ||
      !are_nested (container, group))
    return;
  place = PLACE (draft, key, "systemContainer");
  config_report_add (draft->report, &place, key, group,
                     "systemContainer is %s, and with cgroup v2 processes must not be in a cgroup "
                     "around another; name one beside it",
                     container);
}

static void
check_cpus (const ConfigDraft *draft, const Side *side)
{
  ConfigPlace place;
  g_autofree char *cpus = NULL;

  if (draft->config->reserved_cpus == NULL || side->given == NULL || side->given[0] == '\0')
    return;
  place = PLACE (draft, "reservedSystemCPUs");
  cpus = ncg_cpuset_format (draft->config->reserved_cpus);
  config_report_add (draft->report, &place, "reservedSystemCPUs", cpus,
                     "it does not go together with %s; leave one of them out", side->cgroup);
}

static void
check_driver (const ConfigDraft *draft)
{
  const Config *config = draft->config;
  gboolean is_systemd = g_str_equal (config->driver, "systemd");
  ConfigPlace place;

  if (config->is_user && !is_systemd) {
    place = PLACE (draft, "cgroupDriver");
    config_report_add (draft->report, &place, "cgroupDriver", config->driver,
                       "--user asks the systemd of the session, and takes systemd only");
  }
  if (is_systemd && config->resource_container != NULL) {
    place = PLACE (draft, "resourceContainer");
    config_report_add (draft->report, &place, "resourceContainer", config->resource_container,
                       "under systemd the daemon is in the slice of its unit; leave this out, and "
                       "use Slice= in a drop-in of nodecgroupsd.service");
  }
}

static void
check_container (const ConfigDraft *draft, const char *key, const char *container)
{
  ConfigPlace place = PLACE (draft, key);

  if (container != NULL && are_nested (container, draft->config->cgroup_root))
    config_report_add (draft->report, &place, key, container,
                       "the pods are in %s, and processes must not be put there or above it; "
                       "name another cgroup",
                       draft->config->cgroup_root);
}

static void
check_system_container (const ConfigDraft *draft)
{
  ConfigPlace place;

  if (draft->system_container == NULL || draft->system_container[0] == '\0' ||
      draft->system_group == NULL || g_str_equal (draft->system_container, draft->system_group))
    return;
  place = PLACE (draft, "systemContainer");
  config_report_add (draft->report, &place, "systemContainer", draft->system_container,
                     "systemReservedCgroup is \"%s\", and both are the same cgroup; leave one of "
                     "them out",
                     draft->system_group);
}

static void
check_nested (const ConfigDraft *draft, const Side *system, const Side *kube)
{
  const Config *config = draft->config;

  /* The container with cgroupfs must never be there, and that is told already. */
  if (config->system_container == NULL)
    check_pods_outside (draft, system->cgroup, system->group);
  check_pods_outside (draft, kube->cgroup, config->daemons_group);
  if (g_str_equal (config->driver, "systemd"))
    check_pods_outside (draft, "the slice of users", "/user");
  if (check_apart (draft, system, kube))
    check_inner (draft, kube->cgroup, config->daemons_group);
  check_inner (draft, "resourceContainer", config->resource_container);
}

void
config_validate (const ConfigDraft *draft)
{
  const Side system = system_side (draft);
  const Side kube = kube_side (draft);

  check_driver (draft);
  check_system_container (draft);
  check_container (draft, "systemContainer", draft->config->system_container);
  check_container (draft, "resourceContainer", draft->config->resource_container);
  check_side (draft, &system);
  check_side (draft, &kube);
  check_limits (draft, &system);
  check_limits (draft, &kube);
  check_nested (draft, &system, &kube);
  check_cpus (draft, &system);
  check_cpus (draft, &kube);
}
