"""Simulators of the SMS providers. Only `sandbox` imports from here."""
