"""What an erasure does to the log and to what lies around it; see `registry` for what is where."""
