"""The Automation API: companies, configuration packages, extensions, users, features."""
