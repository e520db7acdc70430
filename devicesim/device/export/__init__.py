"""Exports: listed, dealt to parts, loaded, shipped one after another, read at the site."""
