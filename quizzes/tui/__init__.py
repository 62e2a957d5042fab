"""A quiz on a whole terminal, with Textual. It knows the session; the session knows nothing of it."""
