"""What the model says before anything is copied: rates, what binds them, and how far they are from measurements."""
