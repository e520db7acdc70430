"""The doors to a running World: they translate, and own no state."""
