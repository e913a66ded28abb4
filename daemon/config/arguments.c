/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line.
 */
#include "daemon/config/arguments.h"

#include "daemon/build-config.h"
#include "lib/error.h"

#include <string.h>

/* After the sources of all files. */
#define ORDER G_MAXUINT

typedef enum { TEXT, BOOLEAN, AMOUNTS } ArgumentKind;

/* An option that stands for a field. */
typedef struct {
  const char *name;
  const char *key;
  ArgumentKind kind;
} Argument;

static const Argument arguments[] = {
  { "--cgroup-driver", "cgroupDriver", TEXT },
  { "--cgroup-root", "cgroupRoot", TEXT },
  { "--system-reserved", "systemReserved", AMOUNTS },
  { "--system-reserved-enforce", "systemReservedEnforce", BOOLEAN },
  { "--system-container", "systemContainer", TEXT },
  { "--kube-reserved", "kubeReserved", AMOUNTS },
  { "--kube-reserved-enforce", "kubeReservedEnforce", BOOLEAN },
  { "--resource-container", "resourceContainer", TEXT },
  { "--container-runtime", "containerRuntime", TEXT },
  { "--protect-kernel-defaults", "protectKernelDefaults", BOOLEAN },
  { "--group", "group", TEXT },
  { "--drop-unknown-properties", "dropUnknownProperties", BOOLEAN },
  { "--log-level", "logLevel", TEXT },
};

/* "cpu=500m,memory=1Gi", as the kubelet has it. */
static ConfigNode *
parse_amounts (const char *name, const char *value, const ConfigPlace *place, GError **error)
{
  g_autoptr (ConfigNode) map = config_node_new (CONFIG_NODE_MAP, place, NULL);
  g_auto (GStrv) parts = g_strsplit (value, ",", -1);

  map->replaces = TRUE;
  for (guint i = 0; parts[i] != NULL; i++) {
    char *equals = strchr (parts[i], '=');
    g_autofree char *escaped = ncg_error_escape (parts[i]);

    if (equals == NULL) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                   "%s: \"%s\" is no KEY=QUANTITY; it takes a list such as cpu=500m,memory=1Gi",
                   name, escaped);
      return NULL;
    }
    *equals = '\0';
    if (config_node_find (map, g_strstrip (parts[i])) != NULL) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                   "%s: \"%s\" is there already; each is given once", name, escaped);
      return NULL;
    }
    config_node_add (map, parts[i], place,
                     config_node_new (CONFIG_NODE_SCALAR, place, g_strstrip (equals + 1)));
  }
  return g_steal_pointer (&map);
}

static ConfigNode *
make_node (const Argument *argument, const char *value, const ConfigPlace *place, GError **error)
{
  ConfigNode *node;

  if (argument->kind == AMOUNTS)
    return parse_amounts (argument->name, value, place, error);
  node = config_node_new (CONFIG_NODE_SCALAR, place, value != NULL ? value : "true");
  node->is_plain = argument->kind == BOOLEAN;
  return node;
}

/* The last of several counts. */
static void
forget (ConfigNode *options, const char *key)
{
  ConfigNode *before = config_node_find (options, key);

  if (before != NULL)
    g_ptr_array_remove (options->children, before);
}

static gboolean
on_argument (const char *name, const char *value, gpointer user_data, GError **error)
{
  ConfigNode *options = user_data;
  g_autoptr (ConfigSource) source = config_source_new (name, NULL, 0, ORDER);
  const ConfigPlace place = { source, 0, 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++) {
    ConfigNode *node;

    if (!g_str_equal (arguments[i].name, name))
      continue;
    if (value != NULL && !g_utf8_validate (value, -1, NULL)) {
      g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s is not UTF-8", name);
      return FALSE;
    }
    node = make_node (&arguments[i], value, &place, error);
    if (node == NULL)
      return FALSE;
    forget (options, arguments[i].key);
    config_node_add (options, arguments[i].key, &place, node);
  }
  return TRUE;
}

#define FIELD(name, help, value)                                                                   \
  {                                                                                                \
    name, 0, 0, G_OPTION_ARG_CALLBACK, on_argument, help, value                                    \
  }
