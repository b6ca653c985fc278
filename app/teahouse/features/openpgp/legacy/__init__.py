"""The old way (XEP-0027): only where the user wants it for a person, with a key of theirs that the user compared.

It hides what is written from servers, and nothing more: nobody signs, and anybody who has our key can have written it.
"""
