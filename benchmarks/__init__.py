"""One copy, made by every contender on the emulator, and what each of them needed for it."""
