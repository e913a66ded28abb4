/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Containers as they are kept.
 */
#include "daemon/container.h"

#include "lib/error.h"

static const SettingsDefaults defaults = { .pids_limit = 77, .period_usec = 20000 };

static void
parse (const char *text, Spec *ret_spec)
{
  g_autoptr (GVariant) variant = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (spec_parse (variant, SPEC_OF_CONTAINER, ret_spec, &error));
  g_assert_no_error (error);
}

static void
test_states (void)
{
  for (int i = 0; i < N_CONTAINER_STATES; i++) {
    ContainerState state = N_CONTAINER_STATES;

    g_assert_true (
        container_state_from_string (container_state_to_string ((ContainerState) i), &state));
    g_assert_cmpint (i, ==, (int) state);
  }
  g_assert_false (container_state_from_string ("there", &(ContainerState){ 0 }));
}

static void
test_new (void)
{
  Container *container = container_new ("db", "poda-db.service", &defaults);
  g_autofree char *description = container_describe (container, "a");
  g_auto (NcgResources) resources = { 0 };
  g_auto (Spec) spec = { 0 };

  g_assert_cmpstr (description, ==, "NodeCgroups: container db of pod a");
  g_assert_false (container_is_busy (container));
  g_assert_false (container->has_spec);
  g_assert_true (container->user == NCG_NO_USER);
  parse ("{'CPULimit': <'1'>}", &spec);
  container_set_spec (container, &spec);
  container_set_spec (container, &container->spec);
  g_assert_true (container->has_spec);
  container_get_resources (container, &resources);
  g_assert_cmpuint (ncg_resources_get (&resources, NCG_SETTING_CPU_PERIOD_USEC, 0), ==, 20000);
  container_set_cgroup (container, "/x");
  g_assert_cmpstr (container_get_place (container).cgroup, ==, "/x");
  container->state = CONTAINER_UPDATING;
  g_assert_true (container_is_busy (container));
  container->state = CONTAINER_VANISHED;
  g_assert_false (container_is_busy (container));
  container_free (container);
}

static Container *
add (GPtrArray *list, const char *name, ContainerState state, gboolean is_held)
{
  Container *container = container_new (name, name, &defaults);

  container->state = state;
  container->is_held = is_held;
  g_ptr_array_add (list, container);
  return container;
}

/* As a file has it: text. */
static GPtrArray *
save_and_load (const GPtrArray *list)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GPtrArray *loaded = g_ptr_array_new_with_free_func (container_free);
  g_autoptr (GVariant) saved = NULL;
  g_autoptr (GVariant) read = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  containers_save (list, &dict);
  saved = g_variant_ref_sink (g_variant_dict_end (&dict));
  text = g_variant_print (saved, TRUE);
  read = g_variant_parse (G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &error);
  g_assert_no_error (error);
  containers_load (read, &defaults, loaded, &error);
  g_assert_no_error (error);
  return loaded;
}

static void
test_round_trip (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (container_free);
  g_autoptr (GPtrArray) loaded = NULL;
  Container *updating;
  const Container *other;

  add (list, "plain", CONTAINER_ACTIVE, FALSE);
  add (list, "held", CONTAINER_ACTIVE, TRUE)->is_delegated = TRUE;
  add (list, "removing", CONTAINER_REMOVING, FALSE);
  add (list, "created", CONTAINER_STARTING, TRUE)->has_spec = TRUE;
  updating = add (list, "updating", CONTAINER_UPDATING, TRUE);
  updating->dropped = g_variant_ref_sink (g_variant_new_parsed ("{'OOMPolicy': uint32 252}"));
  parse ("{'PidsLimit': <'5'>}", &updating->spec);
  parse ("{'PidsLimit': <'6'>}", &updating->pending);
  loaded = save_and_load (list);
  g_assert_cmpuint (loaded->len, ==, list->len);
  for (guint i = 0; i < list->len; i++) {
    const Container *a = g_ptr_array_index (list, i);
    const Container *b = g_ptr_array_index (loaded, i);

    g_assert_cmpstr (a->name, ==, b->name);
    g_assert_cmpstr (a->unit, ==, b->unit);
    g_assert_cmpint ((int) a->state, ==, (int) b->state);
    g_assert_cmpint (a->is_held, ==, b->is_held);
    g_assert_cmpint (a->has_spec, ==, b->has_spec);
    g_assert_cmpint (a->is_delegated, ==, b->is_delegated);
    g_assert_true (a->user == b->user);
    g_assert_true (spec_equal (&a->spec, &b->spec));
    g_assert_true (spec_equal (&a->pending, &b->pending));
    g_assert_cmpint (a->dropped == NULL, ==, b->dropped == NULL);
    g_assert_true (a->dropped == NULL || g_variant_equal (a->dropped, b->dropped));
    g_assert_cmpuint (b->defaults.pids_limit, ==, 77);
  }
  other = g_ptr_array_index (loaded, 4);
  g_assert_cmpuint (other->pending.amounts[SPEC_PIDS_LIMIT], ==, 6);
}

/* What is started around processes is there, or it is not; what vanished is found out again. */
static void
test_not_pending (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (container_free);
  g_autoptr (GPtrArray) loaded = NULL;

  add (list, "joined", CONTAINER_STARTING, FALSE);
  add (list, "vanished", CONTAINER_VANISHED, TRUE);
  loaded = save_and_load (list);
  for (guint i = 0; i < loaded->len; i++)
    g_assert_cmpint ((int) ((Container *) g_ptr_array_index (loaded, i))->state, ==,
                     (int) CONTAINER_ACTIVE);
}

static const char *const wrong[] = {
  "{'Held': <['db']>}",
  "{'Containers': <['db']>}",
  "{'Containers': <[('db', 'u', true, {'QosClass': <'Burstable'>})]>}",
  "{'Containers': <[('db', 'u', true, @a{sv} {})]>, "
  "'Pending': <{'db': ('exploding', @a{sv} {})}>}",
  "{'Containers': <[('db', 'u', true, @a{sv} {})]>, 'Pending': <{'db': ('active', @a{sv} {})}>}",
  "{'Containers': <[('db', 'u', true, @a{sv} {})]>, 'Pending': <{'db': ('starting', @a{sv} {})}>}",
  "{'Containers': <[('db', 'u', true, @a{sv} {})]>, "
  "'Pending': <{'db': ('updating', {'PidsLimit': <true>})}>}",
};

static void
test_wrong (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GPtrArray) loaded = g_ptr_array_new_with_free_func (container_free);
    g_autoptr (GError) error = NULL;
    g_autoptr (GVariant) content =
        g_variant_parse (G_VARIANT_TYPE_VARDICT, wrong[i], NULL, NULL, &error);

    g_assert_no_error (error);
    g_assert_false (containers_load (content, &defaults, loaded, &error));
    g_assert_nonnull (error);
    g_test_message ("%s", error->message);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/container/states", test_states);
  g_test_add_func ("/container/new", test_new);
  g_test_add_func ("/container/round-trip", test_round_trip);
  g_test_add_func ("/container/not-pending", test_not_pending);
  g_test_add_func ("/container/wrong", test_wrong);
  return g_test_run ();
}
