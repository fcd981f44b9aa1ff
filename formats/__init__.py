"""Packet to document bytes, and reply bytes to words: one package per format, on the ground floor alone."""
