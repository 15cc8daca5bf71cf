"""Simulators of the providers in a process of their own, with faults, and the page that shows what
they received. They share no code with the adapters they check, and sending does not know that they
exist.
"""
