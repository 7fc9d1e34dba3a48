"""Fits of tables: what differs from those of configurations, step by step."""
