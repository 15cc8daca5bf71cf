"""Simulators of the e-mail providers and of a mail server. Only `sandbox` imports from here."""
