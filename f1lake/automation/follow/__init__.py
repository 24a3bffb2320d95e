"""What runs because something else has run: publishing, after odds were computed."""
