/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract of the bus, member by member and error by error, from contract-table.c: each is
 * brought about, and has the type and the name that the installed XML says. What is served says the
 * same as that XML. test-errors.c has the many ways to an InvalidArgument.
 */
#include "tests/vm/client.h"
#include "tests/vm/contract.h"
#include "tests/vm/daemon.h"
#include "tests/vm/machine.h"

#include <string.h>
#include <unistd.h>

#define STATE "/run/nodecgroups"
#define BEFORE "{'SystemdProperties': <[('Before', <['contract-stop.service']>)]>}"
#define REFUSING "machine-besteffort-podrefusing.slice podrefusing-held.service"
#define PODS "full gone known refusing stuck stuck-too"

static Contract *contract;
static Workload *inside; /* in known, full and known's split */
static Workload *large;
static Workload *split;

static void
begin (void)
{
  g_autofree char *leaf = NULL;

  daemon_stop ();
  g_free (machine_run ("mkdir -p " STATE " && mount -t tmpfs -o mode=755 tmpfs " STATE));
  daemon_start ();
  inside = workload_start ();
  large = workload_start ();
  split = workload_start ();
  contract = contract_new ();
  g_free (client_create_pod ("known", "{'PidsLimit': <uint64 9>}"));
  g_free (client_join_pod ("known", "main", inside->pid, "{}"));
  leaf = client_join_pod ("known", "split", split->pid,
                          "{'Delegate': <true>, 'Subgroup': <'payload'>}");
  g_free (machine_run ("echo +pids >/sys/fs/cgroup%s/cgroup.subtree_control", leaf));
  g_free (client_create_pod ("full", "{'MemoryRequest': <uint64 1>}"));
  g_free (client_join_pod ("full", "main", large->pid, "{}"));
  g_free (workload_ask (large, "grow %d", 40 << 20));
  g_free (client_create_pod ("gone", "{}"));
  g_free (machine_run ("systemctl stop machine-besteffort-podgone.slice"));
  client_wait_for ("gone", "State", "vanished");
  g_free (client_create_pod ("stuck", BEFORE));
  g_free (client_create_pod ("stuck-too", BEFORE));
  g_variant_unref (client_call ("CreateContainer", "('known', 'stuck', %s)", BEFORE));
  g_free (client_create_pod ("refusing", "{}"));
  g_variant_unref (client_call ("CreateContainer", "('refusing', 'held', {})"));
  g_free (machine_run ("for unit in " REFUSING "; do mkdir /run/systemd/system/$unit.d && "
                       "printf '[Unit]\\nRefuseManualStop=yes\\n' "
                       ">/run/systemd/system/$unit.d/a.conf || exit 1; done"));
  machine_reload_systemd ();
}

static void
end (void)
{
  g_free (machine_run ("for unit in " REFUSING "; do rm -r /run/systemd/system/$unit.d; done"));
  machine_reload_systemd ();
  client_remove_all ();
  contract_free (contract);
  workload_free (inside);
  workload_free (large);
  workload_free (split);
  daemon_stop ();
  g_free (machine_run ("umount " STATE));
  daemon_start ();
}

/* What it says is not what it should be: told, and the other rows go on. */
static guint n_wrong;
static char *first_wrong;

static void
complain (const char *member, const char *what, const char *text)
{
  g_autofree char *wrong = g_strdup_printf ("%s: %s: %s", member, what, text);

  g_test_message ("%s", wrong);
  if (n_wrong++ == 0)
    first_wrong = g_steal_pointer (&wrong);
}

static void
test_all_right (void)
{
  if (n_wrong > 0)
    machine_fail ("%u rows are not as they should be, first %s", n_wrong, first_wrong);
}

static void
check_value (const ContractCall *row, const ContractMember *member, GVariant *value)
{
  g_autofree char *text = g_variant_print (value, FALSE);

  if (!g_str_equal (g_variant_get_type_string (value), member->type))
    complain (row->member, "has another type", g_variant_get_type_string (value));
  if (!contract_matches (text, row->reply))
    complain (row->member, "is another value", text);
}

