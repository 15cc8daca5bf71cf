"""Users, folders, terminals and processes of the machine. For `launch` only."""
