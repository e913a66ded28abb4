/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Watched services: what the systemd driver tells of units that are not ours.
 */
#include "tests/dbus/fixture.h"

#include "lib/driver.h"

#define KUBELET "kubelet.service"

typedef struct {
  Fixture base;
  NcgHierarchy *hierarchy;
  NcgDriver *driver;
  guint n_connected;
  guint n_reloaded;
  GPtrArray *told; /* "UNIT active 4711 CGROUP SLICE" */
} Watch;

static void
on_connected (gpointer user_data)
{
  ((Watch *) user_data)->n_connected++;
}

static void
on_reloaded (gpointer user_data)
{
  ((Watch *) user_data)->n_reloaded++;
}

static void
on_service_changed (const NcgService *service, gpointer user_data)
{
  Watch *self = user_data;
  char *text =
      g_strdup_printf ("%s %s %d %s %s", service->unit, service->is_active ? "active" : "inactive",
                       (int) service->main_pid, service->cgroup, service->slice);

  g_test_message ("%s", text);
  g_ptr_array_add (self->told, text);
}

static void
watch_set_up (Watch *self, gconstpointer data)
{
  static const NcgDriverListener listener = {
    .connected = on_connected,
    .reloaded = on_reloaded,
    .service_changed = on_service_changed,
  };
  NcgDriverConfig config = { 0 };
  g_autoptr (GError) error = NULL;

  fixture_set_up_without_daemon (&self->base, data);
  self->told = g_ptr_array_new_with_free_func (g_free);
  self->hierarchy = ncg_hierarchy_detect (self->base.root, &error);
  g_assert_no_error (error);
  config.root = self->base.root;
  config.hierarchy = self->hierarchy;
  self->driver = ncg_driver_new ("systemd", &config, &listener, self, &error);
  g_assert_no_error (error);
}

static void
watch_tear_down (Watch *self, gconstpointer data)
{
  g_clear_pointer (&self->driver, ncg_driver_free);
  fixture_iterate ();
  ncg_hierarchy_free (self->hierarchy);
  g_ptr_array_unref (self->told);
  fixture_tear_down (&self->base, data);
}

static pid_t
start (Watch *self, const char *unit, const char *slice)
{
  pid_t pid = fake_processes_start (fake_kernel_get_processes (self->base.kernel), "/system.slice");

  fake_systemd_start_service (self->base.systemd, unit, slice, pid);
  return pid;
}

static void
watch (Watch *self)
{
  static const char *const units[] = { KUBELET, NULL };

  ncg_driver_watch_services (self->driver, units);
}

static void expect (Watch *self, guint index, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Waits until so much has been told, and what that was. */
static void
expect (Watch *self, guint index, const char *format, ...)
{
  va_list arguments;
  g_autofree char *wanted = NULL;

  va_start (arguments, format);
  wanted = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fixture_wait (self->told->len > index);
  g_assert_cmpstr (g_ptr_array_index (self->told, index), ==, wanted);
}

static gboolean
has_told (Watch *self, const char *unit, pid_t pid)
{
  g_autofree char *wanted = g_strdup_printf ("%s active %d ", unit, (int) pid);

  for (guint i = 0; i < self->told->len; i++)
    if (g_str_has_prefix (g_ptr_array_index (self->told, i), wanted))
      return TRUE;
  return FALSE;
}

/* What would be told has been told by now. */
static void
settle (Watch *self)
{
  for (guint i = 0; i < 50; i++)
    fixture_iterate ();
}

static guint
count_questions (Watch *self)
{
  return fake_systemd_count_calls (self->base.systemd, "GetUnit", KUBELET);
}

static void
test_life (Watch *self, gconstpointer data)
{
  pid_t first, second;

  watch (self);
  expect (self, 0, KUBELET " inactive 0  ");
  first = start (self, KUBELET, "kubernetes.slice");
  expect (self, 1, KUBELET " active %d /kubernetes.slice/" KUBELET " kubernetes.slice",
          (int) first);
  second = start (self, KUBELET, NULL);
  fixture_wait (self->told->len > 2);
  expect (self, self->told->len - 1,
          KUBELET " active %d /kubernetes.slice/" KUBELET " kubernetes.slice", (int) second);
  g_ptr_array_set_size (self->told, 0);
  fake_systemd_stop_service (self->base.systemd, KUBELET, FALSE);
  fixture_wait (self->told->len == 1);
  g_assert_true (g_str_has_prefix (self->told->pdata[0], KUBELET " inactive 0 "));
}

/* One that is there when the driver begins to watch. */
static void
test_first (Watch *self, gconstpointer data)
{
  pid_t pid = start (self, KUBELET, NULL);

  watch (self);
  expect (self, 0, KUBELET " active %d /system.slice/" KUBELET " system.slice", (int) pid);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 1);
}

static void
test_forgotten (Watch *self, gconstpointer data)
{
  start (self, KUBELET, NULL);
  watch (self);
  fixture_wait (self->told->len == 1);
  fake_systemd_stop_service (self->base.systemd, KUBELET, TRUE);
  expect (self, 1, KUBELET " inactive 0  ");
}

/* Asking must not load what is not there: systemd would tell of it, and be asked again. */
static void
test_loads_nothing (Watch *self, gconstpointer data)
{
  watch (self);
  expect (self, 0, KUBELET " inactive 0  ");
  settle (self);
  g_assert_cmpuint (fake_systemd_count_calls (self->base.systemd, "GetAll", KUBELET), ==, 0);
  g_assert_cmpuint (count_questions (self), <=, 3);
  g_assert_cmpuint (self->told->len, ==, 1);
}

