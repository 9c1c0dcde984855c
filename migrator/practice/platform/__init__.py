"""The platform's rules: which changes it refuses, what it changes by itself."""
