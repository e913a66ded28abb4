/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * nodecgroupsd: connects to systemd, sets the node up, knows the pods again, and only then owns its
 * name on the bus. It stops without touching a pod, whether it is asked to or killed.
 */
#include "daemon/build-config.h"
#include "daemon/bus-context.h"
#include "daemon/config/arguments.h"
#include "daemon/config/show.h"
#include "daemon/dbus-server.h"
#include "daemon/events.h"
#include "daemon/fault-point.h"
#include "daemon/log.h"
#include "daemon/loop.h"
#include "daemon/memory.h"
#include "daemon/node.h"
#include "daemon/notify.h"
#include "daemon/recovery.h"
#include "daemon/reload.h"
#include "daemon/status.h"
#include "daemon/trace.h"
#include "lib/error.h"
#include "lib/file.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#define PROBE_USEC (20 * G_USEC_PER_SEC)
#define PROBE_AGAIN_MSEC 500

typedef struct {
  ConfigSources *sources;
  Config *config; /* of the start; then the reload's */
  Reload *reload;
  NcgHierarchy *hierarchy;
  Manager *manager;
  Node *node;
  DbusServer *server;
  Status *status_line;
  gint64 begun_usec; /* the recovery */
  gboolean is_probing;
  gboolean is_outdated; /* something happened since the probe began */
  gboolean is_recovered;
  gboolean is_stopping;
  int status;
} App;

static void look_again (gpointer user_data);

static void
on_server_stopped (gpointer user_data)
{
  const App *app = user_data;

  loop_quit (app->status);
}

static void
stop (App *app)
{
  if (app->is_stopping)
    return;
  app->is_stopping = TRUE;
  if (app->server == NULL)
    loop_quit (app->status);
  else
    dbus_server_stop (app->server, on_server_stopped);
}

static void
find_status (StatusFacts *ret_facts, gpointer user_data)
{
  const App *app = user_data;
  const Manager *manager = app->manager;
  gint64 lost_usec = manager->lost_usec != 0 ? g_get_monotonic_time () - manager->lost_usec : 0;

  *ret_facts = (StatusFacts){
    .state = node_state_to_string (node_get_state (app->node)),
    .n_pods = g_hash_table_size (manager->pods),
    .n_operations = turns_count (manager->turns),
    .silent_usec = MAX (lost_usec, ncg_driver_get_silence (manager->driver)),
  };
  ret_facts->condition = node_find_failed (app->node, &ret_facts->message);
}

static void
write_status (const char *line, gpointer user_data)
{
  notify_status (line);
}

/* Before the daemon serves, systemd's own words for a start say enough. */
static void
update_status (gpointer user_data)
{
  App *app = user_data;

  if (app->server != NULL)
    status_touch (app->status_line);
}

static void
on_ready (gpointer user_data)
{
  App *app = user_data;

  notify_ready ("serving");
  memory_give_back ();
  status_forget (app->status_line);
  update_status (app);
}

static void
on_lost_name (gpointer user_data)
{
  App *app = user_data;

  app->status = EXIT_FAILURE;
  stop (app);
}

static void
on_others_known (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  const DbusServerListener listener = {
    .ready = on_ready,
    .pods_changed = update_status,
    .node_changed = update_status,
    .lost_name = on_lost_name,
  };

  foreign_pods_look_finish (result);
  app->is_probing = FALSE;
  if (app->server == NULL) {
    app->server = dbus_server_new (app->manager, app->node, app->reload, &listener, app);
  } else {
    recovery_check_pods (app->manager);
    update_status (app);
  }
  if (app->is_outdated)
    look_again (app);
}

/* The cgroups above the pods are there now. */
static void
on_bootstrapped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;

  node_bootstrap_finish (result);
  FAULT_POINT ("start:bootstrapped");
  foreign_pods_look_async (app->manager->foreign, on_others_known, app);
}

static void
log_recovery (const App *app)
{
  guint64 pods = g_hash_table_size (app->manager->pods);
  guint64 usec = (guint64) (g_get_monotonic_time () - app->begun_usec);

  event_log (EVENT_PODS_RECOVERED, &(EventFields){ .pods = &pods, .duration_usec = &usec },
             "%" G_GUINT64_FORMAT " pod%s of an earlier run known again", pods,
             pods == 1 ? " is" : "s are");
}

static void
on_recovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  g_autoptr (GError) error = NULL;

  if (!recovery_run_finish (result, &error))
    g_warning ("could not read what was known of the pods: %s", error->message);
  else
    log_recovery (app);
  app->is_recovered = TRUE;
  FAULT_POINT ("start:recovered");
  node_bootstrap_async (app->node, on_bootstrapped, app);
}

