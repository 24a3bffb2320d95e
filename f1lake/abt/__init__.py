"""abt: one table per question, with everything a model may know at that moment, and the answer."""
