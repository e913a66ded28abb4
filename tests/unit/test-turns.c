/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Turns.
 */
#include "daemon/turns.h"

#include "lib/error.h"

/* Which tasks have had their turn, by their data. */
static GString *order;

static void
on_turn (GTask *task)
{
  g_string_append (order, g_task_get_task_data (task));
}

static void
take (Turns *turns, const char *key, const char *name)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_task_data (task, g_strdup (name), g_free);
  turns_take (turns, key, on_turn, task);
  g_task_return_boolean (task, TRUE);
}

static void
serve (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_order (void)
{
  Turns *turns = turns_new ();

  order = g_string_new (NULL);
  take (turns, "a", "1");
  take (turns, "a", "2");
  take (turns, "a", "3");
  serve ();
  g_assert_cmpstr (order->str, ==, "1");
  turns_leave (turns, "a");
  g_assert_cmpstr (order->str, ==, "1");
  serve ();
  g_assert_cmpstr (order->str, ==, "12");
  /* Who comes now waits behind the others. */
  take (turns, "a", "4");
  turns_leave (turns, "a");
  serve ();
  turns_leave (turns, "a");
  serve ();
  g_assert_cmpstr (order->str, ==, "1234");
  turns_leave (turns, "a");
  take (turns, "a", "5");
  g_assert_cmpstr (order->str, ==, "12345");
  turns_leave (turns, "a");
  turns_free (turns);
  g_string_free (order, TRUE);
}

/* Between the end of one turn and the next one's start it is nobody else's. */
static void
test_between (void)
{
  Turns *turns = turns_new ();

  order = g_string_new (NULL);
  take (turns, "a", "1");
  take (turns, "a", "2");
  turns_leave (turns, "a");
  take (turns, "a", "3");
  g_assert_cmpstr (order->str, ==, "1");
  serve ();
  g_assert_cmpstr (order->str, ==, "12");
  turns_leave (turns, "a");
  serve ();
  g_assert_cmpstr (order->str, ==, "123");
  turns_leave (turns, "a");
  turns_free (turns);
  g_string_free (order, TRUE);
}

static void
test_keys (void)
{
  Turns *turns = turns_new ();

  order = g_string_new (NULL);
  take (turns, "a", "1");
  take (turns, "b", "2");
  take (turns, "", "3");
  g_assert_cmpstr (order->str, ==, "123");
  take (turns, "b", "4");
  turns_leave (turns, "a");
  serve ();
  g_assert_cmpstr (order->str, ==, "123");
  turns_leave (turns, "b");
  serve ();
  g_assert_cmpstr (order->str, ==, "1234");
  turns_leave (turns, "b");
  turns_leave (turns, "");
  turns_free (turns);
  g_string_free (order, TRUE);
}

/* Who still waits is released. */
static void
test_free (void)
{
  Turns *turns = turns_new ();

  order = g_string_new (NULL);
  take (turns, "a", "1");
  take (turns, "a", "2");
  turns_free (turns);
  serve ();
  g_assert_cmpstr (order->str, ==, "1");
  g_string_free (order, TRUE);
}

static void
on_failed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError **error = user_data;

  g_task_propagate_boolean (G_TASK (result), error);
}

/* Who has waited for too long is told so, and is passed over; the others keep their order. */
static void
test_deadline (void)
{
  Turns *turns = turns_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GTask) late = g_task_new (NULL, NULL, on_failed, &error);
  g_autoptr (GTask) early = g_task_new (NULL, NULL, NULL, NULL);
  g_autoptr (GTask) over = g_task_new (NULL, NULL, on_failed, &error);
  gint64 begin = g_get_monotonic_time ();

  order = g_string_new (NULL);
  g_task_set_task_data (late, g_strdup ("late"), g_free);
  g_task_set_task_data (early, g_strdup ("2"), g_free);
  take (turns, "a", "1");
  turns_take_until (turns, "a", on_turn, late, begin + 50 * 1000);
  turns_take_until (turns, "a", on_turn, early, begin + 60 * G_USEC_PER_SEC);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, 40 * 1000);
  g_assert_cmpstr (order->str, ==, "1");
  turns_leave (turns, "a");
  serve ();
  g_assert_cmpstr (order->str, ==, "12");
  g_task_return_boolean (early, TRUE);
  turns_leave (turns, "a");
  g_assert_false (turns_is_taken (turns, "a"));
  /* What comes after its deadline does not begin, though nobody has the turn. */
  g_clear_error (&error);
  turns_take_until (turns, "a", on_turn, over, g_get_monotonic_time () - 1);
  while (error == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (error, NCG_ERROR, NCG_ERROR_TIMEOUT);
  g_assert_false (turns_is_taken (turns, "a"));
  turns_free (turns);
  g_string_free (order, TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turns/order", test_order);
  g_test_add_func ("/turns/between", test_between);
  g_test_add_func ("/turns/keys", test_keys);
  g_test_add_func ("/turns/free", test_free);
  g_test_add_func ("/turns/deadline", test_deadline);
  return g_test_run ();
}
