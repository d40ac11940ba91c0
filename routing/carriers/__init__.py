"""Carrier adapters: one file each, strangers to one another."""
