"""What an address is, and when two texts are one: e-mail, domains, numbers, device tokens. Pure."""
