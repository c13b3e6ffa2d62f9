"""Live updates: a page hears that something changed and asks for it again with its own rights.

``publish`` says it (best effort), ``authorize`` says who may hear it, ``asgi`` keeps the open streams.
"""
