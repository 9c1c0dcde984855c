"""The describe resources: what an object is and what its fields are."""

from __future__ import annotations

from typing import Any

from migrator.practice.http.call import Call
from migrator.practice.schema import SCHEMA, Entity, Field
from migrator.practice.sessions import grants
from migrator.practice.soql.scope import readable, visible

_SOAP = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
}
_DIGITS = {"int": 9}


def everything(call: Call, *, tooling: bool = False) -> dict[str, Any]:
    """The list of all objects that the session sees."""
    seen = [one for one in SCHEMA.entities.values() if visible(call.org, call.session, one, tooling=tooling)]
    return {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_summary(call, one) for one in sorted(seen, key=lambda one: one.name)],
    }


def basic(call: Call, entity: Entity) -> dict[str, Any]:
    """What GET on an object gives."""
    return {"objectDescribe": _summary(call, entity), "recentItems": []}


def full(call: Call, entity: Entity, *, tooling: bool = False) -> dict[str, Any]:
    """One object with its fields and relationships down."""
    children = [
        {
            "cascadeDelete": False,
            "childSObject": child.entity,
            "deprecatedAndHidden": False,
            "field": child.field,
            "relationshipName": child.name,
            "restrictedDelete": False,
        }
        for child in SCHEMA.children[entity.name].values()
        if visible(call.org, call.session, SCHEMA[child.entity])
    ]
    fields = [
        _field(call, entity, one)
        for one in entity.seen(tooling=tooling)
        if readable(call.org, call.session, entity, one)
    ]
    return {
        **_summary(call, entity),
        "actionOverrides": [],
        "childRelationships": children,
        "fields": fields,
        "namedLayoutInfos": [],
        "recordTypeInfos": [],
        "supportedScopes": [{"label": "All", "name": "everything"}],
    }


def _summary(call: Call, entity: Entity) -> dict[str, Any]:
    held = grants(call.org, call.session.user_id)
    data = "data" in entity.access
    url = f"{call.base}/sobjects/{entity.name}"
    return {
        "activateable": False,
        "createable": entity.createable and (not data or held.may("PermissionsCreate", entity.name)),
        "custom": entity.custom,
        "customSetting": False,
        "deletable": entity.deletable and (not data or held.may("PermissionsDelete", entity.name)),
        "deprecatedAndHidden": False,
        "feedEnabled": False,
        "hasSubtypes": False,
        "isSubtype": False,
        "keyPrefix": entity.prefix,
        "label": entity.label,
        "labelPlural": entity.plural,
        "layoutable": data,
        "mergeable": False,
        "mruEnabled": False,
        "name": entity.name,
        "queryable": True,
        "replicateable": True,
        "retrieveable": True,
        "searchable": False,
        "triggerable": data or entity.name == "User",
        "undeletable": False,
        "updateable": entity.updateable and (not data or held.may("PermissionsEdit", entity.name)),
        "urls": {
            "rowTemplate": url + "/{ID}",
            "describe": url + "/describe",
            "sobject": url,
        },
    }


def _field(call: Call, entity: Entity, one: Field) -> dict[str, Any]:
    editable = not one.permissionable or (entity.name, one.name) in grants(call.org, call.session.user_id).editable
    return {
        "aggregatable": one.sortable and one.type != "boolean",
        "autoNumber": False,
        "byteLength": one.length * 3,
        "calculated": False,
        "caseSensitive": False,
        "createable": one.createable and editable and entity.createable,
        "custom": one.custom,
        "defaultValue": (one.default == "true") if one.type == "boolean" else (one.default or None),
        "defaultedOnCreate": bool(one.default) or one.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": _DIGITS.get(one.type, 0),
        "externalId": one.external and one.custom,
        "filterable": one.filterable,
        "groupable": one.groupable,
        "idLookup": one.external or one.type == "id",
        "inlineHelpText": None,
        "label": one.label,
        "length": one.length,
        "name": one.name,
        "nameField": one.name in ("Name", "CaseNumber", "Subject"),
        "nillable": not one.required and one.type not in ("boolean", "id"),
        "permissionable": one.permissionable,
        "picklistValues": [
            {"active": True, "defaultValue": value == one.default, "label": value, "validFor": None, "value": value}
            for value in one.values
        ],
        "polymorphicForeignKey": len(one.targets) > 1,
        "precision": 18 if one.scale else 0,
        "referenceTo": list(one.targets),
        "relationshipName": one.relationship or None,
        "restrictedPicklist": bool(one.values),
        "scale": one.scale,
        "soapType": _SOAP.get(one.type, "xsd:string"),
        "sortable": one.sortable,
        "type": one.type,
        "unique": one.unique,
        "updateable": one.updateable and editable and entity.updateable,
    }
