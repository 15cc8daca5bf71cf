"""Campaigns: one message to many, by their own clocks, watched while it goes out."""
