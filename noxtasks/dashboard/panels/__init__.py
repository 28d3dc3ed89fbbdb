"""What each artifact says of its objective: one module for each, none of which knows another."""
