"""What keeps a lake in order: one instance in charge, lost runs, alerts, maintenance."""
