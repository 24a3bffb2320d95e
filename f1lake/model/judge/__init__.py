"""judge: how good probabilities were. Nothing here knows which model gave them."""
