"""Who is looking, at what, and what works for them."""