static void
check_method (const ContractCall *row, const ContractMember *member)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply =
      contract_finish (contract_begin (contract, row->member, row->arguments, "made"), &error);

  if (reply == NULL)
    complain (row->member, "failed", error->message);
  else
    check_value (row, member, reply);
}

static void
check_property (const ContractCall *row, const ContractMember *member)
{
  g_autofree char *path = g_str_equal (member->interface, CLIENT_POD) ? client_get_pod ("made")
                                                                      : g_strdup (CLIENT_PATH);
  g_autoptr (GVariant) value = client_get (path, member->interface, member->member);

  check_value (row, member, value);
}

static void
on_signal (GDBusConnection *bus,
           const char *sender,
           const char *path,
           const char *interface,
           const char *signal,
           GVariant *arguments,
           gpointer received)
{
  g_ptr_array_add (received, g_variant_ref (arguments));
}

static gboolean
has_matching (const GPtrArray *received, const char *patterns)
{
  for (guint i = 0; i < received->len; i++) {
    g_autofree char *text = g_variant_print (g_ptr_array_index (received, i), FALSE);

    if (contract_matches (text, patterns))
      return TRUE;
  }
  return FALSE;
}

static void
check_signal (const ContractCall *row, const ContractMember *member)
{
  g_autoptr (GPtrArray) received =
      g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  guint id = g_dbus_connection_signal_subscribe (
      client_get_bus (), CLIENT_NAME, member->interface, member->member, CLIENT_PATH, NULL,
      G_DBUS_SIGNAL_FLAGS_NONE, on_signal, received, NULL);

  contract_run (contract, row->arguments);
  machine_wait_until (has_matching (received, row->reply));
  for (guint i = 0; i < received->len; i++)
    if (!g_str_equal (g_variant_get_type_string (received->pdata[i]), member->type))
      complain (row->member, "has another type", g_variant_get_type_string (received->pdata[i]));
  g_dbus_connection_signal_unsubscribe (client_get_bus (), id);
}

static void
test_members (void)
{
  static void (*const checks[]) (const ContractCall *, const ContractMember *) = {
    [CONTRACT_METHOD] = check_method,
    [CONTRACT_SIGNAL] = check_signal,
    [CONTRACT_PROPERTY] = check_property,
  };

  g_free (client_create_pod ("made-too", "{}"));
  for (gsize i = 0; i < contract_n_calls; i++) {
    const ContractMember *member = contract_xml_find (contract->members, contract_calls[i].member);

    g_test_message ("%s", contract_calls[i].member);
    g_assert_nonnull (member);
    checks[member->kind](&contract_calls[i], member);
  }
  client_remove_pod ("oom");
  /* The process went with the pod that it was in. */
  contract_free (contract);
  contract = contract_new ();
}

/* What is said of an interface, apart from what is only for GDBus. */
static char *
describe (const char *xml, const char *interface)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusNodeInfo) node = g_dbus_node_info_new_for_xml (xml, &error);
  g_autoptr (GString) text = g_string_new (NULL);
  GDBusInterfaceInfo *info;
  g_autoptr (GRegex) own = NULL;

  g_assert_no_error (error);
  info = g_dbus_node_info_lookup_interface (node, interface);
  g_assert_nonnull (info);
  g_dbus_interface_info_generate_xml (info, 0, text);
  own = g_regex_new ("\\s*<annotation name=\"org\\.gtk\\.GDBus[^>]*(/>|>\\s*</annotation>)", 0, 0,
                     NULL);
  return g_regex_replace_literal (own, text->str, -1, 0, "", 0, NULL);
}

