"""Figures, one file each: a plot draws a small table, it computes nothing statistical."""
