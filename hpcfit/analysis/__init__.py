"""What a finished fit means: how far its parameters and predictions can be trusted."""
