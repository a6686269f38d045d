"""Microsoft Entra ID: the directory, the token endpoint and the keys behind its tokens."""
