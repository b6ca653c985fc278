"""Pictures of the real program, made by itself: `python -m tests.look FOLDER [NAME …]`, to be looked at."""
