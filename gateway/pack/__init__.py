"""Evidence packs: all that is known of one packet in a ZIP, for a dispute or an audit (Sarbanes-Oxley, section 404).

`contents` says what is in one, `writing` makes the file, `taking` hands it to somebody and keeps who it was, `checking`
holds one against itself without the database.
"""
