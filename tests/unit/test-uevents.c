/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's device events: messages of all kinds, and who sends them.
 */
#include "lib/uevents.h"

#include "lib/error.h"
#include "lib/file.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* With the zero byte at the end that a literal has. */
#define MESSAGE(text) text, sizeof text

static const struct {
  const char *text;
  gsize length;
  const char *expected; /* "ACTION DEVPATH SUBSYSTEM"; NULL if it is none */
} messages[] = {
  { MESSAGE ("online@/devices/system/cpu/cpu1\0ACTION=online\0DEVPATH=/devices/system/cpu/cpu1\0"
             "SUBSYSTEM=cpu\0DRIVER=processor\0SEQNUM=4711"),
    "online /devices/system/cpu/cpu1 cpu" },
  { MESSAGE ("add@/a\0SUBSYSTEM=memory\0DEVPATH=/a\0ACTION=add"), "add /a memory" },
  { MESSAGE ("add@/a@b\0ACTION=add\0DEVPATH=/a@b\0SUBSYSTEM=x"), "add /a@b x" },
  /* The last one counts, as the kernel's own do not repeat. */
  { MESSAGE ("add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=x\0SUBSYSTEM=y"), "add /a y" },
  { MESSAGE ("add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM="), "add /a " },
  { MESSAGE ("add@/a\0\0\0ACTION=add\0\0DEVPATH=/a\0SUBSYSTEM=x\0\0"), "add /a x" },
  { "", 0, NULL },
  { MESSAGE (""), NULL },
  { MESSAGE ("\0\0\0"), NULL },
  { MESSAGE ("add@/a"), NULL },
  { MESSAGE ("libudev\0\xfe\xed\xca\xfe\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add@/a\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add@/a\0ACTION=add\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add@/a\0ACTION=add\0DEVPATH=/a"), NULL },
  { MESSAGE ("add@/a\0action=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add@/b\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add@/ab\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("remove@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("add/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu"), NULL },
  { MESSAGE ("\xff\xfe\0ACTION=\xff\0DEVPATH=\xff\0SUBSYSTEM=\xff"), NULL },
  /* Cut short. */
  { "add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu", 41, NULL },
  { "add@/a\0ACTION=add\0DEVPATH=/a\0SUBSYSTEM=cpu", 1, NULL },
};

/* In memory of its own, so that a sanitizer sees what is read behind it. */
static char *
copy_bytes (const char *bytes, gsize length)
{
  char *copy = g_malloc (MAX (length, 1));

  memcpy (copy, bytes, length);
  return copy;
}

static void
test_parse (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++) {
    g_autofree char *copy = copy_bytes (messages[i].text, messages[i].length);
    g_autofree char *text = NULL;
    NcgUevent event = { NULL };

    g_test_message ("%" G_GSIZE_FORMAT, i);
    if (ncg_uevent_parse (copy, messages[i].length, &event))
      text = g_strdup_printf ("%s %s %s", event.action, event.devpath, event.subsystem);
    else
      g_assert_null (event.action);
    g_assert_cmpstr (text, ==, messages[i].expected);
  }
}

/* Every beginning of a good message that ends with a field is one or none, and never a fault. */
static void
test_parse_cut (void)
{
  for (gsize length = 0; length <= messages[0].length; length++) {
    g_autofree char *copy = copy_bytes (messages[0].text, length);
    NcgUevent event;
    gboolean is_whole =
        length > strlen ("online@/devices/system/cpu/cpu1") && copy[length - 1] == 0;

    if (ncg_uevent_parse (copy, length, &event)) {
      g_assert_true (is_whole);
      g_assert_cmpstr (event.subsystem, ==, "cpu");
    }
  }
}

static const char *const subsystems[] = { "cpu", "memory", NULL };

static void
on_happened (gpointer user_data)
{
  ++*(guint *) user_data;
}

static NcgUevents *
listen_or_skip (guint *count)
{
  g_autoptr (GError) error = NULL;
  NcgUevents *uevents = ncg_uevents_new (subsystems, on_happened, count, &error);

  if (uevents == NULL) {
    g_assert_nonnull (strstr (error->message, "AF_NETLINK"));
    g_test_skip (error->message);
  }
  return uevents;
}

static void
iterate (guint msec)
{
  gint64 end = g_get_monotonic_time () + msec * G_TIME_SPAN_MILLISECOND;

  while (g_get_monotonic_time () < end) {
    g_main_context_iteration (NULL, FALSE);
    g_usleep (1000);
  }
}

/* What somebody else sends is not the kernel's, whatever it says. */
static void
test_forged (void)
{
  guint count = 0;
  g_autoptr (NcgUevents) uevents = listen_or_skip (&count);
  g_auto (NcgFd) fd = -1;
  struct sockaddr_nl to = { .nl_family = AF_NETLINK };
  ssize_t sent;

  if (uevents == NULL)
    return;
  to.nl_pid = ncg_uevents_get_port (uevents);
  fd = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  sent = sendto (fd, messages[0].text, messages[0].length, 0, (struct sockaddr *) &to, sizeof to);
  if (sent < 0) {
    g_test_skip ("no message can be sent to such a socket here: this test wants to be root");
    return;
  }
  iterate (100);
  g_assert_cmpuint (count, ==, 0);
}

/* The kernel sends one again for a device when its file "uevent" is written to. */
static void
test_kernel (void)
{
  guint count = 0;
  g_autoptr (NcgUevents) uevents = listen_or_skip (&count);
  g_auto (NcgFd) fd = -1;

  if (uevents == NULL)
    return;
  fd = open ("/sys/devices/system/cpu/cpu0/uevent", O_WRONLY | O_CLOEXEC);
  if (fd < 0 || write (fd, "online", 6) < 0) {
    g_test_skip ("no event can be asked for here: this test wants to be root");
    return;
  }
  for (guint i = 0; count == 0 && i < 100; i++)
    iterate (20);
  g_assert_cmpuint (count, >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/uevents/parse", test_parse);
  g_test_add_func ("/uevents/parse-cut", test_parse_cut);
  g_test_add_func ("/uevents/forged", test_forged);
  g_test_add_func ("/uevents/kernel", test_kernel);
  return g_test_run ();
}
