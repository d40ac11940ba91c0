"""The admin as a whole: what its first page says, and how its pages are found."""