#define FLAG(name, help)                                                                           \
  {                                                                                                \
    name, 0, G_OPTION_FLAG_OPTIONAL_ARG, G_OPTION_ARG_CALLBACK, on_argument, help, "true|false"    \
  }

static void
add_fields (GOptionGroup *group)
{
  const GOptionEntry entries[] = {
    FIELD ("cgroup-driver", "systemd or cgroupfs (default: systemd where it runs)", "NAME"),
    FIELD ("cgroup-root", "The cgroup under which pods are (default: /machine)", "PATH"),
    FIELD ("system-reserved", "What is reserved for the system", "cpu=500m,memory=1Gi"),
    FLAG ("system-reserved-enforce", "Enforce the system's reservation on its cgroup"),
    FIELD ("system-container", "The system's cgroup (default: /system under systemd)", "PATH"),
    FIELD ("kube-reserved", "What is reserved for the daemons of Kubernetes",
           "cpu=500m,memory=1Gi"),
    FLAG ("kube-reserved-enforce", "Enforce their reservation on their cgroup"),
    FIELD ("resource-container", "The daemon's own cgroup (without systemd)", "PATH"),
    FIELD ("container-runtime", "auto, docker, containerd, crio, rkt or none (default: auto)",
           "NAME"),
    FLAG ("protect-kernel-defaults", "Set no sysctl; one that differs is an error"),
    FIELD ("group", "The group whose members may change things (default: " NCG_DEFAULT_GROUP ")",
           "NAME"),
    FLAG ("drop-unknown-properties",
          "Leave out those of SystemdProperties that systemd does not know"),
    FIELD ("log-level", "info, or debug: each call of systemd with its time (default: info)",
           "LEVEL"),
    { NULL },
  };

  g_option_group_add_entries (group, entries);
}

static gboolean
check (const ConfigSources *self, int argc, char **argv, GError **error)
{
  if (argc > 1) {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "there is no argument '%s'; see --help", argv[1]);
    return FALSE;
  }
  if (self->root[0] != '\0' && self->root[0] != '/') {
    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
                 "--root is '%s'; it takes an absolute path", self->root);
    return FALSE;
  }
  return TRUE;
}

ConfigSources *
config_arguments_parse (int *argc, char ***argv, ConfigAction *ret_action, GError **error)
{
  const ConfigPlace nowhere = { 0 };
  g_autoptr (ConfigSources) self = config_sources_new ();
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  GOptionGroup *group;
  g_autofree char *root = NULL;
  gboolean version = FALSE, check_only = FALSE, show = FALSE;
  const GOptionEntry entries[] = {
    { "root", 0, 0, G_OPTION_ARG_FILENAME, &root,
      "Take /etc, /sys, /proc and /run below DIR instead of the machine's", "DIR" },
    { "bus-address", 0, 0, G_OPTION_ARG_STRING, &self->bus_address,
      "Serve this bus instead of the system bus", "ADDRESS" },
    { "user", 0, 0, G_OPTION_ARG_NONE, &self->is_user,
      "Ask the systemd of the user's session and serve the session bus, for development", NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &self->file, "Read this file instead of " CONFIG_FILE,
      "FILE" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &check_only,
      "Say what is wrong with the configuration, and end", NULL },
    { "show-config", 0, 0, G_OPTION_ARG_NONE, &show,
      "Print the configuration, with where each value is from, and end", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { NULL },
  };

  self->options = config_node_new (CONFIG_NODE_MAP, &nowhere, NULL);
  group = g_option_group_new (NULL, NULL, NULL, self->options, NULL);
  g_option_group_add_entries (group, entries);
  add_fields (group);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, "Sets a node up for containers and owns its pod cgroups; "
                                         "serves org.example.NodeCgroups on the system bus.");
  if (!g_option_context_parse (context, argc, argv, error))
    return NULL;
  if (root != NULL) {
    g_free (self->root);
    self->root = g_steal_pointer (&root);
  }
  if (!check (self, *argc, *argv, error))
    return NULL;
  *ret_action = version      ? CONFIG_SHOW_VERSION
                : check_only ? CONFIG_CHECK
                : show       ? CONFIG_SHOW
                             : CONFIG_RUN;
  return g_steal_pointer (&self);
}
