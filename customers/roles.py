"""What the roles may do with customers, to begin with."""

PERMISSIONS = {
    key: ["customers.view_customer", "customers.reveal_customer"]
    for key in ("agent", "senior_agent", "supervisor", "complaint_officer")
}
