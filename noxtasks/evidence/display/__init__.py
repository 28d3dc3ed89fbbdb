"""What the reports for people share: on a terminal, and in GitHub's own forms."""
