/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The services of the node.
 */
#include "daemon/node-services.h"

#include "daemon/oom-scores.h"
#include "daemon/placement.h"
#include "daemon/policy/placement.h"
#include "daemon/runtime.h"
#include "daemon/services.h"

struct NodeServices {
  Manager *manager;
  Services *services;
  OomScores *oom_scores;
  Placement *placement;
  Runtime *runtime;
  guint turn; /* what was looked at last */
};

static void
on_drift (const char *object,
          const char *setting,
          const char *wanted,
          const char *actual,
          gboolean is_repaired,
          gpointer user_data)
{
  drift_note (user_data, object, setting, wanted, actual, is_repaired);
}

NodeServices *
node_services_new (Manager *manager, Conditions *conditions)
{
  NodeServices *self = g_new0 (NodeServices, 1);

  self->manager = manager;
  self->services = services_new ();
  self->oom_scores = oom_scores_new (manager, self->services, conditions, on_drift, manager->drift);
  self->placement = placement_new (manager, self->services, conditions);
  self->runtime = runtime_new (manager, self->services, conditions);
  return self;
}

void
node_services_free (NodeServices *self)
{
  if (self == NULL)
    return;
  runtime_free (self->runtime);
  placement_free (self->placement);
  oom_scores_free (self->oom_scores);
  services_free (self->services);
  g_free (self);
}

/* A user's own systemd has no daemons of a node. */
void
node_services_apply (NodeServices *self)
{
  const Config *config = self->manager->config;
  g_auto (GStrv) units = placement_list_units (config);

  if (config->is_user)
    return;
  oom_scores_set_config (self->oom_scores, config);
  ncg_driver_watch_services (self->manager->driver, (const char *const *) units);
  node_services_check (self);
}

void
node_services_check (NodeServices *self)
{
  if (self->manager->config->is_user)
    return;
  oom_scores_check (self->oom_scores);
  placement_check (self->placement);
  runtime_check (self->runtime);
}

void
node_services_check_some (NodeServices *self)
{
  if (self->manager->config->is_user)
    return;
  self->turn = (self->turn + 1) % 3;
  if (self->turn == 0)
    oom_scores_check (self->oom_scores);
  else if (self->turn == 1)
    placement_check (self->placement);
  else
    runtime_check (self->runtime);
}

void
node_services_changed (NodeServices *self, const NcgService *service)
{
  services_take (self->services, service);
  oom_scores_service_changed (self->oom_scores, service->unit);
  placement_service_changed (self->placement, service->unit);
  runtime_services_changed (self->runtime);
}

GStrv
node_services_list_kube_cgroups (const NodeServices *self)
{
  return placement_list_kube_cgroups (self->placement);
}

const char *
node_services_get_runtime_cgroup (const NodeServices *self)
{
  return placement_get_runtime_cgroup (self->placement);
}

void
node_services_add_rows (NodeServices *self, GVariantBuilder *rows)
{
  oom_scores_add_rows (self->oom_scores, rows);
  placement_add_rows (self->placement, rows);
}
