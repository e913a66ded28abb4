/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the nouns of the node need around them: a manager with a configuration, a hierarchy and a
 * procfs of plain files, and a driver that only knows where things are.
 */
#pragma once

#include "daemon/conditions.h"
#include "daemon/manager.h"
#include "daemon/services.h"

typedef struct {
  char *root; /* a temporary directory: the cgroups are in "cgroup", processes in "proc" */
  Manager manager;
  Config *config;
  Services *services;
  Conditions *conditions;
  NcgHierarchy hierarchy;
  NcgTree tree;
  NcgDriver driver;
} NodeRig;

void node_rig_set_up (NodeRig *self);
void node_rig_tear_down (NodeRig *self);

/* A child of the test that sleeps, with its files in procfs: the score @score, the name @command.
 */
pid_t node_rig_start (NodeRig *self, const char *command, const char *cgroup, const char *score);
void node_rig_end (NodeRig *self, pid_t pid);

/* Whose process it is; root's by default. */
void node_rig_set_uid (NodeRig *self, pid_t pid, uid_t uid);

/* A cgroup, and those above it, with processes, or "0" for none. */
void node_rig_make_cgroup (NodeRig *self, const char *cgroup, const char *pids);

/* (transfer full) */
char *node_rig_read_score (NodeRig *self, pid_t pid);
void node_rig_write_score (NodeRig *self, pid_t pid, const char *score);

/* As the driver tells it; an empty cgroup is a unit that does not run. */
void node_rig_take (NodeRig *self, const char *unit, pid_t pid, const char *cgroup);

/* The condition is there, and holds or not, and has @text in its message. */
void node_rig_assert (NodeRig *self, const char *name, gboolean holds, const char *text);
void node_rig_assert_none (NodeRig *self, const char *name);

/* Serves the main context until the condition is so. */
#define node_rig_wait(condition)                                                                   \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 node_rig_end_usec = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;                      \
    while (!(condition)) {                                                                         \
      g_assert_cmpint (g_get_monotonic_time (), <, node_rig_end_usec);                             \
      g_main_context_iteration (NULL, FALSE);                                                      \
      g_usleep (1000);                                                                             \
    }                                                                                              \
  }                                                                                                \
  G_STMT_END
