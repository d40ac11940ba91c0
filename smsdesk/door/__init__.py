"""The door: signing in, how often one may try, the second factor, and how long one may stay."""