static gboolean
on_probe_again (gpointer user_data)
{
  look_again (user_data);
  return G_SOURCE_REMOVE;
}

/* The pods first: what they request decides the weights of the slices that the bootstrap makes. */
static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  g_autoptr (GError) error = NULL;

  if (!ncg_driver_probe_finish (result, &error)) {
    g_warning ("could not ask systemd what it can do: %s; asking again", error->message);
    app->is_probing = FALSE;
    loop_add (PROBE_AGAIN_MSEC, on_probe_again, app);
    return;
  }
  if (app->is_recovered) {
    node_bootstrap_async (app->node, on_bootstrapped, app);
    return;
  }
  app->begun_usec = g_get_monotonic_time ();
  recovery_run_async (app->manager, on_recovered, app);
}

/* Both after a connection and after a reload of systemd: what it has may be another thing now. */
static void
look_again (gpointer user_data)
{
  App *app = user_data;

  app->is_outdated = app->is_probing;
  if (app->is_probing)
    return;
  app->is_probing = TRUE;
  ncg_driver_probe_async (app->manager->driver, g_get_monotonic_time () + PROBE_USEC, on_probed,
                          app);
}

static void
on_connected (gpointer user_data)
{
  App *app = user_data;

  manager_set_connected (app->manager, TRUE);
  node_set_connected (app->node, TRUE);
  look_again (app);
}

static void
on_disconnected (gpointer user_data)
{
  App *app = user_data;

  manager_set_connected (app->manager, FALSE);
  node_set_connected (app->node, FALSE);
  update_status (app);
}

static void
on_unit_removed (const char *unit, gpointer user_data)
{
  App *app = user_data;

  manager_unit_removed (app->manager, unit);
  node_unit_removed (app->node, unit);
  recovery_check_slice (app->manager, unit);
}

static void
on_service_changed (const NcgService *service, gpointer user_data)
{
  App *app = user_data;

  node_service_changed (app->node, service);
}

static gboolean
on_signal (gpointer user_data)
{
  App *app = user_data;

  notify_stopping ();
  stop (app);
  return G_SOURCE_CONTINUE;
}

static void
on_reloaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  App *app = user_data;
  g_autoptr (GError) error = NULL;

  status_forget (app->status_line);
  if (reload_run_finish (result, &error)) {
    notify_ready ("reloaded");
    update_status (app);
    return;
  }
  notify_ready ("the configuration could not be reloaded, see the journal");
}

