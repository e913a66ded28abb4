/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that systemd has no property for: what somebody else writes there is found, told and set
 * again as everything else. What systemd itself sets back is nobody's change.
 */
#include "tests/dbus/drift-rig.h"

#define POD "/machine.slice/machine-burstable.slice/machine-burstable-poda.slice"
#define SPEC                                                                                       \
  "{'CPURequest': <'100m'>, 'OOMGroup': <true>, 'Unified': <{'cgroup.max.descendants': '100'}>}"

static void
make_pod (DriftRig *self)
{
  g_free (fixture_must_create (&self->base, "a", SPEC));
  drift_rig_assert_file (self, POD, "cgroup.max.descendants", "100");
  drift_rig_assert_file (self, POD, "memory.oom.group", "1");
}

static void
test_changed (DriftRig *self, gconstpointer data)
{
  make_pod (self);
  fake_kernel_write (self->base.kernel, POD, "cgroup.max.descendants", "7");
  drift_rig_assert_told (self, POD " cgroup.max.descendants 100 7 repaired");
  drift_rig_assert_file (self, POD, "cgroup.max.descendants", "100");
}

/* Also after a restart: it is watched by what is remembered. */
static void
test_restarted (DriftRig *self, gconstpointer data)
{
  make_pod (self);
  fixture_kill_daemon (&self->base);
  fixture_start_daemon (&self->base);
  fake_kernel_write (self->base.kernel, POD, "cgroup.max.descendants", "7");
  drift_rig_assert_told (self, POD " cgroup.max.descendants 100 7 repaired");
}

static void
test_contested (DriftRig *self, gconstpointer data)
{
  make_pod (self);
  for (int i = 0; i < 5; i++) {
    fake_kernel_write (self->base.kernel, POD, "cgroup.max.descendants", "7");
    drift_rig_assert_told (self, POD " cgroup.max.descendants 100 7 repaired");
  }
  fake_kernel_write (self->base.kernel, POD, "cgroup.max.descendants", "8");
  drift_rig_assert_told (self, POD " cgroup.max.descendants 100 8 left");
  drift_rig_assert_condition (self, "Contested:" POD, FALSE, "cgroup.max.descendants of " POD);
  /* After the pause. */
  fixture_wait (drift_rig_has (self, POD, "cgroup.max.descendants", "100"));
}

/* As often as it likes. */
static void
test_systemd (DriftRig *self, gconstpointer data)
{
  gboolean holds;

  make_pod (self);
  for (int i = 0; i < 20; i++) {
    fake_kernel_write (self->base.kernel, POD, "memory.oom.group", "0");
    fixture_wait (drift_rig_has (self, POD, "memory.oom.group", "1"));
  }
  g_assert_null (drift_rig_find_condition (self, "Contested:" POD, &holds));
  /* And nothing is forgotten of what comes with it. */
  fake_kernel_write (self->base.kernel, POD, "memory.oom.group", "0");
  fake_kernel_write (self->base.kernel, POD, "cgroup.max.descendants", "7");
  drift_rig_assert_told (self, POD " cgroup.max.descendants 100 7 repaired");
  fixture_wait (drift_rig_has (self, POD, "memory.oom.group", "1"));
}

#define TEST(path, function)                                                                       \
  g_test_add ("/drift-files/" path, DriftRig, NULL, drift_rig_set_up, function, drift_rig_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  TEST ("changed", test_changed);
  TEST ("restarted", test_restarted);
  TEST ("contested", test_contested);
  TEST ("systemd", test_systemd);
  return g_test_run ();
}
