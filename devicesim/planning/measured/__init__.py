"""Transfers that people have timed: what one is, the files that tell of them, and the law that predicts them."""
