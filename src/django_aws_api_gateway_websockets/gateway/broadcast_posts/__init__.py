"""A short way for the posts of one broadcast, which differ in nothing but the connection id."""