/* Before the daemon serves it has read the configuration just now. */
static gboolean
on_hangup (gpointer user_data)
{
  App *app = user_data;

  if (app->server == NULL || app->is_stopping)
    return G_SOURCE_CONTINUE;
  notify_reloading ();
  reload_run_async (app->reload, on_reloaded, app);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_dropping (const char *unit, gpointer user_data, GError **error)
{
  App *app = user_data;

  return manager_save_dropped (app->manager, unit, error);
}

static NcgDriver *
make_driver (App *app, GError **error)
{
  static const NcgDriverListener listener = {
    .connected = on_connected,
    .disconnected = on_disconnected,
    .reloaded = look_again,
    .unit_removed = on_unit_removed,
    .service_changed = on_service_changed,
    .dropping = on_dropping,
  };
  const Config *config = app->config;
  g_autofree char *socket = g_build_filename (g_get_user_runtime_dir (), "systemd/private", NULL);
  NcgDriverConfig driver_config = {
    .root = config->root,
    .hierarchy = app->hierarchy,
    .user_socket = config->is_user ? socket : NULL,
    .may_drop = config->may_drop,
    .owner_watches = TRUE,
  };

  if (config->root[0] == '\0' && !config->is_user)
    driver_config.bus_address = "unix:path=/run/dbus/system_bus_socket";
  return ncg_driver_new (config->driver, &driver_config, &listener, app, error);
}

/* Pods without a manager are worse than a node that is not as it should be: with pods of an earlier
 * run what is wrong becomes conditions. */
static gboolean
check_config (const Config *config, const char *pods, GError **error)
{
  g_autoptr (GError) wrong = NULL;
  g_autoptr (GDir) directory = g_dir_open (pods, 0, NULL);

  if (node_check_config (config, &wrong))
    return TRUE;
  if (directory == NULL || g_dir_read_name (directory) == NULL) {
    g_propagate_error (error, g_steal_pointer (&wrong));
    return FALSE;
  }
  g_warning ("going on because there are pods: %s", wrong->message);
  return TRUE;
}

static void
watch_status (App *app)
{
  const StatusOwner owner = { find_status, write_status };

  app->status_line = status_new (&owner, app);
  turns_set_changed (app->manager->turns, update_status, app);
}

static gboolean
app_start (App *app, GError **error)
{
  const Config *config = app->config;
  g_autofree char *runtime = config->is_user ? g_strdup (g_get_user_runtime_dir ())
                                             : g_strconcat (config->root, "/run", NULL);
  g_autofree char *directory = g_build_filename (runtime, "nodecgroups/pods", NULL);
  g_autofree char *state_file = g_build_filename (runtime, "nodecgroups/node", NULL);
  g_autoptr (Store) store = NULL;
  NcgDriver *driver;

  app->hierarchy = ncg_hierarchy_detect (config->root, error);
  store = app->hierarchy != NULL ? store_new (directory, error) : NULL;
  if (store == NULL || !check_config (config, directory, error))
    return FALSE;
  driver = make_driver (app, error);
  if (driver == NULL)
    return FALSE;
  trace_configure (driver, config);
  app->manager = manager_new (config, app->hierarchy, driver, g_steal_pointer (&store));
  app->node = node_new (app->manager, state_file);
  app->reload = reload_new (app->manager, app->node, app->sources, g_steal_pointer (&app->config));
  watch_status (app);
  return TRUE;
}

static void
on_begin (gpointer user_data)
{
  App *app = user_data;
  g_autoptr (GError) error = NULL;

  if (!ncg_file_has_openat2 ())
    g_message ("the kernel or the sandbox has no openat2(2): cgroups are opened one component of "
               "their path at a time");
  if (app_start (app, &error)) {
    loop_add_signal (SIGTERM, on_signal, app);
    loop_add_signal (SIGINT, on_signal, app);
    loop_add_signal (SIGHUP, on_hangup, app);
    notify_start_watchdog ();
    return;
  }
  g_printerr ("nodecgroupsd: %s\n", error->message);
  app->status = EXIT_FAILURE;
  stop (app);
}

/* What a worker is still at work on reads the hierarchy, which ends with the process. */
static void
on_end (gpointer user_data)
{
  App *app = user_data;

  dbus_server_free (app->server);
  status_free (app->status_line);
  node_free (app->node);
  manager_free (app->manager);
  reload_free (app->reload);
  config_free (app->config);
}

/* sd_booted(3) */
static gboolean
has_systemd (const char *root)
{
  g_autofree char *mark = g_strconcat (root, "/run/systemd/system", NULL);

  return g_file_test (mark, G_FILE_TEST_IS_DIR);
}

/* Whether this machine can be so belongs to a check. */
static int
print_configuration (const Config *config, ConfigAction action)
{
  g_autofree char *files = g_strjoinv (", ", config->files);
  g_autofree char *text = config_show (config);
  g_autoptr (GError) error = NULL;

  if (action == CONFIG_SHOW) {
    g_print ("%s", text);
    return EXIT_SUCCESS;
  }
  if (!node_check_config (config, &error)) {
    g_printerr ("%s\n", error->message);
    return EXIT_FAILURE;
  }
  g_print ("%s: ok\n", files[0] != '\0' ? files : "no configuration file");
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_autoptr (ConfigSources) sources = NULL;
  g_autoptr (Config) config = NULL;
  g_autoptr (GError) error = NULL;
  static const LoopBody body = { on_begin, on_end };
  g_autoptr (GMainContext) context = NULL;
  ConfigAction action = CONFIG_RUN;
  static App app;

  memory_init ();
  setlocale (LC_ALL, "");
  log_init ();
#ifdef NCG_FAULT_POINTS
  fault_point_list ();
#endif
  sources = config_arguments_parse (&argc, &argv, &action, &error);
  if (sources != NULL && action == CONFIG_SHOW_VERSION) {
    g_print ("nodecgroupsd %s\n", NCG_VERSION);
    return EXIT_SUCCESS;
  }
  if (sources != NULL) {
    sources->has_systemd = has_systemd (sources->root);
    config = config_load (sources, &error);
  }
  if (config == NULL) {
    /* An editor finds the places if they begin the line. */
    g_printerr ("%s%s\n", action == CONFIG_CHECK ? "" : "nodecgroupsd: ", error->message);
    return EXIT_FAILURE;
  }
  if (action != CONFIG_RUN)
    return print_configuration (config, action);
  app.sources = sources;
  app.config = g_steal_pointer (&config);
  context = bus_context_find ();
  return loop_run (context, &body, &app);
}
