/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sysctls.
 */
#include "daemon/sysctls.h"

#include "daemon/alarm.h"
#include "daemon/fault-point.h"
#include "daemon/policy/contest.h"
#include "lib/error.h"
#include "lib/file-watch.h"
#include "lib/machine.h"

#define CONDITION "Sysctl:"
#define ALL "KernelDefaults"

typedef struct {
  ConfigSysctl wanted;
  Sysctls *sysctls;
  gboolean has_been_right;
  gboolean is_told; /* that it is not */
  Contest contest;
  Alarm alarm; /* for the end of a pause or of a contest */
} Entry;

struct Sysctls {
  char *root;
  Conditions *conditions;
  Drift *drift;
  NcgFileWatch *watch; /* (nullable) */
  gboolean is_protected;
  gboolean has_config;
  Entry entries[CONFIG_N_SYSCTLS];
};

static void check (Sysctls *self, Entry *entry);
static void watch (Sysctls *self, const ConfigSysctl *sysctl);

static void
on_written (const char *key, gpointer user_data)
{
  Sysctls *self = user_data;

  for (gsize i = 0; self->has_config && i < CONFIG_N_SYSCTLS; i++) {
    if (!g_str_equal (self->entries[i].wanted.name, key))
      continue;
    /* It may be another file by now. */
    watch (self, &self->entries[i].wanted);
    check (self, &self->entries[i]);
  }
}

Sysctls *
sysctls_new (const char *root, Conditions *conditions, Drift *drift)
{
  Sysctls *self = g_new0 (Sysctls, 1);

  self->root = g_strdup (root);
  self->conditions = conditions;
  self->drift = drift;
  self->watch = ncg_file_watch_new (on_written, self);
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++)
    self->entries[i].sysctls = self;
  return self;
}

void
sysctls_free (Sysctls *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++)
    alarm_clear (&self->entries[i].alarm);
  ncg_file_watch_free (self->watch);
  g_free (self->root);
  g_free (self);
}

static char *
make_path (const char *root, const char *name)
{
  g_autofree char *file = g_strdelimit (g_strdup (name), ".", '/');

  return g_strconcat (root, "/proc/sys/", file, NULL);
}

static gboolean
is_right (const Sysctls *self, const ConfigSysctl *sysctl, char **ret_actual, GError **error)
{
  *ret_actual = ncg_machine_read_sysctl (self->root, sysctl->name, error);
  return g_strcmp0 (*ret_actual, sysctl->wanted) == 0;
}

/* Why a sysctl that differs is not set; NULL if it is. */
static const char *
find_obstacle (const Sysctls *self, const Entry *entry)
{
  if (self->is_protected)
    return "protectKernelDefaults is on: it has to be set elsewhere, as in /etc/sysctl.d";
  if (entry->wanted.mode == CONFIG_SYSCTL_WARN)
    return "'sysctls' of the configuration says to warn only";
  /* A second writer is not fought with more often than the pauses allow. */
  if (contest_get_wait (&entry->contest, g_get_monotonic_time ()) > 0)
    return "something else keeps changing it: it is set again after a while, and again";
  return NULL;
}

/* (transfer full): why it is not as it should be, or that it is */
static char *
describe (const ConfigSysctl *sysctl, const char *actual, const char *obstacle, const GError *error)
{
  const char *reason = error != NULL      ? error->message
                       : obstacle != NULL ? obstacle
                                          : "the kernel did not take it";

  if (g_strcmp0 (actual, sysctl->wanted) == 0)
    return g_strdup_printf ("%s is %s", sysctl->name, sysctl->wanted);
  return g_strdup_printf ("%s should be %s, is %s (%s)", sysctl->name, sysctl->wanted,
                          actual != NULL ? actual : "unreadable", reason);
}

static gboolean
set (Sysctls *self, Entry *entry, char **ret_actual, GError **error)
{
  const ConfigSysctl *sysctl = &entry->wanted;

  /* Each attempt counts, also if somebody is faster. */
  if (entry->has_been_right)
    contest_note_repair (&entry->contest, g_get_monotonic_time ());
  if (!ncg_machine_write_sysctl (self->root, sysctl->name, sysctl->wanted, error))
    return FALSE;
  FAULT_POINT ("sysctl:written");
  g_free (*ret_actual);
  return is_right (self, sysctl, ret_actual, error);
}

static void
on_alarm (gpointer user_data)
{
  Entry *entry = user_data;

  check (entry->sysctls, entry);
}

/* The pause, or the quiet time, has an end. */
static void
follow_contest (Sysctls *self, Entry *entry, gboolean holds, const char *actual)
{
  static const char advice[] = "sysctl.d, a kubelet, a script), or have 'sysctls' say warn or off";
  g_autofree char *name = g_strconcat (CONDITIONS_CONTESTED, entry->wanted.name, NULL);
  g_autofree char *what = g_strconcat ("the sysctl ", entry->wanted.name, NULL);
  g_autofree char *message = NULL;
  gint64 now_usec = g_get_monotonic_time ();
  gint64 quiet_usec;

  contest_settle (&entry->contest, now_usec);
  if (!contest_is_on (&entry->contest, &quiet_usec)) {
    conditions_drop (self->conditions, name);
    return;
  }
  message = contest_describe (&entry->contest, what, actual, entry->wanted.wanted, advice);
  if (!holds || conditions_get (self->conditions, name, &holds) == NULL)
    conditions_set (self->conditions, name, FALSE, message);
  alarm_set (&entry->alarm,
             holds ? quiet_usec : now_usec + contest_get_wait (&entry->contest, now_usec), on_alarm,
             entry);
}

