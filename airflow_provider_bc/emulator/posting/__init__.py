"""What the bound actions do: documents move through their life, journals are posted."""
