"""Explanations to take away: tables and pictures."""
