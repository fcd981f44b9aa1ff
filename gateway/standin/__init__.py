"""What every portal's stand-in is made of: a server with faults, the control API's plumbing, knobs, DTDs.

Each `adapters/<portal>/sandbox` stands on it; it holds no portal's words and imports nothing else of ours.
"""
