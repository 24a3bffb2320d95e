"""Launches the page for fans: `python app.py`."""

from f1lake.app.server import launch

if __name__ == "__main__":
    launch()
