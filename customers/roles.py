"""What the roles may do with customers, and see of them, to begin with."""

from typing import Any

_AGENT = [
    "customers.view_customer",
    "customers.reveal_customer",
    "customers.add_customer",
    "customers.change_customer",
    "customers.view_purchase",
    "customers.add_purchase",
    "customers.care_customer",
    "customers.add_accessgrant",
    "customers.view_accessgrant",
]
_SUPERVISOR = [
    *_AGENT,
    "customers.merge_customer",
    "customers.approve_accessgrant",
    "customers.import_customer",
    "customers.export_customer",
    "customers.approve_export",
    "customers.analyse_customer",
    "customers.add_paymentrecord",
]
_OFFICER = [
    "customers.view_customer",
    "customers.reveal_customer",
    "customers.handle_rights",
    "customers.manage_retention",
    "customers.watch_access",
    "customers.view_accessgrant",
    "customers.add_accessgrant",
    "customers.approve_accessgrant",
    "customers.approve_export",
    "customers.view_maskrule",
    "customers.change_maskrule",
]
PERMISSIONS = {
    "agent": _AGENT,
    "senior_agent": [*_AGENT, "customers.merge_customer"],
    "supervisor": _SUPERVISOR,
    "complaint_officer": _AGENT,
    "data_protection_officer": _OFFICER,
    "management": ["customers.analyse_customer"],
    "quality_analyst": ["customers.analyse_customer"],
    # They decide what roles see, and see nothing of it themselves.
    "administrator": [
        "customers.view_maskrule",
        "customers.change_maskrule",
        "customers.view_tag",
        "customers.add_tag",
        "customers.change_tag",
    ],
}

# What came with requests of the person: an erasure takes two people.
ERASURE_PERMISSIONS = {
    "supervisor": ["customers.approve_erasure"],
    "data_protection_officer": ["customers.approve_erasure"],
}

# What came with care and the documents of data protection.
CARE_PERMISSIONS = {
    "supervisor": [
        "customers.view_careplan",
        "customers.add_careplan",
        "customers.change_careplan",
    ],
    "data_protection_officer": [
        "customers.view_privacydocument",
        "customers.add_privacydocument",
        "customers.change_privacydocument",
    ],
    "management": ["customers.view_privacydocument"],
}

HAND_OVER_PERMISSIONS = {"supervisor": ["customers.hand_over_customer"]}

# Officers set the limits; who confirms higher ones may be an administrator, for a desk
# may have one officer only.
LIMITS_PERMISSIONS = {
    "data_protection_officer": ["customers.change_reveallimits"],
    "administrator": ["customers.change_reveallimits"],
}

# Apart, because the models that these are about came later.
SEARCH_PERMISSIONS = {
    "administrator": [
        "customers.view_searchsetting",
        "customers.change_searchsetting",
    ],
}

_HIDDEN, _MASKED, _READ, _EDIT = range(4)
_CONTACTS = dict.fromkeys(
    ("name", "phone", "email", "wechat", "other", "address"), _MASKED
)
_MASKS = {
    "agent": {**_CONTACTS, "id_number": _HIDDEN, "notes": _EDIT, "account": _HIDDEN},
    "senior_agent": {
        **_CONTACTS, "id_number": _MASKED, "notes": _EDIT, "account": _MASKED,
    },
    "supervisor": {
        **_CONTACTS, "id_number": _MASKED, "notes": _EDIT, "account": _MASKED,
    },
    "complaint_officer": {
        **_CONTACTS, "id_number": _MASKED, "notes": _EDIT, "account": _MASKED,
    },
    "quality_analyst": {"name": _MASKED},
    "data_protection_officer": {
        **_CONTACTS, "id_number": _MASKED, "notes": _MASKED, "account": _MASKED,
    },
}  # fmt: skip
FIELDS = (*_CONTACTS, "id_number", "notes", "account")


def create_mask_rules(apps: Any) -> None:
    """Write the matrix for the roles that have no rules yet; for a migration."""
    role_model = apps.get_model("staff", "Role")
    rule_model = apps.get_model("customers", "MaskRule")
    for role in role_model.objects.filter(mask_rules=None):
        modes = _MASKS.get(role.key, {})
        rule_model.objects.bulk_create(
            rule_model(role=role, field=field, mode=modes.get(field, _HIDDEN))
            for field in FIELDS
        )
