"""What `run.py` does. Standard library only: all of this runs before the virtual environment exists."""
