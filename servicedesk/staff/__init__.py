"""Staff: who acts, in which team, in which role."""
