"""A browser and its push service, simulated. Only `sandbox` imports from here."""
