"""judge: scores of probabilities, independent of the model that gave them."""
