"""Addresses that get nothing: bounces, complaints and what operators add. All of it may be
imported.
"""
