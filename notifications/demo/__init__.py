"""What a fresh sandbox starts with: a shop, its messages, and Ada, who orders there."""