static void
assert_introspected (const char *path, const char *interface)
{
  g_autofree char *file = g_strdup_printf (INTERFACES "/%s.xml", interface);
  g_autofree char *written = NULL;
  g_autofree char *wanted = NULL;
  g_autofree char *served = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;
  const char *xml;

  g_file_get_contents (file, &written, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (
      client_get_bus (), CLIENT_NAME, path, "org.freedesktop.DBus.Introspectable", "Introspect",
      NULL, G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  g_variant_get (reply, "(&s)", &xml);
  wanted = describe (written, interface);
  served = describe (xml, interface);
  g_assert_cmpstr (served, ==, wanted);
}

static void
test_introspection (void)
{
  assert_introspected (CLIENT_PATH, CLIENT_NAME);
  assert_introspected (CLIENT_PATH, CLIENT_NODE);
  assert_introspected (CLIENT_PATH "/pod/known", CLIENT_POD);
  g_free (machine_run ("busctl introspect " CLIENT_NAME " " CLIENT_PATH "/pod/known"));
  g_free (machine_run ("busctl tree " CLIENT_NAME " | grep -q pod/known"));
}

static void
check_error (const ContractError *row, const char *name, const char *message)
{
  g_autofree char *wanted = g_str_equal (row->error, "AccessDenied")
                                ? g_strdup ("org.freedesktop.DBus.Error.AccessDenied")
                                : g_strconcat (CLIENT_NAME ".Error.", row->error, NULL);
  g_autofree char *what = g_strdup_printf ("%s in state %d", row->error, (int) row->rig);
  g_auto (GStrv) parts = g_strsplit (row->parts, "|", -1);

  if (g_strcmp0 (name, wanted) != 0) {
    g_autofree char *text = g_strdup_printf ("%s (%s)", name != NULL ? name : "success", message);

    complain (row->member, what, text);
    return;
  }
  for (char **part = parts; *part != NULL; part++)
    if (strstr (message, *part) == NULL)
      complain (row->member, what, message);
}

static void
finish_error (const ContractError *row, ContractReply *begun)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = contract_finish (begun, &error);
  g_autofree char *name = error != NULL ? g_dbus_error_get_remote_error (error) : NULL;

  if (error != NULL)
    g_dbus_error_strip_remote_error (error);
  check_error (row, name, error != NULL ? error->message : "");
}

static const char *
get_pod (const ContractError *row)
{
  return row->pod != NULL ? row->pod : "known";
}

/* One after the other, but for those that wait for systemd. */
static void
run_rows (ContractRig rig, gboolean at_once)
{
  g_autofree ContractReply **begun = g_new0 (ContractReply *, contract_n_errors);

  for (gsize i = 0; i < contract_n_errors; i++) {
    const ContractError *row = &contract_errors[i];

    if (row->rig != rig)
      continue;
    g_test_message ("%s %s", row->member, row->error);
    contract_run (contract, row->before);
    begun[i] = contract_begin (contract, row->member, row->arguments, get_pod (row));
    if (at_once)
      continue;
    finish_error (row, g_steal_pointer (&begun[i]));
    contract_run (contract, row->after);
  }
  for (gsize i = 0; i < contract_n_errors; i++)
    if (begun[i] != NULL)
      finish_error (&contract_errors[i], begun[i]);
}

static void
assert_unchanged (void)
{
  g_autofree char *pods = client_list_pods ();
  g_autofree char *bad = client_verify_pod ("known");
  g_autofree char *spec = client_get_of_pod ("known", "Spec");

  g_assert_cmpstr (pods, ==, PODS);
  g_assert_cmpstr (bad, ==, "");
  g_assert_cmpstr (spec, ==, "{'PidsLimit': <uint64 9>}");
}

static void
test_as_root (void)
{
  run_rows (CONTRACT_AS_ROOT, FALSE);
  assert_unchanged ();
}

static void
test_as_stranger (void)
{
  g_autofree char *directory = machine_run ("dirname $(readlink /proc/%d/exe)", (int) getpid ());

  for (gsize i = 0; i < contract_n_errors; i++) {
    const ContractError *row = &contract_errors[i];
    const ContractMember *member = contract_xml_find (contract->members, row->member);
    g_autofree char *arguments = NULL;
    g_autofree char *quoted = NULL;
    g_autofree char *path = NULL;
    g_autofree char *answer = NULL;
    g_auto (GStrv) words = NULL;

    if (row->rig != CONTRACT_AS_STRANGER)
      continue;
    arguments = contract_expand (contract, row->arguments);
    quoted = g_shell_quote (arguments);
    path = g_str_equal (member->interface, CLIENT_POD) ? client_get_pod (get_pod (row))
                                                       : g_strdup (CLIENT_PATH);
    answer = machine_run ("%s/call-as nobody %s %s %s %s", directory, path, member->interface,
                          member->member, quoted);
    words = g_strsplit (answer, " ", 2);
    check_error (row, words[0], words[1] != NULL ? words[1] : "");
  }
  assert_unchanged ();
}

#define INSIDE "nsenter -t $DAEMON -m "

static gboolean
is_connected (void)
{
  gboolean holds = FALSE;
  g_autofree char *message = client_get_condition ("Systemd", &holds);

  return holds;
}

/* What leads to systemd is hidden from the daemon, and systemd, executing itself anew, closes what
 * it has. A mount over the socket itself would go when systemd makes the socket anew. The
 * watchdog's socket stays, or systemd would take a slow machine's daemon for one that hangs. */
static void
test_cut_off (void)
{
  contract_run (contract, INSIDE
                "sh -c 'touch /tmp/notify && mount --bind /run/systemd/notify /tmp/notify && "
                "mount -t tmpfs tmpfs /run/systemd && touch /run/systemd/notify && "
                "mount --bind /tmp/notify /run/systemd/notify && "
                "mount --bind /dev/null /run/dbus/system_bus_socket'");
  machine_reexecute_systemd ();
  machine_wait_until (!is_connected ());
  g_usleep (4 * G_USEC_PER_SEC);
  run_rows (CONTRACT_CUT_OFF, FALSE);
  contract_run (contract, INSIDE "sh -c 'umount /run/systemd/notify /run/systemd /tmp/notify "
                                 "/run/dbus/system_bus_socket && rm /tmp/notify'");
  machine_wait_until (is_connected ());
  assert_unchanged ();
}

static void
test_held_up (void)
{
  g_free (machine_run (
      "printf '[Service]\\nType=oneshot\\nExecStart=sleep infinity\\nTimeoutStartSec=infinity\\n' "
      ">/run/systemd/system/contract-slow.service && "
      "printf '[Service]\\nExecStart=sleep infinity\\nExecStop=sleep infinity\\n"
      "TimeoutStopSec=infinity\\n' >/run/systemd/system/contract-stop.service"));
  machine_reload_systemd ();
  g_free (machine_run ("systemctl start contract-stop.service && "
                       "systemctl stop --no-block contract-stop.service && "
                       "systemctl start --no-block contract-slow.service"));
  run_rows (CONTRACT_HELD_UP, TRUE);
  g_free (machine_run ("systemctl kill -s KILL contract-stop.service; "
                       "systemctl stop contract-slow.service; "
                       "rm /run/systemd/system/contract-s*.service"));
  machine_reload_systemd ();
  machine_wait_until (machine_try ("test -z \"$(systemctl list-jobs --no-legend)\""));
}

static void
test_read_only (void)
{
  g_free (machine_run ("mount -o remount,ro " STATE));
  run_rows (CONTRACT_READ_ONLY, FALSE);
  g_free (machine_run ("mount -o remount,rw " STATE));
  assert_unchanged ();
}

int
main (int argc, char **argv)
{
  int status;

  machine_init (argc, argv);
  daemon_prepare ();
  begin ();
  g_test_add_func ("/contract/members", test_members);
  g_test_add_func ("/contract/introspection", test_introspection);
  g_test_add_func ("/contract/as-root", test_as_root);
  g_test_add_func ("/contract/as-stranger", test_as_stranger);
  g_test_add_func ("/contract/read-only", test_read_only);
  g_test_add_func ("/contract/cut-off", test_cut_off);
  g_test_add_func ("/contract/held-up", test_held_up);
  g_test_add_func ("/contract/all-right", test_all_right);
  status = g_test_run ();
  end ();
  return status;
}