/* Each change is told once: in a pause as one that stays. */
static void
tell (Sysctls *self, Entry *entry, const char *before, gboolean holds)
{
  const ConfigSysctl *sysctl = &entry->wanted;

  if (!entry->has_been_right) {
    if (holds)
      g_message ("sysctl %s was %s, set to %s", sysctl->name, before, sysctl->wanted);
  } else if (!entry->is_told) {
    drift_note (self->drift, "sysctl", sysctl->name, sysctl->wanted, before, holds);
  }
  entry->is_told = entry->has_been_right && !holds;
}

static void
check (Sysctls *self, Entry *entry)
{
  const ConfigSysctl *sysctl = &entry->wanted;
  g_autofree char *name = g_strconcat (CONDITION, sysctl->name, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *actual = NULL;
  g_autofree char *before = NULL;
  g_autofree char *message = NULL;
  gboolean holds = is_right (self, sysctl, &actual, &error);
  const char *obstacle = find_obstacle (self, entry);

  before = g_strdup (actual != NULL ? actual : "unreadable");
  if (holds) {
    entry->is_told = FALSE;
  } else {
    if (obstacle == NULL && error == NULL)
      holds = set (self, entry, &actual, &error);
    tell (self, entry, before, holds);
  }
  entry->has_been_right = entry->has_been_right || holds;
  message = describe (sysctl, actual, obstacle, error);
  conditions_set (self->conditions, name, holds, message);
  follow_contest (self, entry, holds, before);
}

/* (transfer full) (nullable): all that differ, as the kubelet names them */
static char *
list_differing (const char *root, const ConfigSysctl *sysctls)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++) {
    g_autofree char *actual = NULL;

    if (sysctls[i].mode != CONFIG_SYSCTL_ENFORCE)
      continue;
    actual = ncg_machine_read_sysctl (root, sysctls[i].name, NULL);
    if (g_strcmp0 (actual, sysctls[i].wanted) != 0)
      g_string_append_printf (text,
                              "%sinvalid kernel flag: %s, expected value: %s, actual value: %s",
                              text->len > 0 ? "; " : "", sysctls[i].name, sysctls[i].wanted,
                              actual != NULL ? actual : "unreadable");
  }
  return g_string_free (text, text->len == 0);
}

static void
check_protected (Sysctls *self)
{
  ConfigSysctl sysctls[CONFIG_N_SYSCTLS];
  g_autofree char *differing = NULL;

  if (!self->is_protected) {
    conditions_drop (self->conditions, ALL);
    return;
  }
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++)
    sysctls[i] = self->entries[i].wanted;
  differing = list_differing (self->root, sysctls);
  conditions_set (self->conditions, ALL, differing == NULL,
                  differing != NULL ? differing : "all kernel flags are as expected");
}

void
sysctls_check (Sysctls *self)
{
  for (gsize i = 0; self->has_config && i < CONFIG_N_SYSCTLS; i++)
    if (self->entries[i].wanted.mode != CONFIG_SYSCTL_OFF)
      check (self, &self->entries[i]);
  check_protected (self);
}

static void
watch (Sysctls *self, const ConfigSysctl *sysctl)
{
  g_autofree char *path = make_path (self->root, sysctl->name);
  g_autofree char *condition = g_strconcat (CONDITION, sysctl->name, NULL);

  if (sysctl->mode == CONFIG_SYSCTL_OFF) {
    conditions_drop (self->conditions, condition);
    if (self->watch != NULL)
      ncg_file_watch_remove (self->watch, sysctl->name);
  } else if (self->watch != NULL) {
    ncg_file_watch_add (self->watch, sysctl->name, path);
  }
}

void
sysctls_apply (Sysctls *self, const Config *config)
{
  self->is_protected = config->protect_kernel_defaults;
  for (gsize i = 0; i < CONFIG_N_SYSCTLS; i++) {
    self->entries[i].wanted = config->sysctls[i];
    watch (self, &config->sysctls[i]);
  }
  self->has_config = TRUE;
  sysctls_check (self);
}

void
sysctls_add_rows (const Sysctls *self, GVariantBuilder *rows)
{
  for (gsize i = 0; self->has_config && i < CONFIG_N_SYSCTLS; i++) {
    const ConfigSysctl *sysctl = &self->entries[i].wanted;
    g_autofree char *actual = NULL;
    gboolean ok;

    if (sysctl->mode == CONFIG_SYSCTL_OFF)
      continue;
    ok = is_right (self, sysctl, &actual, NULL);
    g_variant_builder_add (rows, "(ssssb)", "sysctl", sysctl->name, sysctl->wanted,
                           actual != NULL ? actual : "missing", ok);
  }
}

gboolean
sysctls_check_defaults (const Config *config, GError **error)
{
  g_autofree char *differing = NULL;

  if (!config->protect_kernel_defaults)
    return TRUE;
  differing = list_differing (config->root, config->sysctls);
  if (differing == NULL)
    return TRUE;
  g_set_error (
      error, NCG_ERROR, NCG_ERROR_FAILED,
      "protectKernelDefaults is on, and the kernel is not as it should be: %s; set them in "
      "/etc/sysctl.d, or take protectKernelDefaults out",
      differing);
  return FALSE;
}
