"""Notices: people are told outside the pages, by mail or in a chat room, of what needs them."""
