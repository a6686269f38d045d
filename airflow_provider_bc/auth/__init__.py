"""Sign-in with Microsoft Entra ID: credentials, tokens, and what to do when it refuses."""
