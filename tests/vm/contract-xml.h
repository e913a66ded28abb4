/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the XML of the interfaces promises: their members, and the errors that each method is said
 * to return. A paragraph of a method's comment that begins "``Name``, ``Name``:" is about these
 * errors; tests/check/documented sees to it that there is one.
 */
#pragma once

#include <gio/gio.h>

typedef enum { CONTRACT_METHOD, CONTRACT_SIGNAL, CONTRACT_PROPERTY } ContractKind;

typedef struct {
  ContractKind kind;
  char *name;      /* as the table has it: "CreatePod", "Node.Verify", "Pod.Uid" */
  char *interface; /* "org.example.NodeCgroups.Node" */
  char *member;    /* "Verify" */
  char *type;      /* of what a method returns or a signal has, a tuple; of a property */
  char **errors;   /* (array zero-terminated=1): "NoSuchPod" */
} ContractMember;

/* The interfaces, in the names of the files. */
extern const char *const contract_interfaces[];

/* (transfer full) (element-type ContractMember): of all interfaces whose XML is in @directory */
GPtrArray *contract_xml_read (const char *directory, GError **error);

/* (nullable): the member @name of the table */
const ContractMember *contract_xml_find (const GPtrArray *members, const char *name);
