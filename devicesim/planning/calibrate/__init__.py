"""The transfer model fitted to measurements, with how far it is to be trusted."""
