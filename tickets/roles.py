"""What the roles may do with tickets, to begin with."""

_HANDLE = [
    "tickets.view_ticket",
    "tickets.add_ticket",
    "tickets.change_ticket",
    "tickets.reply_ticket",
    "tickets.note_ticket",
    "tickets.take_ticket",
    "tickets.assign_ticket",
    "tickets.transfer_ticket",
    "tickets.escalate_ticket",
    "tickets.resolve_ticket",
    "tickets.view_followup",
    "tickets.change_followup",
]

PERMISSIONS: dict[str, list[str]] = {
    "agent": _HANDLE,
    "senior_agent": _HANDLE,
    "complaint_officer": _HANDLE,
    "supervisor": [*_HANDLE, "tickets.supervise_ticket"],
    "quality_analyst": ["tickets.view_ticket", "tickets.note_ticket"],
    # Settings, and nothing that belongs to a customer.
    "administrator": [
        f"tickets.{verb}_{model}"
        for model in ("category", "priorityrule", "servicelevel")
        for verb in ("view", "add", "change", "delete")
    ]
    + ["tickets.view_servicelevelversion"],
}
