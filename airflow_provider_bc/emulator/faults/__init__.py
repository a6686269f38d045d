"""What can go wrong between a client and Business Central, on demand."""
