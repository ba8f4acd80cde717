"""What several tests share and pytest need not know."""
