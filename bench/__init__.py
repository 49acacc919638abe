"""Load and scale measurements, each with one command."""
