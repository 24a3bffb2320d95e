"""app: the page for fans. Reads what gold and odds hold, and shows it; computes no odds of its own."""
