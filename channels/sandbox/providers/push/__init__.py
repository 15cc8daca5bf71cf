"""Simulators of the push providers. Only `sandbox` imports from here."""
