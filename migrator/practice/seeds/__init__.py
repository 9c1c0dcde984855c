"""Orgs to start with: the example company, generated ones of any size, the twin of a real one."""
