"""What need not be tried: what earlier scans have found and still holds, and what has not changed since a revision."""
