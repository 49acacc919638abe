"""Models for the tests of encryption; not an installed app."""
