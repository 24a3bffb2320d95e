"""queries: what the views show, as frames made of the lake's tables; no words, colours or markup."""
