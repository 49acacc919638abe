"""How the running system is watched: heartbeats, checks, figures, maintenance."""