static void
test_nothing_new (Watch *self, gconstpointer data)
{
  start (self, KUBELET, NULL);
  watch (self);
  fixture_wait (self->told->len == 1);
  settle (self);
  fake_systemd_forget_calls (self->base.systemd);
  fake_systemd_touch_unit (self->base.systemd, KUBELET);
  fixture_wait (count_questions (self) > 0);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 1);
}

/* While systemd is being asked, any number of signals makes one more question. */
static void
test_coalesces (Watch *self, gconstpointer data)
{
  const FakeFault slow = { .method = "GetUnit", .kind = FAKE_FAULT_DELAY, .times = 1, .msec = 200 };

  watch (self);
  fixture_wait (self->told->len == 1);
  settle (self);
  fake_systemd_forget_calls (self->base.systemd);
  fake_systemd_add_fault (self->base.systemd, &slow);
  for (guint i = 0; i < 100; i++)
    fake_systemd_touch_unit (self->base.systemd, KUBELET);
  fixture_wait (count_questions (self) == 2);
  settle (self);
  g_assert_cmpuint (count_questions (self), ==, 2);
}

static void
test_others_cost_nothing (Watch *self, gconstpointer data)
{
  watch (self);
  fixture_wait (self->told->len == 1);
  settle (self);
  fake_systemd_forget_calls (self->base.systemd);
  for (guint i = 0; i < 100; i++)
    fake_systemd_touch_unit (self->base.systemd, "machine-pod1.slice");
  fake_systemd_touch_unit (self->base.systemd, KUBELET);
  fixture_wait (count_questions (self) == 1);
  settle (self);
  g_assert_cmpuint (fake_systemd_count_calls (self->base.systemd, "GetUnit", NULL), ==, 1);
}

/* What happened while there was no connection, and while systemd loaded its units again. */
static void
test_told_again (Watch *self, gconstpointer data)
{
  pid_t pid = start (self, KUBELET, NULL);

  watch (self);
  fixture_wait (self->told->len == 1);
  settle (self);
  fake_systemd_stop_listening (self->base.systemd);
  fake_systemd_listen (self->base.systemd);
  fixture_wait (self->n_connected == 2);
  expect (self, 1, KUBELET " active %d /system.slice/" KUBELET " system.slice", (int) pid);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 2);
  fake_systemd_reload (self->base.systemd);
  fixture_wait (self->n_reloaded == 1);
  expect (self, 2, KUBELET " active %d /system.slice/" KUBELET " system.slice", (int) pid);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 3);
}

/* Other units instead; an answer that was on its way for the first ones finds nobody. */
static void
test_replaced (Watch *self, gconstpointer data)
{
  static const char *const others[] = { "crio.service", "kubernetes.slice", NULL };

  fake_systemd_start_unit (self->base.systemd, "kubernetes.slice", "daemons");
  fixture_wait (self->n_connected == 1);
  watch (self);
  ncg_driver_watch_services (self->driver, others);
  fixture_wait (self->told->len == 2);
  expect (self, 0, "crio.service inactive 0  ");
  expect (self, 1, "kubernetes.slice active 0 /kubernetes.slice ");
  fake_systemd_touch_unit (self->base.systemd, KUBELET);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 2);
}

/* A unit and its alias have one object, and what it tells is told of both. */
static void
test_alias (Watch *self, gconstpointer data)
{
  static const char *const units[] = { KUBELET, "node.service", NULL };
  pid_t pid;

  start (self, KUBELET, NULL);
  fake_systemd_add_alias (self->base.systemd, "node.service", KUBELET);
  ncg_driver_watch_services (self->driver, units);
  fixture_wait (self->told->len == 2);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 2);
  g_ptr_array_set_size (self->told, 0);
  pid = start (self, KUBELET, NULL);
  fixture_wait (has_told (self, KUBELET, pid) && has_told (self, "node.service", pid));
}

/* The driver ends while systemd is being asked. */
static void
test_ends (Watch *self, gconstpointer data)
{
  const FakeFault slow = { .method = "GetUnit", .kind = FAKE_FAULT_DELAY, .msec = 100 };

  fixture_wait (self->n_connected == 1);
  fake_systemd_add_fault (self->base.systemd, &slow);
  watch (self);
  fixture_wait (count_questions (self) == 1);
  g_clear_pointer (&self->driver, ncg_driver_free);
  settle (self);
  g_assert_cmpuint (self->told->len, ==, 0);
}

#define WATCH_TEST(path, function)                                                                 \
  g_test_add (path, Watch, NULL, watch_set_up, function, watch_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  WATCH_TEST ("/services/life", test_life);
  WATCH_TEST ("/services/first", test_first);
  WATCH_TEST ("/services/forgotten", test_forgotten);
  WATCH_TEST ("/services/loads-nothing", test_loads_nothing);
  WATCH_TEST ("/services/nothing-new", test_nothing_new);
  WATCH_TEST ("/services/coalesces", test_coalesces);
  WATCH_TEST ("/services/others-cost-nothing", test_others_cost_nothing);
  WATCH_TEST ("/services/told-again", test_told_again);
  WATCH_TEST ("/services/replaced", test_replaced);
  WATCH_TEST ("/services/alias", test_alias);
  WATCH_TEST ("/services/ends", test_ends);
  return g_test_run ();
}
