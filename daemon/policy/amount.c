/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Amounts in an a{sv}.
 */
#include "daemon/policy/amount.h"

#include "lib/error.h"
#include "lib/quantity.h"

gboolean
amount_fail_type (const char *key, GVariant *value, const char *wanted, GError **error)
{
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s has the type '%s'; it takes %s",
               key, g_variant_get_type_string (value), wanted);
  return FALSE;
}

static gboolean
parse_quantity (const AmountRule *rule, const char *text, guint64 *ret_number, GError **error)
{
  gint64 number;
  gboolean ok = rule->unit == AMOUNT_MILLICORES ? ncg_quantity_parse_milli (text, &number, error)
                                                : ncg_quantity_parse_value (text, &number, error);

  if (!ok) {
    g_prefix_error (error, "%s: ", rule->key);
    return FALSE;
  }
  if (number < 0) {
    g_autofree char *escaped = ncg_error_escape (text);

    g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT, "%s is '%s'; it cannot be negative",
                 rule->key, escaped);
    return FALSE;
  }
  *ret_number = (guint64) number;
  return TRUE;
}

static gboolean
check_range (const AmountRule *rule, guint64 number, GError **error)
{
  const char *unit = rule->unit == AMOUNT_MILLICORES ? " millicores" : "";
  const char *or_max = (rule->flags & AMOUNT_MAY_BE_MAX) != 0 ? ", or 'max' for no limit" : "";

  if (number >= rule->min && number <= rule->max)
    return TRUE;
  g_set_error (error, NCG_ERROR, NCG_ERROR_INVALID_ARGUMENT,
               "%s is %" G_GUINT64_FORMAT "%s, which is out of range: %" G_GUINT64_FORMAT
               " to %" G_GUINT64_FORMAT "%s are allowed%s",
               rule->key, number, unit, rule->min, rule->max, unit, or_max);
  return FALSE;
}

/* Whether @value is one of the words that @rule allows. */
static gboolean
parse_word (const AmountRule *rule, GVariant *value, guint64 *ret_amount)
{
  static const struct {
    AmountFlags flag;
    const char *word;
    guint64 amount;
  } words[] = {
    { AMOUNT_MAY_BE_MAX, "max", AMOUNT_MAX },
    { AMOUNT_MAY_BE_AUTO, "auto", AMOUNT_AUTO },
  };

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    if ((rule->flags & words[i].flag) != 0 &&
        g_str_equal (g_variant_get_string (value, NULL), words[i].word)) {
      *ret_amount = words[i].amount;
      return TRUE;
    }
  }
  return FALSE;
}

static const char *
describe_type (const AmountRule *rule)
{
  if (rule->unit == AMOUNT_SWITCH)
    return "true or false (b)";
  if (rule->unit != AMOUNT_NUMBER)
    return "a number (t) or a quantity (s)";
  return (rule->flags & AMOUNT_MAY_BE_AUTO) != 0 ? "a number (t) or 'auto' (s)" : "a number (t)";
}

gboolean
amount_parse (const AmountRule *rule, GVariant *value, guint64 *ret_amount, GError **error)
{
  gboolean is_switch = rule->unit == AMOUNT_SWITCH;
  gboolean has_quantity = rule->unit == AMOUNT_MILLICORES || rule->unit == AMOUNT_WHOLE;
  guint64 number;

  if (parse_word (rule, value, ret_amount))
    return TRUE;
  if (is_switch && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)) {
    *ret_amount = g_variant_get_boolean (value);
    return TRUE;
  }
  if (!is_switch && g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64)) {
    number = g_variant_get_uint64 (value);
  } else if (!has_quantity || !g_variant_is_of_type (value, G_VARIANT_TYPE_STRING)) {
    return amount_fail_type (rule->key, value, describe_type (rule), error);
  } else if (!parse_quantity (rule, g_variant_get_string (value, NULL), &number, error)) {
    return FALSE;
  }
  if (!check_range (rule, number, error))
    return FALSE;
  *ret_amount = number;
  return TRUE;
}

GVariant *
amount_format (const AmountRule *rule, guint64 amount)
{
  if (rule->unit == AMOUNT_SWITCH)
    return g_variant_new_boolean (amount != 0);
  if (amount == AMOUNT_MAX)
    return g_variant_new_string ("max");
  return g_variant_new_uint64 (amount);
}
