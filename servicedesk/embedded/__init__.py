"""PostgreSQL and Valkey of our own, and the processes of a desk on one machine.

Knows no Django: `desk.py` is its face, the environment is all that it hands on.
"""
