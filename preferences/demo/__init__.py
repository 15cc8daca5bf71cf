"""Pages that show an inbox and browser push at work, in the sandbox only."""
