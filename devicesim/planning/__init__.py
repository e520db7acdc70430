"""Answers for planners: many futures, and the model fitted to measurements and held against them."""
