"""The pages of campaigns in the admin."""
