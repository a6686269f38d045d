"""The APIs of Business Central: where they are, how to ask, what the answers mean."""
