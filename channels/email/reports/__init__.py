"""What mail servers and mailbox providers write back: bounces and complaints, as events. Pure."""
