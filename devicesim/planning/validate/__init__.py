"""The model held against everything that is known: what it says, what is true, and whether it was tuned to that."""
