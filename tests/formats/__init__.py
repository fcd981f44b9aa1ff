"""Tests of the formats: golden files, document types, and what is drawn at random."""
