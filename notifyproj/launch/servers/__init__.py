"""Postgres and Valkey for those who have none, and the check of those who have.

For `launch` only.
"""
